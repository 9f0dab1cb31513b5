/** Subscriptions that their notifier ends: which begin anew, when, and how often. Scenario E07; RFC 6665 §4.1.3. */
import { describe, expect, it } from 'vitest'
import { subscribeScene } from './subscribe-support.ts'

describe('terminated by the notifier', () => {
  it.each(['deactivated', 'timeout'])('E07: %s: anew at once, in a new dialog', async reason => {
    const { bob, request, active, notify, subscription, went, errors, dialogOf, grant } =
      await subscribeScene({ body: 'x', contentType: 'text/plain' })
    const dialog = await active()
    await notify(dialog, `terminated;reason=${reason};retry-after=60`)
    const again = bob.next('SUBSCRIBE')
    expect([again.toTag, again.cseq.seq, again.text, again.header('expires')]).toEqual([
      undefined,
      1,
      'x',
      '3600',
    ])
    expect(again.callId).not.toBe(request.callId)
    expect(again.fromTag).not.toBe(request.fromTag)
    expect(subscription.state).toMatchObject({ is: 'notifyWait', attempt: 1 })
    // The dialog before is gone.
    await notify(dialog, 'active', { status: 481 })
    await notify(dialogOf(request, 'late'), 'active', { status: 481 })
    const next = await grant(again, 3600)
    await notify(next, 'active;expires=3600')
    expect(went()).toEqual(['notifyWait', 'active', 'notifyWait', 'active'])
    expect(errors.values).toEqual([])
  })

  it.each(['probation', 'giveup'])('E07: %s: after retry-after', async reason => {
    const { bob, active, notify, run, subscription, clock, went } = await subscribeScene()
    const dialog = await active()
    const since = clock.now()
    await notify(dialog, `terminated;reason=${reason};retry-after=60`)
    expect(subscription.state).toMatchObject({ is: 'resubscribing', attempt: 1 })
    const { state } = subscription
    const wait = state.is === 'resubscribing' ? state.retryAt - since : 0
    expect(Math.round(wait / 1000)).toBe(60)
    await run(59_900)
    expect(bob.unread).toEqual([])
    await run(200)
    expect(bob.next('SUBSCRIBE').toTag).toBeUndefined()
    expect(went()).toEqual(['notifyWait', 'active', 'resubscribing', 'notifyWait'])
  })

  it.each(['probation', 'giveup'])('E07: %s without a time: after 30 to 60 s', async reason => {
    const { bob, active, notify, run } = await subscribeScene()
    await notify(await active(), `terminated;reason=${reason}`)
    await run(29_900)
    expect(bob.unread).toEqual([])
    await run(30_200)
    bob.next('SUBSCRIBE')
  })

  it.each([
    'rejected',
    'noresource',
    'invariant',
    'rejected;retry-after=1',
    'noresource;retry-after=1',
    'unheard-of',
  ])('E07: %s: never', async reason => {
    const { bob, active, notify, run, subscription, states } = await subscribeScene()
    await notify(await active(), `terminated;reason=${reason}`)
    expect(subscription.state).toMatchObject({ is: 'terminated', reason: reason.split(';')[0] })
    expect(states.complete).toBe(true)
    await run(86_400_000)
    expect(bob.unread).toEqual([])
  })

  it('E07: a reason that we do not know, with a time: after that', async () => {
    const { bob, active, notify, run } = await subscribeScene()
    await notify(await active(), 'terminated;reason=moon;retry-after=5')
    await run(4900)
    expect(bob.unread).toEqual([])
    await run(200)
    bob.next('SUBSCRIBE')
  })

  it('E07: without autoRefresh each reason is an end', async () => {
    const { bob, active, notify, run, subscription } = await subscribeScene({ autoRefresh: false })
    await notify(await active(), 'terminated;reason=deactivated')
    expect(subscription.state).toMatchObject({ is: 'terminated', reason: 'deactivated' })
    await run(100_000)
    expect(bob.unread).toEqual([])
  })

  it('E07: while a SUBSCRIBE is out, anew when it has its answer, which counts for nothing', async () => {
    const { bob, active, notify, run, subscription, request } = await subscribeScene({ expires: 100 })
    const dialog = await active(100)
    await run(50_000)
    const renewal = bob.next('SUBSCRIBE')
    await notify(dialog, 'terminated;reason=deactivated')
    expect([bob.unread, subscription.state.is]).toEqual([[], 'resubscribing'])
    bob.reply(renewal, 481)
    await run(10)
    const again = bob.next('SUBSCRIBE')
    expect([again.toTag, again.callId === request.callId]).toEqual([undefined, false])
    expect(subscription.state).toMatchObject({ is: 'notifyWait', attempt: 1 })
    await active(100, again)
    expect(subscription.state.is).toBe('active')
  })

  it('while it waits, unsubscribe ends it at once and nothing is sent', async () => {
    const { bob, active, notify, run, subscription } = await subscribeScene()
    await notify(await active(), 'terminated;reason=probation;retry-after=60')
    expect(() => subscription.update()).toThrow(expect.objectContaining({ code: 'invalid-dialog-state' }))
    await subscription.unsubscribe()
    await run(100_000)
    expect(bob.unread).toEqual([])
  })
})

describe('a notifier that ends it again and again', () => {
  it('makes no loop: the waits grow, and after ten attempts it is over', async () => {
    const { bob, request, grant, notify, run, subscription, clock, codes } = await subscribeScene()
    const waits: number[] = []
    let latest = request
    for (let attempt = 1; ; attempt += 1) {
      const dialog = await grant(latest, 3600)
      await notify(dialog, 'terminated;reason=deactivated')
      if (subscription.state.is === 'terminated') break
      expect(attempt).toBeLessThanOrEqual(10)
      if (subscription.state.is === 'resubscribing') {
        const wait = subscription.state.retryAt - clock.now()
        waits.push(wait / 1000)
        await run(wait - 10)
        expect(bob.unread).toEqual([])
        await run(20)
      }
      latest = bob.next('SUBSCRIBE')
    }
    // The first attempt comes at once, then it is 50 to 100 % of 30·2^n seconds, never above half an hour.
    expect(waits).toHaveLength(9)
    for (const [at, wait] of waits.entries()) {
      const most = Math.min(1800, 30 * 2 ** (at + 1))
      expect(wait).toBeGreaterThanOrEqual(most / 2 - 0.1)
      expect(wait).toBeLessThanOrEqual(most)
    }
    expect([subscription.state.is, codes()]).toEqual(['terminated', ['closed']])
    await run(86_400_000)
    expect(bob.unread).toEqual([])
  })

  it('is forgiven when it has lasted', async () => {
    const { bob, active, notify, run, subscription } = await subscribeScene()
    let dialog = await active()
    for (let round = 0; round < 15; round += 1) {
      await run(200_000)
      await notify(dialog, 'terminated;reason=deactivated')
      dialog = await active(3600, bob.next('SUBSCRIBE'))
    }
    expect(subscription.state.is).toBe('active')
  })

  it('a time that is beyond reason is cut to a day', async () => {
    const { bob, active, notify, run } = await subscribeScene()
    await notify(await active(), 'terminated;reason=giveup;retry-after=4294967295')
    await run(86_300_000)
    expect(bob.unread).toEqual([])
    await run(200_000)
    bob.next('SUBSCRIBE')
  })
})
