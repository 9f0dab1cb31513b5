/** Locating servers as tables: what DNS has, what is asked, what comes out. RFC 3263 §4, RFC 7118. */
import { describe, expect, it } from 'vitest'
import type { DnsAnswer, DnsType, Question, ResolutionPlan, TransportName } from '../../src/engine/ports.ts'
import { resolutionLimits } from '../../src/rules/inquiry.ts'
import { planResolution } from '../../src/rules/resolve.ts'
import { zoneRecord } from '../../src/testing/zone.ts'

const all: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
type Zone = Readonly<Record<string, readonly string[] | 'SERVFAIL' | 'timeout'>>

const answer = (zone: Zone, name: string, type: DnsType): DnsAnswer => {
  const found = zone[`${type} ${name}`] ?? zone[name]
  if (found === 'SERVFAIL') return { is: 'failed', text: 'the DNS server failed (SERVFAIL)' }
  if (found === 'timeout') return { is: 'timeout', text: 'the DNS server did not answer in time' }
  if (!found) return { is: Object.keys(zone).some(key => key.endsWith(`.${name}`)) ? 'no-data' : 'no-name' }
  const records = found.map(zoneRecord).filter(record => record.type === type)
  return records.length > 0 ? { is: 'records', records } : { is: 'no-data' }
}

interface More extends Partial<Question> {
  readonly local?: Readonly<Record<string, readonly string[]>>
  readonly system?: readonly string[]
  readonly family?: 4 | 6
}

const plan = async (zone: Zone, { local, system, family = 4, ...question }: More = {}) => {
  const asked: string[] = []
  const made = await planResolution(
    { host: 'example.com', secure: false, available: all, ...question },
    {
      query: (name, type) => {
        asked.push(`${type} ${name}`)
        return Promise.resolve(answer(zone, name, type))
      },
      ...(local ? { local: (name: string) => Promise.resolve(local[name] ?? []) } : {}),
      ...(system ? { system: () => Promise.resolve(system) } : {}),
      chance: () => 0.5,
      family,
    },
  )
  return { ...made, asked }
}

const brief = ({ targets }: ResolutionPlan): readonly string[] =>
  targets.map(({ transport, host, port }) => `${transport} ${host}:${port}`)

/** The example of RFC 3263 §4.1. */
const rfc: Zone = {
  'example.com': [
    'NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.example.com.',
    'NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp.example.com.',
    'NAPTR 100 50 "s" "SIP+D2U" "" _sip._udp.example.com.',
    'A 192.0.2.80',
  ],
  '_sip._tcp.example.com': ['SRV 0 1 5060 server1.example.com.', 'SRV 1 2 5062 server2.example.com.'],
  '_sips._tcp.example.com': ['SRV 0 0 5061 server1.example.com.'],
  '_sip._udp.example.com': ['SRV 0 0 5060 server2.example.com.'],
  '_sip._ws.example.com': ['SRV 0 0 8080 server2.example.com.'],
  '_sips._ws.example.com': ['SRV 0 0 8443 server2.example.com.'],
  'server1.example.com': ['A 192.0.2.1', 'AAAA 2001:db8::1'],
  'server2.example.com': ['A 192.0.2.2'],
}
const noNaptr: Zone = { ...rfc, 'example.com': ['A 192.0.2.80'] }
const bare: Zone = { 'example.com': ['A 192.0.2.80'] }

describe('NAPTR (RFC 3263 §4.1)', () => {
  it.each<[string, More, readonly string[]]>([
    ['takes the lowest order that can be used, here TLS', {}, ['TLS 192.0.2.1:5061', 'TLS 2001:db8::1:5061']],
    [
      'takes TCP where there is no TLS, as in the example of the RFC',
      { available: ['UDP', 'TCP'] },
      ['TCP 192.0.2.1:5060', 'TCP 2001:db8::1:5060', 'TCP 192.0.2.2:5062'],
    ],
    ['takes UDP where there is nothing else', { available: ['UDP'] }, ['UDP 192.0.2.2:5060']],
    ['takes SIPS services alone for sips:', { secure: true }, ['TLS 192.0.2.1:5061', 'TLS 2001:db8::1:5061']],
  ])('%s', async (_, more, expected) => {
    expect(brief(await plan(rfc, more))).toEqual(expected)
  })

  it('says what was left out and why', async () => {
    const { steps } = await plan(rfc, { available: ['UDP', 'TCP'] })
    expect(steps.filter(({ is }) => is === 'skipped')).toEqual([
      { is: 'skipped', what: 'NAPTR 50 50 SIPS+D2T', reason: 'the connection has no TLS' },
      { is: 'skipped', what: 'NAPTR 100 50 SIP+D2U', reason: 'order 90 comes first and alone' },
    ])
  })

  it('goes by preference within one order, and keeps all of them for failover (RFC 3403 §4.1)', async () => {
    const zone = {
      ...rfc,
      'example.com': [
        'NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.example.com.',
        'NAPTR 10 10 "S" "sip+d2t" "" _sip._tcp.example.com.',
      ],
    }
    expect(brief(await plan(zone, { available: ['UDP', 'TCP'] }))).toEqual([
      'TCP 192.0.2.1:5060',
      'TCP 2001:db8::1:5060',
      'TCP 192.0.2.2:5062',
      'UDP 192.0.2.2:5060',
    ])
  })

  it('follows a replacement into another domain, and keeps the name of the URI for certificates', async () => {
    const made = await plan({
      'example.com': ['NAPTR 1 1 "s" "SIPS+D2T" "" _sips._tcp.provider.example.'],
      '_sips._tcp.provider.example': ['SRV 0 0 5071 host.provider.example.'],
      'host.provider.example': ['A 192.0.2.9'],
    })
    expect(made.targets).toEqual([
      {
        host: '192.0.2.9',
        port: 5071,
        transport: 'TLS',
        name: 'example.com',
        priority: 0,
        weight: 0,
        server: 'host.provider.example',
      },
    ])
  })

  it('takes the addresses of the domain by the transport of NAPTR when that has no SRV (§4.2)', async () => {
    const zone = { 'example.com': ['NAPTR 1 1 "s" "SIP+D2T" "" _sip._tcp.example.com.', 'A 192.0.2.80'] }
    expect(brief(await plan(zone))).toEqual(['TCP 192.0.2.80:5060'])
  })

  it.each([
    ['"u" "SIP+D2U" "!^.*$!sip:x@y!" .', 'leads to no SRV records'],
    ['"s" "SIP+D2S" "" _sip._sctp.example.com.', 'unknown transport'],
    ['"u" "E2U+sip" "!^.*$!sip:x@y!" .', 'no service of SIP'],
  ])('goes on to SRV past NAPTR 1 1 %s', async (rest, reason) => {
    const { steps, asked } = await plan(
      { ...rfc, 'example.com': [`NAPTR 1 1 ${rest}`] },
      { available: ['UDP'] },
    )
    expect(steps).toContainEqual(expect.objectContaining({ is: 'skipped', reason }))
    expect(asked).toEqual([
      'NAPTR example.com',
      'SRV _sip._udp.example.com',
      'A server2.example.com',
      'AAAA server2.example.com',
    ])
  })
})

describe('what need not be asked (RFC 3263 §4.1, §4.2)', () => {
  it.each<[string, Zone, More, readonly string[], readonly string[]]>([
    [
      'a port leaves NAPTR and SRV out',
      rfc,
      { port: 5070 },
      ['A example.com', 'AAAA example.com'],
      ['UDP 192.0.2.80:5070'],
    ],
    [
      'a port of a sips: URI means TLS',
      rfc,
      { port: 5070, secure: true },
      ['A example.com', 'AAAA example.com'],
      ['TLS 192.0.2.80:5070'],
    ],
    [
      'a transport leaves NAPTR out',
      rfc,
      { transport: 'UDP' },
      ['SRV _sip._udp.example.com', 'A server2.example.com', 'AAAA server2.example.com'],
      ['UDP 192.0.2.2:5060'],
    ],
    [
      'both leave addresses alone',
      rfc,
      { transport: 'TCP', port: 5080 },
      ['A example.com', 'AAAA example.com'],
      ['TCP 192.0.2.80:5080'],
    ],
    [
      'TLS of a sip: URI has the SRV records of _sips',
      noNaptr,
      { transport: 'TLS' },
      ['SRV _sips._tcp.example.com', 'A server1.example.com', 'AAAA server1.example.com'],
      ['TLS 192.0.2.1:5061', 'TLS 2001:db8::1:5061'],
    ],
    [
      'WebSocket has records of its own (RFC 7118)',
      noNaptr,
      { transport: 'WS' },
      ['SRV _sip._ws.example.com', 'A server2.example.com', 'AAAA server2.example.com'],
      ['WS 192.0.2.2:8080'],
    ],
    [
      'and secure WebSocket too',
      noNaptr,
      { transport: 'WSS', secure: true },
      ['SRV _sips._ws.example.com', 'A server2.example.com', 'AAAA server2.example.com'],
      ['WSS 192.0.2.2:8443'],
    ],
    [
      'no SRV of the transport asked for: the addresses of the name',
      bare,
      { transport: 'TCP' },
      ['SRV _sip._tcp.example.com', 'A example.com', 'AAAA example.com'],
      ['TCP 192.0.2.80:5060'],
    ],
    [
      'a name that does not exist has nothing below it (RFC 8020)',
      {},
      {},
      ['NAPTR example.com', 'A example.com', 'AAAA example.com'],
      [],
    ],
    [
      'the hosts file is the last word',
      rfc,
      { local: { 'example.com': ['127.0.0.7'] } },
      [],
      ['UDP 127.0.0.7:5060'],
    ],
  ])('%s', async (_, zone, more, asked, targets) => {
    const made = await plan(zone, more)
    expect(made.asked).toEqual(asked)
    expect(brief(made)).toEqual(targets)
  })
})

describe('SRV without NAPTR (RFC 3263 §4.1)', () => {
  it('asks for every transport that the connection has, and tries them in its order', async () => {
    const made = await plan(noNaptr, { available: ['TLS', 'TCP', 'UDP'] })
    expect(made.asked.slice(0, 4)).toEqual([
      'NAPTR example.com',
      'SRV _sip._udp.example.com',
      'SRV _sip._tcp.example.com',
      'SRV _sips._tcp.example.com',
    ])
    expect(brief(made)).toEqual([
      'UDP 192.0.2.2:5060',
      'TCP 192.0.2.1:5060',
      'TCP 2001:db8::1:5060',
      'TCP 192.0.2.2:5062',
      'TLS 192.0.2.1:5061',
      'TLS 2001:db8::1:5061',
    ])
  })

  it.each<[string, More, string]>([
    ['UDP for sip:', {}, 'UDP 192.0.2.80:5060'],
    ['TLS for sips:', { secure: true }, 'TLS 192.0.2.80:5061'],
    ['what there is otherwise', { available: ['WSS'] }, 'WSS 192.0.2.80:443'],
  ])('takes %s where there is none', async (_, more, target) => {
    expect(brief(await plan(bare, more))).toEqual([target])
  })

  it('a target of "." says that the service is not there, and nothing else is tried (RFC 2782)', async () => {
    const made = await plan(
      { ...bare, '_sip._udp.example.com': ['SRV 0 0 0 .'] },
      { available: ['UDP', 'TCP'] },
    )
    expect(made.targets).toEqual([])
    expect(made.error).toMatchObject({
      code: 'resolving',
      message: 'no address for example.com: its SRV records say that the service is not offered',
    })
  })

  it('goes past a server without an address', async () => {
    const zone = { ...noNaptr, 'server1.example.com': [] }
    expect(brief(await plan(zone, { transport: 'TCP' }))).toEqual(['TCP 192.0.2.2:5062'])
  })
})

describe('sips: is never downgraded (RFC 3261 §26.2.2)', () => {
  it.each<[string, Zone, More]>([
    ['by NAPTR', { ...rfc, 'example.com': ['NAPTR 1 1 "s" "SIP+D2T" "" _sip._tcp.example.com.'] }, {}],
    ['by SRV of plain transports', { '_sip._udp.example.com': ['SRV 0 0 5060 server1.example.com.'] }, {}],
    ['by missing records', bare, {}],
    ['by a port', bare, { port: 5060 }],
    ['by its transport parameter', rfc, { transport: 'TCP' }],
  ])('%s', async (_, zone, more) => {
    const { targets, asked } = await plan(zone, { ...more, secure: true })
    for (const { transport } of targets) expect(['TLS', 'WSS']).toContain(transport)
    expect(asked.filter(question => question.includes('_sip.'))).toEqual([])
  })

  it.each<[string, More]>([
    ['without TLS', { secure: true, available: ['UDP', 'TCP'] }],
    ['by UDP', { secure: true, transport: 'UDP' }],
    ['by a transport that the connection lacks', { transport: 'WS', available: ['UDP'] }],
    ['without any transport', { available: [] }],
  ])('and nothing is asked %s', async (_, more) => {
    const { asked, error } = await plan(rfc, more)
    expect(asked).toEqual([])
    expect(error).toMatchObject({ code: 'transport' })
  })
})

describe('addresses (RFC 7984 §4)', () => {
  const both = { 'example.com': ['AAAA 2001:db8::1', 'A 192.0.2.1', 'A 192.0.2.1'] }

  it('of both families, that of the sockets first, each once', async () => {
    expect(brief(await plan(both))).toEqual(['UDP 192.0.2.1:5060', 'UDP 2001:db8::1:5060'])
    expect(brief(await plan(both, { family: 6 }))).toEqual(['UDP 2001:db8::1:5060', 'UDP 192.0.2.1:5060'])
  })

  it('of one family when the server fails on the other', async () => {
    const zone = {
      'A example.com': ['A 192.0.2.1'],
      'AAAA example.com': 'SERVFAIL',
      'example.com': [],
    } as const
    expect(brief(await plan(zone))).toEqual(['UDP 192.0.2.1:5060'])
  })

  it('of the system when DNS has none', async () => {
    expect(brief(await plan({}, { system: ['192.0.2.3'] }))).toEqual(['UDP 192.0.2.3:5060'])
  })

  it('without the dot at the end of a name', async () => {
    const { asked, targets } = await plan(bare, { host: 'example.com.', port: 5060 })
    expect(asked).toEqual(['A example.com', 'AAAA example.com'])
    expect(targets[0]?.name).toBe('example.com')
  })
})

describe('when DNS fails', () => {
  it.each<[string, Zone, string]>([
    ['the name does not exist', {}, 'there is no such name (NXDOMAIN)'],
    ['the name has no address', { 'example.com': [] }, 'the name has no address'],
    ['the server fails', { 'example.com': 'SERVFAIL' }, 'the DNS server failed (SERVFAIL)'],
    ['the server is silent', { 'example.com': 'timeout' }, 'the DNS server did not answer in time'],
  ])('%s: an error that says so', async (_, zone, text) => {
    const { error, targets } = await plan(zone)
    expect(targets).toEqual([])
    expect(error).toMatchObject({ code: 'resolving', message: `no address for example.com: ${text}` })
  })

  it('with NAPTR or SRV alone, goes on to what can be had', async () => {
    const zone = {
      ...noNaptr,
      'NAPTR example.com': 'timeout',
      'SRV _sip._udp.example.com': 'SERVFAIL',
    } as const
    expect(brief(await plan(zone, { available: ['UDP', 'TCP'] }))).toEqual([
      'TCP 192.0.2.1:5060',
      'TCP 2001:db8::1:5060',
      'TCP 192.0.2.2:5062',
    ])
  })

  it('stops asking when nobody waits any more', async () => {
    let asked = 0
    const made = await planResolution(
      { host: 'example.com', secure: false, available: all, wanted: () => asked === 0 },
      {
        query: (name, type) => {
          asked += 1
          return Promise.resolve(answer(rfc, name, type))
        },
        chance: () => 0,
        family: 4,
      },
    )
    expect(asked).toBe(1)
    expect(made.error).toMatchObject({ code: 'cancelled' })
  })
})

describe('hostile zones', () => {
  const many = Array.from({ length: 500 }, (_, index) => index)

  it('cost no more than the stated number of lookups, hosts and targets', async () => {
    const hosts = Object.fromEntries(
      many.map(index => [`h${index}.example.com`, many.map(byte => `A 10.${index % 256}.0.${byte % 256}`)]),
    )
    const made = await plan({
      ...hosts,
      'example.com': many.map(index => `NAPTR 1 ${index} "s" "SIP+D2U" "" _s${index}.example.com.`),
      ...Object.fromEntries(
        many.map(n => [`_s${n}.example.com`, many.map(m => `SRV ${m} 0 5060 h${m}.example.com.`)]),
      ),
    })
    expect(made.asked.length).toBeLessThanOrEqual(resolutionLimits.lookups)
    expect(made.targets.length).toBe(resolutionLimits.targets)
    expect(new Set(made.targets.map(({ server }) => server)).size).toBeLessThanOrEqual(resolutionLimits.hosts)
    expect(made.steps.length).toBeLessThan(200)
    expect(made.steps).toContainEqual(
      expect.objectContaining({
        is: 'skipped',
        reason: `no more than ${resolutionLimits.records} of one name`,
      }),
    )
  })

  it('SRV records that lead to themselves, to nothing or to addresses end', async () => {
    const zone = {
      ...bare,
      '_sip._udp.example.com': [
        'SRV 0 0 5060 _sip._udp.example.com.',
        'SRV 1 0 5060 192.0.2.4.',
        'SRV 2 0 5060 gone.example.com.',
      ],
    }
    expect(brief(await plan(zone, { transport: 'UDP' }))).toEqual(['UDP 192.0.2.4:5060'])
  })
})
