import { describe, expect, it } from 'vitest'
import { inviteExpiry, outgoingCall, rfc3261, surfacedCall } from '../../machines/index.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { begin, expectStep, nobody, row } from '../support/steps.ts'

const call = invite()
const success = (toTag: string) => ({ type: 'transaction.success', response: answerTo(call, 200, { toTag }) })
const [first, other] = [success('bob'), success('carol')]
const told = [
  ['announce', { type: 'response', response: other.response }],
  ['announce', { type: 'answered', response: other.response }],
] as const
const branches = { surfaces: true, reliable: true, follow: 'sip:bob@example.com' }
const input = { timers: rfc3261, autoAck: true, ...branches }
const surfaced = begin(surfacedCall, { ...input, last: other.response })
const byeDone = { type: 'transaction.success', response: answerTo(request('BYE', { cseq: 2 }), 200) }

describe('a surfaced call (§13.2.2.4)', () => {
  it('is confirmed from the start, its 2xx acknowledged', () =>
    expectStep(surfaced, {
      to: { confirmed: 'acknowledged' },
      did: [['openDialog', other.response], ...told, ['acknowledgeNow']],
    }))
  it('waits for the ACK of the application, when that sends it', () => {
    const waiting = begin(surfacedCall, { ...input, autoAck: false, last: other.response })
    expectStep(waiting, {
      to: { confirmed: 'unacknowledged' },
      did: [['openDialog', other.response], ...told],
    })
    expectStep(waiting.send({ type: 'tu.ack' }), {
      to: { confirmed: 'acknowledged' },
      did: [['acknowledge', { type: 'tu.ack' }]],
    })
    expectStep(waiting.send({ type: 'tu.hangUp' }), {
      to: 'terminating',
      did: [
        ['acknowledge', {}],
        ['bye', {}],
      ],
    })
  })
  row('is ended by BYE, and gone with the answer', surfaced.send({ type: 'tu.hangUp' }), byeDone, {
    to: 'released',
    did: [['endDialogs']],
  })
})

describe('an outgoing call with branches', () => {
  const calling = begin(outgoingCall, input)
  const confirmed = calling.send(first)
  const ringing = {
    type: 'transaction.provisional',
    response: answerTo(call, 180, { toTag: 'carol' }),
  }
  row('surfaces a further 2xx (§13.2.2.4)', confirmed, other, {
    to: { confirmed: 'acknowledged' },
    did: [['surface', other.response]],
  })
  it('dismisses it under the policy `first`', () => {
    const plain = begin(outgoingCall, { ...input, surfaces: false }).send(first)
    expectStep(plain.send(other), { to: { confirmed: 'acknowledged' }, did: [['dismiss', other.response]] })
  })
  it('leaves one branch, and dismisses its 2xx (§15.1.1)', () => {
    const leave = { type: 'tu.leave', dialog: 'dialog.2', remoteTag: 'carol' }
    const left = calling.send(ringing).send(leave)
    expectStep(left, { to: 'early', did: [['leaveBranch', leave]] })
    expectStep(left.send(other), { to: 'early', did: [['dismiss', other.response]] })
    expect(left.send(first).value).toEqual({ confirmed: 'acknowledged' })
    expect(left.send(first).send(other).did).toEqual([['dismiss', other.response]])
  })
  const moved = {
    type: 'transaction.failure',
    response: answerTo(call, 302, {
      headers: [['Contact', '<sip:carol@192.0.2.3>;q=0.5, <sip:dave@192.0.2.4>;q=0.4']],
    }),
  }
  const busy = { type: 'transaction.failure', response: answerTo(call, 486) }
  const redirecting = calling.send(moved)
  row('follows a 302 (§8.1.3.4)', calling, moved, {
    to: 'redirecting',
    did: [
      ['endBranches'],
      ['inviteNext', 'sip:carol@192.0.2.3'],
      ['announce', { type: 'redirected', uri: 'sip:carol@192.0.2.3', response: moved.response }],
    ],
  })
  row('tries the next one after a refusal', redirecting, busy, {
    to: 'redirecting',
    did: [
      ['endBranches'],
      ['inviteNext', 'sip:dave@192.0.2.4'],
      ['announce', { type: 'redirected', uri: 'sip:dave@192.0.2.4', response: busy.response }],
    ],
  })
  it('ends when nobody is left', () => expect(redirecting.after(busy, busy).value).toBe('released'))
  it('ends with the 302 when it is not to follow', () =>
    expect(begin(outgoingCall, { timers: rfc3261, autoAck: true }).send(moved).value).toBe('released'))
  it('is taken back when its INVITE expires, and says so (§13.2.1)', () => {
    const cancelling = calling.send(ringing).send({ type: 'invite.expired' })
    expectStep(cancelling, { to: 'cancelling', did: [['cancel']], timers: { hopeless: 64_000 } })
    const ended = cancelling.send({ type: 'transaction.failure', response: answerTo(call, 487) })
    expect(ended.context).toHaveProperty('end', { by: 'local', reason: 'expired', status: 487 })
  })
})

describe('the lifetime of an INVITE (§13.3.1)', () => {
  const waiting = begin(inviteExpiry, { owner: nobody as never, seconds: 60 })
  it('is that of Expires', () => expectStep(waiting, { to: 'waiting', timers: { expires: 60_000 } }))
  row('tells the call when it is over', waiting, 'expires', {
    to: 'ended',
    did: [['tell', { type: 'invite.expired' }]],
  })
  row('ends with the answer', waiting, { type: 'tu.stop' }, { to: 'ended' })
})
