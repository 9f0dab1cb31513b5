/** A REFER of ours, and one of the peer's, with the NOTIFYs in between. RFC 3515, RFC 4488, RFC 6665. */
import { describe, expect, it } from 'vitest'
import { referral, referralNotifier, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { make, reply } from '../rules/support.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const answer = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 REFER', ...lines }, 'REFER')
const success = (response = answer(202)) => ({ type: 'transaction.success', response })
const failure = (status: number) => ({ type: 'transaction.failure', response: answer(status) })
const failed = (code: 'timeout' | 'transport') => ({
  type: 'transaction.failed',
  error: new SipError(code, 'nothing was heard'),
})
const notify = (state: string, body = '', type: string | undefined = 'message/sipfrag') => ({
  type: 'wire.notify',
  transaction: 'z9hG4bK-notify',
  request: make(
    'NOTIFY',
    { Event: 'refer', 'Subscription-State': state, 'Content-Type': body === '' ? undefined : type },
    body,
  ),
})
const gone = { type: 'dialog.ended' }
const lapsed = (seconds: number) => ({ lapsed: seconds * 1000 + 32_000 })

describe('a REFER of ours', () => {
  const sent = begin(referral, { timers: rfc3261 })
  const accepted = sent.send(success())
  const ringing = notify('active;expires=60', 'SIP/2.0 180 Ringing')
  const busy = notify('terminated;reason=noresource', 'SIP/2.0 486 Busy Here')
  const taken = (event: object) =>
    [
      ['answerNotify', event],
      ['tellProgress', event],
    ] as const

  it('is sent at once', () => expectStep(sent, { to: 'sent', did: [['refer']] }))
  row('waits for a NOTIFY once it is accepted, no longer than Timer N (RFC 6665 §4.1.2.4)', sent, success(), {
    to: 'accepted',
    did: [['openDialog', expect.objectContaining({ status: 202 })]],
    timers: { timerN: 32_000 },
  })
  row('has expired when no NOTIFY comes (RFC 6665 §4.1.2.4)', accepted, 'timerN', { to: 'expired' })
  row(
    'is done at once when nobody wanted a subscription (RFC 4488 §4)',
    sent,
    success(answer(200, { 'Refer-Sub': 'false' })),
    {
      to: 'done',
    },
  )
  row('is rejected by a final response (RFC 3515 §2.4.4)', sent, failure(603), {
    to: 'rejected',
    did: [['announceRejection', expect.objectContaining({ status: 603 })]],
  })
  row('takes the dialog along that the peer has lost (RFC 5057 §5.1)', sent, failure(481), {
    to: 'rejected',
    did: [['announceRejection', expect.objectContaining({ status: 481 })], ['endUsage']],
  })
  row('fails when nobody answers, and with it the dialog (§12.2.1.2)', sent, failed('timeout'), {
    to: 'failed',
    did: [['announce', expect.objectContaining({ type: 'error' })], ['endUsage']],
  })
  row('fails alone when the transport does', sent, failed('transport'), {
    to: 'failed',
    did: [['announce', expect.objectContaining({ type: 'error' })]],
  })

  describe.each([
    ['before its 2xx (RFC 6665 §4.1.2.4)', sent],
    ['after its 2xx', accepted],
    ['once more', accepted.send(ringing)],
  ])('with a NOTIFY %s', (_, given) => {
    row('tells the progress, and waits for as long as the NOTIFY says', given, ringing, {
      to: 'notified',
      did: taken(ringing),
      timers: lapsed(60),
    })
    row('is done with the last one (RFC 3515 §2.4.7)', given, busy, { to: 'done', did: taken(busy) })
    it('knows the outcome then', () =>
      expect(given.send(busy).context).toMatchObject({ status: 486, reason: 'Busy Here' }))
    const silent = notify('terminated;reason=timeout')
    row('has expired when the last one tells no outcome', given, silent, {
      to: 'expired',
      did: taken(silent),
    })
  })

  describe('after a NOTIFY', () => {
    const notified = accepted.send(ringing)
    absorbs('takes no answer to the REFER any more', notified, success(), failure(603), failed('timeout'))
    row('has expired in silence', notified, 'lapsed', { to: 'expired' })
    row('has expired with its dialog', notified, gone, { to: 'expired' })
    it('is done in silence when the outcome is known already', () => {
      const decided = notified.send(notify('active', 'SIP/2.0 200 OK'))
      expectStep(decided.fire('lapsed'), { to: 'done' })
      expectStep(decided.send(gone), { to: 'done' })
    })
    it('is patient with a notifier that names no time', () =>
      expect(accepted.send(notify('active', 'SIP/2.0 100 Trying')).timers).toEqual(lapsed(300)))
    it.each([
      ['without a status line', notify('active', 'From: x')],
      ['that is no sipfrag', notify('active', 'SIP/2.0 200 OK', 'text/plain')],
    ])('refuses a body %s (RFC 3515 §2.4.5)', (_, bad) =>
      expectStep(notified.send(bad), { to: 'notified', did: [['refuseNotify', bad]], timers: lapsed(60) }),
    )
  })
})

describe("the peer's REFER", () => {
  const input = { timers: rfc3261, subscription: true, expires: 300 }
  const asked = begin(referralNotifier, input)
  const accept = { type: 'tu.accept' }
  const report = (status: number, reason: string) => ({ type: 'tu.report', status, reason })
  const trying = ['notify', { status: 100, reason: 'Trying' }] as const
  const told = { type: 'transaction.success', response: reply(200, { CSeq: '1 NOTIFY' }, 'NOTIFY') }
  const lost = { type: 'transaction.failure', response: reply(481, { CSeq: '1 NOTIFY' }, 'NOTIFY') }
  const timers = { lapsed: 300_000 }

  it('waits for the application, less than 64·T1', () =>
    expectStep(asked, { to: 'asked', timers: { tooLong: 30_000 } }))
  row('is refused when nobody decides', asked, 'tooLong', {
    to: 'rejected',
    did: [['rejectReferral', { status: 480 }]],
  })
  row(
    'is refused',
    asked,
    { type: 'tu.reject', status: 603 },
    {
      to: 'rejected',
      did: [['rejectReferral', { type: 'tu.reject', status: 603 }]],
    },
  )
  row('is refused when its dialog ends', asked, gone, {
    to: 'rejected',
    did: [['rejectReferral', { status: 481 }]],
  })
  row('is accepted, with a NOTIFY at once (RFC 3515 §2.4.4)', asked, accept, {
    to: { accepted: 'telling' },
    did: [['acceptReferral', { subscription: true }], trying],
    timers,
  })
  it('is accepted without any NOTIFY when none is wanted (RFC 4488 §4)', () =>
    expectStep(begin(referralNotifier, { ...input, subscription: false }).send(accept), {
      to: 'terminated',
      did: [['acceptReferral', { subscription: false }]],
    }))

  const telling = asked.send(accept)
  const waiting = telling.send(told)
  row('tells a provisional response', waiting, report(180, 'Ringing'), {
    to: { accepted: 'telling' },
    did: [['notify', { status: 180, reason: 'Ringing' }]],
    timers,
  })
  row('ends with the final one (RFC 3515 §2.4.7)', waiting, report(200, 'OK'), {
    to: 'concluding',
    did: [['notify', { status: 200, reason: 'OK', ends: 'noresource' }]],
  })
  row('ends when its time is over (RFC 3515 §2.4.4)', waiting, 'lapsed', {
    to: 'concluding',
    did: [['notify', { status: 100, reason: 'Trying', ends: 'timeout' }]],
  })
  row('ends by a NOTIFY that fails (RFC 6665 §4.2.2)', telling, lost, { to: 'terminated' })
  row('ends by a NOTIFY that nobody answers', telling, failed('timeout'), { to: 'terminated' })
  row('ends with its dialog', waiting, gone, { to: 'terminated' })

  describe('while a NOTIFY is under way', () => {
    const later = telling.send(report(180, 'Ringing'))
    row('sends no other', telling, report(180, 'Ringing'), { to: { accepted: 'telling' }, timers })
    row('tells the latest afterwards', later.send(report(183, 'Session Progress')), told, {
      to: { accepted: 'telling' },
      did: [['notify', { status: 183, reason: 'Session Progress' }]],
      timers,
    })
    row('ends afterwards with what was final', later.send(report(486, 'Busy Here')), told, {
      to: 'concluding',
      did: [['notify', { status: 486, reason: 'Busy Here', ends: 'noresource' }]],
    })
    it('keeps what was final, whatever is reported behind it', () => {
      const both = later.after(report(486, 'Busy Here'), report(200, 'OK'), told)
      expect(both.did).toEqual([['notify', { status: 486, reason: 'Busy Here', ends: 'noresource' }]])
    })
  })

  const concluding = waiting.send(report(200, 'OK'))
  row('is over with the answer to its last NOTIFY', concluding, told, { to: 'terminated' })
  row('is over with its refusal', concluding, lost, { to: 'terminated' })
  absorbs('tells nothing more', concluding, report(486, 'Busy Here'), accept)
})
