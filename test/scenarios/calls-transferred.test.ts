/** Transfers between three engines, with their outcome on the wire of all three. Scenarios E12, E13; RFC 5589, RFC 3515. */
import { describe, expect, it } from 'vitest'
import { hosts, idle, obey, sdpOf, threeParties, uriOf } from './referral-support.ts'
import { record } from './support.ts'

const settled = <T>(promise: Promise<T>) => {
  const seen: { value?: T; error?: unknown } = {}
  promise.then(
    value => void (seen.value = value),
    error => void (seen.error = error),
  )
  return seen
}

describe('a blind transfer', () => {
  it('E12, E13: the transferee calls the target, tells how it goes, and the transferor hangs up (RFC 5589 §6.1)', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run, between, requests } = three
    const [call, far] = await three.connect(alice, bob)
    const taken = obey(far, sdpOf('bob'))
    three.hush()
    const outcome = settled(call.transfer(uriOf('carol')))
    await run(50)
    carol.calls[0]!.ring()
    await run(50)
    void carol.calls[0]!.accept(sdpOf('carol'))
    await run(200)
    expect(outcome.value).toMatchObject({ transferred: true, status: 200, reason: 'OK' })
    expect(between('alice', 'bob')).toEqual(['REFER', '200 NOTIFY', '200 NOTIFY', '200 NOTIFY', 'BYE'])
    expect(between('bob', 'alice')).toEqual([
      '202 REFER',
      'NOTIFY 100 active',
      'NOTIFY 180 active',
      'NOTIFY 200 terminated',
      '200 BYE',
    ])
    expect(between('bob', 'carol')).toEqual(['INVITE', 'ACK'])
    expect(between('carol', 'bob')).toEqual(['180 INVITE', '200 INVITE'])
    expect([call.state.is, far.state.is]).toEqual(['terminated', 'terminated'])
    expect([taken[0]!.call.state.is, carol.calls[0]!.state.is]).toEqual(['confirmed', 'confirmed'])
    // Who referred goes along. RFC 3892
    const [refer] = requests('alice', 'REFER')
    const [invite] = requests('bob', 'INVITE')
    expect(refer!.header('refer-to')).toBe(`<${uriOf('carol')}>`)
    expect(invite!.header('referred-by')).toBe(refer!.header('referred-by'))
    expect(carol.calls[0]!.referredBy?.uri).toMatchObject({ user: 'alice', host: hosts.alice })
    expect(taken[0]!.call.referral).toBe(taken[0]!.referral)
    void taken[0]!.call.hangUp()
    await run(70_000)
    expect(three.census()).toEqual(idle)
  })

  it('E13: is told as session-referred, when the REFER comes and when the call for it is accepted', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run } = three
    const [call, far] = await three.connect(alice, bob)
    const taken = obey(far, sdpOf('bob'))
    call.refer(uriOf('carol'))
    await run(50)
    const told = () => bob.events.filter(event => event.type === 'sessionReferred')
    expect(told()).toEqual([
      {
        type: 'sessionReferred',
        source: 'rtc',
        referral: taken[0]!.referral,
        message: taken[0]!.referral.request,
      },
    ])
    void carol.calls[0]!.accept(sdpOf('carol'))
    await run(50)
    expect(told()).toMatchObject([
      { message: { method: 'REFER' } },
      { referral: taken[0]!.referral, call: taken[0]!.call, message: { status: 200 } },
    ])
  })

  it('E12: tells the progress as a stream that ends with it', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run } = three
    const [call, far] = await three.connect(alice, bob)
    obey(far, sdpOf('bob'))
    const referral = call.refer(uriOf('carol'))
    const progress = record(referral.progress$)
    const states = record(referral.state$)
    await run(50)
    carol.calls[0]!.ring()
    await run(50)
    void carol.calls[0]!.accept(sdpOf('carol'))
    await run(100)
    expect(progress.values.map(({ status }) => status)).toEqual([100, 180, 200])
    expect(progress.values[1]!.message.parsed('event')?.value).toBe('refer')
    expect(progress.complete).toBe(true)
    expect(states.values).toEqual([
      { is: 'sent' },
      { is: 'accepted' },
      { is: 'done', status: 200, reason: 'OK' },
    ])
    expect(alice.events.filter(({ type }) => type === 'progress')).toHaveLength(3)
    // A REFER alone ends nothing.
    expect(call.state.is).toBe('confirmed')
  })

  it('leaves the call as it is when the target is busy: NOTIFY 486 (RFC 5589 §6.2)', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run, between } = three
    const [call, far] = await three.connect(alice, bob)
    obey(far, sdpOf('bob'))
    three.hush()
    const outcome = settled(call.transfer(uriOf('carol')))
    await run(50)
    carol.calls[0]!.reject(486)
    await run(200)
    expect(outcome.value).toMatchObject({ transferred: false, status: 486, reason: 'Busy Here' })
    expect(between('bob', 'alice')).toEqual(['202 REFER', 'NOTIFY 100 active', 'NOTIFY 486 terminated'])
    expect(between('alice', 'bob')).toEqual(['REFER', '200 NOTIFY', '200 NOTIFY'])
    expect([call.state.is, far.state.is]).toEqual(['confirmed', 'confirmed'])
  })

  it.each([
    ['nobody listens', undefined, 603],
    ['the application says', 488, 488],
  ])('is refused when %s, and the call stands (RFC 3515 §2.4.2)', async (_, status, expected) => {
    const three = await threeParties()
    const { alice, bob, run, between } = three
    const [call, far] = await three.connect(alice, bob)
    if (status !== undefined) far.referrals$.subscribe(referral => referral.reject(status))
    three.hush()
    const outcome = settled(call.transfer(uriOf('carol')))
    await run(200)
    expect(outcome.error).toMatchObject({ code: 'rejected', status: expected })
    expect(between('bob', 'alice')).toEqual([`${expected} REFER`])
    expect([call.state.is, far.state.is]).toEqual(['confirmed', 'confirmed'])
    expect(three.census().map(kinds => 'referral' in kinds)).toEqual([false, false, false])
  })

  it('is told of on the connection when nobody listens on the call', async () => {
    const three = await threeParties()
    const { alice, bob, run } = three
    const [call, far] = await three.connect(alice, bob)
    const taken = obey(bob.connection, sdpOf('bob'))
    call.refer(uriOf('carol'))
    await run(50)
    expect(taken[0]!.referral.call).toBe(far)
  })

  it('is told of although the NOTIFY is lost at first', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run, network } = three
    const [call, far] = await three.connect(alice, bob)
    obey(far, sdpOf('bob'))
    let lost = 0
    network.drop(({ text, from }) => {
      const hit = from.host === hosts.bob && text.startsWith('NOTIFY') && lost < 2
      if (hit) lost += 1
      return hit
    })
    const outcome = settled(call.transfer(uriOf('carol')))
    await run(50)
    void carol.calls[0]!.accept(sdpOf('carol'))
    await run(5000)
    expect(lost).toBe(2)
    expect(outcome.value).toMatchObject({ transferred: true, status: 200 })
  })

  it('is finished in the dialog although the transferor hangs up early (RFC 5057 §3)', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run, between } = three
    const [call, far] = await three.connect(alice, bob)
    const taken = obey(far, sdpOf('bob'))
    const referral = call.refer(uriOf('carol'))
    await run(50)
    three.hush()
    void call.hangUp()
    await run(50)
    expect([call.state.is, far.state.is]).toEqual(['terminated', 'terminated'])
    carol.calls[0]!.ring()
    await run(50)
    void carol.calls[0]!.accept(sdpOf('carol'))
    await run(100)
    expect(between('bob', 'alice')).toEqual(['200 BYE', 'NOTIFY 180 active', 'NOTIFY 200 terminated'])
    expect(between('alice', 'bob')).toEqual(['BYE', '200 NOTIFY', '200 NOTIFY'])
    expect(referral.state).toEqual({ is: 'done', status: 200, reason: 'OK' })
    expect(call.dialog!.state.is).toBe('terminated')
    void taken[0]!.call.hangUp()
    await run(70_000)
    expect(three.census()).toEqual(idle)
  })

  it('tells what became of a call that nobody answered, or that was taken back', async () => {
    const three = await threeParties()
    const { alice, bob, run } = three
    const [call, far] = await three.connect(alice, bob)
    const taken = obey(far, sdpOf('bob'))
    const silent = call.refer('sip:nobody@192.0.2.77:5060')
    await run(40_000)
    expect(silent.state).toMatchObject({ is: 'done' })
    expect(silent.lastProgress!.status).toBeGreaterThanOrEqual(408)
    const withdrawn = call.refer(uriOf('carol'))
    await run(50)
    taken[1]!.call.cancel()
    // The CANCEL waits for a provisional response, which is due after 200 ms.
    await run(500)
    expect(withdrawn.state).toEqual({ is: 'done', status: 487, reason: 'Request Terminated' })
  })

  it('two REFERs in one dialog are told apart by id (RFC 3515 §2.4.6)', async () => {
    const three = await threeParties()
    const { alice, bob, carol, run, requests } = three
    const [call, far] = await three.connect(alice, bob)
    obey(far, sdpOf('bob'))
    const first = call.refer(uriOf('carol'))
    await run(50)
    const second = call.refer(uriOf('carol'))
    await run(50)
    void carol.calls[1]!.accept(sdpOf('carol'))
    await run(100)
    expect(second.state).toEqual({ is: 'done', status: 200, reason: 'OK' })
    expect(first.state).toEqual({ is: 'accepted' })
    carol.calls[0]!.reject(603)
    await run(100)
    expect(first.state).toMatchObject({ is: 'done', status: 603 })
    const refers = requests('alice', 'REFER')
    const ids = requests('bob', 'NOTIFY').map(notify => notify.header('event'))
    expect(new Set(ids)).toEqual(new Set(['refer', `refer;id=${refers[1]!.cseq.seq}`]))
  })
})

describe('a transfer on a bad network', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'ends with an outcome that both sides agree on, and leaves nothing behind (seed %i)',
    async seed => {
      const three = await threeParties({ seed })
      const { alice, bob, carol, run, network } = three
      const [call, far] = await three.connect(alice, bob)
      const taken = obey(far, sdpOf('bob'))
      network.set({ loss: 0.25, latency: { min: 5, max: 60 } })
      carol.connection.calls$.subscribe(incoming => {
        incoming.ring()
        incoming.accept(sdpOf('carol')).catch(() => {})
      })
      const outcome = settled(call.transfer(uriOf('carol')))
      await run(120_000)
      const up = taken[0]?.call.state.is === 'confirmed'
      if (outcome.value) expect(outcome.value.transferred).toBe(up)
      else expect(outcome.error).toMatchObject({ code: expect.stringMatching(/timeout|rejected/) })
      network.set({ loss: 0 })
      for (const open of [call, far, ...taken.map(one => one.call), ...carol.calls])
        if (open.can('hangUp')) void open.hangUp()
      await run(500_000)
      expect(three.census()).toEqual(idle)
    },
  )
})

describe('an attended transfer', () => {
  const attended = async () => {
    const three = await threeParties()
    const { alice, bob, carol } = three
    const [toBob, atBob] = await three.connect(alice, bob)
    const [toCarol, atCarol] = await three.connect(alice, carol)
    const taken = obey(atBob, sdpOf('bob'))
    three.hush()
    return { ...three, toBob, atBob, toCarol, atCarol, taken }
  }

  it('puts the transferee in the place of the transferor; each ends the call that is its own to end (RFC 5589 §7.1)', async () => {
    const { alice, carol, run, between, requests, toBob, atBob, toCarol, atCarol, taken, census } =
      await attended()
    const outcome = settled(toBob.transfer(toCarol))
    await run(50)
    const replacing = carol.calls[1]!
    expect(replacing.replaces).toBe(atCarol)
    expect(taken[0]!.referral.replaces).toEqual(replacing.referCookie)
    void replacing.accept(sdpOf('carol'))
    await run(300)
    expect(outcome.value).toMatchObject({ transferred: true, status: 200 })
    expect(between('alice', 'bob')).toEqual(['REFER', '200 NOTIFY', '200 NOTIFY', 'BYE'])
    expect(between('bob', 'alice')).toEqual([
      '202 REFER',
      'NOTIFY 100 active',
      'NOTIFY 200 terminated',
      '200 BYE',
    ])
    expect(between('bob', 'carol')).toEqual(['INVITE', 'ACK'])
    // The target ends the call that was replaced. RFC 3891 §3
    expect(between('carol', 'alice')).toEqual(['BYE'])
    expect(between('alice', 'carol')).toEqual(['200 BYE'])
    const [invite] = requests('bob', 'INVITE')
    expect(invite!.header('require')).toBe('replaces')
    const { callId, remoteTag, localTag } = toCarol.dialog!
    expect(invite!.header('replaces')).toBe(`${callId};to-tag=${remoteTag};from-tag=${localTag}`)
    expect([toBob, atBob, toCarol, atCarol].map(({ state }) => state.is)).toEqual(Array(4).fill('terminated'))
    expect([taken[0]!.call, replacing].map(({ state }) => state.is)).toEqual(['confirmed', 'confirmed'])
    void replacing.hangUp()
    await run(70_000)
    expect(census()).toEqual(idle)
    expect(alice.calls).toEqual([])
  })

  it('leaves both calls when the target refuses', async () => {
    const { carol, run, toBob, atBob, toCarol, atCarol } = await attended()
    const outcome = settled(toBob.transfer(toCarol))
    await run(50)
    carol.calls[1]!.reject(486)
    await run(200)
    expect(outcome.value).toMatchObject({ transferred: false, status: 486 })
    expect([toBob, atBob, toCarol, atCarol].map(({ state }) => state.is)).toEqual(Array(4).fill('confirmed'))
  })

  it('is refused on the spot for calls that are not up, or the call itself', async () => {
    const three = await threeParties()
    const [call] = await three.connect(three.alice, three.bob)
    const calling = three.alice.connection.invite(uriOf('carol'), { offer: sdpOf('alice') })
    const code = (act: () => unknown) => {
      try {
        act()
      } catch (error) {
        return (error as { code: string }).code
      }
      return undefined
    }
    expect(code(() => call.transfer(calling))).toBe('invalid-dialog-state')
    expect(code(() => calling.transfer(call))).toBe('invalid-dialog-state')
    expect(code(() => call.transfer(call))).toBe('argument')
    expect(code(() => call.transfer('no address'))).toBe('argument')
    expect(code(() => call.refer('sip:a@b\r\nVia: x'))).toBe('argument')
    expect([call.can('transfer'), calling.can('refer')]).toEqual([true, false])
    expect(three.requests('alice', 'REFER')).toEqual([])
  })
})
