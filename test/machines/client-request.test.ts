import { describe, expect, it } from 'vitest'
import { type ClientRequestInput, clientRequest, type Place, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, arms, begin, expectStep, nobody, row } from '../support/steps.ts'

const call = invite()
const place: Place = { host: '192.0.2.2', port: 5060, transport: 'UDP' }
const next: Place = { host: '192.0.2.3', port: 5060, transport: 'UDP' }
const error = new SipError('transport', 'no route')
const silent = new SipError('timeout', 'no answer')
const located = { type: 'resolver.located', targets: [place, next] }
const ready = { type: 'flow.ready' }
const cancel = { type: 'tu.cancel' }
const answer = (status: number) => answerTo(call, status)
const [trying, ok, busy, challenge, unavailable, cancelled] = [
  answer(100),
  answer(200),
  answer(486),
  answer(401),
  answer(503),
  answer(487),
] as const
const overloaded = expect.objectContaining({ code: 'rejected', status: 503 }) as unknown
const provisional = { type: 'transaction.provisional', response: trying }
const success = { type: 'transaction.success', response: ok }
const failure = { type: 'transaction.failure', response: busy }
const challenged = { type: 'transaction.failure', response: challenge }
const failed = { type: 'transaction.failed', error }
const tellError = ['tell', failed] as const
const tells = (code: string) =>
  ['tell', { type: 'transaction.failed', error: expect.objectContaining({ code }) }] as const
const input: ClientRequestInput = {
  owner: nobody,
  method: 'INVITE',
  timers: rfc3261,
  answersChallenges: true,
  silence: 0,
}
const reaching = { connecting: 'reaching' }
const avoids = (at: Place, why: unknown = error) => ['avoid', { place: at, error: why }] as const
const start = (given: Partial<ClientRequestInput> = {}) => begin(clientRequest, { ...input, ...given })
const locating = start()
const connecting = locating.send(located)
const waiting = connecting.send(ready)
const proceeding = waiting.send(provisional)
const proceedingLimit = 180_000

describe('a request of ours: where it goes', () => {
  it('looks for its target first (RFC 3263 §4)', () =>
    expectStep(locating, { to: 'locating', did: [['locate']] }))

  row('connects to the first target (RFC 3263 §4.3)', locating, located, {
    to: reaching,
    did: [['connect', place]],
  })
  row(
    'ends when there is no target',
    locating,
    { type: 'resolver.failed', error },
    { to: 'terminated', did: [tellError] },
  )
  row('sends as soon as there is a connection', connecting, ready, {
    to: { sent: 'waiting' },
    did: [['send', place]],
  })
  row(
    'goes to the next target when the first cannot be reached (RFC 3263 §4.3)',
    connecting,
    { type: 'flow.failed', error },
    {
      to: reaching,
      did: [avoids(place), ['connect', next]],
    },
  )
  row(
    'ends when the last target cannot be reached',
    connecting.send({ type: 'flow.failed', error }),
    { type: 'flow.failed', error },
    { to: 'terminated', did: [avoids(next), tells('transport')] },
  )
  const stale = connecting.send({ ...ready, reused: true })
  row('goes to the same target again when the stream that it reused has ended', stale, failed, {
    to: reaching,
    did: [['connect', place]],
  })
  row('and to the next one when the fresh stream ends too', stale.send(failed).send(ready), failed, {
    to: reaching,
    did: [avoids(place), ['connect', next]],
  })
  row(
    'a silent peer on a reused stream is no ended stream',
    stale,
    { type: 'transaction.failed', error: silent },
    { to: reaching, did: [avoids(place, silent), ['connect', next]] },
  )
  row('goes to the next target when nothing was heard (RFC 3263 §4.3)', waiting, failed, {
    to: reaching,
    did: [avoids(place), ['connect', next]],
  })
  row('ends when nothing was heard from the last target', waiting.after(failed, ready), failed, {
    to: 'terminated',
    did: [avoids(next), tells('transport')],
  })
  it('tells then how the others failed', () => {
    const [, told] = waiting.after(failed, ready, failed).did
    expect(told?.[1]).toMatchObject({
      error: { message: 'no route; tried before: UDP 192.0.2.2:5060 (no route)', cause: error },
    })
  })
  row(
    'tells the error of an only target as it is',
    locating.send({ ...located, targets: [place] }).send(ready),
    failed,
    {
      to: 'terminated',
      did: [avoids(place), tellError],
    },
  )
  row(
    'goes to the next target after 503 (§21.5.4, RFC 3263 §4.3)',
    waiting,
    { type: 'transaction.failure', response: unavailable },
    { to: reaching, did: [avoids(place, overloaded), ['connect', next]] },
  )
  row(
    'goes to the next target after 100 and 503 (RFC 3263 §4.3)',
    proceeding,
    { type: 'transaction.failure', response: unavailable },
    { to: reaching, did: [avoids(place, overloaded), ['connect', next]] },
  )
  row(
    'stays with a target that has rung, even after 503',
    waiting.send({ type: 'transaction.provisional', response: answer(180) }).send(provisional),
    { type: 'transaction.failure', response: unavailable },
    {
      to: 'terminated',
      did: [avoids(place, overloaded), ['tell', { type: 'transaction.failure', response: unavailable }]],
    },
  )
  row(
    'takes a 503 of the last target for its answer',
    waiting.after(failed, ready),
    { type: 'transaction.failure', response: unavailable },
    {
      to: 'terminated',
      did: [avoids(next, overloaded), ['tell', { type: 'transaction.failure', response: unavailable }]],
    },
  )
  row('stays with a target that has answered at all, whatever happens then', proceeding, failed, {
    to: 'terminated',
    did: [tellError],
  })
  row('may be given up before it was sent', locating, cancel, { to: 'terminated', did: [tells('cancelled')] })
  row('may be given up while it connects', connecting, cancel, {
    to: 'terminated',
    did: [tells('cancelled')],
  })
})

describe('a request of ours: a silent target while there is another (RFC 3263 §4.3)', () => {
  const hurried = start({ silence: 4000 })
  const opening = hurried.send(located).send({ type: 'flow.opening' })
  const sent = hurried.after(located, ready)
  const late = expect.objectContaining({ code: 'timeout' }) as unknown

  row('is waited for, but not for long', hurried.send(located), ready, {
    to: { sent: 'hurried' },
    did: [['send', place]],
    timers: { silence: 4000 },
  })
  row('is left for the next one, its transaction given up', sent, 'silence', {
    to: reaching,
    did: [['abandon'], avoids(place, late), ['connect', next]],
  })
  row('has all the time of its transaction when it is the last', sent.fire('silence'), ready, {
    to: { sent: 'waiting' },
    did: [['send', next]],
  })
  row('is not left once it was heard', sent, provisional, {
    to: { sent: 'proceeding' },
    did: [['tell', provisional]],
    timers: { proceedingLimit },
  })
  row(
    'a stream that does not open is left as well',
    hurried.send(located),
    { type: 'flow.opening' },
    {
      to: { connecting: 'opening' },
      timers: { silence: 4000 },
    },
  )
  row('and then the next one is tried', opening, 'silence', {
    to: reaching,
    did: [avoids(place, late), ['connect', next]],
  })
  row(
    'a stream to the last target may take its time',
    opening.fire('silence').send({ type: 'flow.opening' }),
    'silence',
    {
      to: { connecting: 'opening' },
    },
  )
  row('an INVITE may be cancelled meanwhile, and goes nowhere else then', sent, cancel, {
    to: { withdrawing: 'queued' },
  })
  row('a single target is not hurried', hurried.send({ ...located, targets: [place] }), ready, {
    to: { sent: 'waiting' },
    did: [['send', place]],
  })
})

describe('a request of ours: its answers', () => {
  row(
    'passes a provisional response up and waits three minutes for the next (§13.3.1.1)',
    waiting,
    provisional,
    {
      to: { sent: 'proceeding' },
      did: [['tell', provisional]],
      timers: { proceedingLimit },
    },
  )
  row('waits three minutes more after each provisional response (§13.3.1.1)', proceeding, provisional, {
    to: { sent: 'proceeding' },
    did: [['tell', provisional]],
    timers: { proceedingLimit },
  })
  row('passes the 2xx to an INVITE up and waits for more of them (RFC 6026 §7.2)', proceeding, success, {
    to: 'accepted',
    did: [['tell', success]],
  })
  row('passes any other final response up and ends', waiting, failure, {
    to: 'terminated',
    did: [['tell', failure]],
  })

  it('ends with the 2xx to any other request', () => {
    const options = request('OPTIONS')
    const done = { type: 'transaction.success', response: answerTo(options, 200) }
    expectStep(start({ method: 'OPTIONS' }).after(located, ready, done), {
      to: 'terminated',
      did: [['tell', done]],
    })
  })

  const accepted = proceeding.send(success)
  const fork = { type: 'transaction.success', response: answerTo(call, 200, { toTag: 'carol' }) }
  row('passes repeated and forked 2xx up (§13.2.2.4)', accepted, fork, {
    to: 'accepted',
    did: [['tell', fork]],
  })
  row(
    'tells that no more 2xx will come (RFC 6026 §7.2)',
    accepted,
    { type: 'transaction.completed' },
    {
      to: 'terminated',
      did: [['tell', { type: 'transaction.completed' }]],
    },
  )
  row('takes the end of the transaction for the same, however it ends', accepted, failed, {
    to: 'terminated',
    did: [['tell', { type: 'transaction.completed' }]],
  })
  absorbs('absorbs provisional responses and failures after a 2xx', accepted, provisional, failure, cancel)
})

describe('a request of ours: challenges', () => {
  const authenticating = waiting.send(challenged)

  row('keeps a challenge from its owner and asks for credentials (§22.1)', waiting, challenged, {
    to: 'authenticating',
    did: [['authenticate', challenge]],
    timers: { patience: 32_000 },
  })
  row(
    'takes 407 as it takes 401 (§22.3)',
    proceeding,
    { type: 'transaction.failure', response: answer(407) },
    {
      to: 'authenticating',
      did: [['authenticate', answer(407)]],
      timers: { patience: 32_000 },
    },
  )
  row(
    'is sent to the same target again with credentials (§22.2)',
    authenticating,
    { type: 'credentials.given' },
    {
      to: reaching,
      did: [['connect', place]],
    },
  )
  row(
    'may be challenged again (§22.2)',
    authenticating.after({ type: 'credentials.given' }, ready),
    challenged,
    {
      to: 'authenticating',
      did: [['authenticate', challenge]],
      timers: { patience: 32_000 },
    },
  )
  const elsewhere = [{ ...place, port: 5061, transport: 'TLS' }]
  row(
    'is sent elsewhere when the security that was agreed on wants it so (RFC 3329 §2.3.1)',
    authenticating,
    { type: 'credentials.given', targets: elsewhere },
    { to: { connecting: 'reaching' }, did: [['connect', elsewhere[0]]] },
  )
  row(
    'takes 494 as it takes 401 (RFC 3329 §2.3.1)',
    waiting,
    { type: 'transaction.failure', response: answer(494) },
    { to: 'authenticating', did: [['authenticate', answer(494)]], timers: { patience: 32_000 } },
  )
  row(
    'ends with a 421 that lists no security (§21.4.17)',
    waiting,
    { type: 'transaction.failure', response: answer(421) },
    { to: 'terminated', did: [['tell', { type: 'transaction.failure', response: answer(421) }]] },
  )
  row(
    'ends when credentials are refused',
    authenticating,
    { type: 'credentials.refused', error },
    {
      to: 'terminated',
      did: [tellError],
    },
  )
  row('ends when nobody provides credentials in time', authenticating, 'patience', {
    to: 'terminated',
    did: [tells('forbidden')],
  })
  row('may be given up meanwhile', authenticating, cancel, { to: 'terminated', did: [tells('cancelled')] })
  row(
    'hands challenges to an owner that answers them itself',
    start({ answersChallenges: false }).after(located, ready),
    challenged,
    { to: 'terminated', did: [['tell', challenged]] },
  )
})

describe('a request of ours: what a 2xx has to prove (RFC 7616 §3.5, RFC 3329 §2.3.1)', () => {
  const asked = connecting.send({ ...ready, verifies: true })
  const verifying = asked.send(success)
  const good = { type: 'answer.good', response: ok }

  row('is looked at before the owner hears of it', asked, success, {
    to: 'verifying',
    did: [['verify', ok]],
  })
  row('is passed up when it is good', verifying, good, { to: 'accepted', did: [['tell', success]] })
  row(
    'is an error when it is not',
    verifying,
    { type: 'answer.refused', error },
    {
      to: 'terminated',
      did: [tellError],
    },
  )
  row('a failure has nothing to prove', asked, failure, { to: 'terminated', did: [['tell', failure]] })
  it('ends any other request', () =>
    expectStep(start({ method: 'OPTIONS' }).after(located, { ...ready, verifies: true }, success, good), {
      to: 'terminated',
      did: [['tell', success]],
    }))
  absorbs('absorbs a wish to cancel, being over', verifying, cancel)
})

describe('a request of ours: cancelling an INVITE', () => {
  const queued = waiting.send(cancel)
  const told = proceeding.send(cancel)
  const cancelLimit = 32_000

  row('keeps the CANCEL back before a provisional response (§9.1)', waiting, cancel, {
    to: { withdrawing: 'queued' },
  })
  row('sends it when the first provisional response is there (§9.1)', queued, provisional, {
    to: { withdrawing: 'told' },
    did: [['tell', provisional], ['cancel']],
    timers: { cancelLimit },
  })
  row('sends it at once after a provisional response (§9.1)', proceeding, cancel, {
    to: { withdrawing: 'told' },
    did: [['cancel']],
    timers: { cancelLimit },
  })
  row(
    'passes the 487 up (§9.1)',
    told,
    { type: 'transaction.failure', response: cancelled },
    {
      to: 'terminated',
      did: [['tell', { type: 'transaction.failure', response: cancelled }]],
    },
  )
  row('passes up a 2xx that crossed the CANCEL (§9.1)', told, success, {
    to: 'accepted',
    did: [['tell', success]],
  })
  row('passes up a 2xx that came before the CANCEL could be sent', queued, success, {
    to: 'accepted',
    did: [['tell', success]],
  })
  row('answers no challenge any more', queued, challenged, { to: 'terminated', did: [['tell', challenged]] })
  row('goes to no other target any more', queued, failed, { to: 'terminated', did: [tellError] })
  row('gives the INVITE up when no final response comes in 64·T1 (§9.1)', told, 'cancelLimit', {
    to: 'terminated',
    did: [['abandon'], tells('timeout')],
  })
  absorbs('is cancelled once', told, cancel)

  row('cancels by itself when the limit passes (§13.3.1.1)', proceeding, 'proceedingLimit', {
    to: { withdrawing: 'told' },
    did: [['cancel']],
    timers: { cancelLimit },
  })
  row(
    'tells a timeout then, not the 487',
    proceeding.fire('proceedingLimit'),
    { type: 'transaction.failure', response: cancelled },
    { to: 'terminated', did: [tells('timeout')] },
  )

  it('waits for ever when the limit is 0', () => {
    const patient = start({ timers: { ...rfc3261, inviteProceeding: 0 } }).after(located, ready, provisional)
    expectStep(patient.fire('proceedingLimit'), { to: { sent: 'proceeding' } })
  })

  const options = start({ method: 'OPTIONS' }).after(located, ready)
  absorbs('is nothing for another request (§9.1)', options, cancel)
  absorbs('is nothing for another request that proceeds (§9.1)', options.send(provisional), cancel)
})

describe('the patience with a request of ours', () => {
  arms('begins anew with every provisional response (§13.3.1.1)', proceeding, provisional, 'proceedingLimit')
})
