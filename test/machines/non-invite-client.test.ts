import { describe, expect, it } from 'vitest'
import { nonInviteClient, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, request as build } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, nobody, row } from '../support/steps.ts'

const request = build('OPTIONS')
const trying = answerTo(request, 100)
const ok = answerTo(request, 200)
const refused = answerTo(request, 403)
const error = new SipError('transport', 'no route')
const provisional = { type: 'wire.provisional', response: trying }
const success = { type: 'wire.success', response: ok }
const failure = { type: 'wire.failure', response: refused }
const failing = { type: 'wire.error', error }
const tellFailed = ['tell', { type: 'transaction.failed', error }] as const
const tellTimeout = [
  'tell',
  { type: 'transaction.failed', error: expect.objectContaining({ code: 'timeout' }) },
] as const
const tellSuccess = ['tell', { type: 'transaction.success', response: ok }] as const
const tellFailure = ['tell', { type: 'transaction.failure', response: refused }] as const
const input = { owner: nobody, timers: rfc3261, request }
const first = begin(nonInviteClient, { ...input, reliable: false })
const reliable = begin(nonInviteClient, { ...input, reliable: true })

describe('non-INVITE client transaction: trying', () => {
  it('sends the request and starts Timers E and F (§17.1.2.2)', () =>
    expectStep(first, {
      to: { unanswered: { trying: 'repeating' } },
      did: [['transmit', request]],
      timers: { timerE: 500, timerF: 32_000 },
    }))

  it('sends it once over a reliable transport, with Timer F alone (§17.1.2.2)', () =>
    expectStep(reliable, {
      to: { unanswered: { trying: 'silent' } },
      did: [['transmit', request]],
      timers: { timerF: 32_000 },
    }))

  it('repeats it after T1, 2·T1, … and T2 at most (§17.1.2.2)', () => {
    let step = first
    for (const delay of [1000, 2000, 4000, 4000, 4000]) {
      step = step.fire('timerE')
      expectStep(step, {
        to: { unanswered: { trying: 'repeating' } },
        did: [['transmit', request]],
        timers: { timerE: delay, timerF: 32_000 },
      })
    }
  })

  row('gives up when Timer F fires (§17.1.2.2)', first, 'timerF', { to: 'terminated', did: [tellTimeout] })
  row('gives up when Timer F fires over a reliable transport (§17.1.2.2)', reliable, 'timerF', {
    to: 'terminated',
    did: [tellTimeout],
  })
  row('passes a provisional response up and repeats every T2 from then on (§17.1.2.2)', first, provisional, {
    to: { unanswered: { proceeding: 'repeating' } },
    did: [['tell', { type: 'transaction.provisional', response: trying }]],
    timers: { timerE: 4000, timerF: 32_000 },
  })
  row('passes a 2xx up and absorbs more of it for T4 (§17.1.2.2)', first, success, {
    to: 'completed',
    did: [tellSuccess],
    timers: { timerK: 5000 },
  })
  row('passes a failure up (§17.1.2.2)', first, failure, {
    to: 'completed',
    did: [tellFailure],
    timers: { timerK: 5000 },
  })
  row('needs no Timer K over a reliable transport (§17.1.2.2)', reliable, success, {
    to: 'terminated',
    did: [tellSuccess],
  })
  row('ends when the transport fails (§17.1.4)', first, failing, { to: 'terminated', did: [tellFailed] })
})

describe('non-INVITE client transaction: proceeding', () => {
  const proceeding = first.send(provisional)

  row('repeats the request every T2 (§17.1.2.2)', proceeding.fire('timerE'), 'timerE', {
    to: { unanswered: { proceeding: 'repeating' } },
    did: [['transmit', request]],
    timers: { timerE: 4000, timerF: 32_000 },
  })
  row(
    'passes further provisional responses up and leaves the timers as they are (§17.1.2.2)',
    proceeding,
    provisional,
    {
      to: { unanswered: { proceeding: 'repeating' } },
      did: [['tell', { type: 'transaction.provisional', response: trying }]],
      timers: { timerE: 4000, timerF: 32_000 },
    },
  )
  row('does not repeat over a reliable transport (§17.1.2.2)', reliable, provisional, {
    to: { unanswered: { proceeding: 'silent' } },
    did: [['tell', { type: 'transaction.provisional', response: trying }]],
    timers: { timerF: 32_000 },
  })
  row('gives up when Timer F fires (§17.1.2.2)', proceeding, 'timerF', {
    to: 'terminated',
    did: [tellTimeout],
  })
  row('passes a 2xx up (§17.1.2.2)', proceeding, success, {
    to: 'completed',
    did: [tellSuccess],
    timers: { timerK: 5000 },
  })
  row('passes a failure up (§17.1.2.2)', proceeding, failure, {
    to: 'completed',
    did: [tellFailure],
    timers: { timerK: 5000 },
  })
  row('ends when the transport fails (§17.1.4)', proceeding, failing, { to: 'terminated', did: [tellFailed] })
})

describe('non-INVITE client transaction: completed', () => {
  const completed = first.send(success)

  absorbs('absorbs repeated responses (§17.1.2.2)', completed, provisional, success, failure)
  row('ends when Timer K fires (§17.1.2.2)', completed, 'timerK', { to: 'terminated' })
  absorbs('sends nothing, so a failing transport is not its concern (§17.1.4)', completed, failing)

  it('keeps the request no longer than it may be repeated', () => {
    expect(first.context).toHaveProperty('request', request)
    expect(completed.context).toHaveProperty('request', undefined)
  })
})

describe('the timers of a non-INVITE client transaction', () => {
  arms('let Timer F run on while E repeats (§17.1.2.2)', first, 'timerE', 'timerE')
  arms('let Timer F run on when a provisional response comes (§17.1.2.2)', first, provisional, 'timerE')
  arms('are not touched by further provisional responses (§17.1.2.2)', first.send(provisional), provisional)
})
