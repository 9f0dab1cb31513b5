import { describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/engine/ports.ts'
import { formatUri } from '../../src/message/uri.ts'
import { isNumericHost, locate, nextHop, sizedTargets } from '../../src/rules/locate.ts'
import { make, sipUri } from './support.ts'

const all: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
const plain: readonly TransportName[] = ['UDP', 'TCP']
const find = (uri: string, available = all, size = 500) => locate(sipUri(uri), available, size)
const to = (transport: TransportName, host: string, port: number) => ({ transport, host, port })

describe('a numeric host (RFC 3263 §4)', () => {
  it.each([
    ['sip:a@192.0.2.1', all, [to('UDP', '192.0.2.1', 5060)]],
    ['sip:a@192.0.2.1:5070', all, [to('UDP', '192.0.2.1', 5070)]],
    ['sip:a@[2001:db8::1]', all, [to('UDP', '2001:db8::1', 5060)]],
    ['sip:a@192.0.2.1;transport=tcp', all, [to('TCP', '192.0.2.1', 5060)]],
    ['sip:a@192.0.2.1;transport=TLS', all, [to('TLS', '192.0.2.1', 5061)]],
    ['sip:a@192.0.2.1;transport=ws', all, [to('WS', '192.0.2.1', 80)]],
    ['sips:a@192.0.2.1', all, [to('TLS', '192.0.2.1', 5061)]],
    ['sips:a@192.0.2.1;transport=tcp', all, [to('TLS', '192.0.2.1', 5061)]],
    ['sips:a@192.0.2.1:5071', all, [to('TLS', '192.0.2.1', 5071)]],
    ['sips:a@192.0.2.1;transport=ws', all, [to('WSS', '192.0.2.1', 443)]],
    ['sip:a@192.0.2.1', ['TCP'], [to('TCP', '192.0.2.1', 5060)]],
    ['sip:a@192.0.2.1', ['WSS'], [to('WSS', '192.0.2.1', 443)]],
    ['sip:a@192.0.2.1;transport=ws', ['WSS'], [to('WSS', '192.0.2.1', 443)]],
    ['sip:a@example.com;maddr=192.0.2.9', all, [{ ...to('UDP', '192.0.2.9', 5060), name: 'example.com' }]],
  ] as const)('%s over %j goes to %j', (uri, available, targets) => {
    expect(find(uri, available)).toEqual({ targets })
  })
})

describe('a name (RFC 3263 §4.1)', () => {
  it.each([
    ['sip:a@example.com', { host: 'example.com', secure: false, available: all }],
    ['sip:a@example.com:5070', { host: 'example.com', port: 5070, secure: false, available: all }],
    [
      'sip:a@example.com;transport=tcp',
      { host: 'example.com', transport: 'TCP', secure: false, available: all },
    ],
    [
      'sips:a@example.com;transport=tcp',
      { host: 'example.com', transport: 'TLS', secure: true, available: all },
    ],
    ['sips:a@example.com', { host: 'example.com', secure: true, available: all }],
    ['sip:a@192.0.2.1;maddr=group.example.com', { host: 'group.example.com', secure: false, available: all }],
  ])('%s asks %j', (uri, question) => {
    expect(find(uri)).toEqual({ question })
  })
})

describe('what cannot be reached is refused', () => {
  it.each([
    ['sips:a@192.0.2.1', plain, 'sips is never downgraded (§26.2.2)'],
    ['sips:a@example.com', plain, 'nor by a resolver'],
    ['sips:a@192.0.2.1;transport=tcp', plain, 'nor by its transport parameter'],
    ['sips:a@192.0.2.1;transport=udp', all, 'there is no secure UDP'],
    ['sip:a@192.0.2.1;transport=tls', plain, 'the transport asked for is missing'],
    ['sip:a@192.0.2.1;transport=sctp', all, 'the transport asked for is unknown'],
    ['sip:a@192.0.2.1;transport=constructor', all, 'a transport named like a member of every object'],
    ['sip:a@192.0.2.1', [], 'there is no transport'],
  ] as const)('%s over %j: %s', (uri, available, _why) => {
    expect(find(uri, available)).toMatchObject({ fault: 'not-supported', text: expect.any(String) })
  })
})

describe('a request too big for a datagram (§18.1.1)', () => {
  const udp = to('UDP', '192.0.2.1', 5060)
  const tcp = to('TCP', '192.0.2.1', 5060)

  it.each([
    ['sip:a@192.0.2.1', all, 1300, [udp]],
    ['sip:a@192.0.2.1', all, 1301, [tcp, udp]],
    ['sip:a@192.0.2.1', all, 65_507, [tcp, udp]],
    ['sip:a@192.0.2.1', all, 65_508, [tcp]],
    ['sip:a@192.0.2.1;transport=udp', all, 9000, [udp]],
    ['sip:a@192.0.2.1', ['UDP'], 9000, [udp]],
  ] as const)('%s over %j with %d bytes tries %j', (uri, available, size, targets) => {
    expect(find(uri, available, size)).toEqual({ targets })
  })

  it('tries TCP first at every target of a resolver too', () => {
    const other = to('UDP', '192.0.2.2', 5062)
    const tls = to('TLS', '192.0.2.3', 5061)
    expect(sizedTargets([udp, tls, other], sipUri('sip:example.com'), all, 2000)).toEqual([
      tcp,
      udp,
      tls,
      { ...other, transport: 'TCP' },
      other,
    ])
  })
})

it.each([
  ['192.0.2.1', true],
  ['2001:db8::1', true],
  ['256.0.0.1', false],
  ['1.2.3', false],
  ['1.2.3.x', false],
  ['example.com', false],
])('%s is an address: %s', (host, expected) => {
  expect(isNumericHost(host)).toBe(expected)
})

it.each([
  ['the Request-URI', {}, 'sip:bob@example.com'],
  [
    'the first loose router',
    { Route: '<sip:p1.example.com;lr>, <sip:p2.example.com;lr>' },
    'sip:p1.example.com;lr',
  ],
  ['the Request-URI behind a strict router', { Route: '<sip:p1.example.com>' }, 'sip:bob@example.com'],
])('the next hop is %s (§8.1.2)', (_, lines, expected) => {
  expect(formatUri(nextHop(make('OPTIONS', lines)))).toBe(expected)
})
