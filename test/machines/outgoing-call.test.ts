import { describe, expect, it } from 'vitest'
import { outgoingCall, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const call = invite()
const provisional = (status: number, toTag?: string) => ({
  type: 'transaction.provisional',
  response: answerTo(call, status, toTag === undefined ? {} : { toTag }),
})
const success = (toTag = 'bob') => ({ type: 'transaction.success', response: answerTo(call, 200, { toTag }) })
const [trying, ringing, forkRinging, answered, forked] = [
  provisional(100),
  provisional(180),
  provisional(183, 'carol'),
  success(),
  success('carol'),
] as const
const untagged = { type: 'transaction.provisional', response: answerTo(call, 181, { toTag: '' }) }
const busy = { type: 'transaction.failure', response: answerTo(call, 486) }
const cancelled = { type: 'transaction.failure', response: answerTo(call, 487) }
const error = new SipError('timeout', 'nobody answered')
const failed = { type: 'transaction.failed', error }
const completed = { type: 'transaction.completed' }
const cancel = { type: 'tu.cancel' }
const hangUp = { type: 'tu.hangUp' }
const ourBye = request('BYE', { cseq: 2, toTag: 'bob' })
const byeDone = { type: 'transaction.success', response: answerTo(ourBye, 200) }
const byeRefused = { type: 'transaction.failure', response: answerTo(ourBye, 481) }
const inDialog = (method: string) => ({
  type: 'dialog.request',
  request: request(method, { cseq: 9 }),
  transaction: 'z9hG4bK-9',
})
const [peerBye, info] = [inDialog('BYE'), inDialog('INFO')]
const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const
const calling = begin(outgoingCall, { timers: rfc3261, autoAck: true })
const proceeding = calling.send(trying)
const early = calling.send(ringing)
const confirmed = early.send(answered)
const end = (step: { context: unknown }) => (step.context as { end?: object }).end
const tooLong = 32_000
/** Until a cancelled call is given up. */
const timers = { hopeless: 64_000 }

describe('outgoing call: before the answer', () => {
  it('sends the INVITE first (§13.2.1)', () => expectStep(calling, { to: 'calling', did: [['invite']] }))

  describe.each([
    ['calling', calling],
    ['proceeding', proceeding],
    ['early', early],
  ])('%s', (_, step) => {
    row('is confirmed by a 2xx, which is acknowledged at once (§13.2.2.4)', step, answered, {
      to: { confirmed: 'acknowledged' },
      did: [
        ['openDialog', answered.response],
        told(answered),
        ['announce', { type: 'answered', response: answered.response }],
        ['acknowledgeNow'],
      ],
    })
    it('ends with any other final response (§13.2.2.3)', () => {
      const next = step.send(busy)
      expectStep(next, {
        to: 'released',
        did: [told(busy), ['announceRejection', busy.response], ['endDialogs']],
      })
      expect(end(next)).toEqual({ by: 'remote', reason: 'rejected', status: 486, response: busy.response })
    })
    it('ends when no answer comes', () => {
      const next = step.send(failed)
      expectStep(next, { to: 'released', did: [['announce', { type: 'error', error }], ['endDialogs']] })
      expect(end(next)).toEqual({ by: 'network', reason: 'failed', error })
    })
    row('is cancelled (§9.1)', step, cancel, { to: 'cancelling', did: [['cancel']], timers })
  })

  row('proceeds with a 100, which is the next hop’s word and told to nobody (§16.7)', calling, trying, {
    to: 'proceeding',
  })
  row('makes no dialog of a response without To tag (§12.1)', calling, untagged, {
    to: 'proceeding',
    did: [told(untagged)],
  })
  row('is early with a dialog after a 1xx with To tag (§12.1.2)', proceeding, ringing, {
    to: 'early',
    did: [['openDialog', ringing.response], told(ringing)],
  })
  row('opens a dialog for each fork (§12.1.2)', early, forkRinging, {
    to: 'early',
    did: [['openDialog', forkRinging.response], told(forkRinging)],
  })
  row('stays early when a 100 comes late', early, trying, { to: 'early' })
  row('is cancelled when the caller hangs up before there is a dialog (§15)', proceeding, hangUp, {
    to: 'cancelling',
    did: [['cancel']],
    timers,
  })
  row('declines requests of the early dialog', early, info, { to: 'early', did: [['decline', info]] })
  absorbs('takes no request while there is no dialog', proceeding, peerBye, info)
})

describe('outgoing call: left while early', () => {
  const leaving = early.send(hangUp)

  row('sends BYE (§15.1.1)', early, hangUp, { to: 'leaving', did: [['bye', {}]], timers: { tooLong } })
  row('waits for the end of the INVITE after the 200 to its BYE (§15.1.2)', leaving, byeDone, {
    to: 'leaving',
    timers: { tooLong },
  })
  it('ends with the 487 (§15.1.2)', () => {
    const next = leaving.send(cancelled)
    expectStep(next, { to: 'released', did: [['endDialogs']] })
    expect(end(next)).toEqual({ by: 'local', reason: 'cancelled', status: 487 })
  })
  row('acknowledges a 2xx that crossed its BYE, and ends that dialog too (§15)', leaving, answered, {
    to: 'terminating',
    did: [
      ['openDialog', answered.response],
      ['acknowledge', { response: answered.response }],
      ['bye', {}],
    ],
  })
  row('cancels when the BYE is refused', leaving, byeRefused, { to: 'cancelling', did: [['cancel']], timers })
  row('cancels when the BYE is not answered', leaving, failed, {
    to: 'cancelling',
    did: [['cancel']],
    timers,
  })
  row('cancels when no 487 comes', leaving, 'tooLong', { to: 'cancelling', did: [['cancel']], timers })
  row('declines requests meanwhile', leaving, info, {
    to: 'leaving',
    did: [['decline', info]],
    timers: { tooLong },
  })
})

describe('outgoing call: cancelled', () => {
  const cancelling = proceeding.send(cancel)

  absorbs('tells no 100 meanwhile', cancelling, trying)
  absorbs('takes the refusal of a BYE for none of its INVITE', cancelling, byeRefused)
  row('tells provisional responses meanwhile', cancelling, ringing, {
    to: 'cancelling',
    did: [told(ringing)],
    timers,
  })
  it('ends with the 487 (§9.1)', () => {
    const next = cancelling.send(cancelled)
    expectStep(next, { to: 'released', did: [['endDialogs']] })
    expect(end(next)).toEqual({ by: 'local', reason: 'cancelled', status: 487 })
  })
  row('ends when nobody tells the end of the INVITE', cancelling, 'hopeless', {
    to: 'released',
    did: [['endDialogs']],
  })
  row('ends when no final response comes (§9.1)', cancelling, failed, {
    to: 'released',
    did: [['endDialogs']],
  })
  row('acknowledges a 2xx that crossed the CANCEL, and sends BYE (§15)', cancelling, answered, {
    to: 'terminating',
    did: [
      ['openDialog', answered.response],
      ['acknowledge', { response: answered.response }],
      ['bye', {}],
    ],
  })
  row('is not confused by the answer to another request', cancelling, byeDone, {
    to: 'cancelling',
    timers,
  })
  row('declines requests of the early dialog meanwhile', early.send(cancel), info, {
    to: 'cancelling',
    did: [['decline', info]],
    timers,
  })
  it('ends with a BYE of the callee, and is released when its INVITE is answered', () => {
    const ended = early.after(cancel, peerBye)
    expectStep(ended, { to: 'terminated', did: [['answerBye', peerBye], ['endDialogs']] })
    expectStep(ended.send(cancelled), { to: 'released' })
  })
  absorbs('is cancelled once', cancelling, cancel, hangUp)
})

describe('outgoing call: confirmed', () => {
  row('repeats the ACK for a repeated 2xx (§13.2.2.4)', confirmed, answered, {
    to: { confirmed: 'acknowledged' },
    did: [['acknowledge', { response: answered.response }]],
  })
  row('acknowledges and ends the dialog of a fork that answers too (§13.2.2.4)', confirmed, forked, {
    to: { confirmed: 'acknowledged' },
    did: [['dismiss', forked.response]],
  })
  row('leaves the answers to other requests alone', confirmed, byeDone, { to: { confirmed: 'acknowledged' } })
  row('tells that no more 2xx will come (RFC 6026 §7.2)', confirmed, completed, {
    to: { confirmed: 'acknowledged' },
    did: [['endLosers'], ['announce', { type: 'inviteCompleted' }]],
  })
  row(
    'sends BYE when it is hung up (§15.1.1)',
    confirmed,
    { ...hangUp, headers: [['Reason', 'SIP;cause=200']] },
    {
      to: 'terminating',
      did: [['bye', { headers: [['Reason', 'SIP;cause=200']] }]],
    },
  )
  row('answers the BYE of the peer (§15.1.2) and waits for late 2xx', confirmed, peerBye, {
    to: 'terminated',
    did: [['answerBye', peerBye], ['endDialogs']],
  })
  it('is released at once by a BYE after the last 2xx', () => {
    const next = confirmed.after(completed, peerBye)
    expect(next.value).toBe('released')
    expect(end(next)).toEqual({ by: 'remote', reason: 'bye' })
  })
  row('declines other requests', confirmed, info, {
    to: { confirmed: 'acknowledged' },
    did: [['decline', info]],
  })
  absorbs('is not cancelled any more (§9.1)', confirmed, cancel)

  describe('with an ACK of the application', () => {
    const waiting = begin(outgoingCall, { timers: rfc3261, autoAck: false }).after(ringing, answered)
    const ack = { type: 'tu.ack', answer: 'v=0' }

    it('waits for it', () => expect(waiting.value).toEqual({ confirmed: 'unacknowledged' }))
    row('sends it with the answer (§13.2.2.4)', waiting, ack, {
      to: { confirmed: 'acknowledged' },
      did: [['acknowledge', ack]],
    })
    absorbs('has no ACK to repeat before (§13.2.2.4)', waiting, answered)
    row('ends the dialog of a fork that answers too (§13.2.2.4)', waiting, forked, {
      to: { confirmed: 'unacknowledged' },
      did: [['dismiss', forked.response]],
    })
    row('acknowledges before it sends BYE (§13.2.2.4)', waiting, hangUp, {
      to: 'terminating',
      did: [
        ['acknowledge', {}],
        ['bye', {}],
      ],
    })
    row('answers a BYE of the peer before', waiting, peerBye, {
      to: 'terminated',
      did: [['answerBye', peerBye], ['endDialogs']],
    })
    row('tells before that no more 2xx will come', waiting, completed, {
      to: { confirmed: 'unacknowledged' },
      did: [['endLosers'], ['announce', { type: 'inviteCompleted' }]],
    })
  })
})

describe('outgoing call: the end', () => {
  const terminating = confirmed.send(hangUp)
  const terminated = terminating.send(byeDone)

  it('is ended by us with a BYE', () => expect(end(terminating)).toEqual({ by: 'local', reason: 'bye' }))
  row('ends with the answer to its BYE (§15.1.1)', terminating, byeDone, {
    to: 'terminated',
    did: [['endDialogs']],
  })
  row('ends with 481 or any other refusal of its BYE (§15.1.1)', terminating, byeRefused, {
    to: 'terminated',
    did: [['endDialogs']],
  })
  row('ends when nobody answers its BYE (§15.1.1)', terminating, failed, {
    to: 'terminated',
    did: [['endDialogs']],
  })
  row('answers a BYE that crossed its own', terminating, peerBye, {
    to: 'terminated',
    did: [['answerBye', peerBye], ['endDialogs']],
  })
  row('declines other requests', terminating, info, { to: 'terminating', did: [['decline', info]] })
  row('still repeats the ACK', terminating, answered, {
    to: 'terminating',
    did: [['acknowledge', { response: answered.response }]],
  })
  row('still ends the dialogs of forks', terminating, forked, {
    to: 'terminating',
    did: [['dismiss', forked.response]],
  })
  row('tells that no more 2xx will come', terminating, completed, {
    to: 'terminating',
    did: [['endLosers'], ['announce', { type: 'inviteCompleted' }]],
  })
  row(
    'is released with the answer to its BYE when no more 2xx can come',
    terminating.send(completed),
    byeDone,
    {
      to: 'released',
      did: [['endDialogs']],
    },
  )

  row('repeats the ACK after the end (§13.2.2.4)', terminated, answered, {
    to: 'terminated',
    did: [['acknowledge', { response: answered.response }]],
  })
  row('ends the dialogs of forks after the end (§13.2.2.4)', terminated, forked, {
    to: 'terminated',
    did: [['dismiss', forked.response]],
  })
  row('leaves late answers to its BYE alone', terminated, byeRefused, { to: 'terminated' })
  row('leaves a repeated 200 to its BYE alone', terminated, byeDone, { to: 'terminated' })
  row('is released when no more 2xx can come (RFC 6026 §7.2)', terminated, completed, {
    to: 'released',
    did: [['endLosers'], ['announce', { type: 'inviteCompleted' }]],
  })

  describe('by a BYE of the callee before its answer', () => {
    const ended = early.send(peerBye)

    row('waits for the end of the INVITE', early, peerBye, {
      to: 'terminated',
      did: [['answerBye', peerBye], ['endDialogs']],
    })
    row('is released by the failure of the INVITE', ended, cancelled, { to: 'released' })
    row('is released when the INVITE is never answered', ended, failed, { to: 'released' })
    row('ends a call that is answered all the same', ended, answered, {
      to: 'terminated',
      did: [['dismiss', answered.response]],
    })
  })
})
