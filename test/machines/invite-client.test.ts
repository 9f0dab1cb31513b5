import { describe, expect, it } from 'vitest'
import { ims, inviteClient, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, nobody, row } from '../support/steps.ts'

const request = invite()
const ringing = answerTo(request, 180)
const ok = answerTo(request, 200)
const busy = answerTo(request, 486)
const provisional = { type: 'wire.provisional', response: ringing }
const success = { type: 'wire.success', response: ok }
const failure = { type: 'wire.failure', response: busy }
const error = new SipError('transport', 'no route')
const failing = { type: 'wire.error', error }
const input = { owner: nobody, timers: rfc3261, request }
const calling = begin(inviteClient, { ...input, reliable: false })
const reliable = begin(inviteClient, { ...input, reliable: true })
const tellFailed = ['tell', { type: 'transaction.failed', error }] as const
const tellTimeout = [
  'tell',
  { type: 'transaction.failed', error: expect.objectContaining({ code: 'timeout' }) },
] as const

describe('INVITE client transaction: calling', () => {
  it('sends the INVITE and starts Timers A and B (§17.1.1.2)', () =>
    expectStep(calling, {
      to: { calling: 'repeating' },
      did: [['transmit', request]],
      timers: { timerA: 500, timerB: 32_000 },
    }))

  it('sends it once over a reliable transport, with Timer B alone (§17.1.1.2)', () =>
    expectStep(reliable, {
      to: { calling: 'silent' },
      did: [['transmit', request]],
      timers: { timerB: 32_000 },
    }))

  it('repeats it after T1, 2·T1, 4·T1 … without a limit (§17.1.1.2)', () => {
    let step = calling
    for (const delay of [1000, 2000, 4000, 8000, 16_000, 32_000]) {
      step = step.fire('timerA')
      expectStep(step, {
        to: { calling: 'repeating' },
        did: [['transmit', request]],
        timers: { timerA: delay, timerB: 32_000 },
      })
    }
  })

  it('takes T1 from its timer values (3GPP TS 24.229 table 7.7.1)', () =>
    expect(begin(inviteClient, { ...input, timers: ims, reliable: false }).timers).toEqual({
      timerA: 2000,
      timerB: 128_000,
    }))

  row('gives up when Timer B fires (§17.1.1.2)', calling, 'timerB', { to: 'terminated', did: [tellTimeout] })
  row('stops repeating at a provisional response and passes it up (§17.1.1.2)', calling, provisional, {
    to: 'proceeding',
    did: [['tell', { type: 'transaction.provisional', response: ringing }]],
  })
  row('passes a 2xx up and accepts more of them until Timer M (RFC 6026 §7.2)', calling, success, {
    to: 'accepted',
    did: [['tell', { type: 'transaction.success', response: ok }]],
    timers: { timerM: 32_000 },
  })
  row('passes a failure up and acknowledges it (§17.1.1.3)', calling, failure, {
    to: 'completed',
    did: [
      ['tell', { type: 'transaction.failure', response: busy }],
      ['acknowledge', busy],
    ],
    timers: { timerD: 32_000 },
  })
  row('ends when the transport fails (§17.1.4)', calling, failing, { to: 'terminated', did: [tellFailed] })
  row('ends in silence when it is abandoned (§9.1)', calling, { type: 'tu.abandon' }, { to: 'terminated' })
})

describe('INVITE client transaction: proceeding', () => {
  const proceeding = calling.send(provisional)
  const early = answerTo(request, 183)

  row(
    'passes every further provisional response up (§17.1.1.2)',
    proceeding,
    { ...provisional, response: early },
    {
      to: 'proceeding',
      did: [['tell', { type: 'transaction.provisional', response: early }]],
    },
  )
  row('passes a 2xx up (RFC 6026 §7.2)', proceeding, success, {
    to: 'accepted',
    did: [['tell', { type: 'transaction.success', response: ok }]],
    timers: { timerM: 32_000 },
  })
  row('acknowledges a failure (§17.1.1.2)', proceeding, failure, {
    to: 'completed',
    did: [
      ['tell', { type: 'transaction.failure', response: busy }],
      ['acknowledge', busy],
    ],
    timers: { timerD: 32_000 },
  })
  row('ends when the transport fails (§17.1.4)', proceeding, failing, { to: 'terminated', did: [tellFailed] })
  row('ends in silence when it is abandoned (§9.1)', proceeding, { type: 'tu.abandon' }, { to: 'terminated' })
})

describe('INVITE client transaction: completed', () => {
  const completed = calling.send(failure)
  const again = answerTo(request, 486)

  row(
    'acknowledges a repeated failure and does not tell it again (§17.1.1.2)',
    completed,
    { ...failure, response: again },
    {
      to: 'completed',
      did: [['acknowledge', again]],
      timers: { timerD: 32_000 },
    },
  )
  row('ends when Timer D fires (§17.1.1.2)', completed, 'timerD', { to: 'terminated' })
  row('tells that the ACK could not be sent (§17.1.1.2)', completed, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
  absorbs('absorbs provisional responses and 2xx that come late (§17.1.1.2)', completed, provisional, success)

  it('lasts as long as Timer D is set to (§17.1.1.2)', () => {
    const long = begin(inviteClient, { ...input, timers: { ...rfc3261, d: 128_000 }, reliable: false })
    expect(long.send(failure).timers).toEqual({ timerD: 128_000 })
  })

  row('needs no Timer D over a reliable transport: acknowledged and over (§17.1.1.2)', reliable, failure, {
    to: 'terminated',
    did: [
      ['tell', { type: 'transaction.failure', response: busy }],
      ['acknowledge', busy],
    ],
  })
})

describe('INVITE client transaction: accepted', () => {
  const accepted = calling.send(success)
  const fork = answerTo(request, 200, { toTag: 'carol' })

  absorbs('sends nothing, so a failing transport is not its concern (RFC 6026 §7.2)', accepted, failing)

  row(
    'passes every further 2xx up, forked ones too (RFC 6026 §7.2)',
    accepted,
    { ...success, response: fork },
    {
      to: 'accepted',
      did: [['tell', { type: 'transaction.success', response: fork }]],
      timers: { timerM: 32_000 },
    },
  )
  row('tells that no more will come when Timer M fires (RFC 6026 §7.2)', accepted, 'timerM', {
    to: 'terminated',
    did: [['tell', { type: 'transaction.completed' }]],
  })
  absorbs('absorbs provisional responses and failures (RFC 6026 §7.2)', accepted, provisional, failure)

  row('has a Timer M over a reliable transport as well (RFC 6026 §8.4)', reliable, success, {
    to: 'accepted',
    did: [['tell', { type: 'transaction.success', response: ok }]],
    timers: { timerM: 32_000 },
  })
})

describe('the timers of an INVITE client transaction', () => {
  arms('let Timer B run on while A repeats (§17.1.1.2)', calling, 'timerA', 'timerA')
  arms('are not touched by a repeated failure: Timer D runs on (§17.1.1.2)', calling.send(failure), failure)
  arms('are not touched by a repeated 2xx: Timer M runs on (RFC 6026 §7.2)', calling.send(success), success)
})
