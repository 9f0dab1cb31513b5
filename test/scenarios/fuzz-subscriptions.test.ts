/**
 * Subscriptions both ways, in whatever order things happen: rows I02 and I04 of docs/scenarios.md for RFC 6665. A seed decides
 * what two applications and a network do next; afterwards everything is over, everywhere, and no promise was left alone.
 */
import { type Observable, Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { notifier, subscription } from '../../machines/index.ts'
import { sipOver } from '../../src/api/sip.ts'
import { type Call, type EndReason, isSipError, type Notifier, type Subscription } from '../../src/index.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'
import { callee, caller, createScene } from './traffic.ts'
import { watchedEngine } from './watched.ts'

const seeds = 8
const hosts = [caller, callee] as const
const events = ['presence', 'message-summary'] as const
const reasons: readonly EndReason[] = ['deactivated', 'probation', 'rejected', 'giveup', 'noresource']
const contentType = 'text/plain'

const seen = new Set<string>()

const fuzz = async (seed: number) => {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))]!
  const chance = (probability: number): boolean => random.fraction() < probability
  const { clock, network } = createScene({
    seed,
    loss: 0.05,
    duplicate: 0.1,
    reorder: { probability: 0.2, delay: { min: 10, max: 600 } },
  })
  const unexpected: unknown[] = []
  const streams = { opened: 0, completed: 0 }
  const watch = (...given: readonly Observable<unknown>[]): void => {
    for (const stream of given) {
      streams.opened += 1
      stream.subscribe({ complete: () => void (streams.completed += 1) })
    }
  }
  const attempt = (act: () => unknown): void => {
    try {
      const result = act()
      if (result instanceof Promise) result.catch(() => {})
    } catch (error) {
      if (!isSipError(error)) unexpected.push(error)
    }
  }
  const soon = (act: () => unknown): void =>
    void clock.setTimeout(() => attempt(act), random.between(0, 3000))
  const calls: Call[] = []
  const notifiers: Notifier[] = []
  const subscriptions: Subscription[] = []
  const sources: Subject<string>[] = []
  const publish = (notifier: Notifier): void => {
    const source = new Subject<string>()
    sources.push(source)
    notifier.publish(source, { contentType })
  }
  const followed = (subscription: Subscription): void => {
    subscriptions.push(subscription)
    watch(subscription.state$, subscription.errors$, subscription.notifications$)
    subscription.notifications$.subscribe(notification => {
      if (chance(0.1) && notification.canAnswer)
        notification.reject(pick([481, 488, 500]), { headers: [['Retry-After', '2']] })
    })
  }
  const party = async (host: string) => {
    const { engine, port, failures } = watchedEngine(network.platform({ host }))
    const sip = sipOver(port, { onCallbackError: error => void unexpected.push(error) })
    sip.trace$.subscribe(frame => {
      if (frame.kind === 'step') seen.add(`${frame.machine} ${frame.to}`)
    })
    const connection = sip.connect({ port: 5060, events, minExpires: 20 })
    watch(connection.subscriptions$)
    connection.calls$.subscribe(call => {
      calls.push(call)
      void call.accept(sdp(host)).catch(() => {})
    })
    connection.subscriptions$.subscribe(notifier => {
      notifiers.push(notifier)
      watch(notifier.state$, notifier.errors$)
      soon(
        pick([
          () => notifier.accept({ contentType, body: 'one' }),
          () => notifier.accept({ state: 'pending' }),
          () => notifier.accept({ expires: Math.min(30, notifier.expires) }),
          () => publish(notifier),
          () => notifier.reject(pick([403, 480, 603])),
          () => {},
        ]),
      )
    })
    await connection.active()
    return { engine, failures, sip, connection, host }
  }
  const ends = [await party(hosts[0]), await party(hosts[1])] as const
  const subscribe = (): void => {
    const from = pick(ends)
    const target = pick([...hosts, '192.0.2.99'].filter(host => host !== from.host))
    const options = {
      event: pick([...events, 'winfo']),
      expires: pick([10, 60, 600]),
      autoRefresh: chance(0.7),
    }
    followed(from.connection.subscribe(`sip:x@${target}:5060`, options))
  }
  const alive = (): Notifier | undefined =>
    pick(notifiers.filter(({ state: { is } }) => is === 'active' || is === 'pending'))
  const lives = (): Subscription | undefined =>
    pick(subscriptions.filter(({ state: { is } }) => is !== 'terminated'))
  const acts: readonly (() => unknown)[] = [
    subscribe,
    subscribe,
    () => ends[0].connection.fetch(`sip:x@${callee}:5060`, { event: 'presence' }),
    () => calls.push(ends[0].connection.invite(`sip:x@${callee}:5060`, { offer: sdp(caller) })),
    () => {
      const call = pick(calls)
      const within = call?.subscribe({ event: pick(events), id: pick(['1', '2']), expires: 60 })
      if (within) followed(within)
    },
    () => {
      const beside = lives()?.subscribe({ event: 'presence', id: pick(['3', '4']), expires: 60 })
      if (beside) followed(beside)
    },
    () => pick(calls)?.hangUp(),
    () => lives()?.update({ expires: pick([10, 30, 600]) }),
    () => lives()?.unsubscribe(),
    () => lives()?.unsubscribe(),
    ...[1, 2].flatMap(() => [
      () => alive()?.notify(pick(['two', 'three']), { contentType }),
      () => alive()?.notify('seen', { contentType, state: 'active' }),
      () => alive()?.activate(),
      () => pick(sources)?.next(String(random.fraction())),
    ]),
    () => alive()?.terminate(pick(reasons)),
    () => pick(sources)?.complete(),
    () => chance(0.2) && pick(sources)?.error(new Error('no')),
    () => {
      const notifier = alive()
      if (notifier) publish(notifier)
    },
    () => network.reset(),
  ]
  for (let step = 0; step < 300; step += 1) {
    attempt(pick(acts))
    await clock.run(pick([0, 0, 1, 10, 100, 500, 3000, 10_000]))
  }
  const closed = Promise.all(ends.map(({ sip }) => sip.close()))
  await clock.run(3_600_000)
  await closed
  return { ends, streams, unexpected, notifiers, subscriptions }
}

it('I04: subscriptions in a random order leave nothing running, no rejection unhandled, every stream complete', async () => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  try {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { ends, streams, unexpected, notifiers, subscriptions } = await fuzz(seed)
      expect(unexpected, `seed ${seed}`).toEqual([])
      const open = [...notifiers, ...subscriptions].filter(
        ({ state: { is } }) => is !== 'terminated' && is !== 'rejected',
      )
      expect(open.length, `seed ${seed}`).toBe(0)
      expect(streams.opened).toBeGreaterThan(50)
      expect(streams.completed, `seed ${seed}`).toBe(streams.opened)
      for (const { engine, failures } of ends) {
        expect(failures, `seed ${seed}`).toEqual([])
        expect(engine.census(), `seed ${seed}`).toEqual({ actors: 0, keys: 0, timers: 0, kinds: {} })
      }
    }
    await new Promise(resolve => void setImmediate(resolve))
    expect(rejections).toEqual([])
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}, 120_000)

it('I02: the random orders walk through all states of both machines', () => {
  const walkedBy = (name: string) => [...seen].filter(one => one.startsWith(`${name} `))
  const never = [notifier, subscription].flatMap(({ id, states }) =>
    Object.keys(states).filter(
      state => !walkedBy(id).some(one => one.slice(id.length + 1).startsWith(state)),
    ),
  )
  expect(never).toEqual([])
  const walked = walkedBy('notifier')
  for (const state of ['pending', 'active', 'telling', 'behind', 'waiting', 'deferred'])
    expect(
      walked.some(name => name.includes(state)),
      state,
    ).toBe(true)
})
