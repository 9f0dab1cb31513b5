import { expect, it } from 'vitest'
import {
  answerText,
  errorForStatus,
  failureScope,
  isChallenge,
  isFailure,
  isFinal,
  isProvisional,
  isRedirect,
  isSuccess,
  terminatesDialog,
} from '../../src/rules/calls.ts'
import { capabilityHeaders, sdpWithPortsZero } from '../../src/rules/options.ts'
import { reply } from './support.ts'

it.each([
  [100, true, false, false, false, false],
  [199, true, false, false, false, false],
  [200, false, true, true, false, false],
  [299, false, true, true, false, false],
  [302, false, true, false, true, true],
  [699, false, true, false, false, true],
])('sorts %d into its class (§7.2)', (status, ...expected) => {
  const classes = [isProvisional, isFinal, isSuccess, isRedirect, isFailure]
  expect(classes.map(is => is(status))).toEqual(expected)
})

it.each([
  [401, true],
  [407, true],
  [494, true],
  [400, false],
  [403, false],
])('takes %d for a challenge: %s', (status, expected) => {
  expect(isChallenge(status)).toBe(expected)
})

it.each([404, 410, 416, 482, 483, 484, 485, 502, 604])(
  '%d to a request within a dialog ends the dialog (RFC 5057 §5.1)',
  status => {
    expect(failureScope(status, 'INFO')).toBe('dialog')
  },
)

it.each([408, 480, 481])('%d to a request within a dialog ends its usage (RFC 5057 §5.1)', status => {
  expect(failureScope(status, 'UPDATE')).toBe('usage')
})

it.each([400, 401, 403, 415, 422, 486, 487, 488, 491, 500, 503, 600, 603, 606])(
  '%d ends nothing but its transaction (RFC 5057 §5.1)',
  status => {
    expect(terminatesDialog(status, 'INVITE')).toBe(false)
  },
)

it.each([
  [405, 'INVITE', 'usage'],
  [405, 'INFO', 'transaction'],
  [501, 'SUBSCRIBE', 'usage'],
  [501, 'UPDATE', 'transaction'],
  [489, 'NOTIFY', 'usage'],
  [489, 'INFO', 'transaction'],
  [403, 'BYE', 'usage'],
  [200, 'BYE', 'usage'],
  [200, 'INVITE', 'transaction'],
] as const)('%d to %s ends: %s (RFC 5057 §5.1, RFC 3261 §15.1.1)', (status, method, expected) => {
  expect(failureScope(status, method)).toBe(expected)
})

it.each([
  [486, 'Not Now', '486 Not Now'],
  [486, '', '486 Busy Here'],
  [486, undefined, '486 Busy Here'],
  [499, '', '499 Bad Request'],
])('%d with the phrase %j reads %s (§21)', (status, reason, text) => {
  expect(answerText(status, reason)).toBe(text)
})

it('a failure is an error with the response in it', () => {
  const response = reply(486)
  expect(errorForStatus(response)).toMatchObject({
    code: 'rejected',
    status: 486,
    response,
    message: 'the peer answered 486 Some Reason',
  })
})

const capabilities = {
  methods: ['INVITE', 'ACK'],
  extensions: ['100rel'],
  contentTypes: ['application/sdp'],
  events: [],
}

it('says in a 200 to OPTIONS what it can do (§11.2)', () => {
  expect(capabilityHeaders(capabilities)).toEqual([
    ['Allow', 'INVITE, ACK'],
    ['Accept', 'application/sdp'],
    ['Accept-Encoding', 'identity'],
    ['Accept-Language', 'en'],
    ['Supported', '100rel'],
  ])
  expect(capabilityHeaders({ ...capabilities, events: ['refer', 'presence'] })).toContainEqual([
    'Allow-Events',
    'refer, presence',
  ])
})

it.each([
  ['192.0.2.1', 'IN IP4 192.0.2.1'],
  ['2001:db8::1', 'IN IP6 2001:db8::1'],
])('shows its formats and offers no stream at %s (§11.2)', (host, address) => {
  expect(sdpWithPortsZero(host, [{ media: 'audio', codecs: ['G722/8000'] }])).toBe(
    `v=0\r\no=- 0 0 ${address}\r\ns=-\r\nc=${address}\r\nt=0 0\r\nm=audio 0 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n`,
  )
})
