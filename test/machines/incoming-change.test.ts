import { describe, expect, it } from 'vitest'
import { incomingChange } from '../../machines/index.ts'
import { rfc3261 } from '../../machines/timers.ts'
import type { Situation } from '../../src/rules/glare.ts'
import { answerTo, request } from '../support/build.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const invite = request('INVITE', { cseq: 2 })
const [ok, refusal] = [answerTo(invite, 200), answerTo(invite, 488)] as const
const calm: Situation = {
  method: 'INVITE',
  body: 'offer',
  standing: 'stable',
  ourInvite: false,
  theirInvite: false,
  theirUpdate: false,
  ending: false,
  unchanged: false,
  chance: 0,
}
const at = (given: Partial<Situation> = {}, timers = rfc3261) =>
  begin(incomingChange, { timers, situation: { ...calm, ...given } })
const error = (code: string) => ['tell', { error: expect.objectContaining({ code }) }] as const
const refuse = (status: number) => ['refuse', { reply: { status, headers: [] } }] as const
const asked = at()
const accepted = asked.send({ type: 'tu.accept', response: ok })
const ack = { type: 'dialog.ack', request: request('ACK', { cseq: 2 }) }

describe('a change of the peer', () => {
  it('is asked for', () => expectStep(asked, { to: 'asked', did: [['ask']], timers: { patience: 180_000 } }))
  it('by UPDATE, for 32·T1 (RFC 3311 §5.2)', () =>
    expectStep(at({ method: 'UPDATE' }), { to: 'asked', did: [['ask']], timers: { patience: 16_000 } }))
  it('that meets one of ours is refused at once (§14.2)', () =>
    expectStep(at({ ourInvite: true }), { to: 'settled', did: [refuse(491), ['settle']] }))
  it('by INVITE that says nothing new is agreed to, and waits for its ACK', () =>
    expectStep(at({ unchanged: true }), {
      to: { accepted: 'waiting' },
      did: [['agree']],
      timers: { again: 500, tooLong: 32_000 },
    }))
  it('by UPDATE without a description is agreed to', () =>
    expectStep(at({ method: 'UPDATE', body: 'none' }), { to: 'settled', did: [['agree'], ['settle']] }))

  it('answered 2xx, repeats it until the ACK (§13.3.1.4)', () => {
    expectStep(accepted, {
      to: { accepted: 'waiting' },
      did: [['respond', ok]],
      timers: { again: 500, tooLong: 32_000 },
    })
    let step = accepted
    for (const interval of [1000, 2000, 4000, 4000]) {
      step = step.fire('again')
      expectStep(step, {
        to: { accepted: 'waiting' },
        did: [['respondAgain']],
        timers: { again: interval, tooLong: 32_000 },
      })
    }
  })
  row('ends with the ACK', accepted, ack, { to: 'settled', did: [['tell', {}], ['settle']] })
  row('without an ACK ends the call (§13.3.1.4)', accepted, 'tooLong', {
    to: 'settled',
    did: [['withdraw'], error('no-ack'), ['giveUp'], ['settle']],
  })
  row(
    'by UPDATE ends with its 2xx',
    at({ method: 'UPDATE' }),
    { type: 'tu.accept', response: ok },
    {
      to: 'settled',
      did: [['respond', ok], ['tell', {}], ['settle']],
    },
  )
  row(
    'refused leaves the session as it was (RFC 6141)',
    asked,
    { type: 'tu.reject', response: refusal },
    {
      to: 'settled',
      did: [['respond', refusal], ['withdraw'], ['tell', {}], ['settle']],
    },
  )
  row(
    'is taken back by CANCEL (§9.2)',
    asked,
    { type: 'wire.cancel', request: request('CANCEL') },
    {
      to: 'settled',
      did: [refuse(487), ['withdraw'], error('cancelled'), ['settle']],
    },
  )
  row(
    'is answered when the call ends (§15.1.2)',
    asked,
    { type: 'dialog.ended' },
    {
      to: 'settled',
      did: [refuse(487), ['withdraw'], error('closed'), ['settle']],
    },
  )
  row('that nobody answers is refused', asked, 'patience', {
    to: 'settled',
    did: [refuse(504), ['withdraw'], error('timeout'), ['settle']],
  })
  absorbs('is not taken back once it is accepted', accepted, {
    type: 'wire.cancel',
    request: request('CANCEL'),
  })
  it('may wait for ever where no limit is set', () =>
    expectStep(at({}, { ...rfc3261, inviteProceeding: 0 }).fire('patience'), { to: 'asked' }))
})
