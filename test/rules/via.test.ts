import { describe, expect, it } from 'vitest'
import {
  reconnectTarget,
  responseTarget,
  stampVia,
  topVia,
  topViaValue,
  viaMatches,
} from '../../src/rules/via.ts'
import { make, reply } from './support.ts'

const from = { host: '198.51.100.7', port: 40_000 }
const withVia = (...values: readonly string[]) => make('OPTIONS', { Via: values })

describe('the receiver’s stamp (§18.2.1, RFC 3581 §4)', () => {
  it.each([
    [
      'a host that is not the source',
      'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
      'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;received=198.51.100.7',
    ],
    [
      'a host name',
      'SIP/2.0/UDP pc.example.com;branch=z9hG4bK1',
      'SIP/2.0/UDP pc.example.com;branch=z9hG4bK1;received=198.51.100.7',
    ],
    [
      'rport',
      'SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=198.51.100.7;rport=40000',
    ],
    [
      'rport, the source being right',
      'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1;rport',
      'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1;received=198.51.100.7;rport=40000',
    ],
    [
      'a forged received',
      'SIP/2.0/UDP 198.51.100.7;received=203.0.113.9;branch=z9hG4bK1',
      'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1;received=198.51.100.7',
    ],
    [
      'a forged rport',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=25',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=198.51.100.7;rport=40000',
    ],
    [
      'a quoted semicolon',
      'SIP/2.0/UDP 10.0.0.1;x="a;rport=1,b";branch=z9hG4bK1',
      'SIP/2.0/UDP 10.0.0.1;x="a;rport=1,b";branch=z9hG4bK1;received=198.51.100.7',
    ],
  ])('answers %s', (_, via, expected) => {
    expect(topVia(stampVia(withVia(via), from))).toBe(expected)
  })

  it('is the very same request when there is nothing to say', () => {
    const request = withVia('SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1')
    expect(stampVia(request, from)).toBe(request)
  })

  it('says nothing of a peer that is known by name alone: `received` is an address (§20.42)', () => {
    const request = withVia('SIP/2.0/WSS 10.0.0.1;branch=z9hG4bK1;rport')
    expect(stampVia(request, { host: 'edge.example', port: 443 })).toBe(request)
  })

  it('changes the top value only, on one line and on several', () => {
    const first = 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1'
    const second = 'SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK2;rport'
    const third = 'SIP/2.0/UDP  10.0.0.3 ;branch=z9hG4bK3'
    const stamped = stampVia(withVia(`${first}, ${second}`, third), from)
    expect(stamped.headers('via')).toEqual([`${first};received=198.51.100.7, ${second}`, third])
    expect(stamped.via.params.get('received')).toBe('198.51.100.7')
  })

  it('leaves every other line as it was', () => {
    const request = withVia('SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1')
    const rest = (message: typeof request) => message.fields.filter(field => field.name !== 'Via')
    expect(rest(stampVia(request, from))).toEqual(rest(request))
  })

  it('writes an IPv6 source without brackets (§25.1)', () => {
    const stamped = stampVia(withVia('SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK1;rport'), {
      host: '2001:db8::1',
      port: 5061,
    })
    expect(topVia(stamped)).toBe(
      'SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK1;received=2001:db8::1;rport=5061',
    )
    expect(responseTarget(stamped, 5060)).toEqual({ host: '2001:db8::1', port: 5061 })
  })
})

describe('the way back (§18.2.2, RFC 3581 §4)', () => {
  it('on a new stream is the port the peer listens on, not the one it called from', () => {
    const called = 'SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bK1;received=192.0.2.9;rport=49152'
    expect(reconnectTarget(withVia(called), 5060)).toEqual({ host: '192.0.2.9', port: 5070 })
    expect(reconnectTarget(withVia('SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1'), 5060)).toEqual({
      host: '192.0.2.9',
      port: 5060,
    })
  })

  it.each([
    ['sent-by', 'SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1', { host: '192.0.2.1', port: 5070 }],
    ['the default port', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1', { host: '192.0.2.1', port: 5060 }],
    [
      'received, with the port of sent-by',
      'SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=198.51.100.7',
      { host: '198.51.100.7', port: 5070 },
    ],
    [
      'received and rport',
      'SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=198.51.100.7;rport=40000',
      { host: '198.51.100.7', port: 40_000 },
    ],
    [
      'received in brackets',
      'SIP/2.0/UDP [2001:db8::9];branch=z9hG4bK1;received=[2001:db8::1]',
      { host: '2001:db8::1', port: 5060 },
    ],
    [
      'a multicast group',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;maddr=224.0.1.75;received=198.51.100.7',
      { host: '224.0.1.75', port: 5060 },
    ],
    [
      'not a third party',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;maddr=203.0.113.9;received=198.51.100.7',
      { host: '198.51.100.7', port: 5060 },
    ],
    [
      'an rport that is no port',
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=198.51.100.7;rport=99999',
      { host: '198.51.100.7', port: 5060 },
    ],
  ])('is %s', (_, via, expected) => {
    expect(responseTarget(withVia(via), 5060)).toEqual(expected)
  })
})

it.each([
  ['UDP', '192.0.2.1', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport'],
  ['TCP', '2001:db8::1', 'SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx;rport'],
])('makes a Via for %s that asks for symmetric responses (RFC 3581 §3)', (transport, host, expected) => {
  expect(topViaValue(transport, host, 5060, 'z9hG4bKx')).toBe(expected)
})

it('leaves out the port of a side that does not listen, and asks for reuse with alias (RFC 7118 §5, RFC 5923 §5)', () => {
  expect(topViaValue('WS', 'x.invalid', 0, 'z9hG4bKx')).toBe('SIP/2.0/WS x.invalid;branch=z9hG4bKx;rport')
  expect(topViaValue('TLS', 'a.example', 5061, 'z9hG4bKx', true)).toBe(
    'SIP/2.0/TLS a.example:5061;branch=z9hG4bKx;rport;alias',
  )
})

it.each([
  ['ours', {}, true],
  ['with another port', { Via: 'SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-1' }, false],
  ['with another host', { Via: 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-1' }, false],
  [
    'with a second Via line',
    { Via: ['SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1', 'SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK-2'] },
    false,
  ],
  [
    'with a second Via value',
    { Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-2' },
    false,
  ],
])('a response %s is taken: %s (§8.1.3.3, §18.1.2)', (_, lines, expected) => {
  expect(viaMatches(reply(200, lines), '192.0.2.1', 5060)).toBe(expected)
})
