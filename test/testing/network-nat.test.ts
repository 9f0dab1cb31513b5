import { describe, expect, it } from 'vitest'
import type { Address, Flow, Platform, Question } from '../../src/engine/ports.ts'
import { type NatOptions, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'

const outside = '203.0.113.1'
const server = { host: '192.0.2.2', port: 5060 }

const bindUdp = async (platform: Platform) => {
  const from: Address[] = []
  let flow: Flow | undefined
  await platform.transports[0]!.listen({ host: platform.defaultHost, port: 5060 }, given => {
    flow = given
    const ignore = (): void => {}
    return { opened: ignore, failed: ignore, closed: ignore, received: (_, sender) => from.push(sender) }
  })
  return { flow: flow!, from }
}

const world = async (options?: NatOptions) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const nat = network.nat(outside, options)
  const inside = await bindUdp(network.platform({ host: '10.0.0.5', behind: outside }))
  const neighbour = await bindUdp(network.platform({ host: '10.0.0.6', behind: outside }))
  const peer = await bindUdp(network.platform({ host: server.host }))
  const stranger = await bindUdp(network.platform({ host: '192.0.2.3' }))
  const payload = new Uint8Array(4)
  return { clock, network, nat, inside, neighbour, peer, stranger, payload }
}

describe('the simulated NAT (RFC 4787)', () => {
  it('shows an outside address and port, one for each inside socket', async () => {
    const { clock, inside, neighbour, peer, payload } = await world()
    inside.flow.send(payload, server)
    inside.flow.send(payload, server)
    neighbour.flow.send(payload, server)
    clock.advance(10)
    expect(peer.from.map(({ host }) => host)).toEqual([outside, outside, outside])
    expect(peer.from[1]).toEqual(peer.from[0])
    expect(peer.from[2]!.port).not.toBe(peer.from[0]!.port)
    expect(peer.from[0]!.port).not.toBe(5060)
  })

  it('lets answers in, and nothing to ports that are not mapped or to inside addresses', async () => {
    const { clock, inside, peer, payload } = await world()
    inside.flow.send(payload, server)
    clock.advance(10)
    peer.flow.send(payload, peer.from[0]!)
    peer.flow.send(payload, { host: outside, port: 5060 })
    peer.flow.send(payload, { host: '10.0.0.5', port: 5060 })
    clock.advance(10)
    expect(inside.from).toEqual([server])
  })

  it.each([
    ['address-and-port', 0],
    ['none', 1],
  ] as const)('with filtering %s lets %i packets of strangers in (§5)', async (filtering, expected) => {
    const { clock, inside, peer, stranger, payload } = await world({ filtering })
    inside.flow.send(payload, server)
    clock.advance(10)
    stranger.flow.send(payload, peer.from[0]!)
    clock.advance(10)
    expect(inside.from).toHaveLength(expected)
  })

  it('does not stand between hosts of one inside network', async () => {
    const { clock, inside, neighbour, payload } = await world()
    inside.flow.send(payload, { host: '10.0.0.6', port: 5060 })
    clock.advance(10)
    expect(neighbour.from).toEqual([{ host: '10.0.0.5', port: 5060 }])
  })

  it('is cut off together with its outside address, not on the inside', async () => {
    const { clock, network, inside, neighbour, peer, payload } = await world()
    network.partition(outside)
    inside.flow.send(payload, server)
    inside.flow.send(payload, { host: '10.0.0.6', port: 5060 })
    clock.advance(10)
    expect(peer.from).toEqual([])
    expect(neighbour.from).toHaveLength(1)
    network.heal(outside)
    inside.flow.send(payload, server)
    clock.advance(10)
    expect(peer.from).toHaveLength(1)
  })

  it('gives other outside ports after it has forgotten its mappings', async () => {
    const { clock, nat, inside, peer, payload } = await world()
    inside.flow.send(payload, server)
    nat.forget()
    inside.flow.send(payload, server)
    clock.advance(10)
    expect(peer.from[1]!.port).not.toBe(peer.from[0]!.port)
  })

  it('forgets a mapping that the inside does not refresh (§4.3)', async () => {
    const { clock, inside, peer, payload } = await world({ lifetime: 30_000 })
    inside.flow.send(payload, server)
    clock.advance(29_000)
    inside.flow.send(payload, server)
    clock.advance(29_000)
    peer.flow.send(payload, peer.from[0]!)
    clock.advance(2000)
    expect(inside.from).toHaveLength(1)
    peer.flow.send(payload, peer.from[0]!)
    clock.advance(10)
    expect(inside.from).toHaveLength(1)
    inside.flow.send(payload, server)
    clock.advance(10)
    expect(peer.from[2]).not.toEqual(peer.from[0])
  })
})

describe('the name table of the simulated network', () => {
  const ask = (question: Partial<Question>): Question => ({
    host: 'Example.com',
    secure: false,
    available: ['UDP', 'TCP', 'TLS'],
    ...question,
  })

  it('answers with UDP and 5060 unless the question or the entry says otherwise (RFC 3263 §4.1)', async () => {
    const network = simulatedNetwork({ clock: virtualClock() })
    const { resolver } = network.platform({ host: '192.0.2.1' })
    network.names.set('example.com', ['192.0.2.7', { host: '192.0.2.8', port: 5070, transport: 'TCP' }])
    const name = 'Example.com'
    expect(await resolver.resolve(ask({}))).toEqual([
      { host: '192.0.2.7', port: 5060, transport: 'UDP', name },
      { host: '192.0.2.8', port: 5070, transport: 'TCP', name },
    ])
    expect(await resolver.resolve(ask({ secure: true }))).toEqual([
      { host: '192.0.2.7', port: 5061, transport: 'TLS', name },
    ])
    expect(await resolver.resolve(ask({ port: 5080, transport: 'TCP' }))).toEqual([
      { host: '192.0.2.7', port: 5080, transport: 'TCP', name },
      { host: '192.0.2.8', port: 5080, transport: 'TCP', name },
    ])
  })

  it('prefers the names of the host, follows changes, and rejects an unknown name', async () => {
    const network = simulatedNetwork({ clock: virtualClock() })
    const { resolver } = network.platform({ host: '192.0.2.1', hosts: { 'own.example': ['192.0.2.9'] } })
    network.names.set('own.example', ['192.0.2.10'])
    expect(await resolver.resolve(ask({ host: 'own.example' }))).toMatchObject([{ host: '192.0.2.9' }])
    await expect(resolver.resolve(ask({}))).rejects.toMatchObject({ code: 'resolving' })
    network.names.set('example.com', [])
    expect(await resolver.resolve(ask({}))).toEqual([])
  })
})
