/** What is left after load: nothing. Row I03 of docs/scenarios.md, and the same for 10,000 calls. */
import { expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { Call, Connection } from '../../src/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'
import { callee, calleeUri, caller, createScene, traffic } from './traffic.ts'

const hour = 3_600_000

/** How many objects the API keeps. */
const handles = (connection: Connection): number =>
  (connection as unknown as { readonly scope: { readonly handles: ReadonlyMap<string, unknown> } }).scope
    .handles.size

const scene = async () => {
  const { clock, network } = createScene({ seed: 1, latency: 10 })
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 's3cret' },
    logLimit: 10,
  })
  await registrar.listen()
  const party = async (host: string) => {
    const engine = createEngine(network.platform({ host }))
    const sip = sipOver(engine, {})
    const connection = sip.connect({ port: 5060 })
    await connection.active()
    return { engine, sip, connection }
  }
  const [from, to] = [await party(caller), await party(callee)]
  const census = () => [from.engine.census(), to.engine.census()]
  return { clock, network, registrar, from, to, census }
}

it('I03: after 200 calls only the connection, its flows and the registration live', async () => {
  const { clock, from, to, census } = await scene()
  from.connection.register({
    aor: 'sip:alice@192.0.2.10',
    credentials: { username: 'alice', password: 's3cret' },
  })
  await clock.run(10_000)
  const idle = census()
  expect(idle.map(({ kinds }) => kinds)).toEqual([
    { connection: 1, network: 1, flow: 1, registration: 1, refresh: 1 },
    { connection: 1, network: 1, flow: 1 },
  ])
  const { outgoing, incoming } = traffic(clock, from.connection, to.connection, { calls: 200 })
  await clock.run(4000 + 200_000)
  expect([outgoing().length, incoming().length]).toEqual([200, 200])
  expect(census().map(({ kinds }) => kinds)).toEqual([
    { connection: 1, network: 1, flow: 1, registration: 1, refresh: 1 },
    { connection: 1, network: 1, flow: 1 },
  ])
})

it('after 10,000 calls actors, timers, keys and flows are what they were', async () => {
  const { clock, network, from, to, census } = await scene()
  // The idle timer of a datagram flow fires once, for nothing.
  await clock.run(hour)
  const idle = census()
  const sockets = network.connections
  const reasons = { caller: 0, callee: 0 }
  const count = (call: Call, side: keyof typeof reasons): void =>
    void call.ended().then(({ reason }) => {
      if (reason === 'bye') reasons[side] += 1
    })
  to.connection.calls$.subscribe(call => {
    call.ring()
    void call.accept(sdp(callee))
    count(call, 'callee')
  })
  const offer = sdp(caller)
  const start = (): void => {
    for (let index = 0; index < 100; index += 1) {
      const call = from.connection.invite(calleeUri, { offer })
      void call.established().then(() => call.hangUp())
      count(call, 'caller')
    }
  }
  for (let batch = 0; batch < 100; batch += 1) clock.setTimeout(start, batch * 1000)
  await clock.run(100_000)
  expect(census().map(({ actors }) => actors > 1000)).toEqual([true, true])
  await clock.run(100_000)
  expect(reasons).toEqual({ caller: 10_000, callee: 10_000 })
  expect(census()).toEqual(idle)
  expect(network.connections).toBe(sockets)
  expect([handles(from.connection), handles(to.connection)]).toEqual([1, 1])
}, 120_000)

it('nothing stays of what went wrong: refused, cancelled, unanswered, unreachable, challenged', async () => {
  const { clock, network, registrar, from, to, census } = await scene()
  await clock.run(hour)
  const idle = census()
  const pending = clock.pending
  let turn = 0
  to.connection.calls$.subscribe(call => {
    turn += 1
    if (turn % 5 === 0) return call.reject(486)
    if (turn % 5 === 1) return
    call.ring()
    if (turn % 5 === 2) void call.accept(sdp(callee)).catch(() => {})
  })
  const { connection } = from
  const start = (index: number): void => {
    const offer = sdp(caller)
    const call = connection.invite(calleeUri, { offer })
    if (index % 4 === 0) clock.setTimeout(() => call.can('cancel') && call.cancel(), 100)
    clock.setTimeout(() => void call.hangUp(), 2000)
    connection.invite('sip:nobody@192.0.2.99', { offer })
    connection.invite('sip:bob@nowhere.invalid', { offer })
    connection.invite(`sip:bob@${callee}:5099`, { offer })
    connection.invite(`sip:bob@${callee}:5099;transport=tcp`, { offer })
    connection.request({ method: 'MESSAGE', uri: calleeUri, contentType: 'text/plain', body: 'x' })
    connection.request({
      method: 'MESSAGE',
      uri: calleeUri,
      contentType: 'text/plain',
      body: 'x'.repeat(2000),
    })
    connection.request({ method: 'OPTIONS', uri: 'sip:nobody@192.0.2.99' })
    connection.register({ aor: 'sip:nobody@192.0.2.10', credentials: { username: 'x', password: 'y' } })
    const good = connection.register({
      aor: 'sip:alice@192.0.2.10',
      credentials: { username: 'alice', password: 's3cret' },
    })
    clock.setTimeout(() => good.isActive && void good.unregister(), 5000)
  }
  for (let index = 0; index < 40; index += 1) clock.setTimeout(() => start(index), index * 50)
  await clock.run(400_000)
  registrar.close()
  network.reset()
  await clock.run(3 * hour)
  const now = census()
  // A registration that failed stays until its connection is closed: it may be started again.
  const registrations = 80
  expect(now.map(({ kinds: { registration, ...kinds } }) => kinds)).toEqual(idle.map(({ kinds }) => kinds))
  expect(now.map(({ timers, keys }) => [timers, keys])).toEqual(
    idle.map(({ timers, keys }) => [timers, keys]),
  )
  expect(now[0]!.actors).toBe(idle[0]!.actors + registrations)
  expect([handles(connection), handles(to.connection)]).toEqual([1 + registrations, 1])
  const closed = Promise.all([from.sip.close(), to.sip.close()])
  await clock.run(200_000)
  await closed
  expect(census().map(({ actors, keys, timers }) => [actors, keys, timers])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ])
  expect(clock.pending).toBeLessThanOrEqual(pending)
})
