/** Profiles in the hands of applications: two holders of one registration, admin, events, what is kept. CSIPProfileRegistry. */
import { describe, expect, it } from 'vitest'
import type { ProfileInput, ProfilesEvent } from '../../src/index.ts'
import { createPeer } from '../support/peer.ts'
import { home, lineStage } from './line-support.ts'
import { ourOffer, record } from './support.ts'

const kinds = (events: readonly ProfilesEvent[]): readonly string[] => events.map(({ is }) => is)
const refusal = (code: string) => expect.objectContaining({ code })
const expiresOf = (request: { header(name: string): string | undefined }): string | undefined =>
  request.header('expires') ?? /expires=(\d+)/.exec(request.header('contact') ?? '')?.[1]

describe('two who use one profile', () => {
  it('C17: one REGISTER serves both, and both hear that it is registered', async () => {
    const { sip, create, settled, registers } = await lineStage()
    const profile = await create()
    const [mine, theirs] = [sip.profiles.get(profile.id), sip.profiles.get(profile.id)]
    const heard = [record(mine.events$), record(theirs.events$)]
    const first = mine.enable()
    const second = theirs.enable()
    await settled(Promise.all([first.registered(), second.registered()]), 1000)
    expect(registers()).toHaveLength(1)
    expect(heard.map(({ values }) => values.map(({ is }) => is))).toEqual([['registered'], ['registered']])
    expect(first.registration).toBe(second.registration)
    expect(profile.state).toMatchObject({ is: 'registered', users: 2, aors: ['sip:alice@example.com'] })
    expect(profile.inUse).toBe(true)
    const later = sip.profiles.get(profile.id).enable()
    await settled(later.registered())
    expect(registers()).toHaveLength(1)
  })

  it('C18: the last who goes un-REGISTERs, and the others do not', async () => {
    const { sip, create, settled, registers } = await lineStage()
    const profile = await create()
    const first = profile.enable()
    const second = sip.profiles.get(profile.id).enable()
    await settled(second.registered(), 1000)
    await settled(first.disable(), 1000)
    expect(registers()).toHaveLength(1)
    expect(first.isOver).toBe(true)
    expect(() => first.retryNow()).toThrow(refusal('resource-not-available'))
    expect(profile.state).toMatchObject({ is: 'registered', users: 1 })
    await settled(second.disable(), 1000)
    expect(registers().map(expiresOf)).toEqual(['3600', '0'])
    expect(profile.state).toMatchObject({ is: 'unregistered', users: 0 })
  })

  it('C18: a line is a user like any other', async () => {
    const { sip, create, settled, registers, active } = await lineStage()
    const enabled = (await create()).enable()
    const line = await active()
    await settled(enabled.disable(), 1000)
    expect(registers()).toHaveLength(1)
    await settled(line.stop(), 1000)
    expect(registers()).toHaveLength(2)
    expect(sip.profiles.default()!.state.is).toBe('unregistered')
  })

  it('the same object enables once, and again when that is over', async () => {
    const { create, settled } = await lineStage()
    const profile = await create()
    const enabled = profile.enable()
    expect(() => profile.enable()).toThrow(refusal('argument'))
    await settled(enabled.disable(), 1000)
    await settled(profile.enable().registered(), 1000)
    expect(profile.isActive).toBe(true)
  })
})

describe('using a profile', () => {
  it('H01: REGISTER by its fields; who has not enabled it sends nothing', async () => {
    const { sip, create, settled, network, registers, words } = await lineStage()
    network.names.set('proxy.example.com', [{ host: '192.0.2.10', port: 5060 }])
    const profile = await create({ ...home, outboundProxy: { uri: 'sip:proxy.example.com' } })
    const events = record(sip.profiles.events$)
    const enabled = profile.enable()
    await settled(enabled.registered(), 1000)
    const [request] = registers()
    expect(request!.uri).toBe('sip:example.com')
    expect(request!.header('to')).toBe('<sip:alice@example.com>')
    expect(request!.header('route')).toBe('<sip:proxy.example.com;lr>')
    expect(kinds(events.values)).toEqual(['registered'])
    const other = sip.profiles.get(profile.id)
    const said = words().length
    expect(() => enabled.connection!.invite('sip:bob@192.0.2.2', { from: other })).toThrow(
      refusal('invalid-registration-state'),
    )
    expect(() => other.registration).toThrow(refusal('invalid-registration-state'))
    expect(() => other.connection).toThrow(refusal('invalid-registration-state'))
    expect(words()).toHaveLength(said)
    expect(profile.registration).toBe(enabled.registration)
  })

  it('H02: with autoRegister it is registered from the start, and no disable ends that', async () => {
    const { sip, sipWith, create, settled, run, registers, store } = await lineStage()
    await create({ ...home, autoRegister: true })
    await run(1000)
    expect(registers()).toHaveLength(1)
    const enabled = sip.profiles.default()!.enable()
    await settled(enabled.registered())
    await settled(enabled.disable(), 1000)
    expect(registers()).toHaveLength(1)
    const closed = sip.close()
    await run(100_000)
    await closed
    const before = registers().length
    const again = await sipWith({ over: store })
    await run(1000)
    expect(registers().length).toBe(before + 1)
    expect(again.profiles.default()!.state).toMatchObject({ is: 'registered', users: 0, autoRegister: true })
  })

  it('H03: one in use is not removed; afterwards it is, and the other is the default one', async () => {
    const { sip, create, settled, registers } = await lineStage()
    const profile = await create()
    const next = await create({ aors: ['sip:bob@example.com'] })
    const events = record(sip.profiles.events$)
    const enabled = profile.enable()
    await settled(enabled.registered(), 1000)
    expect(() => sip.profiles.admin.remove(profile)).toThrow(refusal('in-use'))
    await settled(enabled.disable(), 1000)
    expect(expiresOf(registers().at(-1)!)).toBe('0')
    const states = record(profile.state$)
    await settled(sip.profiles.admin.remove(profile.id))
    expect(states.complete).toBe(true)
    expect(() => sip.profiles.get(profile.id)).toThrow(refusal('not-found'))
    expect(() => profile.enable()).toThrow(refusal('not-found'))
    expect(sip.profiles.default()!.id).toBe(next.id)
    expect(kinds(events.values)).toEqual(expect.arrayContaining(['registered', 'destroyed', 'removed']))
  })

  it('H03: one that registers by itself is un-REGISTERed, then removed', async () => {
    const { sip, create, run, settled, registers } = await lineStage()
    const profile = await create({ ...home, autoRegister: true })
    await run(1000)
    await settled(sip.profiles.admin.remove(profile), 1000)
    expect(registers().map(expiresOf)).toEqual(['3600', '0'])
    expect(sip.profiles.list()).toEqual([])
    expect(sip.profiles.default()).toBeUndefined()
  })

  it('H04: another registrar: told, taken back at the old one, registered at the new; the object keeps its values', async () => {
    const { sip, create, settled, network, run, said } = await lineStage()
    network.names.set('example.net', [{ host: '192.0.2.10', port: 5060 }])
    const profile = await create()
    const enabled = profile.enable()
    await settled(enabled.registered(), 1000)
    const told = record(profile.events$)
    const saved = await settled(
      sip.profiles.admin.save(profile, { registrar: { uri: 'sip:example.net', username: 'alice' } }),
    )
    await run(2000)
    expect(told.values.map(({ is }) => is)).toContain('updated')
    expect(saved.fields.registrar?.uri).toBe('sip:example.net')
    expect(profile.fields.registrar?.uri).toBe('sip:example.com')
    expect(
      said.flatMap(({ message }) => (message.kind === 'request' ? [[message.uri, expiresOf(message)]] : [])),
    ).toEqual([
      ['sip:example.com', '3600'],
      ['sip:example.com', '0'],
      ['sip:example.net', '3600'],
    ])
    expect(profile.state.is).toBe('registered')
    expect(enabled.isOver).toBe(false)
    expect(() => ((profile.fields as { name: string }).name = 'x')).toThrow(TypeError)
  })

  it('H05: a name is changed without a word to anybody', async () => {
    const { sip, create, settled, run, words } = await lineStage()
    const profile = await create()
    await settled(profile.enable().registered(), 1000)
    const before = words().length
    const saved = await settled(sip.profiles.admin.save(profile.id, { name: 'Other' }))
    await run(2000)
    expect(words()).toHaveLength(before)
    expect([saved.name, profile.name]).toEqual(['Other', 'Home'])
  })

  it('H06, F05: each INVITE goes by the proxy and identity of its profile, which answers for its credentials', async () => {
    const { sip, create, settled, network, run } = await lineStage()
    const proxies = ['192.0.2.31', '192.0.2.32'].map((host, at) => {
      network.names.set(`proxy${at}.example.com`, [{ host, port: 5060 }])
      const proxy = createPeer(network, { host, name: `proxy${at}` })
      proxy.on('REGISTER', request =>
        proxy.reply(request, 200, {
          headers: [
            ['Contact', `${request.header('contact')};expires=3600`],
            ['Expires', '3600'],
          ],
        }),
      )
      return proxy
    })
    const asked = record(sip.challenges$)
    const uses = []
    for (const [at, user] of ['alice', 'bob'].entries()) {
      const profile = await create(
        {
          aors: [`sip:${user}@example.com`],
          outboundProxy: { uri: `sip:proxy${at}.example.com`, username: user, realm: `gate${at}` },
        },
        { proxyPassword: 'open sesame' },
      )
      const enabled = profile.enable()
      await settled(enabled.registered(), 1000)
      uses.push(enabled)
    }
    for (const [at, user] of ['alice', 'bob'].entries()) {
      const call = uses[at]!.connection!.invite('sip:carol@example.org', { from: uses[at]!, offer: ourOffer })
      await run(10)
      const proxy = proxies[at]!
      const invite = proxy.next('INVITE')
      expect(invite.header('from')).toContain(`<sip:${user}@example.com>`)
      proxy.reply(invite, 407, {
        headers: [['Proxy-Authenticate', `Digest realm="gate${at}", nonce="n", qop="auth", algorithm=MD5`]],
      })
      await run(10)
      proxy.next('ACK')
      const answered = proxy.next('INVITE')
      expect(answered.header('proxy-authorization')).toContain(`username="${user}"`)
      proxy.reply(answered, 486)
      await run(10)
      expect(call.state.is).toBe('terminated')
      for (const message of proxies[1 - at]!.all('INVITE')) expect(message.header('from')).not.toContain(user)
    }
    expect(asked.values).toEqual([])
  })

  it('F06: the registrar asks for a password, and nobody but the profile is asked', async () => {
    const { sip, create, settled, registers } = await lineStage({ registrar: { challenge: true } })
    const asked = record(sip.challenges$)
    const enabled = (await create()).enable()
    const states = record(enabled.state$)
    const errors = record(enabled.errors$)
    await settled(enabled.registered(), 1000)
    expect(registers().map(request => request.header('authorization') !== undefined)).toEqual([false, true])
    expect([asked.values, errors.values]).toEqual([[], []])
    expect(states.values.at(-1)!.is).toBe('registered')
  })

  it('what is fatal drops all uses, and is kept until the next enable', async () => {
    const { sip, create, settled } = await lineStage({ registrar: { challenge: true, wrongPassword: 403 } })
    const profile = await create(home, { registrarPassword: 'wrong' })
    const all = record(sip.profiles.errors$)
    const first = profile.enable()
    const second = sip.profiles.get(profile.id).enable()
    const errors = record(first.errors$)
    await expect(settled(first.registered(), 1000)).rejects.toMatchObject({ status: 403 })
    await expect(settled(second.registered())).rejects.toMatchObject({ status: 403 })
    expect([first.isOver, second.isOver, profile.isEnabled]).toEqual([true, true, false])
    expect(errors.values).toMatchObject([{ status: 403 }])
    expect(errors.complete).toBe(true)
    expect(all.values).toMatchObject([{ status: 403 }])
    expect(profile.lastError).toMatchObject({ status: 403 })
    const third = profile.enable()
    expect(profile.lastError).toBeUndefined()
    await settled(third.disable(), 1000)
  })
})

it('A08: the end of the Sip ends calls that were made from a profile before it un-REGISTERs', async () => {
  const { create, sip, settled, bob, run, words, said } = await lineStage()
  const enabled = (await create()).enable()
  await settled(enabled.registered(), 1000)
  const call = enabled.connection!.invite(bob.uri, { from: enabled, offer: ourOffer })
  await run(10)
  bob.reply(bob.next('INVITE'), 200, { body: ourOffer })
  await run(10)
  const from = words().length
  const closed = sip.close()
  await run(1000)
  expect(new Set(words().slice(from))).toEqual(new Set(['BYE']))
  bob.reply(bob.next('BYE'), 200)
  await run(60_000)
  await closed
  expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
  expect(words().slice(from).at(-1)).toBe('REGISTER')
  expect(said.at(-1)!.message.header('contact')).toContain('expires=0')
})

describe('what is kept', () => {
  it('H10: every field is there after a restart, with the same default; passwords are not told', async () => {
    const stage = await lineStage()
    const { sip, sipWith, create, run, store, settled, registers } = stage
    const full: ProfileInput = {
      name: 'Work',
      type: { class: 'internet', name: 'ietf' },
      aors: ['sip:alice@example.com', 'sip:alice.work@example.com'],
      bearer: 'wlan',
      apns: ['one', 'two'],
      registrar: { uri: 'sip:example.com', username: 'alice', realm: 'r', params: { a: 'b' } },
      outboundProxy: { uri: 'sip:192.0.2.10', username: 'alice', realm: 'p', params: {} },
      privateIdentity: 'alice@private.example.com',
      autoRegister: false,
      securityNegotiation: false,
      sigcomp: true,
      contactParams: ['+sip.ice', 'q=0.5'],
      headers: [['P-Own', 'x']],
      dscp: 46,
      resolveProxy: false,
      imsPolicy: 'isim',
      locked: true,
      homeNetworkOnly: true,
      expires: 1800,
      extensions: { text: 'a', count: 7, on: true, list: ['x', 'y'] },
    }
    const other = await create()
    const made = await create(full, { registrarPassword: 'one', proxyPassword: 'two' })
    await settled(sip.profiles.admin.setDefault(made))
    const closed = sip.close()
    await run(100_000)
    await closed
    const again = await sipWith({ over: store })
    const read = again.profiles.default()!
    expect(read.id).toBe(made.id)
    expect(read.fields).toEqual(made.fields)
    expect(read.fields).toMatchObject(full)
    expect(again.profiles.get(other.id).fields).toEqual(other.fields)
    expect(again.profiles.get(other.id).isDefault).toBe(false)
    expect(read.secrets).toEqual(['registrarPassword', 'proxyPassword'])
    expect(JSON.stringify([read, read.toJSON(), again.profiles.list()])).not.toMatch(
      /"(one|two)"(?!,"two"|])/,
    )
    await settled(read.enable().registered(), 1000)
    expect(registers().at(-1)!.header('to')).toBe('<sip:alice@example.com>')
  })

  it('H12: extension parameters keep their types', async () => {
    const { sip, create, settled } = await lineStage()
    const extensions = { text: '1', count: 1, on: true, list: ['1', '2'] }
    const profile = await create({ ...home, extensions })
    expect(sip.profiles.get(profile.id).fields.extensions).toEqual(extensions)
    const saved = await settled(sip.profiles.admin.save(profile, { extensions: { count: 2 } }))
    expect(saved.fields.extensions).toEqual({ count: 2 })
    for (const bad of [{ x: Number.NaN }, { x: {} }, { x: [1] }])
      expect(() => sip.profiles.admin.save(profile, { extensions: bad as never })).toThrow(
        refusal('argument'),
      )
  })

  it('H14: ims, ietf and other are listed', async () => {
    const { sip, create } = await lineStage()
    expect(sip.profiles.types()).toEqual([
      { class: 'ims', name: 'ims' },
      { class: 'internet', name: 'ietf' },
      { class: 'other', name: 'other' },
    ])
    await create()
    await create({ aors: ['sip:bob@example.com'], type: { class: 'ims', name: 'ims' } })
    const aors = (filter: Parameters<typeof sip.profiles.list>[0]) =>
      sip.profiles.list(filter).map(profile => profile.aors[0])
    expect(aors({ type: 'ims' })).toEqual(['sip:bob@example.com'])
    expect(aors({ type: 'internet' })).toEqual(['sip:alice@example.com'])
    expect(aors({ type: { class: 'other' } })).toEqual([])
    expect(aors({ aor: 'sip:bob@example.com' })).toEqual(['sip:bob@example.com'])
    expect(aors({})).toHaveLength(2)
    expect(sip.profiles.admin.defaults({ class: 'ims', name: 'ims' })).toMatchObject({
      type: { class: 'ims', name: 'ims' },
      autoRegister: false,
    })
  })

  it('H16: forced to end, all uses are told, un-REGISTERed, and calls go on', async () => {
    const { create, settled, sip, bob, run, registers, active } = await lineStage()
    const profile = await create()
    const enabled = profile.enable()
    const line = await active()
    const call = line.call({ requestUri: bob.uri, offer: ourOffer })
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 200, { body: ourOffer })
    await run(10)
    const told = [record(enabled.events$), record(profile.events$)]
    const errors = record(line.errors$)
    sip.profiles.get(profile.id).forceDisable()
    await run(1000)
    // What follows a shared server tells nobody who has no use of it any more.
    for (const { values } of told) expect(values[0]!.is).toBe('forciblyDisabled')
    expect(expiresOf(registers().at(-1)!)).toBe('0')
    expect(enabled.isOver).toBe(true)
    expect(line.state).toMatchObject({ is: 'failed' })
    expect(errors.values).toHaveLength(1)
    expect(call.state.is).toBe('established')
    await settled(line.start(), 1000)
    expect(line.state.is).toBe('active')
  })

  it('H16: without the scope profile.admin nothing changes; others are refused likewise', async () => {
    const { create, store, run, sip } = await lineStage()
    await create()
    const closed = sip.close()
    await run(100_000)
    await closed
    const stage = await lineStage()
    const reader = await stage.sipWith({
      over: store,
      host: { host: '192.0.2.3' },
      sip: { scopes: ['profile.read'] },
    })
    const profile = reader.profiles.default()!
    const enabled = profile.enable()
    await stage.settled(enabled.registered(), 1000)
    expect(() => profile.forceDisable()).toThrow(refusal('permission'))
    expect(() => reader.profiles.admin).toThrow(refusal('permission'))
    await stage.run(1000)
    expect(enabled.state).toMatchObject({ is: 'registered', users: 1 })
  })

  it('an object that is released hears no more and does nothing', async () => {
    const { create } = await lineStage()
    const profile = await create()
    const states = record(profile.state$)
    profile.release()
    expect(states.complete).toBe(true)
    expect(() => profile.enable()).toThrow(refusal('resource-not-available'))
  })

  it('an engine without a store has no profiles and says so', async () => {
    const { createSip } = await import('../support/create-sip.ts')
    const { network } = await lineStage()
    const sip = createSip({ platform: network.platform({ host: '192.0.2.9' }) })
    await expect(sip.profiles.ready()).rejects.toMatchObject({ code: 'not-supported' })
    expect(() => sip.profiles.list()).toThrow(refusal('not-supported'))
    expect(() => sip.line()).toThrow(refusal('not-supported'))
    await sip.close()
    expect(() => sip.line()).toThrow(refusal('resource-not-available'))
  })

  it('a password that is not given, or empty, stays; another is used at once', async () => {
    const { sip, create, settled, registers } = await lineStage({ registrar: { challenge: true } })
    const profile = await create()
    await settled(sip.profiles.admin.save(profile, { name: 'x' }, { registrarPassword: '' }))
    await settled(sip.profiles.admin.save(profile, { name: 'y' }))
    await settled(profile.enable().registered(), 1000)
    expect(registers()).toHaveLength(2)
    expect(() => sip.profiles.admin.save(profile, { contactUser: 'a'.repeat(20) })).toThrow(
      refusal('permission'),
    )
  })
})
