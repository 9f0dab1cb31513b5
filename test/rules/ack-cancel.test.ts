import { expect, it } from 'vitest'
import { credentialsOf, makeAck } from '../../src/rules/ack.ts'
import { makeCancel } from '../../src/rules/cancel.ts'
import { cancelledKey, requestKey } from '../../src/rules/match.ts'
import { make, reply } from './support.ts'

const via = 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport'
const invite = make(
  'INVITE',
  {
    uri: 'sip:bob@192.0.2.4',
    Via: `${via}, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-0`,
    Route: ['<sip:p1.example.com;lr>, <sip:p2.example.com;lr>', '<sip:p3.example.com;lr>'],
    CSeq: '7 INVITE',
    Require: '100rel',
    Authorization: 'Digest username="alice", realm="a", nonce="1", uri="sip:b", response="0"',
    'Proxy-Authorization': ['Digest realm="p", nonce="1"', 'Digest realm="q", nonce="2"'],
    'Content-Type': 'application/sdp',
  },
  'v=0',
)
const same = (message: ReturnType<typeof makeCancel>) => ({
  uri: message.uri,
  via: message.headers('via'),
  route: message.headers('route'),
  from: message.header('from'),
  callId: message.callId,
  seq: message.cseq.seq,
})

it('a CANCEL has of its INVITE the URI, top Via, Route, From, To, Call-ID and number, and nothing else (§9.1)', () => {
  const cancel = makeCancel(invite)
  expect(same(cancel)).toEqual({ ...same(invite), via: [via] })
  expect(cancel.header('to')).toBe(invite.header('to'))
  expect(cancel.cseq).toEqual({ seq: 7, method: 'CANCEL' })
  expect(cancel.header('max-forwards')).toBe('70')
  expect(cancel.body).toHaveLength(0)
  for (const name of ['require', 'authorization', 'content-type', 'contact', 'reason']) {
    expect(cancel.header(name)).toBeUndefined()
  }
})

it('a CANCEL finds its INVITE at the server (§9.2)', () => {
  expect(cancelledKey(makeCancel(invite))).toBe(requestKey(invite))
})

it('a CANCEL may say why, and carry what rides on every message of the call (RFC 3326)', () => {
  const cancel = makeCancel(invite, {
    reason: 'SIP;cause=200',
    headers: [['Call-Info', '<http://example.com>']],
  })
  expect(cancel.header('reason')).toBe('SIP;cause=200')
  expect(cancel.header('call-info')).toBe('<http://example.com>')
})

it('the ACK of a failure has the To of the response, all else of its INVITE (§17.1.1.3)', () => {
  const ack = makeAck(invite, reply(486, { CSeq: '7 INVITE' }))
  expect(same(ack)).toEqual({ ...same(invite), via: [via] })
  expect(ack.toTag).toBe('bob-tag')
  expect(ack.cseq).toEqual({ seq: 7, method: 'ACK' })
  expect(ack.body).toHaveLength(0)
  expect(requestKey(ack)).toBe(requestKey(invite))
})

it('an ACK repeats the credentials of its INVITE, as nobody may challenge it (§22.1)', () => {
  const ack = makeAck(invite, reply(486, { CSeq: '7 INVITE' }))
  expect(ack.headers('authorization')).toEqual(invite.headers('authorization'))
  expect(ack.headers('proxy-authorization')).toEqual(invite.headers('proxy-authorization'))
  expect(credentialsOf(invite).map(([name]) => name)).toEqual([
    'Authorization',
    'Proxy-Authorization',
    'Proxy-Authorization',
  ])
})
