/** The resolver of the Node platform against a DNS server on loopback. RFC 3263 §4. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Question, TransportName } from '../../src/engine/ports.ts'
import { hostsFile, parseHosts } from '../../src/node/hosts.ts'
import { type DnsOptions, type NodeOptions, node } from '../../src/node/index.ts'
import { type Answer, type DnsServer, dnsServer } from './support/dns-server.ts'

const all: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
const question = (host: string, more: Partial<Question> = {}): Question => ({
  host,
  secure: false,
  available: ['UDP', 'TCP'],
  ...more,
})

const servers: DnsServer[] = []

const resolverOf = async (
  table: Readonly<Record<string, Answer>>,
  options: NodeOptions = {},
  more: DnsOptions = {},
) => {
  const server = await dnsServer(table)
  servers.push(server)
  const dns = { servers: [server.address], timeout: 100, tries: 2, ...more }
  return { server, resolver: node({ dns, ...options }).resolver }
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

describe('NAPTR and SRV by real packets (§4.1, RFC 2782)', () => {
  const zone = {
    'pbx.example': [
      'NAPTR 10 50 "s" "SIPS+D2T" "" _sips._tcp.pbx.example',
      'NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp.pbx.example',
    ],
    '_sip._udp.pbx.example': ['SRV 20 0 5062 two.pbx.example', 'SRV 10 5 5061 one.pbx.example'],
    'one.pbx.example': ['192.0.2.1'],
    'two.pbx.example': ['192.0.2.2', '2001:db8::2'],
  } as const

  it('lead from the name to servers in order, and the plan says how', async () => {
    const { resolver, server } = await resolverOf(zone)
    const plan = await resolver.plan!(question('pbx.example'))
    const name = 'pbx.example'
    const udp = { transport: 'UDP', name } as const
    expect(plan.targets).toEqual([
      { ...udp, host: '192.0.2.1', port: 5061, priority: 10, weight: 5, server: 'one.pbx.example' },
      { ...udp, host: '192.0.2.2', port: 5062, priority: 20, weight: 0, server: 'two.pbx.example' },
      { ...udp, host: '2001:db8::2', port: 5062, priority: 20, weight: 0, server: 'two.pbx.example' },
    ])
    expect(plan.steps.map(({ is }) => is)).toEqual([
      'asked',
      'skipped',
      'chosen',
      'asked',
      'asked',
      'asked',
      'asked',
      'asked',
    ])
    expect(server.questions.slice(0, 2)).toEqual(['NAPTR pbx.example', 'SRV _sip._udp.pbx.example'])
    expect(server.questions).toHaveLength(6)
  })

  it('goes past a dead name server entry and a SERVFAIL on NAPTR to the addresses', async () => {
    const { resolver } = await resolverOf({
      'NAPTR pbx.example': 'SERVFAIL',
      'SRV _sip._udp.pbx.example': 'REFUSED',
      'pbx.example': ['192.0.2.1'],
    })
    expect(await resolver.resolve(question('pbx.example'))).toMatchObject([{ host: '192.0.2.1', port: 5060 }])
  })

  it('asks again by TCP what was truncated (RFC 7766 §5), and takes no more addresses than it may', async () => {
    const { resolver, server } = await resolverOf({ 'A pbx.example': 'truncated', 'pbx.example': [] })
    const targets = await resolver.resolve(question('pbx.example', { port: 5060 }))
    expect(targets).toHaveLength(8)
    expect(server.questions).toContain('A pbx.example tcp')
  })

  it('knows a service that is not offered', async () => {
    const { resolver } = await resolverOf({
      '_sip._udp.pbx.example': ['SRV 0 0 0 .'],
      'pbx.example': ['192.0.2.1'],
    })
    await expect(resolver.resolve(question('pbx.example', { available: ['UDP'] }))).rejects.toMatchObject({
      message: 'no address for pbx.example: its SRV records say that the service is not offered',
    })
  })

  it('remembers addresses for their TTL, but asks anew when told to (C09)', async () => {
    const { resolver, server } = await resolverOf({ 'pbx.example': ['300 A 192.0.2.1'] })
    const host = async (more: Partial<Question> = {}) =>
      (await resolver.resolve(question('pbx.example', { port: 5060, ...more })))[0]?.host
    expect(await host()).toBe('192.0.2.1')
    server.set('pbx.example', ['300 A 192.0.2.2'])
    expect(await host()).toBe('192.0.2.1')
    expect(await host({ fresh: true })).toBe('192.0.2.2')
    expect(await host()).toBe('192.0.2.2')
  })

  it('asks every time for what has a TTL of 0', async () => {
    const { resolver, server } = await resolverOf({ 'pbx.example': ['0 A 192.0.2.1'] })
    const host = async () => (await resolver.resolve(question('pbx.example', { port: 5060 })))[0]?.host
    expect(await host()).toBe('192.0.2.1')
    server.set('pbx.example', ['0 A 192.0.2.2'])
    expect(await host()).toBe('192.0.2.2')
  })

  it('a thousand requests for a name that is not there are three questions', async () => {
    const { resolver, server } = await resolverOf({})
    const all = Array.from({ length: 1000 }, () => resolver.resolve(question('gone.example')))
    const outcomes = await Promise.allSettled(all)
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    await expect(resolver.resolve(question('gone.example'))).rejects.toMatchObject({ code: 'resolving' })
    expect([...server.questions].sort()).toEqual([
      'A gone.example',
      'AAAA gone.example',
      'NAPTR gone.example',
    ])
  })

  it('a silent server is left after the deadline', async () => {
    const { resolver } = await resolverOf(
      { 'pbx.example': 'silence', '_sip._udp.pbx.example': 'silence', '_sip._tcp.pbx.example': 'silence' },
      {},
      { timeout: 400, tries: 4, deadline: 600 },
    )
    const start = performance.now()
    await expect(resolver.resolve(question('pbx.example'))).rejects.toMatchObject({
      message: 'no address for pbx.example: the DNS server did not answer in time',
    })
    expect(performance.now() - start).toBeLessThan(1500)
  })
})

describe('resolving a host name (§4.2)', () => {
  it('gives the addresses of both families with the default port, IPv4 first from IPv4 sockets', async () => {
    const { resolver } = await resolverOf({ 'pbx.example': ['192.0.2.1', '192.0.2.2', '2001:db8::1'] })
    const targets = await resolver.resolve(question('pbx.example'))
    expect(
      targets
        .map(target => target.host)
        .slice(0, 2)
        .sort(),
    ).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(targets[2]).toEqual({ host: '2001:db8::1', port: 5060, transport: 'UDP', name: 'pbx.example' })
  })

  it('puts IPv6 first from IPv6 sockets', async () => {
    const { resolver } = await resolverOf({ 'pbx.example': ['192.0.2.1', '2001:db8::1'] }, { host: '::' })
    const targets = await resolver.resolve(question('pbx.example'))
    expect(targets.map(target => target.host)).toEqual(['2001:db8::1', '192.0.2.1'])
  })

  it.each<[Partial<Question>, number, TransportName]>([
    [{ transport: 'TCP' }, 5060, 'TCP'],
    [{ secure: true }, 5061, 'TLS'],
    [{ secure: true, port: 5071 }, 5071, 'TLS'],
    [{ port: 5070 }, 5070, 'UDP'],
    [{ transport: 'WS' }, 80, 'WS'],
    [{ transport: 'WSS' }, 443, 'WSS'],
  ])('answers %o with port %d of %s', async (more, port, transport) => {
    const { resolver } = await resolverOf({ 'pbx.example': ['192.0.2.1'] })
    const [target] = await resolver.resolve(question('pbx.example', { available: all, ...more }))
    expect(target).toMatchObject({ port, transport })
  })

  it('drops the dot at the end of a name', async () => {
    const { resolver, server } = await resolverOf({ 'pbx.example': ['192.0.2.1'] })
    expect(await resolver.resolve(question('pbx.example.'))).toMatchObject([{ name: 'pbx.example' }])
    for (const asked of server.questions) expect(asked).not.toMatch(/\.$/)
    expect(server.questions).toHaveLength(5)
  })

  it('takes the addresses of one family when the server fails on the other', async () => {
    const { resolver } = await resolverOf({ 'A pbx.example': ['192.0.2.1'], 'AAAA pbx.example': 'SERVFAIL' })
    expect(await resolver.resolve(question('pbx.example'))).toMatchObject([{ host: '192.0.2.1' }])
  })

  it('rejects when the name exists and has no address', async () => {
    const { resolver } = await resolverOf({ 'pbx.example': [] })
    await expect(resolver.resolve(question('pbx.example'))).rejects.toMatchObject({
      code: 'resolving',
      message: 'no address for pbx.example: the name has no address',
    })
  })

  it.each<[Answer, string]>([
    ['NXDOMAIN', 'no address for gone.example: there is no such name (NXDOMAIN)'],
    ['SERVFAIL', 'no address for gone.example: the DNS server failed (SERVFAIL)'],
    ['silence', 'no address for gone.example: the DNS server did not answer in time'],
  ])('rejects on %s with a resolving error that names the host', async (answer, message) => {
    const { resolver } = await resolverOf({ 'gone.example': answer })
    await expect(resolver.resolve(question('gone.example'))).rejects.toMatchObject({
      code: 'resolving',
      message,
    })
  })

  it('asks no server when the transport is not to be had', async () => {
    const { resolver, server } = await resolverOf({ 'pbx.example': ['192.0.2.1'] })
    await expect(resolver.resolve(question('pbx.example', { secure: true }))).rejects.toMatchObject({
      code: 'transport',
      message: expect.stringContaining('TLS is not available') as unknown,
    })
    expect(server.questions).toEqual([])
  })

  it('answers localhost without a server, whatever its case', async () => {
    const { resolver, server } = await resolverOf({ localhost: 'SERVFAIL' })
    for (const host of ['localhost', 'LocalHost']) {
      const targets = await resolver.resolve(question(host))
      expect(targets).toContainEqual({ host: '127.0.0.1', port: 5060, transport: 'UDP', name: host })
    }
    expect(server.questions).toEqual([])
    expect(await node().resolver.resolve(question('localhost'))).toContainEqual(
      expect.objectContaining({ host: '127.0.0.1' }),
    )
  })

  it('refuses servers that are no addresses where they are given', () => {
    expect(() => node({ dns: { servers: ['not a server'] } })).toThrow(
      expect.objectContaining({ code: 'argument' }) as Error,
    )
  })
})

describe('the hosts file', () => {
  it('gives names all their addresses in order and ignores comments and what is no address', () => {
    const names = parseHosts(
      '127.0.0.1\tlocalhost  Box.example # box2\n#10.0.0.1 no\n::1 localhost\r\nnonsense x\n\n',
    )
    expect([...names]).toEqual([
      ['localhost', ['127.0.0.1', '::1']],
      ['box.example', ['127.0.0.1']],
    ])
  })

  it('is read anew when it changes and may be missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hosts-'))
    const path = join(folder, 'hosts')
    const look = hostsFile(path)
    try {
      expect(await look('a.example')).toEqual([])
      writeFileSync(path, '192.0.2.1 a.example\n')
      expect(await look('A.example')).toEqual(['192.0.2.1'])
      writeFileSync(path, '192.0.2.2 a.example\n')
      utimesSync(path, 1, 1)
      expect(await look('a.example')).toEqual(['192.0.2.2'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
