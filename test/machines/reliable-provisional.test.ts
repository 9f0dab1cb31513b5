import { describe, expect, it } from 'vitest'
import { reliableProvisional, rfc3261 } from '../../machines/index.ts'
import { withBody } from '../../src/message/derive.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, begin, expectStep, nobody, row } from '../support/steps.ts'

const call = invite()
const progress = answerTo(call, 183)
const ringing = answerTo(call, 180)
const described = withBody(progress, 'application/sdp', 'v=0')
const send = (response: typeof progress) => ({ type: 'tu.provisional', response })
const made = (rseq: number) => ({
  type: 'dialog.request',
  request: request('PRACK', { cseq: rseq, headers: [['RAck', `${rseq} ${call.cseq.seq} INVITE`]] }),
  transaction: `z9hG4bK-${rseq}`,
})
const pracks = new Map([7, 8, 9].map(rseq => [rseq, made(rseq)]))
const prack = (rseq: number) => pracks.get(rseq)!
const held = (value: boolean) => ['tell', { type: 'provisional.held', held: value }] as const
const idle = begin(reliableProvisional, { owner: nobody as never, timers: rfc3261, rseq: 7 })
const waiting = idle.send(send(progress))
const tooLong = 32_000
const unacknowledged = { unacknowledged: 'waiting' }

describe('reliable provisional responses of a callee (RFC 3262 §3)', () => {
  it('has sent nothing at first', () => expectStep(idle, { to: 'idle', timers: { keepAlive: 150_000 } }))
  row('sends the first with the first number', idle, send(progress), {
    to: unacknowledged,
    did: [held(false), ['transmit', { response: progress, rseq: 7 }]],
    timers: { again: 500, tooLong },
  })
  row('holds the 2xx back while one with a description is outstanding', idle, send(described), {
    to: unacknowledged,
    did: [held(true), ['transmit', { response: described, rseq: 7 }]],
    timers: { again: 500, tooLong },
  })
  it('repeats it, the interval doubling without a limit of T2', () => {
    let step = waiting
    for (const again of [1000, 2000, 4000, 8000, 16_000]) {
      step = step.fire('again')
      expectStep(step, {
        to: unacknowledged,
        did: [['transmit', { response: progress, rseq: 7 }]],
        timers: { again, tooLong },
      })
    }
  })
  row('gives up when no PRACK comes in 64·T1', waiting, 'tooLong', {
    to: 'ended',
    did: [['tell', { type: 'provisional.lost' }]],
  })
  row('is done with the PRACK', waiting, prack(7), {
    to: 'idle',
    did: [['acknowledge', prack(7)], held(false)],
    timers: { keepAlive: 150_000 },
  })
  row('refuses a PRACK for another number', waiting, prack(8), {
    to: unacknowledged,
    did: [['refusePrack', prack(8)]],
    timers: { again: 500, tooLong },
  })
  row('refuses a PRACK when none is outstanding', waiting.send(prack(7)), prack(7), {
    to: 'idle',
    did: [['refusePrack', prack(7)]],
    timers: { keepAlive: 150_000 },
  })
  row('lets the next one wait', waiting, send(ringing), {
    to: unacknowledged,
    did: [held(false)],
    timers: { again: 500, tooLong },
  })
  row('and sends it, one number higher, after the PRACK', waiting.send(send(ringing)), prack(7), {
    to: unacknowledged,
    did: [['acknowledge', prack(7)], held(false), ['transmit', { response: ringing, rseq: 8 }]],
    timers: { again: 500, tooLong },
  })
  it('lets 16 wait, no more', () => {
    let step = waiting
    for (let index = 0; index < 16; index += 1) step = step.send(send(ringing))
    const full = step.send(send(ringing))
    expectStep(full, { to: unacknowledged, timers: full.timers })
    expect((full.context as { waiting: readonly unknown[] }).waiting).toHaveLength(16)
  })
  row('sends the latest anew after 2.5 minutes (RFC 3261 §13.3.1.1)', waiting.send(prack(7)), 'keepAlive', {
    to: unacknowledged,
    did: [held(false), ['transmit', { response: progress, rseq: 8 }]],
    timers: { again: 500, tooLong },
  })

  describe('once our 2xx is out', () => {
    const answered = waiting.send({ type: 'tu.answered' })
    row('it repeats no more', waiting, { type: 'tu.answered' }, { to: 'answered', timers: { tooLong } })
    row('it answers the PRACK that is missing', answered, prack(7), {
      to: 'ended',
      did: [['acknowledge', prack(7)]],
    })
    row('it refuses any other', answered, prack(9), {
      to: 'answered',
      did: [['refusePrack', prack(9)]],
      timers: { tooLong },
    })
    row('it ends after 64·T1', answered, 'tooLong', { to: 'ended' })
    row(
      'it ends at once when none is missing',
      waiting.send(prack(7)),
      { type: 'tu.answered' },
      { to: 'ended' },
    )
    absorbs('it sends no other', answered, send(ringing))
  })

  row('ends with the call', waiting, { type: 'tu.stop' }, { to: 'ended' })
})
