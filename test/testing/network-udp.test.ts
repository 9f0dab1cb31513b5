import { describe, expect, it } from 'vitest'
import type { Address, Flow, FlowHandler, Platform } from '../../src/engine/ports.ts'
import type { SipError } from '../../src/errors.ts'
import {
  type Packet,
  type SimulatedNetworkOptions,
  simulatedNetwork,
  virtualClock,
} from '../../src/testing/index.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

interface Bound {
  readonly flow: Flow
  readonly got: { text: string; from: Address; at: number }[]
  readonly failures: { error: SipError; to: Address | undefined; at: number }[]
  readonly closed: (SipError | undefined)[]
}

const bindUdp = async (platform: Platform, port: number, host = platform.defaultHost): Promise<Bound> => {
  const bound: Omit<Bound, 'flow'> = { got: [], failures: [], closed: [] }
  let flow: Flow | undefined
  const handler: FlowHandler = {
    opened: () => {
      throw new Error('a datagram flow is born open')
    },
    received: (data, from) =>
      bound.got.push({ text: Buffer.from(data).toString(), from, at: platform.clock.now() }),
    failed: (error, to) => bound.failures.push({ error, to, at: platform.clock.now() }),
    closed: error => bound.closed.push(error),
  }
  const udp = platform.transports.find(transport => transport.name === 'UDP')!
  await udp.listen({ host, port }, given => {
    flow = given
    return handler
  })
  return { ...bound, flow: flow! }
}

const pair = async (options: Omit<SimulatedNetworkOptions, 'clock'> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, ...options })
  const a = await bindUdp(network.platform({ host: '192.0.2.1' }), 5060)
  const b = await bindUdp(network.platform({ host: '192.0.2.2' }), 5060)
  return {
    clock,
    network,
    a,
    b,
    toB: { host: '192.0.2.2', port: 5060 },
    toA: { host: '192.0.2.1', port: 5060 },
  }
}

/** Sends `count` numbered datagrams, one per millisecond, and gives the numbers as they arrived. */
const burst = async (options: Omit<SimulatedNetworkOptions, 'clock'>, count: number) => {
  const { clock, network, a, b, toB } = await pair(options)
  const packets: Packet[] = []
  network.onPacket(packet => packets.push(packet))
  for (let index = 0; index < count; index += 1) {
    a.flow.send(bytes(String(index)), toB)
    clock.advance(1)
  }
  clock.advance(10_000)
  return { arrived: b.got.map(({ text }) => Number(text)), packets }
}

const summary = (packets: readonly Packet[]) =>
  packets.map(({ time, arrivals, fate, text }) => `${time} ${arrivals.join(',')} ${fate} ${text}`)

describe('the datagrams of the simulated network', () => {
  it('arrive once, after the latency, with the address of the sender', async () => {
    const { clock, a, b, toB, toA } = await pair({ latency: 30 })
    a.flow.send(bytes('hello'), toB)
    clock.advance(29)
    expect(b.got).toEqual([])
    clock.advance(1)
    expect(b.got).toEqual([{ text: 'hello', from: toA, at: 30 }])
  })

  it('are copied when sent, so that the sender may reuse its buffer', async () => {
    const { clock, a, b, toB } = await pair()
    const buffer = bytes('one')
    a.flow.send(buffer, toB)
    buffer.fill(0)
    clock.advance(10)
    expect(b.got.map(({ text }) => text)).toEqual(['one'])
  })

  it('follow the same trace for the same seed and another one for another seed', async () => {
    const weather = { latency: { min: 1, max: 50 }, loss: 0.2, duplicate: 0.1, reorder: 0.3 }
    const first = await burst({ ...weather, seed: 5 }, 300)
    const again = await burst({ ...weather, seed: 5 }, 300)
    const other = await burst({ ...weather, seed: 6 }, 300)
    expect(summary(again.packets)).toEqual(summary(first.packets))
    expect(again.arrived).toEqual(first.arrived)
    expect(other.arrived).not.toEqual(first.arrived)
  })

  it('are lost as often as asked', async () => {
    const { arrived, packets } = await burst({ loss: 0.2 }, 5000)
    expect(arrived.length).toBeGreaterThan(3850)
    expect(arrived.length).toBeLessThan(4150)
    expect(packets.filter(({ fate }) => fate === 'lost')).toHaveLength(5000 - arrived.length)
  })

  it('are all lost with a loss of 1 and none with a loss of 0', async () => {
    expect((await burst({ loss: 1 }, 100)).arrived).toEqual([])
    expect((await burst({ loss: 0 }, 100)).arrived).toHaveLength(100)
  })

  it('are doubled as often as asked', async () => {
    const { arrived, packets } = await burst({ duplicate: 0.1 }, 5000)
    expect(arrived.length).toBeGreaterThan(5380)
    expect(arrived.length).toBeLessThan(5620)
    expect(packets.filter(({ fate }) => fate === 'duplicated')).toHaveLength(arrived.length - 5000)
  })

  it('that are doubled arrive at two times of their own', async () => {
    const { packets } = await burst({ duplicate: 1, latency: { min: 1, max: 100 } }, 50)
    expect(packets.filter(({ arrivals }) => new Set(arrivals).size === 2)).toHaveLength(50)
  })

  it('keep their order on a path of constant latency and lose it when told to reorder', async () => {
    const inOrder = await burst({ latency: 20 }, 500)
    expect(inOrder.arrived).toEqual([...inOrder.arrived].sort((x, y) => x - y))
    const { arrived } = await burst({ latency: 20, reorder: { probability: 0.25, delay: 5.5 } }, 2000)
    const overtaken = arrived.filter((value, index) => index > 0 && value < arrived[index - 1]!).length
    expect(arrived).toHaveLength(2000)
    expect(overtaken).toBeGreaterThan(250)
    expect(overtaken).toBeLessThan(600)
  })

  it('obey conditions of one direction only, also while the network runs', async () => {
    const { clock, network, a, b, toA, toB } = await pair()
    network.set({ loss: 1 }, { from: '192.0.2.1', to: '192.0.2.2' })
    a.flow.send(bytes('gone'), toB)
    b.flow.send(bytes('here'), toA)
    clock.advance(10)
    expect(b.got).toEqual([])
    expect(a.got.map(({ text }) => text)).toEqual(['here'])
    network.set({ loss: 0 }, { from: '192.0.2.1', to: '192.0.2.2' })
    a.flow.send(bytes('again'), toB)
    clock.advance(10)
    expect(b.got.map(({ text }) => text)).toEqual(['again'])
  })

  it('to a closed port fail by ICMP after the round trip', async () => {
    const { clock, a } = await pair({ latency: 15 })
    const to = { host: '192.0.2.2', port: 9 }
    a.flow.send(bytes('x'), to)
    clock.advance(29)
    expect(a.failures).toEqual([])
    clock.advance(1)
    expect(a.failures).toMatchObject([{ error: { code: 'transport', icmp: true }, to, at: 30 }])
  })

  it('to a silent host or to no host vanish', async () => {
    const { clock, network, a } = await pair()
    network.platform({ host: '192.0.2.3', icmp: false })
    const fates: string[] = []
    network.onPacket(({ fate }) => fates.push(fate))
    a.flow.send(bytes('x'), { host: '192.0.2.3', port: 9 })
    a.flow.send(bytes('x'), { host: '192.0.2.99', port: 9 })
    clock.advance(60_000)
    expect(a.failures).toEqual([])
    expect(fates).toEqual(['delivered', 'unreachable'])
  })

  it('longer than 65,507 bytes fail and the longest allowed arrives', async () => {
    const { clock, a, b, toB } = await pair()
    a.flow.send(new Uint8Array(65_508), toB)
    a.flow.send(new Uint8Array(65_507).fill(65), toB)
    clock.advance(10)
    expect(a.failures).toMatchObject([{ error: { code: 'transport' }, to: toB }])
    expect(a.failures[0]!.error.icmp).toBeUndefined()
    expect(b.got.map(({ text }) => text.length)).toEqual([65_507])
  })

  it('do not pass a partition and pass again once it is healed', async () => {
    const { clock, network, a, b, toB, toA } = await pair()
    const c = await bindUdp(network.platform({ host: '192.0.2.3' }), 5060)
    network.partition('192.0.2.1', '192.0.2.2')
    a.flow.send(bytes('cut'), toB)
    b.flow.send(bytes('cut'), toA)
    c.flow.send(bytes('c'), toA)
    clock.advance(10)
    expect(b.got).toEqual([])
    expect(a.got.map(({ text }) => text)).toEqual(['c'])
    network.heal('192.0.2.1', '192.0.2.2')
    network.partition('192.0.2.2')
    c.flow.send(bytes('cut'), toB)
    a.flow.send(bytes('cut'), toB)
    clock.advance(10)
    expect(b.got).toEqual([])
    network.heal()
    a.flow.send(bytes('back'), toB)
    clock.advance(10)
    expect(b.got.map(({ text }) => text)).toEqual(['back'])
  })

  it('are taken by a filter: the second and third that match, no other', async () => {
    const { clock, network, a, b, toB } = await pair()
    const drop = network.drop(packet => packet.text.startsWith('INVITE'), { skip: 1, count: 2 })
    for (const text of ['INVITE 1', 'ACK 1', 'INVITE 2', 'INVITE 3', 'INVITE 4'])
      a.flow.send(bytes(text), toB)
    clock.advance(10)
    expect(b.got.map(({ text }) => text)).toEqual(['INVITE 1', 'ACK 1', 'INVITE 4'])
    expect(drop.dropped).toBe(2)
  })

  it('pass again once their filter is removed', async () => {
    const { clock, network, a, b, toB } = await pair()
    const drop = network.drop(() => true)
    a.flow.send(bytes('1'), toB)
    drop.remove()
    a.flow.send(bytes('2'), toB)
    clock.advance(10)
    expect(b.got.map(({ text }) => text)).toEqual(['2'])
  })
})

describe('the UDP ports of a simulated host', () => {
  it('are given out free for port 0, each once', async () => {
    const { network } = await pair()
    const platform = network.platform({ host: '192.0.2.7' })
    const ports = new Set<number>()
    for (let index = 0; index < 200; index += 1) ports.add((await bindUdp(platform, 0)).flow.local.port)
    expect(ports.size).toBe(200)
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49_152)
  })

  it('refuse a second socket, also of another platform on the host, until the first is closed', async () => {
    const { clock, network, a } = await pair()
    const second = network.platform({ host: '192.0.2.1' })
    await expect(bindUdp(second, 5060)).rejects.toMatchObject({ code: 'transport' })
    a.flow.close()
    a.flow.close()
    clock.advance(1)
    expect(a.closed).toEqual([undefined])
    await expect(bindUdp(second, 5060)).resolves.toBeDefined()
  })

  it('belong to platforms with random values of their own', async () => {
    const { network } = await pair({ seed: 3 })
    const again = (await pair({ seed: 3 })).network
    const hosts = ['192.0.2.7', '192.0.2.7', '192.0.2.8']
    const values = hosts.map(host => Buffer.from(network.platform({ host }).random.bytes(8)).toString('hex'))
    expect(new Set(values).size).toBe(3)
    expect(hosts.map(host => Buffer.from(again.platform({ host }).random.bytes(8)).toString('hex'))).toEqual(
      values,
    )
    expect([...network.platform({ host: '192.0.2.9', seed: 1 }).random.bytes(4)]).toEqual([
      ...again.platform({ host: '192.0.2.10', seed: 1 }).random.bytes(4),
    ])
  })

  it('bind the wildcard address and refuse an address of another host', async () => {
    const { network } = await pair()
    const platform = network.platform({ host: '192.0.2.7' })
    expect((await bindUdp(platform, 5060, '0.0.0.0')).flow.local).toEqual({ host: '0.0.0.0', port: 5060 })
    await expect(bindUdp(platform, 5061, '192.0.2.8')).rejects.toMatchObject({ code: 'transport' })
    expect(platform.localAddressFor('192.0.2.1')).toBe('192.0.2.7')
  })
})
