/** Flows that are kept alive, die and are found dead: C22 of docs/scenarios.md; RFC 5626 §4.4, RFC 5389, RFC 6223. */
import { describe, expect, it } from 'vitest'
import type { Registration, RegistrationOptions } from '../../src/index.ts'
import { isStun, readStun, stunRequest } from '../../src/message/stun.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { type TestRegistrarOptions, testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { ourOffer, record, registrarScene, type Wire } from './support.ts'

const aor = 'sip:alice@example.com'
const us = '192.0.2.1'
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

type Scene = Awaited<ReturnType<typeof registrarScene>>

/** When we sent what such a test is for, in seconds. */
const probes = ({ network, world }: Scene, wanted: (bytes: Uint8Array) => boolean): number[] => {
  const times: number[] = []
  network.onPacket(packet => {
    if (packet.from.host === us && wanted(packet.bytes)) times.push(world.clock.now() / 1000)
  })
  return times
}
const isPing = (bytes: Uint8Array): boolean => text(bytes) === '\r\n\r\n'
const isOptions = (bytes: Uint8Array): boolean => text(bytes).startsWith('OPTIONS ')
const gaps = (times: readonly number[]): number[] => times.slice(1).map((time, at) => time - times[at]!)

/** Number of the flow and Call-ID, of each REGISTER. */
const flowsOf = (requests: readonly SipRequest[]) =>
  requests.map(request => {
    const contacts = request.parsed('contact')
    const contact = contacts === undefined || contacts === '*' ? undefined : contacts[0]
    return [contact?.params.get('reg-id'), request.callId]
  })

const begin = async (
  wire: Wire,
  policy: Partial<TestRegistrarOptions> = {},
  options: Partial<RegistrationOptions> = {},
) => {
  const scene = await registrarScene(policy, { wire })
  const pings = probes(scene, isPing)
  const stun = probes(scene, isStun)
  const asked = probes(scene, isOptions)
  const made = scene.register({ expires: 3600, outbound: true, regId: 1, ...options })
  await scene.run(1000)
  return { ...scene, ...made, pings, stun, asked }
}

const retryIn = ({ state }: Registration, now: number): number =>
  state.is === 'recovering' && state.retryAt !== undefined ? (state.retryAt - now) / 1000 : Number.NaN

describe('C22: a flow dies while the network is up', () => {
  it('is replaced at once after a TCP reset, with the same reg-id; then after 50 to 100 % of min(1800, 30·2ⁿ) s', async () => {
    const { registration, registrar, network, requests, run, world } = await begin('TCP')
    await run(130_000)
    expect(network.reset(us)).toBe(1)
    await run(20)
    expect([registration.state.is, registrar.log.length]).toEqual(['registered', 2])
    expect(registrar.log[1]!.from).not.toEqual(registrar.log[0]!.from)
    const [first, second] = flowsOf(requests())
    expect([first, second]).toEqual([['1', first![1]], first])
    expect(registrar.bindings(aor)).toHaveLength(1)

    await run(130_000)
    registrar.set({ overloaded: {} })
    network.reset(us)
    await run(20)
    for (const [failures, least, most] of [
      [1, 30, 60],
      [2, 60, 120],
      [3, 120, 240],
    ] as const) {
      expect(registration.state).toMatchObject({ is: 'recovering', attempt: failures })
      const wait = retryIn(registration, world.clock.now())
      expect(wait).toBeGreaterThan(least - 1)
      expect(wait).toBeLessThanOrEqual(most)
      expect(registrar.log).toHaveLength(2 + failures)
      await run(wait * 1000 + 20)
    }
  })

  it('is found dead when no pong comes within 10 s, and replaced at once', async () => {
    const { registration, registrar, network, pings, run, states } = await begin('TCP')
    await run(130_000)
    expect(pings.length).toBeGreaterThanOrEqual(2)
    const before = pings.length
    // The path swallows everything, and says nothing.
    network.set({ latency: 3_600_000 }, { from: '192.0.2.10', to: us })
    for (let second = 0; second < 125 && pings.length === before; second += 1) await run(1000)
    network.set({ latency: 1 }, { from: '192.0.2.10', to: us })
    await run(7000)
    expect([registration.state.is, registrar.log.length]).toEqual(['registered', 1])
    await run(5000)
    expect([registration.state.is, registrar.log.length]).toEqual(['registered', 2])
    expect(states.values.map(({ is }) => is)).toEqual([
      'registering',
      'registered',
      'recovering',
      'registered',
    ])
    expect(registrar.log[1]!.from.port).not.toBe(registrar.log[0]!.from.port)
  })

  it('is found dead by STUN when a NAT has given us another address', async () => {
    const world = createWorld()
    const { network } = world
    const nat = network.nat('198.51.100.1', { lifetime: 600_000 })
    const registrar = testRegistrar({
      platform: network.platform({ host: '192.0.2.10' }),
      users: { alice: 'wonderland' },
      challenge: false,
    })
    await registrar.listen()
    network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
    const { connection } = await world.party('10.0.0.2', {}, { user: 'alice' }, { behind: '198.51.100.1' })
    const registration = connection.register({ aor, expires: 3600, outbound: true })
    const states = record(registration.state$)
    await world.run(200_000)
    expect(registrar.log).toHaveLength(1)
    nat.forget()
    await world.run(30_000)
    expect(registrar.log).toHaveLength(2)
    expect(registrar.log[1]!.from).not.toEqual(registrar.log[0]!.from)
    expect(states.values.map(({ is }) => is)).toEqual([
      'registering',
      'registered',
      'recovering',
      'registered',
    ])
    await world.run(600_000)
    expect(registrar.log).toHaveLength(2)
    await world.end()
  })

  it('is found dead by STUN when nothing is heard of seven copies', async () => {
    const { registration, registrar, network, stun, run } = await begin('UDP')
    await run(100_000)
    const before = stun.length
    network.partition(us, '192.0.2.10')
    for (let second = 0; second < 30 && stun.length === before; second += 1) await run(1000)
    const start = stun[before]!
    await run(45_000)
    // RFC 5389 §7.2.1: 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, and 8 s more.
    expect(stun.slice(before, before + 7).map(time => Math.round((time - start) * 10) / 10)).toEqual([
      0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5,
    ])
    expect(registration.state.is).toBe('recovering')
    network.heal()
    await run(120_000)
    expect([registration.state.is, registrar.bindings(aor).length]).toEqual(['registered', 1])
  })

  it('fails what goes over it at once', async () => {
    const world = createWorld()
    const { network } = world
    const edge = createPeer(network, { host: '192.0.2.10', name: 'edge', transport: 'TCP' })
    const { connection } = await world.party(us, {}, { user: 'alice' })
    const proxy = 'sip:192.0.2.10;transport=tcp'
    const registration = connection.register({ aor, outboundProxy: proxy, outbound: true, keepAlive: 'crlf' })
    await world.run(10)
    const register = edge.next('REGISTER')
    edge.reply(register, 200, { headers: [['Contact', register.header('contact')!]] })
    await world.run(10)
    const call = connection.invite('sip:bob@example.com', { from: registration, offer: ourOffer })
    const errors = record(call.errors$)
    await world.run(10)
    edge.reply(edge.next('INVITE'), 180)
    await world.run(9970)
    expect([call.state.is, registration.state.is]).toEqual(['early', 'registered'])
    await world.run(20)
    expect(errors.values.map(({ code }) => code)).toEqual(['transport'])
    expect(edge.next('REGISTER').cseq.seq).toBe(register.cseq.seq + 1)
    expect(registration.state.is).toBe('recovering')
    await world.end()
  })

  it('has never two REGISTERs under way', async () => {
    const { registrar, network, run } = await begin('TCP')
    let open = 0
    let most = 0
    const sent = new Set<string>()
    network.onPacket(({ bytes }) => {
      const found = /CSeq: (\d+) REGISTER/.exec(text(bytes))?.[1]
      if (found === undefined) return
      if (text(bytes).startsWith('REGISTER')) {
        if (!sent.has(found)) open += 1
        sent.add(found)
      } else open -= 1
      most = Math.max(most, open)
    })
    for (let round = 0; round < 20; round += 1) {
      await run(125_000)
      network.reset(us)
      network.reset(us)
      await run(5)
    }
    await run(10)
    expect([open, most, registrar.bindings(aor).length]).toEqual([0, 1, 1])
    expect(registrar.log.length).toBe(21)
  })
})

describe('keep-alives', () => {
  it('come every 95 to 120 s on a stream, and every 24 to 29 s by UDP (RFC 5626 §4.4)', async () => {
    const stream = await begin('TCP')
    await stream.run(1_200_000)
    expect(stream.pings.length).toBeGreaterThan(9)
    for (const gap of gaps(stream.pings)) {
      expect(gap).toBeGreaterThanOrEqual(95)
      expect(gap).toBeLessThanOrEqual(120.1)
    }
    expect(new Set(gaps(stream.pings).map(gap => Math.round(gap))).size).toBeGreaterThan(3)
    const datagrams = await begin('UDP')
    await datagrams.run(600_000)
    expect(datagrams.stun.length).toBeGreaterThan(19)
    for (const gap of gaps(datagrams.stun)) {
      expect(gap).toBeGreaterThanOrEqual(24)
      expect(gap).toBeLessThanOrEqual(29.1)
    }
    expect([stream.registrar.log.length, datagrams.registrar.log.length]).toEqual([1, 1])
  })

  it('keep to 80 to 100 % of the Flow-Timer, and of an interval of our own before it', async () => {
    for (const options of [{}, { keepAlive: { interval: 50 } }] as const) {
      const { pings, run } = await begin('TCP', { flowTimer: 20 }, options)
      const most = 'keepAlive' in options ? 50 : 20
      await run(600_000)
      for (const gap of gaps(pings)) {
        expect(gap).toBeGreaterThanOrEqual(most * 0.8)
        expect(gap).toBeLessThanOrEqual(most + 0.1)
      }
      expect(pings.length).toBeGreaterThan(10)
    }
  })

  it.each(['TCP', 'UDP'] as const)('by %s turn to OPTIONS when the peer ignores the first', async wire => {
    const { registration, asked, stun, pings, run, registrar } = await begin(wire, { keepAlives: false })
    await run(600_000)
    expect(wire === 'TCP' ? pings.length : stun.length).toBe(wire === 'TCP' ? 1 : 7)
    expect(asked.length).toBeGreaterThan(wire === 'TCP' ? 4 : 15)
    const methods = registrar.log.map(({ request }) => request.method)
    expect(methods.filter(method => method === 'REGISTER')).toHaveLength(1)
    expect(registration.state.is).toBe('registered')
    registrar.close()
    await run(160_000)
    expect(registration.state.is).toBe('recovering')
  })

  it('that were asked for by name are taken at their word: no pong, no flow', async () => {
    const { registration, registrar, run } = await begin('TCP', { keepAlives: false }, { keepAlive: 'crlf' })
    await run(9000)
    expect([registration.state.is, registrar.log.length]).toEqual(['registered', 1])
    await run(2000)
    expect([registration.state.is, registrar.log.length]).toEqual(['registered', 2])
  })

  it('are shared by all registrations of a flow, and end with the last of them', async () => {
    const scene = await begin('TCP', { users: { alice: 'a', bob: 'b' } })
    const { registration: bob } = scene.register({
      aor: 'sip:bob@example.com',
      expires: 3600,
      outbound: true,
    })
    await scene.run(600_000)
    const { pings, registration, run } = scene
    expect(pings.length).toBeGreaterThan(5)
    expect(pings.length).toBeLessThan(8)
    void registration.unregister()
    await run(300_000)
    const before = pings.length
    expect(before).toBeGreaterThan(7)
    void bob.unregister()
    await run(600_000)
    expect(pings.length).toBe(before)
  })

  it('are not sent without outbound, unless asked for', async () => {
    const silent = await begin('TCP', {}, { outbound: false, regId: undefined as never })
    await silent.run(600_000)
    const asked = await begin('TCP', {}, { outbound: false, regId: undefined as never, keepAlive: 'auto' })
    await asked.run(600_000)
    const off = await begin('TCP', {}, { keepAlive: 'off' })
    await off.run(600_000)
    expect([silent.pings.length, off.pings.length, asked.pings.length > 4]).toEqual([0, 0, true])
  })

  it('of UDP keep a NAT open that forgets: with them a call comes in, without it does not', async () => {
    for (const keepAlive of ['stun', 'off'] as const) {
      const world = createWorld()
      const { network } = world
      network.nat('198.51.100.1', { lifetime: 60_000 })
      const edge = createPeer(network, { host: '192.0.2.10', name: 'edge' })
      const { connection } = await world.party('10.0.0.2', {}, { user: 'alice' }, { behind: '198.51.100.1' })
      const calls = record(connection.calls$)
      const registration = connection.register({
        aor,
        registrar: 'sip:192.0.2.10',
        expires: 3600,
        outbound: true,
        keepAlive,
      })
      await world.run(10)
      const register = edge.next('REGISTER')
      const contact = register.header('contact')!
      edge.reply(register, 200, {
        headers: [
          ['Contact', contact],
          ['Require', 'outbound'],
        ],
      })
      await world.run(10)
      expect(registration.outbound).toBe(true)
      const outside = edge.sourceOf(register)
      if (keepAlive === 'stun') edge.answersStun()
      await world.run(300_000)
      edge.request('INVITE', { to: outside, uri: 'sip:alice@10.0.0.2:5060', body: ourOffer })
      await world.run(100)
      expect(calls.values).toHaveLength(keepAlive === 'stun' ? 1 : 0)
      await world.end()
    }
  })

  it('of others are answered: STUN on the port of SIP, a double CRLF on a stream (RFC 5626 §3.5)', async () => {
    const { network, run } = await begin('TCP')
    const answers: (readonly [string, string])[] = []
    const platform = network.platform({ host: '192.0.2.7' })
    const udp = platform.transports.find(({ name }) => name === 'UDP')!
    await udp.listen({ host: '192.0.2.7', port: 7000 }, flow => {
      const id = Uint8Array.from({ length: 12 }, (_, at) => at)
      flow.send(stunRequest(id), { host: us, port: 5060 })
      return {
        opened: () => {},
        failed: () => {},
        closed: () => {},
        received: bytes => {
          const message = readStun(bytes)
          if (message?.is === 'success' && message.mapped)
            answers.push([message.mapped.host, String(message.mapped.port)])
        },
      }
    })
    await run(10)
    expect(answers).toEqual([['192.0.2.7', '7000']])
  })
})

describe('arguments', () => {
  it.each([
    ['an unknown means', 'ping'],
    ['an interval of nothing', { interval: 0 }],
    ['an interval that is no number', { interval: 'often' }],
  ])('refuses %s', async (_, keepAlive) => {
    const { register } = await registrarScene()
    expect(() => register({ keepAlive: keepAlive as never })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })
})
