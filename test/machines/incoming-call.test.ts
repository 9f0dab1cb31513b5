import { describe, expect, it } from 'vitest'
import { incomingCall, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, row } from '../support/steps.ts'

const call = invite()
const ringing = { type: 'tu.provisional', response: answerTo(call, 180) }
const accept = { type: 'tu.accept', response: answerTo(call, 200) }
const reject = { type: 'tu.reject', response: answerTo(call, 486) }
const cancel = { type: 'wire.cancel', request: request('CANCEL') }
const ack = { type: 'dialog.ack', request: request('ACK') }
const ackOfTransaction = { type: 'transaction.ack', request: request('ACK') }
const hangUp = { type: 'tu.hangUp', headers: [['Reason', 'SIP;cause=200']] }
const error = new SipError('transport', 'port unreachable')
const failed = { type: 'transaction.failed', error }
const inDialog = (method: string) => ({
  type: 'dialog.request',
  request: request(method, { cseq: 2 }),
  transaction: 'z9hG4bK-2',
})
const [peerBye, info] = [inDialog('BYE'), inDialog('INFO')]
const ourBye = request('BYE')
const byeDone = { type: 'transaction.success', response: answerTo(ourBye, 200) }
const byeRefused = { type: 'transaction.failure', response: answerTo(ourBye, 481) }
const incoming = begin(incomingCall, { timers: rfc3261, autoAck: true })
const end = (step: { context: unknown }) => (step.context as { end?: object }).end
const tooLong = 32_000
const timers = { again: 500, tooLong }

describe('incoming call: before the answer', () => {
  it('waits for the application', () => expectStep(incoming, { to: 'incoming' }))

  describe.each([
    ['incoming', incoming],
    ['ringing', incoming.send(ringing)],
  ])('%s', (_, step) => {
    row('rings: a provisional response makes the dialog (§13.3.1.1)', step, ringing, {
      to: 'ringing',
      did: [
        ['openDialog', ringing.response],
        ['respond', ringing.response],
      ],
      timers: { stillRinging: 60_000 },
    })
    row('is accepted: the 2xx is repeated until its ACK (§13.3.1.4)', step, accept, {
      to: { accepted: 'waiting' },
      did: [
        ['openDialog', accept.response],
        ['respond', accept.response],
      ],
      timers,
    })
    it('is rejected (§13.3.1.3)', () => {
      const next = step.send(reject)
      expectStep(next, { to: 'released', did: [['respond', reject.response], ['endDialogs']] })
      expect(end(next)).toEqual({ by: 'local', reason: 'rejected', status: 486, response: reject.response })
    })
    it('is answered 487 when the caller cancels (§9.2)', () => {
      const next = step.send(cancel)
      expectStep(next, {
        to: 'released',
        did: [
          ['respondCancelled'],
          ['announce', { type: 'canceled', request: cancel.request }],
          ['endDialogs'],
        ],
      })
      expect(end(next)).toEqual({ by: 'remote', reason: 'cancelled', status: 487 })
    })
    it('is answered 487 when the caller leaves with BYE (§15.1.2)', () => {
      const next = step.send(peerBye)
      expectStep(next, {
        to: 'released',
        did: [['answerBye', peerBye], ['respondCancelled'], ['endDialogs']],
      })
      expect(end(next)).toEqual({ by: 'remote', reason: 'bye', status: 487 })
    })
    row('declines other requests', step, info, {
      to: step.value,
      did: [['decline', info]],
      timers: step.timers,
    })
    it('ends when its answer cannot be sent (§17.2.4)', () => {
      const next = step.send(failed)
      expectStep(next, { to: 'released', did: [['announce', { type: 'error', error }], ['endDialogs']] })
      expect(end(next)).toEqual({ by: 'network', reason: 'failed', error })
    })
    absorbs('is not hung up before it is answered (§15)', step, { type: 'tu.hangUp' }, ack)
  })
})

describe('incoming call: ringing', () => {
  const rings = incoming.send(ringing)
  row('rings again every minute (§13.3.1.1)', rings, 'stillRinging', {
    to: 'ringing',
    did: [['respondAgain']],
    timers: { stillRinging: 60_000 },
  })
  row(
    'ends with 487 when the INVITE expires (§13.3.1)',
    rings,
    { type: 'invite.expired' },
    {
      to: 'released',
      did: [['respondCancelled'], ['endDialogs']],
    },
  )

  describe('reliably (RFC 3262)', () => {
    const progress = { type: 'tu.provisional', response: answerTo(call, 183), reliable: true }
    const reliably = incoming.send(progress)
    const held = reliably.send({ type: 'provisional.held', held: true })
    const answering = held.send(accept)
    row('leaves the response to the machine beside it', incoming, progress, {
      to: 'ringing',
      did: [['respondReliably', progress.response]],
      timers: { stillRinging: 60_000 },
    })
    row('repeats nothing of its own every minute', reliably, 'stillRinging', {
      to: 'ringing',
      timers: { stillRinging: 60_000 },
    })
    row('keeps its 2xx back while a description is not acknowledged (§3)', held, accept, { to: 'answering' })
    row(
      'sends it after the PRACK',
      answering,
      { type: 'provisional.held', held: false },
      {
        to: { accepted: 'waiting' },
        did: [
          ['openDialog', accept.response],
          ['respond', accept.response],
        ],
        timers,
      },
    )
    absorbs('waits on while another one is held', answering, { type: 'provisional.held', held: true })
    row('is refused by 487 when it is hung up before', answering, hangUp, {
      to: 'released',
      did: [['respondCancelled'], ['endDialogs']],
    })
    row(
      'ends with 504 when no PRACK comes (§3)',
      answering,
      { type: 'provisional.lost' },
      {
        to: 'released',
        did: [
          ['announce', { type: 'error', error: expect.objectContaining({ code: 'timeout', status: 504 }) }],
          ['respondLost'],
          ['endDialogs'],
        ],
      },
    )
  })
})

describe('incoming call: accepted', () => {
  const accepted = incoming.after(ringing, accept)

  it('repeats the 2xx after T1, 2·T1, … and T2 at most (§13.3.1.4)', () => {
    let step = accepted
    for (const again of [1000, 2000, 4000, 4000]) {
      step = step.fire('again')
      expectStep(step, { to: { accepted: 'waiting' }, did: [['respondAgain']], timers: { again, tooLong } })
    }
  })
  row('is confirmed by the ACK, which may hold the answer (§13.3.1.4, §13.2.1)', accepted, ack, {
    to: 'confirmed',
    did: [['announce', { type: 'acknowledged', request: ack.request }]],
  })
  row('is confirmed by an ACK with the branch of the INVITE, too', accepted, ackOfTransaction, {
    to: 'confirmed',
    did: [
      ['observeAck', ack.request],
      ['announce', { type: 'acknowledged', request: ack.request }],
    ],
  })
  it('sends BYE when no ACK comes in 64·T1 (§13.3.1.4)', () => {
    const next = accepted.fire('tooLong')
    expectStep(next, {
      to: 'terminating',
      did: [
        ['announce', { type: 'error', error: expect.objectContaining({ code: 'no-ack' }) }],
        ['bye', {}],
      ],
    })
    expect(end(next)).toEqual({ by: 'network', reason: 'no-ack' })
  })
  row('tells a CANCEL that comes too late (§9.2)', accepted, cancel, {
    to: { accepted: 'waiting' },
    did: [['announce', { type: 'canceled', request: cancel.request, tooLate: true }]],
    timers,
  })
  it('is ended by the BYE of the caller before the ACK', () => {
    const next = accepted.send(peerBye)
    expectStep(next, { to: 'released', did: [['answerBye', peerBye], ['endDialogs']] })
    expect(end(next)).toEqual({ by: 'remote', reason: 'bye' })
  })
  row('declines other requests', accepted, info, {
    to: { accepted: 'waiting' },
    did: [['decline', info]],
    timers,
  })
  absorbs('goes on repeating when the transport fails once (RFC 6026 §7.1)', accepted, failed)
  absorbs('is not answered twice', accepted, ringing, accept, reject)

  describe('and hung up before the ACK', () => {
    const leaving = accepted.after('again', hangUp)
    row('keeps the BYE back (§15)', accepted.fire('again'), hangUp, {
      to: { accepted: 'leaving' },
      timers: { again: 1000, tooLong },
    })
    row('goes on repeating the 2xx (§13.3.1.4)', leaving, 'again', {
      to: { accepted: 'leaving' },
      did: [['respondAgain']],
      timers: { again: 2000, tooLong },
    })
    row('sends BYE after the ACK (§15)', leaving, ack, {
      to: 'terminating',
      did: [['bye', { headers: hangUp.headers }]],
    })
    row('sends BYE after an ACK with the branch of the INVITE (§15)', leaving, ackOfTransaction, {
      to: 'terminating',
      did: [['bye', { headers: hangUp.headers }]],
    })
    row('sends BYE when no ACK comes (§15)', leaving, 'tooLong', {
      to: 'terminating',
      did: [['bye', { headers: hangUp.headers }]],
    })
    row('is ended by the BYE of the caller', leaving, peerBye, {
      to: 'released',
      did: [['answerBye', peerBye], ['endDialogs']],
    })
    row('tells a CANCEL that comes too late (§9.2)', leaving, cancel, {
      to: { accepted: 'leaving' },
      did: [['announce', { type: 'canceled', request: cancel.request, tooLate: true }]],
      timers: { again: 1000, tooLong },
    })
    row('declines other requests', leaving, info, {
      to: { accepted: 'leaving' },
      did: [['decline', info]],
      timers: { again: 1000, tooLong },
    })
    it('is ended by us', () => expect(end(leaving)).toEqual({ by: 'local', reason: 'bye' }))
  })
})

describe('incoming call: confirmed', () => {
  const confirmed = incoming.after(accept, ack)

  absorbs('absorbs repeated ACKs (§13.3.1.4)', confirmed, ack, ackOfTransaction)
  row('sends BYE when it is hung up (§15.1.1)', confirmed, hangUp, {
    to: 'terminating',
    did: [['bye', { headers: hangUp.headers }]],
  })
  row('answers the BYE of the caller (§15.1.2)', confirmed, peerBye, {
    to: 'released',
    did: [['answerBye', peerBye], ['endDialogs']],
  })
  row('declines other requests', confirmed, info, { to: 'confirmed', did: [['decline', info]] })
  row('tells a CANCEL that comes too late (§9.2)', confirmed, cancel, {
    to: 'confirmed',
    did: [['announce', { type: 'canceled', request: cancel.request, tooLate: true }]],
  })

  describe('and terminating', () => {
    const terminating = confirmed.send(hangUp)
    row('ends with the answer to its BYE (§15.1.1)', terminating, byeDone, {
      to: 'released',
      did: [['endDialogs']],
    })
    row('ends with the refusal of its BYE (§15.1.1)', terminating, byeRefused, {
      to: 'released',
      did: [['endDialogs']],
    })
    row('ends when nobody answers its BYE (§15.1.1)', terminating, failed, {
      to: 'released',
      did: [['endDialogs']],
    })
    row('answers a BYE that crossed its own', terminating, peerBye, {
      to: 'released',
      did: [['answerBye', peerBye], ['endDialogs']],
    })
    row('declines other requests', terminating, info, { to: 'terminating', did: [['decline', info]] })
    absorbs('absorbs late ACKs and CANCELs', terminating, ack, cancel)
  })
})

describe('the timers of an accepted call', () => {
  arms('let the limit run on while the 2xx is repeated (§13.3.1.4)', incoming.send(accept), 'again', 'again')
  arms(
    'let the limit run on when it is hung up: one 64·T1 for both (§13.3.1.4)',
    incoming.send(accept),
    hangUp,
    'again',
  )
  arms('are not touched by other requests', incoming.send(accept), info)
})
