/** Subscriptions of a scripted peer: answered, told, refreshed, ended. Scenarios E09, E10, B13; RFC 6665 §4.2. */
import { describe, expect, it } from 'vitest'
import { requireDigest } from '../../src/index.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { notifierScene, presence, text, told } from './notifier-support.ts'
import { brief, record, registrarScene, transports } from './support.ts'

describe.each(transports)('over %s', wire => {
  it('E09: accepted: 200, a NOTIFY at once, more on each change, the last when the time is over', async () => {
    const { bob, run, asked, subscribe, clock } = await notifierScene({}, { wire })
    const request = await subscribe(600)
    const [notifier] = asked
    const states = record(notifier!.state$)
    expect(notifier).toMatchObject({ event: 'presence', eventId: undefined, expires: 600, accepts: [] })
    expect(notifier!.request.callId).toBe(request.callId)
    expect(notifier!.subscriber.uri).toMatchObject({ user: 'bob' })
    const since = clock.now()
    notifier!.accept({ expires: 300, contentType: text, body: 'one' })
    await run(10)
    const ok = bob.next(200)
    expect([ok.header('expires'), ok.headers('contact').length, ok.header('allow-events')]).toEqual([
      '300',
      1,
      'presence, message-summary',
    ])
    const first = bob.next('NOTIFY')
    expect([told(first), first.header('event'), first.header('content-type')]).toEqual([
      'active;expires=300 one',
      'presence',
      text,
    ])
    expect([first.callId, first.fromTag, first.toTag]).toEqual([request.callId, ok.toTag, request.fromTag])
    bob.reply(first, 200)
    await run(9980)
    notifier!.notify('two', { contentType: text })
    await run(10)
    const second = bob.next('NOTIFY')
    expect(told(second)).toBe('active;expires=290 two')
    expect(second.cseq.seq).toBe(first.cseq.seq + 1)
    bob.reply(second, 200)
    await run(289_950)
    expect(bob.unread).toEqual([])
    await run(60)
    const last = bob.next('NOTIFY')
    expect(told(last)).toBe('terminated;reason=timeout two')
    bob.reply(last, 200)
    await run(10)
    expect(states.values).toEqual([
      { is: 'asked' },
      { is: 'active', expires: 300, expiresAt: since + 300_000 },
      { is: 'terminated', reason: 'timeout' },
    ])
    expect(states.complete).toBe(true)
  })
})

describe('what is granted', () => {
  it.each([
    [null, {}, 3600],
    [120, {}, 120],
    [1_000_000, {}, 86_400],
    [1_000_000, { expires: 1_000_000 }, 1_000_000],
    [600, { expires: 60 }, 60],
  ])(
    'E09: asked for %s with %j it is %i s, never more than was asked for',
    async (expires, given, granted) => {
      const { bob, asked, subscribe, run } = await notifierScene()
      await subscribe(expires)
      asked[0]!.accept(given)
      await run(10)
      expect(bob.next(200).header('expires')).toBe(String(granted))
      expect(told(bob.next('NOTIFY'))).toBe(`active;expires=${granted}`)
    },
  )

  it('E09: more than was asked for is misuse, and has no effect', async () => {
    const { asked, subscribe } = await notifierScene()
    await subscribe(600)
    expect(() => asked[0]!.accept({ expires: 601 })).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(asked[0]!.state.is).toBe('asked')
  })

  it('423 with Min-Expires for what is too brief, but not for an hour and not for a fetch (§4.2.1.1)', async () => {
    const { bob, asked, subscribe } = await notifierScene({ minExpires: 3600 })
    await subscribe(3599)
    expect(bob.next(423).header('min-expires')).toBe('3600')
    await subscribe(3600)
    await subscribe(0)
    expect(asked.map(({ expires }) => expires)).toEqual([3600, 0])
  })

  it('a fetch gets one NOTIFY, and is over (§4.4.3)', async () => {
    const { bob, run, asked, subscribe } = await notifierScene()
    await subscribe(0)
    asked[0]!.accept({ contentType: text, body: 'one' })
    await run(10)
    expect(bob.next(200).header('expires')).toBe('0')
    const last = bob.next('NOTIFY')
    expect(told(last)).toBe('terminated;reason=timeout one')
    bob.reply(last, 200)
    await run(10)
    expect(asked[0]!.state).toEqual({ is: 'terminated', reason: 'timeout' })
  })
})

describe('refusals', () => {
  it('E10: an event that is not offered draws 489 with Allow-Events, whether anybody listens or not', async () => {
    const { bob, asked, listening, subscribe } = await notifierScene()
    for (const listens of [true, false]) {
      if (!listens) listening.unsubscribe()
      for (const headers of [[['Event', 'winfo']], [['Event', 'presence.winfo']], []] as const) {
        await subscribe(600, headers)
        const refusal = bob.next(489)
        expect(refusal.header('allow-events')).toBe('presence, message-summary')
      }
    }
    expect(asked).toEqual([])
  })

  it('E10: 405 without SUBSCRIBE in Allow when none is offered', async () => {
    const { bob, subscribe } = await notifierScene({ events: [] })
    await subscribe()
    const refusal = bob.next(405)
    expect(refusal.header('allow')).not.toContain('SUBSCRIBE')
  })

  it('480 while nobody listens, 500 when the only listener fails, 480 when nobody decides in 60·T1', async () => {
    const { bob, connection, listening, subscribe, run } = await notifierScene(
      {},
      { sip: { onCallbackError: () => {} } },
    )
    await subscribe()
    await run(29_950)
    // Timer E has reached T2 meanwhile. RFC 4320 §4.2
    expect(bob.unread.map(brief)).toEqual(['100 SUBSCRIBE'])
    await run(60)
    bob.next(480)
    listening.unsubscribe()
    await subscribe()
    bob.next(480)
    connection.subscriptions$.subscribe(() => {
      throw new Error('no')
    })
    await subscribe()
    bob.next(500)
  })

  it('403 or what the application says', async () => {
    const { bob, asked, run, subscribe } = await notifierScene()
    await subscribe()
    asked[0]!.reject()
    await run(10)
    bob.next(403)
    expect(asked[0]!.state).toEqual({ is: 'rejected' })
    await subscribe()
    asked[1]!.reject(603, { headers: [['Retry-After', '60']] })
    await run(10)
    expect(bob.next(603).header('retry-after')).toBe('60')
    for (const use of [() => asked[1]!.accept(), () => asked[1]!.reject()])
      expect(use).toThrow(expect.objectContaining({ code: 'invalid-transaction-state' }))
    for (const use of [
      () => asked[1]!.notify('x', { contentType: text }),
      () => asked[1]!.activate(),
      () => asked[1]!.terminate(),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'invalid-dialog-state' }))
  })

  it('481 in a dialog that is unknown, or gone', async () => {
    const { bob, address, ourUri, run, subscribed } = await notifierScene()
    bob.request('SUBSCRIBE', { to: address, uri: ourUri, toTag: 'nobody', headers: [presence] })
    await run(10)
    bob.next(481)
    const { next, again, notifier } = await subscribed()
    notifier.terminate('rejected')
    await run(10)
    // It has crossed our last NOTIFY.
    await again(600)
    bob.next(481)
    expect(told(await next())).toBe('terminated;reason=rejected one')
    await again(600)
    bob.next(481)
  })

  it('503 with Retry-After beyond the limit', async () => {
    const { bob, subscribe, subscribed, run } = await notifierScene({}, { sip: { limits: { notifiers: 1 } } })
    const { notifier, next } = await subscribed()
    await subscribe()
    expect(bob.next(503).header('retry-after')).toBe('60')
    notifier.terminate()
    await run(10)
    await next()
    await subscribed()
  })
})

describe('a subscription that is up', () => {
  it('E09: waits for leave as pending, then is told', async () => {
    const { subscribed, run } = await notifierScene()
    const { notify, notifier, next, states } = await subscribed({ state: 'pending' })
    expect(told(notify)).toBe('pending;expires=600')
    notifier.notify('one', { contentType: text, state: 'active' })
    await run(10)
    expect(told(await next())).toBe('active;expires=600 one')
    expect(states.values.map(({ is }) => is)).toEqual(['asked', 'pending', 'active'])
  })

  it('is activated with its present state', async () => {
    const { subscribed, run } = await notifierScene()
    const { notifier, next } = await subscribed({ state: 'pending', contentType: text, body: 'little' })
    notifier.activate()
    await run(10)
    expect(told(await next())).toBe('active;expires=600 little')
  })

  it('has one NOTIFY under way, and the latest state waits for its answer', async () => {
    const { bob, subscribed, run } = await notifierScene()
    const { notifier, next } = await subscribed()
    for (const body of ['two', 'three', 'four']) notifier.notify(body, { contentType: text })
    await run(400)
    const [first, ...others] = bob.unread
    expect([first, others]).toMatchObject([{ method: 'NOTIFY' }, []])
    expect(told(await next())).toContain('two')
    expect(told(await next())).toContain('four')
    expect(bob.unread).toEqual([])
  })

  it('E09: a refresh is answered and told at once, and counts from now', async () => {
    const { bob, subscribed, run } = await notifierScene()
    const { next, again, states } = await subscribed()
    await run(500_000)
    await again(200)
    expect(bob.next(200).header('expires')).toBe('200')
    expect(told(await next())).toBe('active;expires=200 one')
    await run(199_900)
    expect(bob.unread).toEqual([])
    await run(100)
    expect(told(await next())).toBe('terminated;reason=timeout one')
    expect(states.values.map(state => ('expires' in state ? state.expires : state.is))).toEqual([
      'asked',
      600,
      200,
      'terminated',
    ])
  })

  it('E09: its NOTIFYs follow the Contact of the refresh', async () => {
    const { bob, subscribed, run, another } = await notifierScene()
    const moved = another('192.0.2.7', 'bob')
    const { again, notifier } = await subscribed()
    await again(600, [['Contact', '<sip:bob@192.0.2.7:5060>']])
    bob.next(200)
    const notify = moved.next('NOTIFY')
    expect(notify.uri).toBe('sip:bob@192.0.2.7:5060')
    moved.reply(notify, 200)
    await run(10)
    notifier.notify('two', { contentType: text })
    await run(10)
    expect(told(moved.next('NOTIFY'))).toContain('two')
  })

  it('a refresh that is too brief or unreadable changes nothing', async () => {
    const { bob, subscribed, run } = await notifierScene({ minExpires: 120 })
    const { again, dialog, notifier } = await subscribed()
    await again(60)
    expect(bob.next(423).header('min-expires')).toBe('120')
    dialog.request('SUBSCRIBE', { headers: [presence, ['Expires', 'soon']] })
    await run(10)
    bob.next(400)
    expect(notifier.state).toMatchObject({ is: 'active', expires: 600 })
  })

  it('E09: Expires 0 ends it by a last NOTIFY (§4.2.1.4)', async () => {
    const { bob, subscribed } = await notifierScene()
    const { again, next, states } = await subscribed()
    await again(0)
    expect(bob.next(200).header('expires')).toBe('0')
    expect(told(await next())).toBe('terminated;reason=timeout one')
    expect(states.values.at(-1)).toEqual({ is: 'terminated', reason: 'timeout' })
    expect(states.complete).toBe(true)
  })

  it.each([
    ['deactivated', {}, 'terminated;reason=deactivated one'],
    ['probation', { retryAfter: 30 }, 'terminated;reason=probation;retry-after=30 one'],
    ['noresource', { contentType: text, body: 'gone' }, 'terminated;reason=noresource gone'],
  ] as const)('E09: is ended as %s', async (reason, options, expected) => {
    const { subscribed, run } = await notifierScene()
    const { notifier, next, states } = await subscribed()
    notifier.terminate(reason, options)
    await run(10)
    expect(told(await next())).toBe(expected)
    expect(states.values.at(-1)).toEqual({ is: 'terminated', reason })
    expect(() => notifier.notify('x', { contentType: text })).toThrow(
      expect.objectContaining({ code: 'invalid-dialog-state' }),
    )
  })

  it.each([481, 489, 500, 404])('ends when a NOTIFY is refused with %i, told once', async status => {
    const { subscribed, run, bob } = await notifierScene()
    const { notifier, next, errors, states, again } = await subscribed()
    notifier.notify('two', { contentType: text })
    await run(10)
    await next(status)
    expect(states.values.at(-1)).toMatchObject({ is: 'terminated', response: { status } })
    expect(states.complete).toBe(true)
    expect(errors.values.map(error => [error.code, error.status])).toEqual([['rejected', status]])
    await again(600)
    bob.next(481)
  })

  it('ends when nobody answers a NOTIFY for 64·T1', async () => {
    const { subscribed, run } = await notifierScene()
    const { notifier, errors, states } = await subscribed()
    notifier.notify('two', { contentType: text })
    await run(32_100)
    expect(states.values.at(-1)).toMatchObject({ is: 'terminated', error: { code: 'timeout' } })
    expect(errors.values.map(({ code }) => code)).toEqual(['timeout'])
  })

  it('tells later what the subscriber does not want now (§4.2.2)', async () => {
    const { bob, subscribed, run } = await notifierScene()
    const { notifier, next, errors } = await subscribed()
    notifier.notify('two', { contentType: text })
    await run(10)
    await next(500, [['Retry-After', '5']])
    notifier.notify('three', { contentType: text })
    await run(4900)
    expect(bob.unread).toEqual([])
    await run(100)
    expect(told(await next())).toContain('three')
    expect(errors.values).toEqual([])
  })

  it('does not tell a subscriber again with each of its answers that says Retry-After: 0', async () => {
    const { bob, subscribed, run } = await notifierScene()
    const { notifier, next } = await subscribed()
    notifier.notify('two', { contentType: text })
    await run(10)
    await next(503, [['Retry-After', '0']])
    await run(4900)
    expect(bob.unread).toEqual([])
    await run(200)
    expect(told(await next())).toContain('two')
  })
})

describe('what is said of events', () => {
  it('B13: OPTIONS is answered with Allow-Events, and SUBSCRIBE in Allow', async () => {
    const { bob, address, ourUri, run } = await notifierScene()
    bob.request('OPTIONS', { to: address, uri: ourUri })
    await run(10)
    const ok = bob.next(200)
    expect(ok.header('allow-events')).toBe('presence, message-summary')
    expect(ok.header('allow')!.split(', ')).toContain('SUBSCRIBE')
  })

  it('B13: without events there is neither', async () => {
    const { bob, address, ourUri, run } = await notifierScene({ events: [] })
    bob.request('OPTIONS', { to: address, uri: ourUri })
    await run(10)
    const ok = bob.next(200)
    expect(ok.header('allow-events')).toBeUndefined()
    expect(ok.header('allow')).not.toContain('SUBSCRIBE')
  })

  it('INVITE and its 2xx name them as well (§4.4.4), once', async () => {
    const { established, called, bob, run } = await notifierScene()
    const { invite } = await established()
    expect(invite.headers('allow-events')).toEqual(['presence, message-summary'])
    const { call } = await called()
    void call.accept()
    await run(10)
    expect(bob.next(200).headers('allow-events')).toEqual(['presence, message-summary'])
  })
})

describe('misuse', () => {
  it.each([
    [{ events: 'presence' }],
    [{ events: ['pre sence'] }],
    [{ events: ['presence\r\nX: y'] }],
    [{ events: ['presence'], minExpires: 0 }],
    [{ events: ['presence'], minExpires: 3601 }],
  ])('%j is no connection', async options => {
    const { sip } = await notifierScene()
    expect(() => sip.connect(options as never)).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  it('is thrown, and nothing leaves', async () => {
    const { bob, asked, subscribe, subscribed, ourWords, run } = await notifierScene()
    const { notifier } = await subscribed()
    const before = ourWords().length
    for (const use of [
      () => notifier.notify('x'),
      () => notifier.notify(7 as never, { contentType: text }),
      () => notifier.notify('x', { contentType: 'text/plain\r\nX: y' }),
      () => notifier.notify('x', { contentType: text, state: 'pending' as never }),
      () => notifier.terminate('enough' as never),
      () => notifier.terminate('noresource', { retryAfter: 60 }),
      () => notifier.terminate('probation', { retryAfter: 0 }),
      () => notifier.terminate('probation', { body: 'x' }),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'argument' }))
    await subscribe()
    const other = asked.at(-1)!
    for (const [code, use] of [
      ['argument', () => other.accept({ state: 'on' as never })],
      ['argument', () => other.accept({ expires: 0 })],
      ['argument', () => other.accept({ headers: [['X', 'a\r\nb']] })],
      ['header-not-allowed', () => other.accept({ headers: [['Via', 'x']] })],
      ['argument', () => other.reject(200)],
    ] as const)
      expect(use).toThrow(expect.objectContaining({ code }))
    await run(100)
    expect(ourWords().length).toBe(before)
    expect([notifier.state.is, other.canAnswer, bob.unread]).toEqual(['active', true, []])
  })
})

describe('SUBSCRIBE of ours', () => {
  it('names the events as well (§4.4.4), unless the application says something else', async () => {
    const { bob, connection, run } = await notifierScene()
    connection.subscribe(bob.uri, { event: 'reg' })
    connection.subscribe(bob.uri, { event: 'reg', headers: [['Allow-Events', 'none']] })
    await run(10)
    const said = bob.all('SUBSCRIBE').map(request => request.headers('allow-events'))
    expect(said).toEqual([['presence, message-summary'], ['none']])
  })
})

describe('in the dialog of a call', () => {
  it('E09: is a usage of its own: it goes by its Event and id, and keeps the dialog when the call ends', async () => {
    const { asked, bob, established, run } = await notifierScene()
    const { call, dialog } = await established()
    const ask = async (event: string, expires = 600) => {
      dialog.request('SUBSCRIBE', {
        headers: [
          ['Event', event],
          ['Expires', String(expires)],
        ],
      })
      await run(10)
    }
    await ask('presence;id=1')
    await ask('presence;id=2')
    expect(asked.map(({ eventId, call: within }) => [eventId, within?.id])).toEqual([
      ['1', call.id],
      ['2', call.id],
    ])
    for (const notifier of asked) {
      notifier.accept({ contentType: text, body: `of ${notifier.eventId}` })
      await run(10)
      bob.next(200)
      const notify = bob.next('NOTIFY')
      expect([notify.header('event'), notify.callId]).toEqual([
        `presence;id=${notifier.eventId}`,
        dialog.callId,
      ])
      bob.reply(notify, 200)
      await run(10)
    }
    await ask('presence;id=2', 100)
    bob.next(200)
    const refreshed = bob.next('NOTIFY')
    expect(told(refreshed)).toBe('active;expires=100 of 2')
    bob.reply(refreshed, 200)
    await run(10)
    expect(asked[0]!.state).toMatchObject({ expires: 600 })
    void call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    asked[0]!.notify('still', { contentType: text })
    await run(10)
    const later = bob.next('NOTIFY')
    expect(later.header('event')).toBe('presence;id=1')
    bob.reply(later, 200)
    await run(10)
    await ask('presence;id=1', 0)
    bob.next(200)
    bob.reply(bob.next('NOTIFY'), 200)
    await run(10)
    asked[1]!.terminate()
    await run(10)
    bob.reply(bob.next('NOTIFY'), 200)
    await run(10)
    await ask('presence;id=1')
    bob.next(481)
  })

  it('an event that is not offered draws 489 there, too', async () => {
    const { bob, established, run } = await notifierScene()
    const { call, dialog } = await established()
    dialog.request('SUBSCRIBE', { headers: [['Event', 'talk']] })
    await run(10)
    expect(bob.next(489).header('allow-events')).toBe('presence, message-summary')
    expect(call.state.is).toBe('confirmed')
  })

  it('a NOTIFY that finds the dialog gone at the peer ends the call with it (RFC 5057 §5.1)', async () => {
    const { asked, bob, established, run } = await notifierScene()
    const { call, dialog } = await established()
    dialog.request('SUBSCRIBE', { headers: [presence] })
    await run(10)
    asked[0]!.accept()
    await run(10)
    bob.next(200)
    bob.reply(bob.next('NOTIFY'), 404)
    await run(10)
    expect(asked[0]!.state.is).toBe('terminated')
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })
})

it('E09: for a registration with a flow, the subscription keeps to it (RFC 5626 §4.3)', async () => {
  const { register, network, run, connection } = await registrarScene(
    {},
    { connection: { events: ['presence'] } },
  )
  register({ expires: 600, outbound: true })
  connection.subscriptions$.subscribe(notifier => notifier.accept())
  await run(1000)
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
  bob.request('SUBSCRIBE', {
    to: { host: '192.0.2.1', port: 5060 },
    uri: 'sip:alice@192.0.2.1:5060;ob',
    toUri: '<sip:alice@example.com>',
    headers: [presence],
  })
  await run(10)
  const contact = '<sip:alice@192.0.2.1:5060;ob>'
  expect(bob.next(200).header('contact')).toBe(contact)
  const notify = bob.next('NOTIFY')
  expect(notify.header('contact')).toBe(contact)
  bob.reply(notify, 200)
  await run(10)
})

it('E09: may ask for a password first, and proves its own in NOTIFY', async () => {
  const world = createWorld()
  const { connection: us } = await world.party('192.0.2.1', {}, { events: ['presence'] })
  const { connection: them } = await world.party('192.0.2.2')
  const platform = world.network.platform({ host: '192.0.2.9' })
  const gate = requireDigest({ platform, realm: 'alice.example', passwords: { bob: 's3cret' } })
  const admitted: (string | undefined)[] = []
  us.subscriptions$.subscribe(async notifier => {
    const who = await gate.admit(notifier)
    admitted.push(who)
    if (who !== undefined) notifier.accept({ contentType: text, body: `hello ${who}` })
  })
  const subscription = them.subscribe('sip:alice@192.0.2.1:5060', {
    event: 'presence',
    credentials: { username: 'bob', password: 's3cret' },
  })
  const first = subscription.notified()
  await world.run(1000)
  expect((await first).body).toBe('hello bob')
  expect(admitted).toEqual([undefined, 'bob'])
  await world.end()
})

it('E09: a NOTIFY that is challenged goes out again with the credentials of its acceptance', async () => {
  const { asked, bob, subscribe, run } = await notifierScene()
  await subscribe()
  asked[0]!.accept({ credentials: { username: 'alice', password: 's3cret' } })
  await run(10)
  bob.next(200)
  const bare = bob.next('NOTIFY')
  bob.reply(bare, 401, {
    headers: [['WWW-Authenticate', 'Digest realm="bob.example", nonce="n1", algorithm=MD5, qop="auth"']],
  })
  await run(10)
  const proved = bob.next('NOTIFY')
  expect(proved.header('authorization')).toContain('username="alice"')
  expect(proved.cseq.seq).toBe(bare.cseq.seq + 1)
  bob.reply(proved, 200)
  await run(10)
  expect(asked[0]!.state.is).toBe('active')
})

describe('a connection that closes', () => {
  it('takes its subscriptions along in silence when its network goes', async () => {
    const { network, connection, subscribed, run } = await notifierScene()
    const { notifier, states, errors } = await subscribed()
    network.host('192.0.2.1').down()
    await run(10)
    expect(connection.state.is).toBe('inactive')
    expect([notifier.state, states.complete, errors.values]).toEqual([{ is: 'terminated' }, true, []])
  })

  it('A03: tells its subscribers to come later, refuses who still asks, and leaves nothing', async () => {
    const { bob, connection, asked, subscribe, subscribed, run } = await notifierScene()
    const { states } = await subscribed()
    await subscribe()
    const closed = connection.close()
    await run(10)
    bob.next(480)
    const last = bob.next('NOTIFY')
    expect(told(last)).toBe('terminated;reason=probation one')
    bob.reply(last, 200)
    await run(100)
    await closed
    expect(states.values.at(-1)).toEqual({ is: 'terminated', reason: 'probation' })
    expect(asked[1]!.state.is).toBe('rejected')
  })
})
