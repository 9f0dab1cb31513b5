import { describe, expect, it } from 'vitest'
import type { Address, Flow, FlowHandler, Platform, TransportName } from '../../src/engine/ports.ts'
import type { SipError } from '../../src/errors.ts'
import { type SimulatedNetworkOptions, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** A handler that writes down what it is told, in order. */
const recorder = (now: () => number) => {
  const events: string[] = []
  const errors: (SipError | undefined)[] = []
  const senders: Address[] = []
  const handler: FlowHandler = {
    opened: () => events.push(`opened@${now()}`),
    received: (data, from) => {
      senders.push(from)
      events.push(`${Buffer.from(data).toString()}@${now()}`)
    },
    failed: () => events.push('failed'),
    closed: error => {
      errors.push(error)
      events.push(`closed@${now()}`)
    },
  }
  return { events, errors, senders, handler }
}

const transportOf = (platform: Platform, name: TransportName = 'TCP') =>
  platform.transports.find(transport => transport.name === name)!

const server = { host: '192.0.2.2', port: 5060 }

const world = async (options: Omit<SimulatedNetworkOptions, 'clock'> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, ...options })
  const client = network.platform({ host: '192.0.2.1', transports: ['UDP', 'TCP', 'TLS', 'WS'] })
  const remote = network.platform({ host: server.host })
  const accepted: (ReturnType<typeof recorder> & { flow: Flow })[] = []
  const listener = await transportOf(remote).listen(server, flow => {
    const record = recorder(clock.now)
    accepted.push({ ...record, flow })
    return record.handler
  })
  const connect = (to: Address = server, name: TransportName = 'TCP') => {
    const record = recorder(clock.now)
    const local = { host: client.defaultHost, port: 0 }
    const flow = transportOf(client, name).connect!({ ...to, transport: name }, local, record.handler)
    return { ...record, flow }
  }
  return { clock, network, client, remote, accepted, listener, connect }
}

describe('the streams of the simulated network', () => {
  it('open after a round trip and deliver what was sent before', async () => {
    const { clock, accepted, connect } = await world({ latency: 10 })
    const near = connect()
    near.flow.send(bytes('early'), server)
    clock.advance(10)
    expect(accepted).toHaveLength(1)
    expect(near.events).toEqual([])
    clock.advance(20)
    expect(near.events).toEqual(['opened@20'])
    expect(accepted[0]!.events).toEqual(['early@30'])
    expect(accepted[0]!.senders).toEqual([near.flow.local])
    expect(accepted[0]!.flow.remote).toEqual(near.flow.local)
    expect(near.flow.remote).toEqual(server)
  })

  it('keep order and lose nothing whatever the weather', async () => {
    const { clock, network, accepted, connect } = await world({
      latency: { min: 1, max: 100 },
      loss: 0.5,
      duplicate: 0.5,
      reorder: 0.5,
    })
    const arrivals: number[] = []
    network.onPacket(packet => arrivals.push(...packet.arrivals))
    const near = connect()
    clock.advance(1000)
    for (let index = 0; index < 500; index += 1) {
      near.flow.send(bytes(`${index};`), server)
      clock.advance(1)
    }
    clock.advance(1000)
    const text = accepted[0]!.events.map(event => event.split('@')[0]).join('')
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b))
    expect(text).toBe(Array.from({ length: 500 }, (_, index) => `${index};`).join(''))
  })

  it('carry bytes both ways, split into segments when asked', async () => {
    const { clock, network, accepted, connect } = await world()
    network.set({ segment: 3 }, { from: server.host })
    const near = connect()
    clock.advance(10)
    accepted[0]!.flow.send(bytes('abcdefgh'), near.flow.local)
    near.flow.send(bytes('abcdefgh'), server)
    clock.advance(10)
    expect(near.events).toEqual(['opened@2', 'abc@11', 'def@11', 'gh@11'])
    expect(accepted[0]!.events).toEqual(['abcdefgh@11'])
  })

  it('deliver what is queued before they close, and close both ends once', async () => {
    const { clock, network, accepted, connect } = await world()
    const near = connect()
    clock.advance(10)
    near.flow.send(bytes('bye'), server)
    near.flow.close()
    near.flow.close()
    near.flow.send(bytes('too late'), server)
    clock.advance(100)
    expect(near.events).toEqual(['opened@2', 'closed@10'])
    expect(accepted[0]!.events).toEqual(['bye@11', 'closed@11'])
    expect(accepted[0]!.errors).toEqual([undefined])
    expect(network.connections).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('close cleanly while they are being opened', async () => {
    const { clock, network, accepted, connect } = await world({ latency: 10 })
    const near = connect()
    clock.advance(15)
    near.flow.close()
    clock.advance(100)
    expect(near.events).toEqual(['closed@15'])
    expect(accepted[0]!.events).toEqual(['closed@25'])
    expect(network.connections).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('leave nothing behind when an attempt that nobody answers is given up', async () => {
    const { clock, network, connect } = await world()
    const near = connect({ host: '192.0.2.99', port: 5060 })
    near.flow.close()
    clock.advance(1)
    expect(near.events).toEqual(['closed@0'])
    expect([network.connections, clock.pending]).toEqual([0, 0])
  })

  it('are refused by a closed port and by a listener that was closed', async () => {
    const { clock, listener, connect } = await world()
    const near = connect({ host: server.host, port: 9 })
    clock.advance(10)
    expect(near.events).toEqual(['closed@2'])
    expect(near.errors).toMatchObject([
      { code: 'transport', message: expect.stringContaining('ECONNREFUSED') },
    ])
    listener.close()
    const next = connect()
    clock.advance(10)
    expect(next.events).toEqual(['closed@12'])
    expect(clock.pending).toBe(0)
  })

  it('of one transport are refused by a listener of another', async () => {
    const { clock, connect } = await world()
    const near = connect(server, 'TLS')
    clock.advance(10)
    expect(near.errors).toMatchObject([{ code: 'transport' }])
  })

  it('to no host end at the connect timeout', async () => {
    const { clock, network, connect } = await world({ connectTimeout: 3000 })
    const near = connect({ host: '192.0.2.99', port: 5060 })
    clock.advance(2999)
    expect(near.events).toEqual([])
    clock.advance(1)
    expect(near.errors).toMatchObject([{ code: 'transport' }])
    expect(network.connections).toBe(0)
  })

  it('outlive a partition and deliver what was held up, in order', async () => {
    const { clock, network, accepted, connect } = await world()
    const near = connect()
    clock.advance(10)
    network.partition(server.host)
    near.flow.send(bytes('1'), server)
    near.flow.send(bytes('2'), server)
    clock.advance(60_000)
    expect(accepted[0]!.events).toEqual([])
    network.heal()
    near.flow.send(bytes('3'), server)
    clock.advance(10)
    expect(accepted[0]!.events.map(event => event.split('@')[0])).toEqual(['1', '2', '3'])
  })

  it('fail at the sender when a partition outlasts its patience, and at the other end by a reset', async () => {
    const { clock, network, accepted, connect } = await world({ stallTimeout: 30_000 })
    const near = connect()
    clock.advance(10)
    network.partition(server.host)
    near.flow.send(bytes('1'), server)
    clock.advance(30_000)
    expect(near.errors).toMatchObject([{ code: 'transport', message: expect.stringContaining('ETIMEDOUT') }])
    expect(accepted[0]!.events).toEqual([])
    network.heal()
    clock.advance(10)
    accepted[0]!.flow.send(bytes('2'), near.flow.local)
    clock.advance(10)
    expect(accepted[0]!.events.map(event => event.split('@')[0])).toEqual(['closed'])
    expect(accepted[0]!.errors).toMatchObject([{ code: 'transport' }])
    expect(network.connections).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('are reset: both ends see an error and bytes on their way are gone', async () => {
    const { clock, network, accepted, connect } = await world({ latency: 10 })
    const near = connect()
    clock.advance(50)
    near.flow.send(bytes('lost'), server)
    expect(network.reset('192.0.2.77')).toBe(0)
    expect(network.reset(server.host)).toBe(1)
    clock.advance(50)
    expect(near.errors).toMatchObject([{ code: 'transport' }])
    expect(accepted[0]!.errors).toMatchObject([{ code: 'transport' }])
    expect(accepted[0]!.events).toEqual(['closed@50'])
    expect(clock.pending).toBe(0)
  })

  it('share the ports of the host among all stream transports, not with UDP', async () => {
    const { client } = await world()
    const local = { host: client.defaultHost, port: 5060 }
    const accept = () => recorder(() => 0).handler
    await transportOf(client).listen(local, accept)
    await expect(transportOf(client, 'TLS').listen(local, accept)).rejects.toMatchObject({
      code: 'transport',
    })
    await expect(transportOf(client, 'UDP').listen(local, accept)).resolves.toBeDefined()
  })

  it('leave from a port that listens when told to', async () => {
    const { clock, client, accepted } = await world()
    const local = { host: client.defaultHost, port: 5060 }
    await transportOf(client).listen(local, () => recorder(clock.now).handler)
    transportOf(client).connect!({ ...server, transport: 'TCP' }, local, recorder(clock.now).handler)
    clock.advance(10)
    expect(accepted[0]!.flow.remote).toEqual(local)
  })
})
