/** The resolver of the Node platform against a DNS server on loopback. RFC 3263 §4. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Question, TransportName } from '../../src/engine/ports.ts'
import { SipError } from '../../src/errors.ts'
import { transportFor } from '../../src/node/dns.ts'
import { hostsFile, parseHosts } from '../../src/node/hosts.ts'
import { type NodeOptions, node } from '../../src/node/index.ts'
import { type Answer, type DnsServer, dnsServer } from './support/dns-server.ts'

const all: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
const question = (host: string, more: Partial<Question> = {}): Question => ({
  host,
  secure: false,
  available: ['UDP', 'TCP'],
  ...more,
})

const servers: DnsServer[] = []

const resolverOf = async (table: Readonly<Record<string, Answer>>, options: NodeOptions = {}) => {
  const server = await dnsServer(table)
  servers.push(server)
  const dns = { servers: [server.address], timeout: 100, tries: 2 }
  return { server, resolver: node({ dns, ...options }).resolver }
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

describe('the transport of a target (§4.1)', () => {
  const choose = (more: Partial<Question>): string => {
    try {
      return transportFor(question('pbx.example', { available: all, ...more }))
    } catch (error) {
      return error instanceof SipError ? error.code : 'not a SipError'
    }
  }

  it.each<[string, Partial<Question>, string]>([
    ['UDP when nothing is said', {}, 'UDP'],
    ['TCP when nothing is said and there is no UDP', { available: ['TCP', 'TLS'] }, 'TCP'],
    ['what there is when that is neither', { available: ['WSS'] }, 'WSS'],
    ['the one of the transport parameter', { transport: 'TCP' }, 'TCP'],
    ['TLS for sips:', { secure: true }, 'TLS'],
    ['TLS for sips: with transport=tcp', { secure: true, transport: 'TCP' }, 'TLS'],
    ['WSS for sips: with transport=ws', { secure: true, transport: 'WS' }, 'WSS'],
    ['an error for sips: with transport=udp', { secure: true, transport: 'UDP' }, 'transport'],
    ['an error for sips: without TLS', { secure: true, available: ['UDP', 'TCP'] }, 'transport'],
    [
      'an error for a transport parameter that is not available',
      { transport: 'WS', available: ['UDP'] },
      'transport',
    ],
    ['an error when there is no transport at all', { available: [] }, 'transport'],
  ])('is %s', (_name, more, expected) => {
    expect(choose(more)).toBe(expected)
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
    expect([...server.questions].sort()).toEqual(['A pbx.example', 'AAAA pbx.example'])
  })

  it('takes the addresses of one family when the server fails on the other', async () => {
    const { resolver } = await resolverOf({ 'A pbx.example': ['192.0.2.1'], 'AAAA pbx.example': 'SERVFAIL' })
    expect(await resolver.resolve(question('pbx.example'))).toMatchObject([{ host: '192.0.2.1' }])
  })

  it('answers with no target when the name exists and has no address', async () => {
    const { resolver } = await resolverOf({ 'pbx.example': [] })
    expect(await resolver.resolve(question('pbx.example'))).toEqual([])
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
