/** Several subscriptions: in one dialog, in the dialog of a call, of several notifiers. Scenario E11; RFC 6665 §4.3, §4.5.1. */
import { describe, expect, it } from 'vitest'
import type { Subscription } from '../../src/index.ts'
import { notice, subscribeScene } from './subscribe-support.ts'
import { createScene, record } from './support.ts'

describe('two subscriptions in one dialog', () => {
  const two = async () => {
    const scene = await subscribeScene({ event: 'talk', id: '1' })
    const { subscription, request, bob, run, grant, notify } = scene
    expect(request.header('event')).toBe('talk;id=1')
    const dialog = await grant(request, 3600)
    await notify(dialog, 'active;expires=3600', { event: 'talk;id=1', body: 'first' })
    const second = subscription.subscribe({ event: 'talk', id: '2' })
    const seconds = record(second.notifications$)
    await run(10)
    const asked = bob.next('SUBSCRIBE')
    return { ...scene, dialog, second, seconds, asked }
  }

  it('E11: share Call-ID and tags, and each gets the NOTIFYs of its id', async () => {
    const { request, asked, dialog, bob, run, notify, seconds, second, subscription, bodies } = await two()
    expect([asked.header('event'), asked.callId, asked.fromTag, asked.cseq.seq]).toEqual([
      'talk;id=2',
      request.callId,
      request.fromTag,
      request.cseq.seq + 1,
    ])
    expect(asked.toTag).toBe(dialog.localTag)
    bob.reply(asked, 200, { headers: [['Expires', '3600']] })
    await run(10)
    await notify(dialog, 'active;expires=3600', { event: 'talk;id=2', body: 'for two' })
    await notify(dialog, 'active;expires=3600', { event: 'talk;id=1', body: 'for one' })
    expect([bodies(), seconds.values.map(({ body }) => body)]).toEqual([['first', 'for one'], ['for two']])
    for (const event of ['talk', 'talk;id=3', 'hold;id=1'])
      await notify(dialog, 'active', { event, status: 481 })
    // One ends, the dialog stays for the other.
    await notify(dialog, 'terminated;reason=noresource', { event: 'talk;id=1' })
    expect([subscription.state.is, second.state.is]).toEqual(['terminated', 'active'])
    await notify(dialog, 'active', { event: 'talk;id=1', status: 481 })
    await notify(dialog, 'active', { event: 'talk;id=2', body: 'still' })
    await notify(dialog, 'terminated;reason=noresource', { event: 'talk;id=2' })
    expect(second.state.is).toBe('terminated')
    await notify(dialog, 'active', { event: 'talk;id=2', status: 481 })
  })

  it('E11: a NOTIFY before the 2xx finds the second by its id', async () => {
    const { dialog, notify, second } = await two()
    await notify(dialog, 'active', { event: 'talk;id=2', body: 'early' })
    expect(second.state).toMatchObject({ is: 'active', notification: { body: 'early' } })
  })

  it('E11: the same event and id twice is misuse', async () => {
    const { subscription } = await two()
    expect(() => subscription.subscribe({ event: 'talk', id: '2' })).toThrow(
      expect.objectContaining({ code: 'already-exists' }),
    )
  })

  it('E11: ended for now, the second begins anew in a dialog of its own', async () => {
    const { dialog, notify, asked, bob, run, request, subscription } = await two()
    bob.reply(asked, 200)
    await run(10)
    await notify(dialog, 'terminated;reason=deactivated', { event: 'talk;id=2' })
    const again = bob.next('SUBSCRIBE')
    expect([again.toTag, again.uri, again.callId === request.callId]).toEqual([undefined, bob.uri, false])
    expect(subscription.state.is).toBe('active')
  })

  it.each([
    [481, 'active'],
    [404, 'terminated'],
  ])('E11: %i to the renewal of one leaves the other %s (RFC 5057 §5.1)', async (status, is) => {
    const { dialog, notify, asked, bob, run, subscription, second } = await two()
    bob.reply(asked, 200)
    await run(10)
    await notify(dialog, 'active', { event: 'talk;id=2' })
    void second.update()
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), status)
    await run(10)
    expect([second.state.is, subscription.state.is]).toEqual(['terminated', is])
  })
})

describe('in the dialog of a call', () => {
  it('E11: SUBSCRIBE goes within it, and it stays for the subscription when the call is over', async () => {
    const { bob, run, established } = await createScene()
    const { call, dialog, invite } = await established()
    const subscription = call.subscribe({ event: 'dialog' })
    await run(10)
    const asked = bob.next('SUBSCRIBE')
    expect([asked.callId, asked.toTag, asked.cseq.seq]).toEqual([
      invite.callId,
      dialog.localTag,
      invite.cseq.seq + 1,
    ])
    expect(subscription.call).toBe(call)
    bob.reply(asked, 200, { headers: [['Expires', '600']] })
    dialog.request('NOTIFY', notice('active;expires=600', 'one', 'dialog'))
    await run(10)
    bob.next(200)
    expect(subscription.state).toMatchObject({ is: 'active', notification: { body: 'one' } })
    dialog.request('BYE')
    await run(10)
    bob.next(200)
    expect(call.state.is).toBe('terminated')
    dialog.request('NOTIFY', notice('active;expires=600', 'two', 'dialog'))
    await run(10)
    bob.next(200)
    expect(subscription.notification!.body).toBe('two')
    const left = subscription.unsubscribe()
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200)
    dialog.request('NOTIFY', notice('terminated', undefined, 'dialog'))
    await run(10)
    bob.next(200)
    await left
    dialog.request('NOTIFY', notice('active', undefined, 'dialog'))
    await run(10)
    bob.next(481)
  })

  it('E11: 481 to its SUBSCRIBE leaves the call alone, 404 takes it along (RFC 5057 §5.1)', async () => {
    const { bob, run, established } = await createScene()
    const { call } = await established()
    const first = call.subscribe({ event: 'dialog' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 481)
    await run(10)
    expect([first.state.is, call.state.is]).toEqual(['terminated', 'confirmed'])
    const second = call.subscribe({ event: 'dialog' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 404)
    await run(10)
    expect(second.state.is).toBe('terminated')
    bob.next('BYE')
  })

  it('is misuse before there is one', async () => {
    const { call } = await createScene()
    const { call: ringing } = await call()
    expect(() => ringing.subscribe({ event: 'dialog' })).toThrow(
      expect.objectContaining({ code: 'invalid-dialog-state' }),
    )
  })
})

describe('a SUBSCRIBE that was forked', () => {
  it('has a subscription for each notifier (§4.3)', async () => {
    const { subscription, request, active, dialogOf, notify, forks, bob, run, bodies, clock } =
      await subscribeScene()
    const first = await active()
    const other = dialogOf(request, 'other')
    const told: string[] = []
    subscription.forks$.subscribe(fork => fork.notifications$.subscribe(({ body }) => void told.push(body)))
    await notify(other, 'active;expires=600', { body: 'of the other' })
    const [fork] = forks.values
    expect(fork).toMatchObject({
      kind: 'subscription',
      event: 'presence',
      connection: subscription.connection,
    })
    expect(fork!.state).toMatchObject({ is: 'active', granted: 600 })
    await notify(first, 'active', { body: 'two' })
    await notify(other, 'active', { body: 'more' })
    expect([bodies(), told]).toEqual([
      ['one', 'two'],
      ['of the other', 'more'],
    ])
    // Each is renewed in its own dialog.
    const since = clock.now()
    await run(300_000)
    const again = bob.next('SUBSCRIBE')
    expect([again.toTag, again.cseq.seq, Math.round((clock.now() - since) / 1000)]).toEqual(['other', 2, 300])
    bob.reply(again, 200)
    await notify(other, 'terminated;reason=rejected')
    expect([fork!.state.is, subscription.state.is]).toEqual(['terminated', 'active'])
  })

  it('a fork that nobody listens for is unsubscribed from', async () => {
    const { bob, run } = await createScene().then(async scene => {
      const { connection } = scene
      connection.subscribe(scene.bob.uri, { event: 'presence' })
      await scene.run(10)
      const request = scene.bob.next('SUBSCRIBE')
      scene.bob.reply(request, 200, { toTag: 'first' })
      await scene.run(10)
      scene.bob.request('NOTIFY', {
        to: scene.address,
        callId: request.callId,
        fromTag: 'other',
        toTag: request.fromTag!,
        ...notice('active;expires=600'),
      })
      await scene.run(10)
      return scene
    })
    expect(bob.next(200).cseq.method).toBe('NOTIFY')
    const ended = bob.next('SUBSCRIBE')
    expect([ended.toTag, ended.header('expires')]).toEqual(['other', '0'])
    bob.reply(ended, 200)
    await run(10)
    expect(bob.unread).toEqual([])
  })

  it.each([
    ['forking: first', { forking: 'first' as const }],
    ['a NOTIFY later than 64·T1', {}],
  ])('%s: 481, and nothing comes of it', async (what, given) => {
    const { request, active, dialogOf, notify, forks, run } = await subscribeScene(given)
    await active()
    if (what.startsWith('a NOTIFY')) await run(33_000)
    await notify(dialogOf(request, 'other'), 'active', { status: 481 })
    expect(forks.values).toEqual([])
  })

  it('of one SUBSCRIBE at most as many as the limit says', async () => {
    const { request, active, dialogOf, notify, forks } = await subscribeScene(
      {},
      { sip: { limits: { subscriptionForks: 3 } } },
    )
    await active()
    for (let at = 0; at < 3; at += 1) await notify(dialogOf(request, `fork-${at}`), 'active')
    await notify(dialogOf(request, 'fork-3'), 'active', { status: 481 })
    expect(forks.values.map((fork: Subscription) => fork.state.is)).toEqual(['active', 'active', 'active'])
  })
})
