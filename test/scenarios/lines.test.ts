/** Lines: registered by a profile, calls made and taken, the end in its order. RConnection and RSubConnection. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type LineProgress, SipError } from '../../src/index.ts'
import { home, lineStage, outcome } from './line-support.ts'
import { ourOffer, record, theirs } from './support.ts'

const stages = (progress: readonly LineProgress[]): readonly string[] => progress.map(({ stage }) => stage)

/** A line of the default profile, registered. */
const started = async (options: Parameters<typeof lineStage>[0] = {}) => {
  const stage = await lineStage(options)
  await stage.create()
  const line = await stage.active()
  return { ...stage, line }
}

/** The same with a call that is up. */
const established = async () => {
  const stage = await started()
  const { line, bob, settled } = stage
  const call = line.call({ requestUri: bob.uri, offer: ourOffer })
  await stage.run(10)
  const invite = bob.next('INVITE')
  const ok = bob.reply(invite, 200, { body: theirs })
  await settled(call.established())
  bob.next('ACK')
  return { ...stage, call, invite, ok }
}

describe('a line', () => {
  it('goes through its stages, each told once', async () => {
    const { sip, create, settled, run } = await lineStage()
    await create()
    const line = sip.line()
    const progress = record(line.progress$)
    const actives = record(line.progress('active'))
    const start = settled(line.start(), 1000)
    expect(line.state).toEqual({ is: 'starting' })
    await start
    await line.start()
    expect(line.registration?.isActive).toBe(true)
    expect(line.connection).toBe(sip.connections[0])
    expect(line.profile?.name).toBe('Home')
    await settled(line.stop(), 1000)
    await line.stop()
    expect(line.registration).toBeUndefined()
    await settled(line.start(), 1000)
    const closed = line.close()
    await run(1000)
    await closed
    await line.close()
    expect(stages(progress.values)).toEqual([
      ...['fresh', 'starting', 'active', 'stopping', 'stopped'],
      ...['starting', 'active', 'stopping', 'stopped'],
    ])
    expect(stages(actives.values)).toEqual(['active', 'active'])
    expect(progress.complete).toBe(true)
    expect(() => line.start()).toThrow(expect.objectContaining({ code: 'resource-not-available' }))
  })

  it('has failed with what the registrar said, and can be started again', async () => {
    const { sip, create, settled } = await lineStage({
      registrar: { challenge: true, wrongPassword: 403 },
    })
    await create(undefined, { registrarPassword: 'wrong' })
    const line = sip.line()
    const errors = record(line.errors$)
    await expect(settled(line.start(), 1000)).rejects.toMatchObject({ code: 'rejected', status: 403 })
    expect(line.state).toMatchObject({ is: 'failed', error: { status: 403 } })
    expect(errors.values).toHaveLength(1)
    await settled(sip.profiles.admin.save(sip.profiles.default()!, {}, { registrarPassword: 'wonderland' }))
    await settled(line.start(), 1000)
    expect(line.state.is).toBe('active')
  })

  it('a stop waits for a start that is under way, and the start knows', async () => {
    const { sip, create, run, registers, network } = await lineStage()
    await create()
    const line = sip.line()
    network.set({ latency: 100 })
    const start = outcome(line.start())
    await run(20)
    expect(registers()).toEqual([])
    const stop = outcome(line.stop())
    expect(() => line.start()).toThrow(expect.objectContaining({ code: 'not-ready' }))
    await run(1000)
    expect(start.error).toMatchObject({ code: 'cancelled' })
    expect('value' in stop).toBe(true)
    expect(line.state.is).toBe('stopped')
    expect(registers().map(request => /expires=(\d+)/.exec(request.header('contact')!)?.[1])).toEqual([
      '3600',
      '0',
    ])
  })

  it('tells the loss of the network, ends its calls each once, and is registered again by itself', async () => {
    const { line, call, network, run } = await established()
    const progress = record(line.progress$)
    const ends = record(call.events$)
    network.host('192.0.2.1').down()
    await run(100)
    expect(call.state).toMatchObject({ is: 'terminated', by: 'network' })
    expect(ends.values.map(({ type }) => type)).toEqual(['terminated'])
    expect(progress.values.at(-1)).toMatchObject({ stage: 'starting', error: { code: 'transport' } })
    network.host('192.0.2.1').up()
    await run(60_000)
    expect(line.state).toEqual({ is: 'active' })
  })

  it('G04: when the network is back, what profiles and lines had is there again by itself', async () => {
    const { sip, line, network, run, registers, settled, bob } = await started()
    const enabled = sip.profiles.default()!.enable()
    await settled(enabled.registered())
    const [errors, faults] = [record(enabled.errors$), record(line.errors$)]
    const before = registers().length
    network.host('192.0.2.1').down()
    await run(100)
    expect(enabled.state).toMatchObject({ is: 'waitingForNetwork', users: 2 })
    expect(() => line.call({ requestUri: bob.uri })).toThrow(expect.objectContaining({ code: 'not-ready' }))
    const again = outcome(line.start())
    network.host('192.0.2.1').up()
    await run(60_000)
    expect('value' in again).toBe(true)
    expect(enabled.state).toMatchObject({ is: 'registered', users: 2 })
    expect(registers().length).toBe(before + 1)
    expect(registers().at(-1)!.callId).toBe(registers()[0]!.callId)
    const call = enabled.connection!.invite(bob.uri, { from: enabled, offer: ourOffer })
    const second = line.call({ requestUri: bob.uri, offer: ourOffer })
    await run(10)
    for (let count = 0; count < 2; count += 1) bob.reply(bob.next('INVITE'), 486)
    await run(10)
    expect([call.state.is, second.result]).toEqual(['terminated', 'denied'])
    expect([errors.values, faults.values]).toEqual([[], []])
  })

  it('puts Request-URI, To, From and Contact on the wire, and names what is missing', async () => {
    const { line, bob, run } = await started()
    line.call({
      requestUri: bob.uri,
      to: '"Bob" <sip:bob@example.com>',
      from: '"Alice at work" <sip:alice.work@example.com>',
      contact: '<sip:alice@192.0.2.1:5060;x=y>',
      offer: ourOffer,
    })
    await run(10)
    const invite = bob.next('INVITE')
    expect(invite.uri).toBe(bob.uri)
    expect(invite.header('to')).toBe('Bob <sip:bob@example.com>')
    expect(invite.header('from')).toMatch(/^Alice at work <sip:alice\.work@example\.com>;tag=/)
    expect(invite.header('contact')).toBe('<sip:alice@192.0.2.1:5060;x=y>')
    expect(() => line.call({} as never)).toThrow(
      expect.objectContaining({
        code: 'argument',
        header: 'requestUri',
        message: expect.stringMatching('requestUri'),
      }),
    )
  })
})

describe('what a line calls', () => {
  it('D21: says denied with the status, for every refusal; each gets its ACK', async () => {
    const { line, bob, run } = await started()
    for (const status of [486, 603, 404, 488]) {
      const call = line.call({ requestUri: bob.uri, offer: ourOffer })
      const events = record(call.events$)
      const result = outcome(call.established())
      await run(10)
      bob.reply(bob.next('INVITE'), status)
      await run(10)
      expect(bob.next('ACK').header('cseq')).toBe('1 ACK')
      expect(call.result).toBe('denied')
      expect(result.error).toMatchObject({ code: 'rejected', status })
      expect(call.state).toMatchObject({ is: 'terminated', by: 'remote', result: 'denied', status })
      expect(events.values).toMatchObject([
        { type: 'response', groupId: 0x10274cae, id: 1, status },
        { type: 'terminated', groupId: 0x10274cae, id: 1, by: 'remote', status },
      ])
    }
    expect(line.sessions).toEqual([])
  })

  it('D22: says not reachable when nobody is there, by whatever way', async () => {
    const { line, run } = await started()
    const cases = [
      ['sip:bob@192.0.2.2:9999', 'transport'],
      ['sip:bob@nowhere.example', 'resolving'],
      ['sip:bob@192.0.2.78', 'timeout'],
    ] as const
    for (const [requestUri, code] of cases) {
      const call = line.call({ requestUri, offer: ourOffer })
      const result = outcome(call.established())
      await run(40_000)
      expect(result.error, requestUri).toMatchObject({ code })
      expect(call.result).toBe('notReachable')
      expect(call.call.dialog).toBeUndefined()
      await expect(call.ended()).resolves.toMatchObject({ result: 'notReachable' })
    }
  })

  it('is taken back by stop before it is answered, and hung up after', async () => {
    const { line, bob, run } = await started()
    const call = line.call({ requestUri: bob.uri, offer: ourOffer })
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 180)
    await run(10)
    const stop = outcome(call.stop())
    await run(10)
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(invite, 487)
    await run(10)
    expect('value' in stop).toBe(true)
    expect(call.state).toMatchObject({ is: 'terminated', by: 'local', status: 487 })
    expect(call.result).toBeUndefined()
    expect(() => call.stop()).toThrow(expect.objectContaining({ code: 'not-ready' }))
    await call.close()
  })

  it('ends by the BYE of the other side, which gets its 200', async () => {
    const { bob, call, invite, ok, run, line } = await established()
    const events = record(call.events$)
    bob.inDialog(invite, ok).request('BYE')
    await run(10)
    expect(bob.next(200).cseq.method).toBe('BYE')
    expect(events.values).toMatchObject([{ type: 'terminated', by: 'remote', status: 0 }])
    expect(events.complete).toBe(true)
    expect(call.result).toBe('established')
    expect(line.sessions).toEqual([])
  })
})

describe('what comes for a line', () => {
  it('D23: rings by itself, says who calls, and is accepted or rejected', async () => {
    const { line, bob, ringUs, run, boundContact } = await started()
    const incoming = record(line.incoming$)
    const invite = ringUs({ body: theirs })
    await run(10)
    expect(bob.next(180)).toBeDefined()
    const [call] = incoming.values
    expect(call!.params).toEqual({
      requestUri: boundContact(),
      from: expect.stringContaining('sip:bob@192.0.2.2'),
      to: expect.stringContaining(boundContact()),
      contentType: 'application/sdp',
      content: theirs,
    })
    // §13.3.1.1: again every minute while it rings.
    await run(60_000)
    expect(bob.next(180)).toBeDefined()
    const accepted = outcome(call!.accept(ourOffer))
    await run(10)
    expect('value' in accepted).toBe(false)
    const dialog = bob.inDialog(invite, bob.next(200))
    dialog.ack()
    await run(10)
    expect('value' in accepted).toBe(true)
    expect(call!.state.is).toBe('established')

    ringUs({ body: theirs })
    await run(10)
    incoming.values[1]!.reject()
    await run(10)
    expect(bob.next(488)).toBeDefined()
    expect(incoming.values[1]!.state).toMatchObject({ is: 'terminated', by: 'local', status: 488 })
  })

  it('D23: an ACK that never comes is told as no-ack', async () => {
    const { line, ringUs, run } = await started()
    const incoming = record(line.incoming$)
    ringUs({ body: theirs })
    await run(10)
    const accepted = outcome(incoming.values[0]!.accept(ourOffer))
    await run(33_000)
    expect(accepted.error).toMatchObject({ code: 'no-ack' })
  })

  it('D24: goes to the line, else to a use of its profile, else to the connection, else gets 480', async () => {
    const { line, sip, bob, ringUs, boundContact, run, settled } = await started()
    const enabled = sip.profiles.default()!.enable()
    await settled(enabled.registered())
    const got: string[] = []
    const take = (name: string) => (call: { reject(status: number): void }) => {
      got.push(name)
      call.reject(486)
    }
    const byLine = line.incoming$.subscribe(take('line'))
    const byProfile = enabled.calls$.subscribe(take('profile'))
    const byConnection = sip.connections[0]!.calls$.subscribe(take('connection'))
    const rung = async (): Promise<number> => {
      ringUs({ body: theirs })
      await run(10)
      return bob.received.filter(message => message.kind === 'response').at(-1)!.status
    }
    expect(await rung()).toBe(486)
    byLine.unsubscribe()
    expect(await rung()).toBe(486)
    byProfile.unsubscribe()
    expect(await rung()).toBe(486)
    byConnection.unsubscribe()
    expect(await rung()).toBe(480)
    for (const [method, status] of [
      ['MESSAGE', 480],
      ['FROBNICATE', 405],
    ] as const) {
      bob.request(method, { to: { host: '192.0.2.1', port: 5060 }, uri: boundContact() })
      await run(10)
      const answer = bob.next(status)
      expect(answer.header('allow')?.includes('INVITE')).toBe(status === 405 ? true : undefined)
    }
    const requests = record(enabled.requests$)
    bob.request('MESSAGE', { to: { host: '192.0.2.1', port: 5060 }, uri: boundContact() })
    await run(10)
    requests.values[0]!.respond(200)
    await run(10)
    expect(bob.next(200).cseq.method).toBe('MESSAGE')
    expect(got).toEqual(['line', 'profile', 'connection'])
  })
})

describe('the end of a line', () => {
  it('A07: session, line and Sip in order: BYE, REGISTER with 0, then silence', async () => {
    const { sip, line, call, bob, words, run, settled, said } = await established()
    const from = words().length
    const stop = outcome(call.stop())
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect('value' in stop).toBe(true)
    await settled(line.close(), 1000)
    const closed = sip.close()
    await run(100_000)
    await closed
    expect(words().slice(from)).toEqual(['BYE', 'REGISTER'])
    expect(said.at(-1)!.message.header('contact')).toContain('expires=0')
    const silent = words().length
    await run(4_000_000)
    expect(words()).toHaveLength(silent)
  })

  it('A08: closed first, it still says BYE before it un-REGISTERs', async () => {
    const { line, call, bob, words, run, said } = await established()
    const from = words().length
    const closed = outcome(line.close())
    await run(2000)
    expect('value' in closed).toBe(false)
    expect(new Set(words().slice(from))).toEqual(new Set(['BYE']))
    bob.reply(bob.next('BYE'), 200)
    await run(1000)
    expect('value' in closed).toBe(true)
    expect(call.state).toMatchObject({ is: 'terminated', by: 'local' })
    expect(words().at(-1)).toBe('REGISTER')
    expect(said.at(-1)!.message.header('contact')).toContain('expires=0')
  })

  it('A08: a call that is not answered yet is refused or taken back', async () => {
    const { line, bob, ringUs, run } = await started()
    const incoming = record(line.incoming$)
    ringUs({ body: theirs })
    const out = line.call({ requestUri: bob.uri, offer: ourOffer })
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 180)
    await run(10)
    const closed = outcome(line.close())
    await run(10)
    expect(bob.next(480)).toBeDefined()
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(invite, 487)
    await run(1000)
    expect('value' in closed).toBe(true)
    expect(out.state.is).toBe('terminated')
    expect(incoming.values[0]!.state.is).toBe('terminated')
  })
})

describe('what a line may not', () => {
  it('H11: without a profile by name the default one is used; without any it is not found', async () => {
    const { sip, create, settled, registers } = await lineStage()
    const none = sip.line()
    await expect(settled(none.start())).rejects.toMatchObject({ code: 'not-found' })
    expect(none.state).toMatchObject({ is: 'failed', error: { code: 'not-found' } })
    await create()
    await create({ aors: ['sip:bob@example.com'], registrar: { uri: 'sip:example.com' } })
    await settled(none.start(), 1000)
    expect(none.state.is).toBe('active')
    expect(registers().map(request => request.header('to'))).toEqual(['<sip:alice@example.com>'])
    const unknown = sip.line({ profile: 'nobody' })
    await expect(settled(unknown.start())).rejects.toMatchObject({ code: 'not-found' })
  })

  it('H13: parameters of a registration cannot be given by hand; nothing is called before it is active', async () => {
    const { sip, create, bob, words } = await lineStage()
    await create()
    for (const given of [
      { aor: 'sip:alice@example.com' },
      { registrar: 'sip:example.com' },
      { expires: 60 },
      { outboundProxy: 'sip:proxy.example.com' },
    ])
      expect(() => sip.line(given as never)).toThrow(expect.objectContaining({ code: 'argument' }))
    const line = sip.line()
    expect(() => (line.start as unknown as (given: object) => void)({ aor: 'sip:a@b' })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => line.call({ requestUri: bob.uri })).toThrow(expect.objectContaining({ code: 'not-ready' }))
    void outcome(line.start())
    expect(() => line.call({ requestUri: bob.uri })).toThrow(expect.objectContaining({ code: 'not-ready' }))
    expect(words()).not.toContain('INVITE')
  })

  it('F11: a realm that nobody knows is told, the start is denied, and retryWith makes a new session', async () => {
    const { create, active, bob, run } = await lineStage()
    await create({ ...home, registrar: { ...home.registrar!, realm: 'sipactor.test' } })
    const line = await active()
    const call = line.call({
      requestUri: bob.uri,
      offer: ourOffer,
      credentials: { realm: 'other', username: 'a', password: 'b' },
    })
    const events = record(call.events$)
    const result = outcome(call.established())
    await run(10)
    const first = bob.next('INVITE')
    bob.reply(first, 407, {
      headers: [['Proxy-Authenticate', 'Digest realm="gate", nonce="n1", qop="auth", algorithm=MD5']],
    })
    await run(10)
    expect(result.error).toBeInstanceOf(SipError)
    expect(result.error).toMatchObject({ code: 'forbidden' })
    expect(call.result).toBe('denied')
    expect(call.realms).toEqual(['gate'])
    expect(events.values.filter(({ type }) => type === 'authenticationRequired')).toMatchObject([
      { groupId: 0x10274cae, id: 2, realm: 'gate' },
    ])
    bob.next('ACK')
    const second = call.retryWith({ realm: 'gate', username: 'alice', password: 'secret' })
    expect(second).not.toBe(call)
    await run(10)
    const again = bob.next('INVITE')
    expect(again.callId).not.toBe(first.callId)
    bob.reply(again, 407, {
      headers: [['Proxy-Authenticate', 'Digest realm="gate", nonce="n2", qop="auth", algorithm=MD5']],
    })
    await run(10)
    bob.next('ACK')
    const answered = bob.next('INVITE')
    expect(answered.header('proxy-authorization')).toContain('username="alice"')
    bob.reply(answered, 200, { body: theirs })
    await run(10)
    expect(second.result).toBe('established')
    expect(() => second.retryWith({ username: 'a', password: 'b' })).toThrow(
      expect.objectContaining({ code: 'not-ready' }),
    )
  })
})

it('shows and logs no passwords: neither those of a line nor those of its calls and subscriptions', async () => {
  const { create, active, sip, bob, run } = await lineStage()
  await create()
  const credentials = { realm: 'r', username: 'u', password: 'open sesame' }
  const line = await active(sip.line({ credentials }))
  const call = line.call({ requestUri: bob.uri, credentials })
  const subscription = line.subscribe({ requestUri: bob.uri, event: 'presence', credentials })
  await run(10)
  for (const handle of [line, call, subscription]) {
    expect(JSON.stringify(handle)).not.toContain('sesame')
    expect(inspect(handle, { depth: 6 })).not.toContain('sesame')
  }
  expect(call.options.requestUri).toBe(bob.uri)
})
