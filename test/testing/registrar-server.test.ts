import { describe, expect, it } from 'vitest'
import { createPeer } from '../support/peer.ts'
import { wire } from '../support/text.ts'
import { alice, to, uri, world } from './registrar-world.ts'

describe('the test registrar as a server', () => {
  it('fails as often as it is told to, whatever comes', async () => {
    const { registrar, register } = await world({ challenge: false })
    registrar.failNext(503, { count: 2, headers: [['Retry-After', '5']] })
    const refused = register()
    expect([refused.status, refused.parsed('retry-after')?.delay]).toEqual([503, 5])
    expect([register().status, register().status]).toEqual([503, 200])
  })

  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 405],
    ['DANCE', 501],
  ] as const)('answers %s with %i', async (method, status) => {
    const { clock, peer } = await world()
    peer.request(method, { to })
    clock.advance(10)
    expect(peer.next(status).header('allow')).toBe(status === 501 ? undefined : 'REGISTER, OPTIONS')
  })

  it('repeats its answer to a repeated request, for 32 seconds (RFC 3261 §17.2.2)', async () => {
    const { clock, registrar, peer } = await world()
    const request = peer.request('REGISTER', { to, uri, toUri: `<${alice}>` })
    clock.advance(10)
    const first = peer.next(401)
    peer.send(request, to)
    clock.advance(10)
    expect(peer.next(401).headers('www-authenticate')).toEqual(first.headers('www-authenticate'))
    expect(registrar.log).toHaveLength(1)
    clock.advance(32_000)
    peer.send(request, to)
    clock.advance(10)
    expect(peer.next(401).headers('www-authenticate')).not.toEqual(first.headers('www-authenticate'))
    expect(registrar.log).toHaveLength(2)
  })

  it('writes down what it served, up to the limit', async () => {
    const { registrar, register } = await world({ challenge: false, logLimit: 2 })
    for (const callId of ['a', 'b', 'c']) register({ callId })
    expect(registrar.log.map(({ request }) => request.callId)).toEqual(['b', 'c'])
    expect(registrar.log[0]).toMatchObject({ transport: 'UDP', from: { host: '192.0.2.1', port: 5060 } })
    expect(registrar.log[0]!.response?.status).toBe(200)
  })

  it('lets a test change or swallow its answers', async () => {
    const answers = new Map<string, 'swallow'>([['quiet', 'swallow']])
    const { clock, registrar, peer, register } = await world({
      challenge: false,
      tamper: (response, request) => (answers.has(request.callId) ? undefined : response),
    })
    peer.request('REGISTER', { to, uri, toUri: `<${alice}>`, callId: 'quiet' })
    clock.advance(1000)
    peer.nothing()
    expect(registrar.log.at(-1)!.response).toBeUndefined()
    expect(register({ callId: 'loud' }).status).toBe(200)
  })

  it('answers to where the request came from, through a NAT (RFC 3581)', async () => {
    const { clock, network } = await world()
    const inside = createPeer(network, { host: '10.0.0.5', behind: '203.0.113.1', name: 'alice' })
    inside.request('OPTIONS', { to })
    clock.advance(10)
    const { params } = inside.next(200).via
    expect(params.get('received')).toBe('203.0.113.1')
    expect(params.get('rport')).not.toBe('5060')
  })

  it('serves TCP: pieces of messages, several at once, keep-alives (RFC 3261 §18.3, RFC 5626 §3.5.1)', async () => {
    const { clock, network, peer, enter } = await world({}, 'TCP')
    network.set({ segment: 7 })
    expect(enter().status).toBe(200)
    expect(peer.connections).toBe(1)
    peer.send('\r\n\r\n', to)
    peer.request('OPTIONS', { to })
    peer.request('OPTIONS', { to })
    clock.advance(10)
    expect(
      peer.received.filter(message => message.kind === 'response' && message.status === 200),
    ).toHaveLength(3)
    expect(peer.pings).toHaveLength(1)
    expect(peer.connections).toBe(1)
  })

  it('closes a connection whose bytes it cannot frame (RFC 3261 §18.3)', async () => {
    const { clock, peer } = await world({}, 'TCP')
    peer.send('OPTIONS sip:example.com SIP/2.0\r\nContent-Length: many\r\n\r\n', to)
    clock.advance(10)
    expect(peer.connections).toBe(0)
  })

  it('never answers an ACK (RFC 3261 §17)', async () => {
    const { clock, registrar, peer } = await world()
    peer.request('ACK', { to })
    clock.advance(1000)
    peer.nothing()
    expect(registrar.log).toEqual([])
  })

  it('answers what it cannot read when it can: 505 to another version (RFC 3261 §21.5.6)', async () => {
    const { clock, peer } = await world()
    peer.send(
      wire`
        REGISTER sip:example.com SIP/3.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-bad
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>
        Call-ID: bad
        CSeq: 1 REGISTER
        Content-Length: auto
      `,
      to,
    )
    clock.advance(10)
    peer.next(505)
  })

  it('frees its ports when it is closed, keeps its bindings, and listens again', async () => {
    const { clock, registrar, register } = await world({ challenge: false })
    register()
    await expect(registrar.listen()).rejects.toMatchObject({ code: 'already-exists' })
    registrar.close()
    clock.advance(10)
    expect(await registrar.listen()).toEqual([
      { transport: 'UDP', ...to },
      { transport: 'TCP', ...to },
    ])
    expect(registrar.bindings(alice)).toHaveLength(1)
    registrar.forget(alice)
    expect(registrar.bindings(alice)).toEqual([])
    expect(register().status).toBe(200)
  })
})
