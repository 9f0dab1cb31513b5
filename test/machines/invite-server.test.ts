import { describe, expect, it } from 'vitest'
import { inviteServer, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, nobody, row } from '../support/steps.ts'

const call = invite()
const ringing = answerTo(call, 180)
const progress = answerTo(call, 183)
const ok = answerTo(call, 200)
const busy = answerTo(call, 486)
const ack = request('ACK')
const error = new SipError('transport', 'port unreachable')
const again = { type: 'wire.request' }
const acknowledged = { type: 'wire.ack', request: ack }
const failing = { type: 'wire.error', error }
const tellFailed = ['tell', { type: 'transaction.failed', error }] as const
const input = { owner: nobody, timers: rfc3261 }
const silent = begin(inviteServer, { ...input, reliable: false })
const reliable = begin(inviteServer, { ...input, reliable: true })
const provisional = { type: 'tu.provisional', response: ringing }
const success = { type: 'tu.success', response: ok }
const final = { type: 'tu.final', response: busy }

describe('INVITE server transaction: proceeding', () => {
  const hundred = silent.fire('hundred')
  const answered = silent.send(provisional)

  it('waits 200 ms for the application before it sends anything (§17.2.1)', () =>
    expectStep(silent, { to: { proceeding: 'silent' }, timers: { hundred: 200 } }))

  absorbs('has nothing to repeat for a retransmitted INVITE yet (§17.2.1)', silent, again)
  row('sends 100 when the 200 ms are over (§17.2.1)', silent, 'hundred', {
    to: { proceeding: 'hundred' },
    did: [['transmitTrying']],
  })
  row('repeats the 100 for a retransmitted INVITE (§17.2.1)', hundred, again, {
    to: { proceeding: 'hundred' },
    did: [['transmitTrying']],
  })
  row('sends a provisional response, and no 100 any more (§17.2.1)', silent, provisional, {
    to: { proceeding: 'answered' },
    did: [['transmit', ringing]],
  })
  row('sends a provisional response after the 100 (§17.2.1)', hundred, provisional, {
    to: { proceeding: 'answered' },
    did: [['transmit', ringing]],
  })
  row(
    'sends every further provisional response (§17.2.1)',
    answered,
    { ...provisional, response: progress },
    {
      to: { proceeding: 'answered' },
      did: [['transmit', progress]],
    },
  )
  row(
    'repeats the latest provisional response for a retransmitted INVITE (§17.2.1)',
    answered.send({ ...provisional, response: progress }),
    again,
    {
      to: { proceeding: 'answered' },
      did: [['transmit', progress]],
    },
  )
  row('sends a 2xx once and is accepted (RFC 6026 §7.1)', answered, success, {
    to: 'accepted',
    did: [['transmit', ok]],
    timers: { timerL: 32_000 },
  })
  row('sends a failure and starts Timers G and H (§17.2.1)', answered, final, {
    to: { completed: 'repeating' },
    did: [['transmit', busy]],
    timers: { timerG: 500, timerH: 32_000 },
  })
  row('forgets the 100 when a failure comes first (§17.2.1)', silent, final, {
    to: { completed: 'repeating' },
    did: [['transmit', busy]],
    timers: { timerG: 500, timerH: 32_000 },
  })
  row('tells that the transport failed, and ends (§17.2.4)', answered, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
  absorbs('absorbs an ACK for nothing (§17.2.1)', answered, acknowledged)
})

describe('INVITE server transaction: completed', () => {
  const completed = silent.send(final)

  it('repeats the failure after T1, 2·T1, … and T2 at most (§17.2.1)', () => {
    let step = completed
    for (const delay of [1000, 2000, 4000, 4000, 4000]) {
      step = step.fire('timerG')
      expectStep(step, {
        to: { completed: 'repeating' },
        did: [['transmit', busy]],
        timers: { timerG: delay, timerH: 32_000 },
      })
    }
  })

  row('repeats it for a retransmitted INVITE and leaves the timers as they are (§17.2.1)', completed, again, {
    to: { completed: 'repeating' },
    did: [['transmit', busy]],
    timers: { timerG: 500, timerH: 32_000 },
  })
  row('is confirmed by the ACK and stops repeating (§17.2.1)', completed, acknowledged, {
    to: 'confirmed',
    timers: { timerI: 5000 },
  })
  row('reports that no ACK came when Timer H fires (§17.2.1)', completed, 'timerH', {
    to: 'terminated',
    did: [['tell', { type: 'transaction.failed', error: expect.objectContaining({ code: 'no-ack' }) }]],
  })
  row(
    'tells that the transport failed and stays, so that a retransmission is still known (RFC 6026 §7.1)',
    completed,
    failing,
    {
      to: { completed: 'repeating' },
      did: [tellFailed],
      timers: { timerG: 500, timerH: 32_000 },
    },
  )
  absorbs('discards every later answer of the application (§17.2.1)', completed, provisional, success, final)

  row('does not repeat over a reliable transport, but waits for the ACK (§17.2.1)', reliable, final, {
    to: { completed: 'silent' },
    did: [['transmit', busy]],
    timers: { timerH: 32_000 },
  })
})

describe('INVITE server transaction: confirmed', () => {
  const confirmed = silent.after(final, acknowledged)

  absorbs('absorbs repeated ACKs and INVITEs (§17.2.1)', confirmed, acknowledged, again)
  row('ends when Timer I fires (§17.2.1)', confirmed, 'timerI', { to: 'terminated' })
  row('needs no Timer I over a reliable transport (§17.2.1)', reliable.send(final), acknowledged, {
    to: 'terminated',
  })
  row('tells that the transport failed (§17.2.4)', confirmed, failing, {
    to: 'terminated',
    did: [tellFailed],
  })
})

describe('INVITE server transaction: accepted', () => {
  const accepted = silent.send(success)
  const timers = { timerL: 32_000 }

  absorbs('absorbs retransmitted INVITEs (RFC 6026 §7.1)', accepted, again)
  row('sends the 2xx again when the call says so (RFC 6026 §7.1)', accepted, success, {
    to: 'accepted',
    did: [['transmit', ok]],
    timers,
  })
  row('passes an ACK up to the call (RFC 6026 §7.1)', accepted, acknowledged, {
    to: 'accepted',
    did: [['tell', { type: 'transaction.ack', request: ack }]],
    timers,
  })
  row('tells that the transport failed and stays (RFC 6026 §7.1)', accepted, failing, {
    to: 'accepted',
    did: [tellFailed],
    timers,
  })
  row('ends when Timer L fires (RFC 6026 §7.1)', accepted, 'timerL', { to: 'terminated' })
  absorbs('discards provisional responses and failures (RFC 6026 §7.1)', accepted, provisional, final)

  it('has a Timer L over a reliable transport as well (RFC 6026 §8.7)', () =>
    expect(reliable.send(success).timers).toEqual(timers))
})

describe('the timers of an INVITE server transaction', () => {
  const completed = silent.send(final)
  arms('are not touched by a retransmitted INVITE (§17.2.1)', completed, again)
  arms('are not touched by a failing transport (RFC 6026 §7.1)', completed, failing)
  arms(
    'are not touched by a 2xx that is sent again: Timer L runs on (RFC 6026 §7.1)',
    silent.send(success),
    success,
  )
  arms('are two after a failure, G and H (§17.2.1)', silent, final, 'timerH', 'timerG')
  arms('let Timer H run on while G repeats (§17.2.1)', completed, 'timerG', 'timerG')
})
