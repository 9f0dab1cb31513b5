/**
 * Finding servers, and going on to the next: rows B02, B05, B06, C09, G09, F16 of docs/scenarios.md.
 * RFC 3263 §4, RFC 2782, RFC 3261 §8.1.3.1, §21.5.4.
 */
import { describe, expect, it } from 'vitest'
import { fails, record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { branchOf, lines, registrarScene } from './support.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const domain = 'example.com'
const message = {
  method: 'MESSAGE',
  uri: `sip:bob@${domain}`,
  contentType: 'text/plain',
  body: 'hello',
} as const

/** A domain with two servers by SRV, 192.0.2.2 first, and our engine. */
const scene = async (transport: 'udp' | 'tcp' = 'udp', limits = {}) => {
  const world = createWorld()
  const { network } = world
  const label = `_sip._${transport}`
  network.dns.set(domain, [
    `NAPTR 10 10 "s" "SIP+D2${transport === 'udp' ? 'U' : 'T'}" "" ${label}.${domain}.`,
  ])
  network.dns.set(`${label}.${domain}`, [`SRV 10 0 5060 one.${domain}.`, `SRV 20 0 5060 two.${domain}.`])
  network.dns.set(`one.${domain}`, ['A 192.0.2.2'])
  network.dns.set(`two.${domain}`, ['A 192.0.2.3'])
  const wire = transport.toUpperCase() as 'UDP' | 'TCP'
  const peer = (host: string) => createPeer(network, { host, name: 'bob', transport: wire })
  const { connection, sip } = await world.party(alice, { limits })
  return { world, network, connection, sip, peer, wire: watch(network) }
}

describe('B05: the next target (RFC 3263 §4.3)', () => {
  it('gets the same request with a new branch after a 503', async () => {
    const { world, peer, connection } = await scene()
    const [one, two] = [peer('192.0.2.2'), peer('192.0.2.3')]
    const transaction = connection.request(message)
    const errors = record(transaction.errors$)
    await world.run(10)
    const first = one.next('MESSAGE')
    one.reply(first, 503)
    await world.run(10)
    const second = two.next('MESSAGE')
    two.reply(second, 200)
    await world.run(10)
    expect((await transaction.response()).status).toBe(200)
    expect(errors.values).toEqual([])
    expect(branchOf(second)).not.toBe(branchOf(first))
    expect({ ...lines(second), branch: '' }).toEqual({ ...lines(first), branch: '' })
  })

  it.each([
    ['UDP port that is closed (ICMP)', 'udp'],
    ['TCP connection that is refused', 'tcp'],
  ] as const)('is tried at once after a %s', async (_, transport) => {
    const { world, network, peer, connection } = await scene(transport)
    network.platform({ host: '192.0.2.2' })
    const two = peer('192.0.2.3')
    const transaction = connection.request(message)
    await world.run(100)
    two.reply(two.next('MESSAGE'), 200)
    await world.run(100)
    expect((await transaction.response()).status).toBe(200)
  })

  it.each(['udp', 'tcp'] as const)(
    'is tried within 5 s when the first is dead and silent, by %s',
    async transport => {
      const { world, peer, connection, wire } = await scene(transport)
      const two = peer('192.0.2.3')
      const transaction = connection.request(message)
      await world.run(3999)
      expect(two.all('MESSAGE')).toEqual([])
      await world.run(1000)
      two.reply(two.next('MESSAGE'), 200)
      await world.run(100)
      expect((await transaction.response()).status).toBe(200)
      const toFirst = (): number => wire.packets.filter(({ to }) => to.host === '192.0.2.2').length
      const before = toFirst()
      await world.run(60_000)
      expect(toFirst()).toBe(before)
      expect(new Set(two.all('MESSAGE').map(branchOf)).size).toBe(1)
    },
  )

  it('an INVITE goes on likewise, and its ACK and CANCEL go where it went', async () => {
    const { world, peer, connection } = await scene()
    const [one, two] = [peer('192.0.2.2'), peer('192.0.2.3')]
    const call = connection.invite(`sip:bob@${domain}`, { offer: sdp(alice) })
    await world.run(10)
    const first = one.next('INVITE')
    one.reply(first, 503)
    await world.run(10)
    expect(branchOf(one.next('ACK'))).toBe(branchOf(first))
    const second = two.next('INVITE')
    two.reply(second, 180)
    await world.run(10)
    call.cancel()
    await world.run(10)
    const cancel = two.next('CANCEL')
    expect(branchOf(cancel)).toBe(branchOf(second))
    two.reply(cancel, 200)
    two.reply(second, 487)
    await world.run(10)
    expect(branchOf(two.next('ACK'))).toBe(branchOf(second))
    expect(one.all('CANCEL')).toEqual([])
  })

  it('is not tried once the first has rung', async () => {
    const { world, peer, connection } = await scene()
    const [one, two] = [peer('192.0.2.2'), peer('192.0.2.3')]
    const call = connection.invite(`sip:bob@${domain}`, { offer: sdp(alice) })
    const errors = record(call.errors$)
    await world.run(10)
    const invite = one.next('INVITE')
    one.reply(invite, 180)
    await world.run(10)
    one.reply(invite, 503)
    await world.run(40_000)
    expect(two.all('INVITE')).toEqual([])
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['rejected', 503]])
  })

  it('is tried after 100 and 503: 100 says nothing but that it arrived', async () => {
    const { world, peer, connection } = await scene()
    const [one, two] = [peer('192.0.2.2'), peer('192.0.2.3')]
    connection.invite(`sip:bob@${domain}`, { offer: sdp(alice) })
    await world.run(10)
    const invite = one.next('INVITE')
    one.reply(invite, 100)
    await world.run(10)
    one.reply(invite, 503)
    await world.run(10)
    expect(two.all('INVITE')).toHaveLength(1)
  })

  it('of which there is none: one error that says how each failed', async () => {
    const { world, network, connection } = await scene()
    network.platform({ host: '192.0.2.2' })
    network.platform({ host: '192.0.2.3' })
    const transaction = connection.request(message)
    const errors = record(transaction.errors$)
    await world.run(60_000)
    expect(errors.values.map(({ code }) => code)).toEqual(['transport'])
    expect(errors.values[0]?.message).toMatch(/192\.0\.2\.3.*tried before: UDP 192\.0\.2\.2:5060 \(/)
  })

  it('is none that our sockets cannot reach: a slow server of both families has all its time', async () => {
    const { world, network, peer, connection } = await scene()
    const one = peer('192.0.2.2')
    network.dns.set('slow.example.com', ['A 192.0.2.2', 'AAAA 2001:db8::2'])
    const transaction = connection.request({ ...message, uri: 'sip:bob@slow.example.com' })
    await world.run(20_000)
    one.reply(one.next('MESSAGE'), 200)
    await world.run(10)
    expect((await transaction.response()).status).toBe(200)
    expect(new Set(one.all('MESSAGE').map(branchOf)).size).toBe(1)
  })

  it('waits for Timer F of the first when told so (§17.1.2.2)', async () => {
    const { world, peer, connection } = await scene('udp', { silentTarget: 0 })
    const two = peer('192.0.2.3')
    connection.request(message)
    await world.run(31_000)
    expect(two.all('MESSAGE')).toEqual([])
    await world.run(1500)
    expect(two.all('MESSAGE')).toHaveLength(1)
  })
})

describe('a target that has failed', () => {
  const ask = async ({ world, connection }: Awaited<ReturnType<typeof scene>>): Promise<void> => {
    connection.request(message)
    await world.run(10)
  }

  it('comes last for 32 s, then first again', async () => {
    const given = await scene()
    const { world, network, peer } = given
    const silent = network.platform({ host: '192.0.2.2' })
    expect(silent.defaultHost).toBe('192.0.2.2')
    const two = peer('192.0.2.3')
    await ask(given)
    two.reply(two.next('MESSAGE'), 200)
    const one = peer('192.0.2.2')
    await ask(given)
    two.reply(two.next('MESSAGE'), 200)
    expect(one.all('MESSAGE')).toEqual([])
    await world.run(32_000)
    await ask(given)
    one.reply(one.next('MESSAGE'), 200)
    await world.run(10)
  })

  it('stays last for as long as its 503 asked for (§20.33)', async () => {
    const given = await scene()
    const { world, peer } = given
    const [one, two] = [peer('192.0.2.2'), peer('192.0.2.3')]
    await ask(given)
    one.reply(one.next('MESSAGE'), 503, { headers: [['Retry-After', '120']] })
    await world.run(10)
    two.reply(two.next('MESSAGE'), 200)
    await world.run(119_000)
    await ask(given)
    two.reply(two.next('MESSAGE'), 200)
    await world.run(1000)
    await ask(given)
    one.reply(one.next('MESSAGE'), 200)
    await world.run(10)
  })

  it('is tried all the same when every one has failed', async () => {
    const given = await scene()
    const { world, network, peer, connection } = given
    network.platform({ host: '192.0.2.2' })
    network.platform({ host: '192.0.2.3' })
    const failed = connection.request(message)
    await world.run(100)
    await fails('transport', failed.response())
    const one = peer('192.0.2.2')
    await ask(given)
    one.reply(one.next('MESSAGE'), 200)
    await world.run(10)
  })

  it('is shown in the trace', async () => {
    const given = await scene()
    given.network.platform({ host: '192.0.2.2' })
    const two = given.peer('192.0.2.3')
    const frames: unknown[] = []
    given.sip.trace$.subscribe(frame => void frames.push(frame))
    await ask(given)
    two.reply(two.next('MESSAGE'), 200)
    await given.world.run(10)
    expect(JSON.stringify(frames)).toContain('avoid')
  })
})

describe('B02: DNS that fails', () => {
  const methods = [
    ['MESSAGE', ({ connection }: Awaited<ReturnType<typeof scene>>) => connection.request(message)],
    ['INVITE', ({ connection }) => connection.invite(`sip:bob@${domain}`, { offer: sdp(alice) })],
    [
      'REGISTER',
      ({ connection }) => connection.register({ aor: `sip:alice@${domain}`, retry: false } as never),
    ],
  ] as const satisfies readonly (readonly [string, (given: Awaited<ReturnType<typeof scene>>) => unknown])[]

  it.each(
    methods.flatMap(([name, act]) =>
      (['SERVFAIL', 'silence'] as const).map(fault => [name, fault, act] as const),
    ),
  )('%s, %s: one resolving error within 5 s, and no packet', async (_, fault, act) => {
    const given = await scene()
    given.network.dns.fail(fault)
    const errors = record(act(given).errors$)
    await given.world.run(5000)
    expect(errors.values.map(({ code }) => code)).toEqual(['resolving'])
    expect(given.wire.packets).toEqual([])
  })

  it('costs few questions however many requests there are', async () => {
    const { world, network, connection } = await scene()
    network.dns.remove(domain)
    network.dns.remove(`_sip._udp.${domain}`)
    network.dns.remove(`one.${domain}`)
    network.dns.remove(`two.${domain}`)
    for (let round = 0; round < 100; round += 1) {
      connection.request(message)
      await world.run(10)
    }
    expect(network.dns.count()).toBe(3)
  })

  it('a request within a dialog finds its next hop anew, and fails likewise', async () => {
    const { world, network, peer, connection } = await scene()
    const one = peer('192.0.2.2')
    const call = connection.invite(`sip:bob@${domain}`, { offer: sdp(alice) })
    await world.run(10)
    one.reply(one.next('INVITE'), 200, { body: sdp('192.0.2.2'), contact: '<sip:bob@phone.example.net>' })
    network.dns.set('phone.example.net', ['A 192.0.2.3'])
    const three = peer('192.0.2.3')
    await world.run(10)
    // A 2xx is repeated until its ACK is there; that goes where the Contact leads.
    await world.run(6000)
    expect(three.all('ACK').length).toBeGreaterThan(0)
    void call.hangUp()
    await world.run(10)
    three.reply(three.next('BYE'), 200)
    await world.run(10)
    expect(call.state.is).toBe('terminated')
  })
})

it('C09: every REGISTER asks DNS anew, whatever the TTL', async () => {
  const { network, registrar, run, connection } = await registrarScene()
  network.names.delete(domain)
  network.dns.set(domain, ['3600 A 192.0.2.10'])
  const registration = connection.register({ aor: `sip:alice@${domain}` })
  await run(100)
  expect(registration.state.is).toBe('registered')
  const asked = network.dns.count(domain, 'A')
  void registration.update()
  await run(100)
  expect(registrar.log).toHaveLength(2)
  expect(network.dns.count(domain, 'A')).toBe(asked + 1)
})

describe('F16: sips: goes by TLS or not at all (§26.2.2)', () => {
  it('takes the SIPS service alone, and keeps the name that the certificate is for', async () => {
    const { world, network, wire } = await scene()
    network.dns.set(domain, [
      `NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.${domain}.`,
      `NAPTR 20 10 "s" "SIPS+D2T" "" _sips._tcp.${domain}.`,
    ])
    network.dns.set(`_sips._tcp.${domain}`, [`SRV 0 0 5061 two.${domain}.`])
    const platform = network.platform({ host: '192.0.2.9', transports: ['UDP', 'TCP', 'TLS'] })
    const targets = await platform.resolver.resolve({
      host: domain,
      secure: true,
      available: ['UDP', 'TCP', 'TLS'],
    })
    expect(targets).toMatchObject([{ host: '192.0.2.3', port: 5061, transport: 'TLS', name: domain }])
    await world.run(10)
    expect(wire.packets).toEqual([])
  })

  it('is refused where there is no TLS, before anybody is asked', async () => {
    const { world, network, connection, wire } = await scene()
    const transaction = connection.request({ ...message, uri: `sips:bob@${domain}` })
    await world.run(10)
    await fails('not-supported', transaction.response())
    expect(wire.packets).toEqual([])
    expect(network.dns.count()).toBe(0)
  })
})

it('B06: what is too long for a datagram goes to the same servers by TCP (§18.1.1)', async () => {
  const { world, network, connection } = await scene()
  const one = createPeer(network, { host: '192.0.2.2', name: 'bob', transport: 'TCP' })
  const transaction = connection.request({ ...message, body: 'x'.repeat(1400) })
  await world.run(100)
  const received = one.next('MESSAGE')
  expect(received.via.transport).toBe('TCP')
  one.reply(received, 200)
  await world.run(100)
  expect((await transaction.response()).status).toBe(200)
})
