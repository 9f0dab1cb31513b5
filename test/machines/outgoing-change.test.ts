import { describe, expect, it } from 'vitest'
import { outgoingChange } from '../../machines/index.ts'
import { rfc3261 } from '../../machines/timers.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, request } from '../support/build.ts'
import { absorbs, begin, expectStep, row, type Step } from '../support/steps.ts'

const invite = request('INVITE', { cseq: 2 })
const update = request('UPDATE', { cseq: 2 })
const ok = answerTo(invite, 200)
const okUpdate = answerTo(update, 200)
const success = { type: 'transaction.success', response: ok }
const failure = (status: number, headers: readonly (readonly [string, string])[] = []) => ({
  type: 'transaction.failure',
  response: answerTo(invite, status, { headers }),
})
const timeout = { type: 'transaction.failed', error: new SipError('timeout', 'nobody') }
const lost = { type: 'transaction.failed', error: new SipError('transport', 'gone') }
const at = (given: { describes?: boolean; offerless?: boolean; ownsCallId?: boolean } = {}) =>
  begin(outgoingChange, {
    timers: rfc3261,
    describes: false,
    offerless: false,
    ownsCallId: true,
    chances: [0, 0.5, 1, 1],
    ...given,
  })
const turn = { type: 'change.turn' }
const error = (code: string) => ['tell', { error: expect.objectContaining({ code }) }] as const
const queued = at()
const describing = at({ describes: true }).send(turn)
const requesting = queued.send(turn)
const acknowledged = requesting.send(success)
const patience = { patience: 32_000 }

describe('a change of ours', () => {
  it('waits for its turn', () => expectStep(queued, { to: 'queued', did: [['queue']] }))
  row('is sent when that has come', queued, turn, { to: 'requesting', did: [['request', {}]] })
  it('asks the media for the offer', () =>
    expectStep(describing, { to: 'describing', did: [['describe']], timers: patience }))
  row(
    'is sent with the offer that the media made',
    describing,
    { type: 'tu.describe', sdp: 'v=0' },
    {
      to: 'requesting',
      did: [['request', { offer: 'v=0' }]],
    },
  )
  row(
    'without one is given up',
    describing,
    { type: 'tu.describe' },
    {
      to: 'settled',
      did: [error('cancelled'), ['settle']],
    },
  )
  row('without one in time is given up', describing, 'patience', {
    to: 'settled',
    did: [error('timeout'), ['settle']],
  })
  it('says its offer once, whatever challenges there are', () => {
    const sent = requesting.send({ type: 'request.sent', request: invite })
    expectStep(sent, { to: 'requesting', did: [['observe', invite]] })
    expectStep(sent.send({ type: 'request.sent', request: invite }), { to: 'requesting' })
  })
  row('by INVITE is acknowledged (§13.2.2.4)', requesting, success, {
    to: 'acknowledged',
    did: [
      ['observe', ok],
      ['accepted', ok],
      ['acknowledge', { response: ok }],
      ['tell', { response: ok }],
      ['settle'],
    ],
    timers: patience,
  })
  row('acknowledges a repeated 2xx', acknowledged, success, {
    to: 'acknowledged',
    did: [['acknowledge', { response: ok }]],
    timers: patience,
  })
  row(
    'ends with Timer M',
    acknowledged,
    { type: 'transaction.completed' },
    { to: 'settled', did: [['settle']] },
  )
  row(
    'by UPDATE ends with its 2xx',
    requesting,
    { type: 'transaction.success', response: okUpdate },
    {
      to: 'settled',
      did: [['observe', okUpdate], ['accepted', okUpdate], ['tell', { response: okUpdate }], ['settle']],
    },
  )

  it('in a glare waits, is queued and sent again, four times in all (§14.1)', () => {
    let step: Step = requesting
    for (const pause of [2100, 2100 + 950, 4000]) {
      step = step.send(failure(491))
      expectStep(step, { to: 'waiting', did: [['withdraw'], ['settle']], timers: { pause } })
      step = step.fire('pause')
      expectStep(step, { to: 'queued', did: [['queue']] })
      step = step.send(turn)
      expectStep(step, { to: 'requesting', did: [['request', {}]] })
    }
    expectStep(step.send(failure(491)), {
      to: 'settled',
      did: [['withdraw'], error('rejected'), ['settle']],
    })
  })
  row('waits as a Retry-After says (§14.2)', requesting, failure(500, [['Retry-After', '3']]), {
    to: 'waiting',
    did: [['withdraw'], ['settle']],
    timers: { pause: 3000 },
  })
  row('refused leaves the session as it was (RFC 6141)', requesting, failure(488), {
    to: 'settled',
    did: [['withdraw'], error('rejected'), ['settle']],
  })
  row('answered 481 ends the call (§14.1)', requesting, failure(481), {
    to: 'settled',
    did: [['withdraw'], error('rejected'), ['endCall'], ['settle']],
  })
  row('that nobody answers ends the call (§14.1)', requesting, timeout, {
    to: 'settled',
    did: [['withdraw'], error('timeout'), ['endCall'], ['settle']],
  })
  row('that could not be sent leaves the call', requesting, lost, {
    to: 'settled',
    did: [['withdraw'], error('transport'), ['settle']],
  })

  describe('without an offer', () => {
    const answering = at({ offerless: true }).after(turn, success)
    it('asks for the answer to that of the 2xx (§14.1)', () =>
      expectStep(answering, {
        to: 'answering',
        did: [
          ['observe', ok],
          ['accepted', ok],
          ['describe', ok],
        ],
        timers: patience,
      }))
    row(
      'answers in the ACK',
      answering,
      { type: 'tu.describe', sdp: 'v=0' },
      {
        to: 'acknowledged',
        did: [['acknowledge', { response: ok, answer: 'v=0' }], ['tell', { response: ok }], ['settle']],
        timers: patience,
      },
    )
    row(
      'without an answer acknowledges and ends the call',
      answering,
      { type: 'tu.describe' },
      {
        to: 'acknowledged',
        did: [['acknowledge', { response: ok }], ['withdraw'], error('cancelled'), ['endCall'], ['settle']],
        timers: patience,
      },
    )
  })

  describe('when the call ends', () => {
    const ended = { type: 'dialog.ended' }
    const abandoned = requesting.send(ended)
    row('is not sent any more', queued, ended, { to: 'settled', did: [error('closed'), ['settle']] })
    it('waits for the answer that may cross the BYE', () =>
      expectStep(abandoned, { to: 'abandoned', did: [error('closed')], timers: patience }))
    row('acknowledges a 2xx', abandoned, success, {
      to: 'acknowledged',
      did: [['acknowledge', { response: ok }], ['settle']],
      timers: patience,
    })
    row('is over with any other answer', abandoned, failure(487), { to: 'settled', did: [['settle']] })
    row('is over when none comes', abandoned, 'patience', { to: 'settled', did: [['settle']] })
  })
  absorbs('takes no turn twice', requesting, turn)
})
