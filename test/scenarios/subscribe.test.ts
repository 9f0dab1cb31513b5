/** Our subscriptions beside a scripted notifier. Scenarios E01 to E06, E08, E22; RFC 6665 §4.1. */
import { describe, expect, it } from 'vitest'
import { notice, subscribeScene } from './subscribe-support.ts'
import { createScene, record, transports } from './support.ts'

const secondsBetween = (from: number, to: number): number => Math.round((to - from) / 1000)

describe.each(transports)('over %s', wire => {
  it.each([
    ['message-summary', 'application/simple-message-summary', 'Messages-Waiting: yes\r\n'],
    ['messagewaiting', 'application/indication', 'waiting'],
  ])('E01: %s is subscribed to, and its NOTIFYs are told', async (event, accept, body) => {
    const scene = await subscribeScene({ event, accept, expires: 3600 }, { wire })
    const { subscription, request, bob, grant, notifications, run, states } = scene
    expect([request.header('event'), request.header('accept'), request.header('expires')]).toEqual([
      event,
      accept,
      '3600',
    ])
    expect([request.uri, request.headers('contact').length, request.toTag]).toEqual([bob.uri, 1, undefined])
    const dialog = await grant(request, 3600)
    expect(subscription.state).toEqual({ is: 'notifyWait' })
    dialog.request('NOTIFY', { ...notice('active;expires=3600', body, event), contentType: accept })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('NOTIFY')
    const [told] = notifications.values
    expect(told).toMatchObject({ event, state: 'active', body, contentType: accept })
    expect(told!.message.method).toBe('NOTIFY')
    expect(subscription.state).toMatchObject({ is: 'active', granted: 3600, notices: 1, notification: told })
    expect(states.values.map(({ is }) => is)).toEqual(['notifyWait', 'active'])
    expect(await subscription.notified()).toBe(told)
  })
})

describe('before the 2xx', () => {
  it('E02: a NOTIFY makes the dialog, and the 2xx changes nothing', async () => {
    const { subscription, request, bob, dialogOf, notify, went, errors, run } = await subscribeScene()
    const dialog = dialogOf(request, 'early')
    await notify(dialog, 'active;expires=600', { body: 'one' })
    expect(subscription.state).toMatchObject({ is: 'active', granted: 600 })
    bob.reply(request, 200, { toTag: 'early', headers: [['Expires', '600']] })
    await run(10)
    await notify(dialog, 'active;expires=600', { body: 'two' })
    expect(went()).toEqual(['notifyWait', 'active'])
    expect(errors.values).toEqual([])
    const left = subscription.unsubscribe()
    await run(10)
    const bye = bob.next('SUBSCRIBE')
    expect([bye.callId, bye.toTag, bye.fromTag]).toEqual([request.callId, 'early', request.fromTag])
    bob.reply(bye, 200)
    await notify(dialog, 'terminated;reason=timeout')
    await left
  })

  it('E02: a NOTIFY of another event or id is not for it', async () => {
    const { subscription, request, dialogOf, notify } = await subscribeScene()
    for (const event of ['dialog', 'presence;id=1', 'Presence'])
      await notify(dialogOf(request, 'early'), 'active', { event, status: 481 })
    expect(subscription.state.is).toBe('notifyWait')
  })

  it('pending comes before active, and may come back', async () => {
    const { request, grant, notify, went, subscription } = await subscribeScene()
    const dialog = await grant(request, 3600)
    for (const state of ['pending', 'active', 'pending', 'waiting'])
      await notify(dialog, `${state};expires=3600`)
    // An unknown state counts as active. §4.1.3
    expect(went()).toEqual(['notifyWait', 'pending', 'active', 'pending', 'active'])
    expect(subscription.notification?.state).toBe('waiting')
  })
})

describe('its lifetime', () => {
  it('E03: of 100 s it is renewed in the same dialog at 50 s', async () => {
    const { clock, bob, request, active, run, subscription } = await subscribeScene({ expires: 100 })
    const since = clock.now()
    await active(100)
    expect(subscription.refresh!.interval).toBe(50)
    await run(50_000)
    const again = bob.next('SUBSCRIBE')
    expect(secondsBetween(since, clock.now())).toBe(50)
    expect([again.callId, again.fromTag, again.cseq.seq]).toEqual([
      request.callId,
      request.fromTag,
      request.cseq.seq + 1,
    ])
    expect(again.toTag).toBeDefined()
    expect([again.header('event'), again.header('expires'), again.headers('contact').length]).toEqual([
      'presence',
      '100',
      1,
    ])
    bob.reply(again, 200, { headers: [['Expires', '100']] })
    await run(50_020)
    expect(bob.next('SUBSCRIBE').cseq.seq).toBe(request.cseq.seq + 2)
    expect(subscription.state.is).toBe('active')
  })

  it.each([
    ['what the 2xx grants', 60, 'active', 30],
    ['what a NOTIFY makes shorter', 3600, 'active;expires=40', 20],
    ['at most what was asked for', 99_999, 'active;expires=99999', 3000],
    ['ten seconds at least', 1, 'active;expires=1', 5],
  ])('E03: it goes by %s', async (_, granted, state, interval) => {
    const { request, grant, notify, subscription } = await subscribeScene()
    const dialog = await grant(request, granted)
    await notify(dialog, state)
    expect(subscription.refresh!.interval).toBe(interval)
  })

  it('E03: a NOTIFY in between that knows the same end delays no renewal', async () => {
    const { bob, active, notify, run, clock } = await subscribeScene({ expires: 100 })
    const since = clock.now()
    const dialog = await active(100)
    await run(39_980)
    await notify(dialog, 'active;expires=60')
    await run(10_000)
    expect(bob.next('SUBSCRIBE').cseq.method).toBe('SUBSCRIBE')
    expect(secondsBetween(since, clock.now())).toBe(50)
  })

  it.each([
    ['the notifier says so', true],
    ['the notifier is silent', false],
  ])('E04: without autoRefresh nothing is sent, and it is over with its time when %s', async (_, says) => {
    const { bob, active, notify, run, subscription, states } = await subscribeScene({
      expires: 100,
      autoRefresh: false,
    })
    const dialog = await active(100)
    expect(subscription.refresh).toBeUndefined()
    if (says) {
      await run(99_900)
      await notify(dialog, 'terminated;reason=timeout')
    } else {
      await run(100_000)
      expect(subscription.state).toMatchObject({ is: 'terminated', reason: 'timeout' })
      // It is still there for the last NOTIFY.
      await notify(dialog, 'terminated;reason=timeout')
    }
    expect(bob.unread).toEqual([])
    expect(subscription.state).toMatchObject({ is: 'terminated', reason: 'timeout' })
    expect(states.complete).toBe(true)
    await notify(dialog, 'active', { status: 481 })
  })

  it('setInterval moves the next renewal', async () => {
    const { bob, active, run, subscription } = await subscribeScene()
    await active()
    subscription.refresh!.setInterval(5)
    await run(5010)
    bob.next('SUBSCRIBE')
    expect(() => subscription.refresh!.update()).toThrow(
      expect.objectContaining({ code: 'invalid-registration-state' }),
    )
    expect([subscription.refresh!.isStandAlone, subscription.refresh!.subscription]).toEqual([
      false,
      subscription,
    ])
  })
})

describe('a refused renewal', () => {
  it('E05: 481 ends it with terminated-with-response; response, transaction and refresh are there', async () => {
    const { bob, active, run, subscription, errors, states } = await subscribeScene({ expires: 100 })
    await active(100)
    await run(50_000)
    bob.reply(bob.next('SUBSCRIBE'), 481)
    await run(10)
    const [error] = errors.values
    expect(error).toMatchObject({ code: 'terminated-with-response', status: 481 })
    expect(error!.response!.status).toBe(481)
    expect(subscription.kind).toBe('subscription')
    expect(subscription.transaction).toMatchObject({ method: 'SUBSCRIBE' })
    expect(subscription.transaction!.lastResponse!.status).toBe(481)
    expect(subscription.refresh!.transaction).toBe(subscription.transaction)
    expect(subscription.refresh!.state).toEqual({ is: 'terminated' })
    expect(subscription.state).toMatchObject({ is: 'terminated', error, response: error!.response })
    expect(states.complete).toBe(true)
    await run(200_000)
    expect(bob.unread).toEqual([])
  })

  it.each([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 502, 604])(
    'ends it by %i (RFC 5057 §5.1)',
    async status => {
      const { bob, active, run, subscription, codes } = await subscribeScene({ expires: 100 })
      await active(100)
      await run(50_000)
      bob.reply(bob.next('SUBSCRIBE'), status)
      await run(10)
      expect([subscription.state.is, codes()]).toEqual(['terminated', ['terminated-with-response']])
    },
  )

  it.each([
    [500, undefined, 10],
    [503, '7', 7],
    [500, '20', 20],
  ])('%i with Retry-After %s is told, and tried again in time', async (status, after, wait) => {
    const { bob, active, run, subscription, errors, clock } = await subscribeScene({ expires: 100 })
    await active(100)
    await run(50_000)
    const headers = after === undefined ? [] : [['Retry-After', after] as const]
    const since = clock.now()
    bob.reply(bob.next('SUBSCRIBE'), status, { headers })
    await run(10)
    expect(errors.values).toMatchObject([{ code: 'rejected', status }])
    expect(subscription.state.is).toBe('active')
    await run(wait * 1000)
    const again = bob.next('SUBSCRIBE')
    expect(secondsBetween(since, clock.now())).toBe(wait)
    bob.reply(again, 200, { headers: [['Expires', '100']] })
    await run(60_000)
    bob.next('SUBSCRIBE')
  })

  it('a refusal that leaves it alive lets it live until its time is over', async () => {
    const { bob, active, run, subscription } = await subscribeScene({ expires: 100 })
    await active(100)
    await run(50_000)
    bob.reply(bob.next('SUBSCRIBE'), 403)
    await run(10)
    expect(subscription.state.is).toBe('active')
    await run(50_000)
    expect(subscription.state).toMatchObject({ is: 'terminated', reason: 'timeout' })
  })

  it('no answer at all ends it (RFC 5057 §5.2)', async () => {
    const { active, run, subscription, codes } = await subscribeScene({ expires: 100 })
    await active(100)
    await run(50_000 + 33_000)
    expect([subscription.state.is, codes()]).toEqual(['terminated', ['timeout']])
  })
})

describe('its end', () => {
  it('E06: SUBSCRIBE with a lifetime of 0, then the last NOTIFY, which gets 200', async () => {
    const { bob, request, active, notify, run, subscription, went } = await subscribeScene()
    const dialog = await active()
    let settled = false
    const left = subscription.unsubscribe().then(() => {
      settled = true
    })
    await run(10)
    const last = bob.next('SUBSCRIBE')
    expect([last.header('expires'), last.callId, last.cseq.seq]).toEqual([
      '0',
      request.callId,
      request.cseq.seq + 1,
    ])
    bob.reply(last, 200, { headers: [['Expires', '0']] })
    await run(1000)
    expect([settled, subscription.state.is]).toEqual([false, 'unsubscribing'])
    await notify(dialog, 'terminated;reason=timeout', { body: 'bye' })
    await left
    expect(subscription.state).toMatchObject({ is: 'terminated', reason: 'timeout' })
    expect(subscription.notification!.body).toBe('bye')
    expect(went()).toEqual(['notifyWait', 'active', 'unsubscribing', 'terminated'])
    // Whatever its reason, it does not begin anew.
    await run(100_000)
    expect(bob.unread).toEqual([])
  })

  it('E06: without that NOTIFY it is over after 64·T1', async () => {
    const { bob, active, run, subscription, errors } = await subscribeScene()
    await active()
    const left = subscription.unsubscribe()
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200)
    await run(31_900)
    expect(subscription.state.is).toBe('unsubscribing')
    await run(200)
    await left
    expect([subscription.state.is, errors.values]).toEqual(['terminated', []])
  })

  it('E06: while the SUBSCRIBE is out it waits for the answer', async () => {
    const { bob, request, grant, notify, run, subscription } = await subscribeScene()
    const left = subscription.unsubscribe()
    await run(10)
    expect(bob.unread).toEqual([])
    const dialog = await grant(request, 3600)
    await run(10)
    const last = bob.next('SUBSCRIBE')
    expect(last.header('expires')).toBe('0')
    bob.reply(last, 200)
    await notify(dialog, 'active')
    expect(subscription.state.is).toBe('unsubscribing')
    await notify(dialog, 'terminated')
    await left
  })

  it('E06: closing the connection unsubscribes, and waits', async () => {
    const { bob, active, notify, run, connection } = await subscribeScene()
    const dialog = await active()
    let settled = false
    const closed = connection.close().then(() => {
      settled = true
    })
    await run(10)
    const last = bob.next('SUBSCRIBE')
    expect([last.header('expires'), settled]).toEqual(['0', false])
    bob.reply(last, 200)
    await notify(dialog, 'terminated')
    await closed
  })

  it('twice is once', async () => {
    const { bob, active, notify, run, subscription } = await subscribeScene()
    const dialog = await active()
    const [one, two] = [subscription.unsubscribe(), subscription.unsubscribe()]
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200)
    await notify(dialog, 'terminated')
    await Promise.all([one, two])
    expect(() => subscription.unsubscribe()).toThrow(
      expect.objectContaining({ code: 'invalid-dialog-state' }),
    )
    expect(bob.unread).toEqual([])
  })
})

describe('the first answer', () => {
  it('E08: without a NOTIFY it has failed 64·T1 after the 2xx', async () => {
    const { request, grant, run, subscription, codes, states } = await subscribeScene()
    const told = subscription.notified()
    await grant(request, 3600)
    await run(31_980)
    expect(subscription.state.is).toBe('notifyWait')
    await run(30)
    expect([subscription.state.is, codes()]).toEqual(['terminated', ['timeout']])
    await expect(told).rejects.toMatchObject({ code: 'timeout' })
    expect(states.complete).toBe(true)
  })

  it('E08: without any answer it fails as the request does', async () => {
    const { run, subscription, codes } = await subscribeScene()
    await run(33_000)
    expect([subscription.state.is, codes()]).toEqual(['terminated', ['timeout']])
  })

  it('423 is followed once', async () => {
    const { bob, request, run, subscription, errors } = await subscribeScene({ expires: 60 })
    bob.reply(request, 423, { headers: [['Min-Expires', '600']] })
    await run(10)
    const again = bob.next('SUBSCRIBE')
    expect([again.header('expires'), again.callId, again.cseq.seq]).toEqual([
      '600',
      request.callId,
      request.cseq.seq + 1,
    ])
    bob.reply(again, 423, { headers: [['Min-Expires', '900']] })
    await run(10)
    expect(bob.unread).toEqual([])
    expect(errors.values).toMatchObject([{ code: 'rejected', status: 423 }])
    expect(subscription.state.is).toBe('terminated')
  })

  it.each([403, 489, 603])('%i is told, and it is over', async status => {
    const { bob, request, run, subscription, errors } = await subscribeScene()
    const told = subscription.notified()
    bob.reply(request, status)
    await run(10)
    expect(errors.values).toMatchObject([{ code: 'rejected', status }])
    expect(subscription.state).toMatchObject({ is: 'terminated', error: { status } })
    await expect(told).rejects.toMatchObject({ code: 'rejected', status })
    await run(100_000)
    expect(bob.unread).toEqual([])
  })

  it.each([
    [480, '30'],
    [503, '30'],
  ])('%i with Retry-After %s begins anew after that time', async (status, after) => {
    const { bob, request, run, subscription, clock } = await subscribeScene()
    const since = clock.now()
    bob.reply(request, status, { headers: [['Retry-After', after]] })
    await run(10)
    expect(subscription.state).toMatchObject({ is: 'resubscribing', attempt: 1 })
    await run(30_000)
    const again = bob.next('SUBSCRIBE')
    expect([secondsBetween(since, clock.now()), again.callId === request.callId]).toEqual([30, false])
  })
})

describe('the answer to a NOTIFY', () => {
  it('E22: 200 with a body of the application', async () => {
    const { subscription, request, bob, grant, notify, sip } = await subscribeScene()
    const heard: unknown[] = []
    sip.events$.subscribe(event => {
      if (event.type !== 'subscriptionNotification') return
      heard.push([event.subscription, event.message.method])
      event.notification.accept('taken', 'text/plain')
    })
    const dialog = await grant(request, 3600)
    const answer = await notify(dialog, 'active')
    expect([answer.text, answer.header('content-type')]).toEqual(['taken', 'text/plain'])
    expect(heard).toEqual([[subscription, 'NOTIFY']])
    expect(subscription.notification!.canAnswer).toBe(false)
    expect(() => subscription.notification!.reject()).toThrow(
      expect.objectContaining({ code: 'invalid-transaction-state' }),
    )
    expect(bob.unread).toEqual([])
  })

  it.each([
    [488, 'active'],
    [500, 'active'],
    [481, 'terminated'],
    [489, 'terminated'],
  ])('E22: refused with %i, after which it is %s (RFC 5057 §5.1)', async (status, is) => {
    const { subscription, request, grant, notify, bob, run } = await subscribeScene()
    subscription.notifications$.subscribe(notification => notification.reject(status))
    const dialog = await grant(request, 3600)
    await notify(dialog, 'active', { status })
    expect(subscription.state.is).toBe(is)
    await run(1000)
    expect(bob.unread).toEqual([])
  })

  it('E22: 200 by itself when nobody has answered in turn, 500 when the only taker failed', async () => {
    const scene = await createScene({ sip: { onCallbackError: () => {} } })
    const { connection, bob, run } = scene
    const subscription = connection.subscribe(bob.uri, { event: 'presence' })
    await run(10)
    const request = bob.next('SUBSCRIBE')
    const dialog = bob.inDialog(request, bob.reply(request, 200))
    let late: () => void = () => {}
    const first = subscription.notifications$.subscribe(async notification => {
      await Promise.resolve()
      late = () => notification.reject(403)
    })
    dialog.request('NOTIFY', notice('active'))
    await run(10)
    expect(bob.next(200).cseq.method).toBe('NOTIFY')
    expect(late).toThrow(expect.objectContaining({ code: 'invalid-transaction-state' }))
    first.unsubscribe()
    subscription.notifications$.subscribe(() => {
      throw new Error('of the application')
    })
    dialog.request('NOTIFY', notice('active'))
    await run(10)
    expect(bob.next(500).cseq.method).toBe('NOTIFY')
    expect(subscription.state.is).toBe('active')
  })

  it.each([
    ['without Subscription-State', [['Event', 'presence']]],
    [
      'with one that cannot be read',
      [
        ['Event', 'presence'],
        ['Subscription-State', ';;'],
      ],
    ],
  ])('400 to one %s, which changes nothing', async (_, headers) => {
    const { subscription, request, grant, bob, run } = await subscribeScene()
    const dialog = await grant(request, 3600)
    dialog.request('NOTIFY', { headers: headers as [string, string][] })
    await run(10)
    expect(bob.next(400).cseq.method).toBe('NOTIFY')
    expect([subscription.state.is, subscription.notification]).toEqual(['notifyWait', undefined])
  })
})

describe('an update', () => {
  it('asks anew at once, with what it is given; a body goes along once', async () => {
    const { bob, request, active, run, subscription } = await subscribeScene({
      body: '<filter/>',
      contentType: 'application/simple-filter+xml',
      headers: [['Subject', 'first']],
    })
    expect([request.text, request.header('subject')]).toEqual(['<filter/>', 'first'])
    await active()
    const updated = subscription.update({ expires: 600, headers: [['Subject', 'second']] })
    await run(10)
    const again = bob.next('SUBSCRIBE')
    expect([again.header('expires'), again.header('subject'), again.text]).toEqual(['600', 'second', ''])
    expect(() => subscription.update()).toThrow(expect.objectContaining({ code: 'request-pending' }))
    bob.reply(again, 200, { headers: [['Expires', '600']] })
    await run(10)
    await updated
    expect(subscription.state).toMatchObject({ is: 'active', granted: 600 })
    const refused = subscription.update({ body: '<other/>', contentType: 'application/simple-filter+xml' })
    await run(10)
    const third = bob.next('SUBSCRIBE')
    expect([third.text, third.header('subject')]).toEqual(['<other/>', 'second'])
    bob.reply(third, 403)
    await run(10)
    await expect(refused).rejects.toMatchObject({ code: 'rejected', status: 403 })
    expect(subscription.state.is).toBe('active')
  })
})

describe('a fetch', () => {
  it('asks once, and settles with the NOTIFY (RFC 6665 §4.4.3)', async () => {
    const { connection, bob, run } = await createScene()
    const fetched = connection.fetch(bob.uri, { event: 'presence', accept: ['text/plain', 'text/html'] })
    await run(10)
    const request = bob.next('SUBSCRIBE')
    expect([request.header('expires'), request.header('accept')]).toEqual(['0', 'text/plain, text/html'])
    const ok = bob.reply(request, 200, { headers: [['Expires', '0']] })
    bob.inDialog(request, ok).request('NOTIFY', notice('terminated;reason=timeout', 'here'))
    await run(10)
    bob.next(200)
    expect((await fetched).body).toBe('here')
    await run(40_000)
    expect(bob.unread).toEqual([])
  })

  it('rejects with the refusal, or with timeout', async () => {
    const { connection, bob, run } = await createScene()
    const refused = connection.fetch(bob.uri, { event: 'presence' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 404)
    await run(10)
    await expect(refused).rejects.toMatchObject({ code: 'rejected', status: 404 })
    const silent = connection.fetch(bob.uri, { event: 'presence' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200)
    await run(33_000)
    await expect(silent).rejects.toMatchObject({ code: 'timeout' })
  })
})

describe('misuse', () => {
  it.each([
    [{ event: '' }, 'argument'],
    [{ event: 'a b' }, 'argument'],
    [{ event: 'presence', id: 'a;b' }, 'argument'],
    [{ event: 'presence', expires: 0 }, 'argument'],
    [{ event: 'presence', expires: 1.5 }, 'argument'],
    [{ event: 'presence', accept: 'text' }, 'argument'],
    [{ event: 'presence', accept: ['text/plain\r\nX: y'] }, 'argument'],
    [{ event: 'presence', autoRefresh: 1 }, 'argument'],
    [{ event: 'presence', forking: 'all' }, 'argument'],
    [{ event: 'presence', headers: [['Call-ID', 'x']] }, 'header-not-allowed'],
    [{ event: 'presence', headers: [['Subject', 'a\r\nb']] }, 'argument'],
    [{ event: 'presence', body: 'x' }, 'argument'],
  ])('%j is %s, and has no effect', async (options, code) => {
    const { connection, bob, run } = await createScene()
    expect(() => connection.subscribe(bob.uri, options as never)).toThrow(expect.objectContaining({ code }))
    expect(() => connection.subscribe('mailto:x', { event: 'presence' })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    await run(100)
    expect(bob.unread).toEqual([])
  })

  it('of one that is over', async () => {
    const { bob, request, run, subscription } = await subscribeScene()
    bob.reply(request, 603)
    await run(10)
    const over = expect.objectContaining({ code: 'invalid-dialog-state' })
    expect(() => subscription.update()).toThrow(over)
    expect(() => subscription.unsubscribe()).toThrow(over)
    expect(record(subscription.notifications$).complete).toBe(true)
  })
})
