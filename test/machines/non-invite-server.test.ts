import { describe, expect, it } from 'vitest'
import { ims, nonInviteServer, rfc3261, symbian, untilE2 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, request as build } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, nobody, row } from '../support/steps.ts'

const request = build('OPTIONS')
const trying = answerTo(request, 100)
const ok = answerTo(request, 200)
const other = answerTo(request, 500)
const error = new SipError('transport', 'port unreachable')
const again = { type: 'wire.request' }
const provisional = { type: 'tu.provisional', response: trying }
const final = { type: 'tu.final', response: ok }
const failing = { type: 'wire.error', error }
const tellFailed = ['tell', { type: 'transaction.failed', error }] as const
const input = { owner: nobody, timers: rfc3261 }
const first = begin(nonInviteServer, { ...input, reliable: false })
const reliable = begin(nonInviteServer, { ...input, reliable: true })
const abandoned = 32_000

describe('non-INVITE server transaction: trying', () => {
  it('says nothing until the client repeats every T2 (RFC 4320 §4.1)', () =>
    expectStep(first, { to: { unanswered: 'trying' }, timers: { slow: 3500, abandoned } }))

  it.each([
    ['RFC 3261', rfc3261, 3500],
    ['3GPP TS 24.229', ims, 14_000],
    ['Symbian', symbian, 21_000],
  ])('counts that time from T1 and T2 with the values of %s (RFC 4320 §4.1)', (_, timers, delay) =>
    expect(untilE2(timers)).toBe(delay),
  )

  absorbs('discards a retransmitted request while trying (§17.2.2)', first, again)
  row('sends 100 then (RFC 4320 §4.1)', first, 'slow', {
    to: { unanswered: { proceeding: 'hundred' } },
    did: [['transmitTrying']],
    timers: { abandoned },
  })
  row('sends a provisional response (§17.2.2)', first, provisional, {
    to: { unanswered: { proceeding: 'answered' } },
    did: [['transmit', trying]],
    timers: { abandoned },
  })
  row('sends a final response and starts Timer J (§17.2.2, erratum 1470)', first, final, {
    to: 'completed',
    did: [['transmit', ok]],
    timers: { timerJ: 32_000 },
  })
  row('needs no Timer J over a reliable transport (§17.2.2)', reliable, final, {
    to: 'terminated',
    did: [['transmit', ok]],
  })
  row('ends when nobody ever answers, for the client has given up (RFC 4320 §4.2)', first, 'abandoned', {
    to: 'terminated',
    did: [['tell', { type: 'transaction.failed', error: expect.objectContaining({ code: 'timeout' }) }]],
  })
  row('tells that the transport failed, and ends (§17.2.4)', first, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
})

describe('non-INVITE server transaction: proceeding', () => {
  const hundred = first.fire('slow')
  const answered = first.send(provisional)

  row('repeats the 100 for a retransmitted request (§17.2.2)', hundred, again, {
    to: { unanswered: { proceeding: 'hundred' } },
    did: [['transmitTrying']],
    timers: { abandoned },
  })
  row('repeats the latest provisional response for a retransmitted request (§17.2.2)', answered, again, {
    to: { unanswered: { proceeding: 'answered' } },
    did: [['transmit', trying]],
    timers: { abandoned },
  })
  row('sends a provisional response after its own 100 (§17.2.2)', hundred, provisional, {
    to: { unanswered: { proceeding: 'answered' } },
    did: [['transmit', trying]],
    timers: { abandoned },
  })
  row('sends every further provisional response (§17.2.2)', answered, provisional, {
    to: { unanswered: { proceeding: 'answered' } },
    did: [['transmit', trying]],
    timers: { abandoned },
  })
  row('sends a final response after its own 100 (§17.2.2)', hundred, final, {
    to: 'completed',
    did: [['transmit', ok]],
    timers: { timerJ: 32_000 },
  })
  row('sends a final response (§17.2.2)', answered, final, {
    to: 'completed',
    did: [['transmit', ok]],
    timers: { timerJ: 32_000 },
  })
  row('tells that the transport failed, and ends (§17.2.4)', answered, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
})

describe('non-INVITE server transaction: completed', () => {
  const completed = first.send(final)

  row('repeats the final response for a retransmitted request (§17.2.2)', completed, again, {
    to: 'completed',
    did: [['transmit', ok]],
    timers: { timerJ: 32_000 },
  })
  absorbs('discards every later answer (§17.2.2)', completed, provisional, { ...final, response: other })
  row('ends when Timer J fires (§17.2.2)', completed, 'timerJ', { to: 'terminated' })
  row('tells that the transport failed, and ends (§17.2.4)', completed, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
})

describe('the timers of a non-INVITE server transaction', () => {
  arms('are not touched by a retransmitted request: Timer J runs on (§17.2.2)', first.send(final), again)
  arms('are not touched by the 100 (RFC 4320 §4.1)', first, 'slow')
})
