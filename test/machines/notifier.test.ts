/** A subscription of a peer's, from our answer to the last NOTIFY. RFC 6665 §4.2. */
import { describe, expect, it } from 'vitest'
import { notifier, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { make, reply } from '../rules/support.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const answer = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 NOTIFY', ...lines }, 'NOTIFY')
const success = { type: 'transaction.success', response: answer(200) }
const failure = (status: number, lines: Readonly<Record<string, string>> = {}) => ({
  type: 'transaction.failure',
  response: answer(status, lines),
})
const error = new SipError('timeout', 'nothing was heard')
const failed = { type: 'transaction.failed', error }
const one = { contentType: 'text/plain', body: 'one' }
const two = { contentType: 'text/plain', body: 'two' }
const accept = (given: object = {}) => ({
  type: 'tu.accept',
  standing: 'active',
  expires: 600,
  longest: 600,
  content: one,
  ...given,
})
const subscribe = (expires: number) => ({
  type: 'wire.subscribe',
  transaction: 'server.2',
  request: make('SUBSCRIBE', { Event: 'presence', Expires: String(expires) }),
})
const gone = { type: 'dialog.ended' }
const held = (standing: string, notice: string) => ({ held: { standing, notice, lifetime: 'running' } })
const sent = (notice: object) => ['notify', notice] as const
const accepted = (given: object = {}) => ['acceptSubscription', accept(given)] as const

const asked = begin(notifier, { timers: rfc3261, least: 60 })
const telling = asked.send(accept())
const waiting = telling.send(success)
const pending = asked.after(accept({ standing: 'pending', content: {} }), success)

describe('a subscription that is asked for', () => {
  it('waits for a decision, no longer than 60·T1 (RFC 4320 §4.2)', () =>
    expectStep(asked, { to: 'asked', did: [], timers: { tooLong: 30_000 } }))
  row('is told at once how things are, when it is accepted (§4.2.1.2)', asked, accept(), {
    to: held('active', 'telling'),
    did: [accepted(), sent({ standing: 'active', ...one })],
    timers: { lapsed: 600_000 },
  })
  row('may have to wait for leave', asked, accept({ standing: 'pending', content: {} }), {
    to: held('pending', 'telling'),
    did: [accepted({ standing: 'pending', content: {} }), sent({ standing: 'pending' })],
    timers: { lapsed: 600_000 },
  })
  row('with no lifetime gets one NOTIFY, the last (§4.4.3)', asked, accept({ expires: 0 }), {
    to: 'concluding',
    did: [accepted({ expires: 0 }), sent({ standing: 'active', ...one, ending: { reason: 'timeout' } })],
  })
  row(
    'is refused',
    asked,
    { type: 'tu.reject', status: 403 },
    {
      to: 'rejected',
      did: [['rejectSubscription', { type: 'tu.reject', status: 403 }]],
    },
  )
  row('is refused with 480 when nobody decides', asked, 'tooLong', {
    to: 'rejected',
    did: [['rejectSubscription', { status: 480 }]],
  })
  row('is refused with 481 when its dialog goes', asked, gone, {
    to: 'rejected',
    did: [['rejectSubscription', { status: 481 }]],
  })
})

describe('the NOTIFYs', () => {
  row(
    'tell a new state',
    waiting,
    { type: 'tu.notify', content: two },
    {
      to: held('active', 'telling'),
      did: [sent({ standing: 'active', ...two })],
      timers: { lapsed: 600_000 },
    },
  )
  row(
    'wait for the one under way',
    telling,
    { type: 'tu.notify', content: two },
    {
      to: held('active', 'behind'),
      did: [],
      timers: { lapsed: 600_000 },
    },
  )
  const three = { contentType: 'text/plain', body: 'three' }
  row(
    'then tell the latest state only',
    telling.after({ type: 'tu.notify', content: two }, { type: 'tu.notify', content: three }),
    success,
    {
      to: held('active', 'telling'),
      did: [sent({ standing: 'active', ...three })],
      timers: { lapsed: 600_000 },
    },
  )
  row(
    'tell that the subscriber may see the resource now',
    pending,
    { type: 'tu.notify', content: two, activate: true },
    {
      to: held('active', 'telling'),
      did: [sent({ standing: 'active', ...two })],
      timers: { lapsed: 600_000 },
    },
  )
  row(
    'come later when the subscriber asks for that (§4.2.2)',
    telling,
    failure(503, { 'Retry-After': '5 (in maintenance)' }),
    { to: held('active', 'deferred'), did: [], timers: { lapsed: 600_000, deferral: 5000 } },
  )
  row(
    'then tell the latest state',
    telling.after(failure(503, { 'Retry-After': '5' }), { type: 'tu.notify', content: two }),
    'deferral',
    {
      to: held('active', 'telling'),
      did: [sent({ standing: 'active', ...two })],
      timers: { lapsed: 600_000 },
    },
  )
  row('end the subscription when one is refused (§4.2.2)', telling, failure(481), {
    to: 'terminated',
    did: [['announceRejection', expect.objectContaining({ status: 481 })]],
  })
  row('end all of the dialog when the peer has lost it (RFC 5057 §5.1)', telling, failure(404), {
    to: 'terminated',
    did: [['announceRejection', expect.objectContaining({ status: 404 })], ['endDialog']],
  })
  row('end the subscription when one is not heard (§4.2.2)', telling, failed, {
    to: 'terminated',
    did: [['announce', { type: 'error', error }]],
  })
})

describe('a SUBSCRIBE within the dialog', () => {
  row('refreshes, and is told at once how things are (§4.2.1.3)', waiting, subscribe(300), {
    to: held('active', 'telling'),
    did: [
      ['answerSubscribe', { transaction: 'server.2', expires: 300 }],
      sent({ standing: 'active', ...one }),
    ],
    timers: { lapsed: 300_000 },
  })
  row('gets no more than was granted at first', waiting, subscribe(86_400), {
    to: held('active', 'telling'),
    did: [
      ['answerSubscribe', { transaction: 'server.2', expires: 600 }],
      sent({ standing: 'active', ...one }),
    ],
    timers: { lapsed: 600_000 },
  })
  row('waits with its NOTIFY for the one under way', telling, subscribe(300), {
    to: held('active', 'behind'),
    did: [['answerSubscribe', { transaction: 'server.2', expires: 300 }]],
    timers: { lapsed: 300_000 },
  })
  row('that is too brief changes nothing (§4.2.1.1)', waiting, subscribe(59), {
    to: held('active', 'waiting'),
    did: [
      [
        'refuseSubscribe',
        { transaction: 'server.2', refusal: { reply: { status: 423, headers: [['Min-Expires', '60']] } } },
      ],
    ],
    timers: { lapsed: 600_000 },
  })
  row('with Expires 0 gets the last NOTIFY (§4.2.1.4)', waiting, subscribe(0), {
    to: 'concluding',
    did: [
      ['answerSubscribe', { transaction: 'server.2', expires: 0 }],
      sent({ standing: 'active', ...one, ending: { reason: 'timeout' } }),
    ],
  })
  const concluding = waiting.send(subscribe(0))
  for (const [name, step] of [
    ['closing', telling.send(subscribe(0))],
    ['concluding', concluding],
  ] as const)
    row(`finds nothing while ${name}`, step, subscribe(300), {
      to: name,
      did: [
        ['refuseSubscribe', { transaction: 'server.2', refusal: { reply: { status: 481, headers: [] } } }],
      ],
    })
})

describe('the end of a subscription', () => {
  const probation = { type: 'tu.terminate', reason: 'probation', retryAfter: 60, content: two }
  row('has a reason, and the last state (§4.1.3)', waiting, probation, {
    to: 'concluding',
    did: [sent({ standing: 'active', ...two, ending: { reason: 'probation', retryAfter: 60 } })],
  })
  row('waits for the NOTIFY under way', telling, probation, { to: 'closing', did: [] })
  row('follows its answer', telling.send(probation), success, {
    to: 'concluding',
    did: [sent({ standing: 'active', ...two, ending: { reason: 'probation', retryAfter: 60 } })],
  })
  row('comes when the time is over (§4.2.2)', waiting, 'lapsed', {
    to: 'concluding',
    did: [sent({ standing: 'active', ...one, ending: { reason: 'timeout' } })],
  })
  row('comes while a NOTIFY is deferred', telling.send(failure(503, { 'Retry-After': '5' })), 'lapsed', {
    to: 'concluding',
    did: [sent({ standing: 'active', ...one, ending: { reason: 'timeout' } })],
  })
  for (const event of [success, failure(500), failed])
    row(`is there, whatever answers the last NOTIFY: ${event.type}`, waiting.send(probation), event, {
      to: 'terminated',
      did: [],
    })
  for (const event of [failure(481), failed])
    row(`is there without it when the one before fails: ${event.type}`, telling.send(probation), event, {
      to: 'terminated',
      did: [],
    })
  for (const step of [telling, waiting, pending, telling.send(probation), waiting.send(probation)])
    row('comes with that of its dialog, without a word', step, gone, { to: 'terminated', did: [] })
  absorbs(
    'is the last word',
    waiting.send(probation),
    { type: 'tu.notify', content: two },
    { type: 'tu.terminate', reason: 'rejected' },
  )
})
