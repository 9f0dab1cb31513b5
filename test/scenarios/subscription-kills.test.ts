/**
 * Two engines, subscriber and notifier: one of them is killed after each packet of a whole subscription in turn, and the other
 * has to be rid of it when the time is over. And ten thousand subscriptions at once. RFC 6665 §4.1.2, §4.2.2.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { ConnectionOptions, Notifier, Subscription } from '../../src/index.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import { type Packet, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { brief } from './support.ts'

const hosts = { watcher: '192.0.2.1', presentity: '192.0.2.2' } as const
type Name = keyof typeof hosts
const uri = `sip:bob@${hosts.presentity}:5060`

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

const stage = async (latency = 5) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency })
  const packets: Packet[] = []
  network.onPacket(packet => void packets.push(packet))
  const party = async (name: Name, options: ConnectionOptions = {}) => {
    const engine = createEngine(network.platform({ host: hosts[name] }))
    const sip = sipOver(engine, {})
    const connection = sip.connect({ port: 5060, ...options })
    await connection.active()
    open.push(async () => {
      const closed = sip.close()
      await clock.run(300_000)
      await closed
    })
    return { engine, connection }
  }
  const watcher = await party('watcher')
  const presentity = await party('presentity', { events: ['presence'] })
  const notifiers: Notifier[] = []
  presentity.connection.subscriptions$.subscribe(notifier => {
    notifiers.push(notifier)
    notifier.accept({ contentType: 'text/plain', body: 'one' })
  })
  return { clock, network, packets, watcher, presentity, notifiers }
}

type Stage = Awaited<ReturnType<typeof stage>>

/** Does it if it is still possible: whoever is dead cannot, nor whoever has heard of it. */
const attempt = (deed: () => unknown): void => {
  try {
    Promise.resolve(deed()).catch(() => {})
  } catch {
    // What is over cannot be told or left.
  }
}

/** Subscribed, told, changed, renewed at 300 s, changed, unsubscribed. */
const live = async ({ clock, watcher, notifiers }: Stage, autoRefresh = true): Promise<Subscription> => {
  const subscription = watcher.connection.subscribe(uri, { event: 'presence', expires: 600, autoRefresh })
  await clock.run(1000)
  attempt(() => notifiers[0]?.notify('two', { contentType: 'text/plain' }))
  await clock.run(320_000)
  attempt(() => notifiers[0]?.notify('three', { contentType: 'text/plain' }))
  await clock.run(1000)
  attempt(() => subscription.unsubscribe())
  await clock.run(1000)
  return subscription
}

const usages = ({ watcher, presentity }: Stage) =>
  [watcher, presentity].map(({ engine }) => {
    const {
      subscription = 0,
      notifier = 0,
      eventDialog = 0,
      refresh = 0,
      request = 0,
    } = engine.census().kinds
    return { subscription, notifier, eventDialog, refresh, request }
  })
const none = { subscription: 0, notifier: 0, eventDialog: 0, refresh: 0, request: 0 }

const told = ({ packets }: Stage): readonly string[] =>
  packets.map(({ bytes }) => {
    const message = parse(bytes)
    return isMalformed(message) ? '?' : brief(message)
  })

/** How many packets a whole life has. */
const whole =
  ['SUBSCRIBE', 'NOTIFY', 'NOTIFY', 'SUBSCRIBE', 'NOTIFY', 'NOTIFY', 'SUBSCRIBE', 'NOTIFY'].length * 2

describe('a whole life of a subscription', () => {
  it(`takes ${whole} packets, and leaves nothing behind`, async () => {
    const world = await stage()
    const subscription = await live(world)
    expect(told(world).filter(name => !name.startsWith('200'))).toEqual([
      'SUBSCRIBE',
      'NOTIFY',
      'NOTIFY',
      'SUBSCRIBE',
      'NOTIFY',
      'NOTIFY',
      'SUBSCRIBE',
      'NOTIFY',
    ])
    expect(world.packets).toHaveLength(whole)
    expect(subscription.state.is).toBe('terminated')
    await world.clock.run(40_000)
    expect(usages(world)).toEqual([none, none])
  })

  const points = Array.from({ length: whole + 1 }, (_, at) => at)
  const dies = async (world: Stage, who: Name, at: number): Promise<void> => {
    if (at === 0) return world.network.partition(hosts[who])
    world.network.onPacket(() => {
      if (world.packets.length === at) world.network.partition(hosts[who])
    })
  }

  it.each(points)('the subscriber killed after packet %i: the notifier forgets it in time', async at => {
    const world = await stage()
    await dies(world, 'watcher', at)
    await live(world)
    // The lifetime from the renewal, and the last NOTIFY that nobody answers.
    await world.clock.run(600_000 + 40_000)
    expect(usages(world)[1]).toEqual(none)
    expect(world.notifiers.map(({ state }) => state.is).filter(is => is !== 'terminated')).toEqual([])
  })

  it.each(points)('the notifier killed after packet %i: the subscriber forgets it in time', async at => {
    const world = await stage()
    await dies(world, 'presentity', at)
    const subscription = await live(world)
    await world.clock.run(600_000 + 80_000)
    expect(subscription.state.is).toBe('terminated')
    expect(usages(world)[0]).toEqual(none)
  })

  it.each(points)('the notifier killed after packet %i, without renewal', async at => {
    const world = await stage()
    await dies(world, 'presentity', at)
    const subscription = await live(world, false)
    await world.clock.run(600_000 + 80_000)
    expect(subscription.state.is).toBe('terminated')
    expect(usages(world)[0]).toEqual(none)
  })
})

describe('very many subscriptions', () => {
  const many = 10_000

  it(`${many} are renewed on time, each in its own dialog, and end without a trace`, {
    timeout: 300_000,
  }, async () => {
    const { clock, network, packets, watcher, presentity } = await stage(1)
    const states = new Map<string, number>()
    const subscriptions: Subscription[] = []
    // Spread over a minute, as they come in life.
    for (let at = 0; at < many; at += 1) {
      const subscription = watcher.connection.subscribe(uri, { event: 'presence', expires: 3600 })
      subscription.errors$.subscribe(({ code }) => states.set(code, (states.get(code) ?? 0) + 1))
      subscriptions.push(subscription)
      if (at % 100 === 99) await clock.run(600)
    }
    await clock.run(60_000)
    const active = () => subscriptions.filter(({ state }) => state.is === 'active').length
    expect([active(), presentity.engine.census().kinds.notifier]).toEqual([many, many])
    const granted = subscriptions.map(({ state }) => (state.is === 'active' ? state.expiresAt : 0))
    packets.splice(0)
    const renewals = new Map<string, number[]>()
    const ending = network.onPacket(({ bytes, from, time }) => {
      if (from.host !== hosts.watcher) return
      const message = parse(bytes)
      if (isMalformed(message) || message.kind === 'response') return
      renewals.set(message.callId, [...(renewals.get(message.callId) ?? []), time])
    })
    // Ten minutes before the end each is renewed: once in this time.
    await clock.run(3_000_000)
    ending()
    expect(renewals.size).toBe(many)
    expect([...renewals.values()].every(times => times.length === 1)).toBe(true)
    const due = granted.map(expiresAt => expiresAt - 600_000).sort((a, b) => a - b)
    const sent = [...renewals.values()].map(([time]) => time!).sort((a, b) => a - b)
    expect(Math.max(...sent.map((time, at) => Math.abs(time - due[at]!)))).toBeLessThan(50)
    await clock.run(1000)
    expect([active(), [...states]]).toEqual([many, []])
    expect(watcher.engine.census().kinds.subscription).toBe(many)
    for (const [at, subscription] of subscriptions.entries()) {
      void subscription.unsubscribe()
      if (at % 100 === 99) await clock.run(100)
    }
    await clock.run(60_000)
    expect(usages({ watcher, presentity } as Stage)).toEqual([none, none])
  })
})
