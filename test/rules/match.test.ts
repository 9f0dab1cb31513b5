import { expect, it } from 'vitest'
import {
  cancelledKey,
  clientKey,
  dialogKey,
  dialogKeyOf,
  hasCookie,
  mergeKey,
  requestKey,
  responseKey,
} from '../../src/rules/match.ts'
import { make, reply } from './support.ts'

it.each([
  ['z9hG4bK-1', true],
  ['Z9HG4BK-1', true],
  ['z9hG4bK', false],
  ['1', false],
  ['', false],
  [undefined, false],
] as const)('takes the branch %s for one of RFC 3261: %s (§8.1.1.7)', (branch, expected) => {
  expect(hasCookie(branch)).toBe(expected)
})

it('finds the client transaction by branch and CSeq method (§17.1.3)', () => {
  expect(responseKey(reply(180))).toBe(clientKey('z9hG4bK-1', 'INVITE'))
})

it('keeps the response to a CANCEL apart from that to its INVITE, which has the same branch (§17.1.3)', () => {
  expect(responseKey(reply(200, {}, 'CANCEL'))).not.toBe(responseKey(reply(200)))
})

it('gives a retransmission the key of the first copy (§17.2.3)', () => {
  expect(requestKey(make('MESSAGE'))).toBe(requestKey(make('MESSAGE')))
})

it('gives an ACK the key of its INVITE (§17.2.3)', () => {
  const to = 'Bob <sip:bob@example.com>;tag=bob-tag'
  expect(requestKey(make('ACK', { To: to, CSeq: '1 ACK' }))).toBe(requestKey(make('INVITE')))
})

it('gives a CANCEL a key of its own, and the way to that of its INVITE (§9.2)', () => {
  const cancel = make('CANCEL')
  expect(requestKey(cancel)).not.toBe(requestKey(make('INVITE')))
  expect(cancelledKey(cancel)).toBe(requestKey(make('INVITE')))
})

it.each([
  ['another branch', { Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-2' }],
  ['another sent-by port', { Via: 'SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK-1' }],
  ['no sent-by port', { Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1' }],
  ['another sent-by host', { Via: 'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-1' }],
])('takes a request with %s for another transaction (§17.2.3)', (_, lines) => {
  expect(requestKey(make('INVITE', lines))).not.toBe(requestKey(make('INVITE')))
})

it('does not depend on what the receiver stamped into the Via (§18.2.1)', () => {
  const stamped = 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport=40000;received=198.51.100.7'
  expect(requestKey(make('INVITE', { Via: stamped }))).toBe(requestKey(make('INVITE')))
})

const old = { Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=1' }

it('matches an ACK of an RFC 2543 peer to its INVITE, though it has a To tag (§17.2.3)', () => {
  const ack = make('ACK', { ...old, To: '<sip:bob@example.com>;tag=x', CSeq: '1 ACK' })
  expect(requestKey(ack)).toBe(requestKey(make('INVITE', old)))
})

it.each([
  ['Call-ID', { 'Call-ID': 'other' }],
  ['CSeq number', { CSeq: '2 INVITE' }],
  ['From tag', { From: '<sip:alice@example.com>;tag=other' }],
  ['Request-URI', { uri: 'sip:carol@example.com' }],
  ['Via', { Via: 'SIP/2.0/UDP 192.0.2.9;branch=1' }],
])('tells requests of an RFC 2543 peer apart by %s (§17.2.3)', (_, lines) => {
  expect(requestKey(make('INVITE', { ...old, ...lines }))).not.toBe(requestKey(make('INVITE', old)))
})

it('knows a merged request by From tag, Call-ID and CSeq alone (§8.2.2.2)', () => {
  const other = make('INVITE', { Via: 'SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK-other' })
  expect(mergeKey(other)).toBe(mergeKey(make('INVITE')))
  expect(mergeKey(make('INVITE', { CSeq: '2 INVITE' }))).not.toBe(mergeKey(make('INVITE')))
})

it('finds a dialog by Call-ID, our tag in To and the peer’s in From (§12.2.2)', () => {
  const bye = make('BYE', { To: '<sip:bob@example.com>;tag=bob-tag' })
  expect(dialogKeyOf(bye)).toBe(dialogKey('call-1@192.0.2.1', 'bob-tag', 'alice-tag'))
})

it('finds no dialog for a request without To tag (§12.2.2)', () => {
  expect(dialogKeyOf(make('INVITE'))).toBeUndefined()
})

it('takes the absent From tag of an RFC 2543 peer for an empty one (§12.1.1)', () => {
  const bye = make('BYE', { From: '<sip:alice@example.com>', To: '<sip:bob@example.com>;tag=b' })
  expect(dialogKeyOf(bye)).toBe(dialogKey('call-1@192.0.2.1', 'b', ''))
})
