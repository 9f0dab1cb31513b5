/**
 * A notifier and a subscriber, one of which dies at each point of their flow: the other has nothing left once the time is
 * over. RFC 6665 §4.1.2.2, §4.2.2.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { Notifier, Subscription } from '../../src/index.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'

const hosts = { notifier: '192.0.2.1', subscriber: '192.0.2.2' } as const
type Role = keyof typeof hosts

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

/** A flow: what happens at which second, besides the refresh at 50. */
const flows = {
  'that the subscriber ends': [
    [1, ({ theirs }) => theirs()?.activate()],
    [2, ({ theirs }) => theirs()?.notify('two', { contentType: 'text/plain' })],
    [60, ({ theirs }) => theirs()?.notify('three', { contentType: 'text/plain' })],
    [70, ({ ours }) => void ours.unsubscribe().catch(() => {})],
  ],
  'that the notifier ends': [
    [1, ({ theirs }) => theirs()?.notify('two', { contentType: 'text/plain', state: 'active' })],
    [70, ({ theirs }) => theirs()?.terminate('noresource')],
  ],
  'that nobody ends': [[1, ({ theirs }) => theirs()?.activate()]],
} satisfies Record<
  string,
  [number, (at: { ours: Subscription<string>; theirs: () => Notifier | undefined }) => void][]
>

/** Plays a flow, and cuts one side off behind packet number `after`. */
const play = async (flow: keyof typeof flows, autoRefresh: boolean, victim?: Role, after = Infinity) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency: 5 })
  let packets = 0
  let killed = false
  network.onPacket(() => {
    packets += 1
    if (packets <= after || !victim || killed) return
    killed = true
    network.partition(hosts[victim])
  })
  const party = async (role: Role) => {
    const engine = createEngine(network.platform({ host: hosts[role] }))
    const sip = sipOver(engine, {})
    const connection = sip.connect({ port: 5060, user: role, events: ['presence'] })
    await connection.active()
    open.push(async () => {
      const closed = sip.close()
      await clock.run(200_000)
      await closed
    })
    return { engine, connection }
  }
  const notifier = await party('notifier')
  const subscriber = await party('subscriber')
  const asked: Notifier[] = []
  notifier.connection.subscriptions$.subscribe(one => {
    asked.push(one)
    one.accept({ state: 'pending', contentType: 'text/plain', body: 'one' })
  })
  if (after === 0 && victim) network.partition(hosts[victim])
  const options = { event: 'presence', expires: 100, autoRefresh }
  const ours = subscriber.connection.subscribe(`sip:notifier@${hosts.notifier}:5060`, options)
  /** Only what may be done then: what is over is over. */
  const theirs = () => asked.find(({ state: { is } }) => is === 'active' || is === 'pending')
  let now = 0
  for (const [second, act] of flows[flow] as [number, (at: object) => void][]) {
    await clock.run(second * 1000 - now)
    now = second * 1000
    try {
      act({ ours, theirs })
    } catch {
      // It has ended meanwhile.
    }
  }
  // The lifetime, the refresh that nobody answers, and the last NOTIFY that nobody answers.
  await clock.run(100_000 - now + 3 * 32_000 + 60_000)
  const left = (role: Role) => {
    const { kinds, keys } = (role === 'notifier' ? notifier : subscriber).engine.census()
    const { flow: _, network: __, ...others } = kinds
    return { ...others, keys }
  }
  return { packets, killed, left, ours, asked }
}

const nothing = { connection: 1, keys: 0 }

describe.each([
  ['that the subscriber ends', true],
  ['that the notifier ends', true],
  ['that the notifier ends', false],
  ['that nobody ends', false],
] as const)('a subscription %s, renewed: %s', (flow, autoRefresh) => {
  it('leaves nothing when all goes well', async () => {
    const { left, ours, asked, packets } = await play(flow, autoRefresh)
    expect([left('notifier'), left('subscriber')]).toEqual([nothing, nothing])
    expect([ours.state.is, asked.map(({ state }) => state.is)]).toEqual(['terminated', ['terminated']])
    expect(packets).toBeGreaterThan(5)
  })

  it.each([
    ['notifier', 'subscriber'],
    ['subscriber', 'notifier'],
  ] as const)('the %s dies at any point: nothing is left at the %s', async (victim, survivor) => {
    const { packets } = await play(flow, autoRefresh)
    let kills = 0
    for (let after = 0; after < packets; after += 1) {
      const { left, ours, asked, killed } = await play(flow, autoRefresh, victim, after)
      expect([after, left(survivor)]).toEqual([after, nothing])
      if (survivor === 'subscriber') expect([after, ours.state.is]).toEqual([after, 'terminated'])
      else expect(asked.every(({ state: { is } }) => is === 'terminated' || is === 'rejected')).toBe(true)
      if (killed || after === 0) kills += 1
    }
    expect(kills).toBe(packets)
  })
})
