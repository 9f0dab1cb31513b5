/** A subscription of ours: SUBSCRIBE, NOTIFY, renewal, end. RFC 6665 §4.1. */
import { describe, expect, it } from 'vitest'
import type { StateValue } from 'xstate'
import { rfc3261, subscription } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { make, reply } from '../rules/support.ts'
import { begin, expectStep, row } from '../support/steps.ts'

const input = {
  timers: rfc3261,
  requested: 3600,
  refreshes: true,
  maxMinExpires: 86_400,
  maxAttempts: 2,
  seed: 1,
}
const answer = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 SUBSCRIBE', ...lines }, 'SUBSCRIBE')
const success = (expires = '3600') => ({
  type: 'transaction.success',
  response: answer(200, { Expires: expires }),
})
const failure = (status: number, lines: Readonly<Record<string, string>> = {}) => ({
  type: 'transaction.failure',
  response: answer(status, lines),
})
const failed = (code: 'timeout' | 'transport') => ({
  type: 'transaction.failed',
  error: new SipError(code, 'nothing was heard'),
})
const notify = (state: string, more: object = {}) => ({
  type: 'wire.notify',
  transaction: 'z9hG4bK-notify',
  request: make('NOTIFY', { Event: 'presence', 'Subscription-State': state }),
  ...more,
})
const live = (request: string, notice: StateValue, life: string) => ({ live: { request, notice, life } })
const any = expect.anything()

const asking = begin(subscription, input)
const granted = asking.send(success())
const active = granted.send(notify('active;expires=3600', { left: 3600 }))

describe('a subscription', () => {
  it('asks at once, for what is wanted', () =>
    expectStep(asking, {
      to: live('asking', { notifyWait: 'unanswered' }, 'unknown'),
      did: [['subscribe', { expires: 3600 }]],
    }))
  row('waits for a NOTIFY no longer than Timer N (§4.1.2.4)', asking, success('600'), {
    to: live('idle', { notifyWait: 'answered' }, 'running'),
    did: [
      ['settle', any],
      ['announce', any],
      ['grantRefresh', { expires: 600, refreshes: true }],
    ],
    timers: { timerN: 32_000, lifetime: 600_000 },
  })
  row('has failed when none comes', granted, 'timerN', {
    to: 'terminated',
    did: [
      ['announce', { type: 'error', error: expect.objectContaining({ code: 'timeout' }) }],
      ['stopRefresh'],
    ],
  })
  row(
    'takes a NOTIFY that comes before the 2xx, and its time (§4.1.2.4)',
    asking,
    notify('pending;expires=60'),
    {
      to: live('asking', 'pending', 'running'),
      did: [
        ['tellNotification', any],
        ['grantRefresh', { expires: 60, refreshes: true }],
      ],
      timers: { lifetime: 60_000 },
    },
  )
  row(
    'refuses a NOTIFY without Subscription-State, and stays as it is',
    active,
    notify(';;', { left: 100 }),
    {
      to: active.value as never,
      did: [['refuseNotify', any]],
      timers: active.timers,
    },
  )
  row('follows the time that a NOTIFY tells', active, notify('active;expires=100', { left: 3000 }), {
    to: live('idle', 'active', 'running'),
    did: [
      ['tellNotification', any],
      ['grantRefresh', { expires: 100, refreshes: true }],
    ],
    timers: { lifetime: 100_000 },
  })
  row(
    'arms nothing anew for one that knows what we know',
    active,
    notify('active;expires=3000', { left: 3001 }),
    {
      to: live('idle', 'active', 'running'),
      did: [['tellNotification', any]],
      timers: active.timers,
    },
  )
  row(
    'is renewed',
    active,
    { type: 'refresh.due' },
    {
      to: live('asking', 'active', 'running'),
      did: [['subscribe', { expires: 3600 }]],
      timers: active.timers,
    },
  )
  row(
    'ends by 481 to that, with the dialog as the answer has it (§4.1.2.2)',
    active.send({ type: 'refresh.due' }),
    failure(481),
    {
      to: 'terminated',
      did: [
        ['announce', any],
        ['announce', { type: 'error', error: expect.objectContaining({ code: 'terminated-with-response' }) }],
        ['endDialog', any],
        ['stopRefresh'],
      ],
    },
  )
  row(
    'lives on after 503, and asks again in time',
    active.send({ type: 'refresh.due' }),
    failure(503, { 'Retry-After': '7' }),
    {
      to: live('paused', 'active', 'running'),
      did: [
        ['announce', any],
        ['announce', any],
      ],
      timers: { ...active.timers, wait: 7000 },
    },
  )
  row('follows 423 once', asking, failure(423, { 'Min-Expires': '7200' }), {
    to: asking.value as never,
    did: [['subscribe', { expires: 7200 }]],
  })
  row(
    'and not twice',
    asking.send(failure(423, { 'Min-Expires': '7200' })),
    failure(423, { 'Min-Expires': '9000' }),
    {
      to: 'terminated',
      did: [['announce', any], ['announce', any], ['endDialog', any], ['stopRefresh']],
    },
  )
  row('ends by no answer', asking, failed('transport'), {
    to: 'terminated',
    did: [['announce', any], ['stopRefresh']],
  })
  row(
    'goes on when a way is blocked while it lives',
    active.send({ type: 'refresh.due' }),
    failed('transport'),
    {
      to: live('paused', 'active', 'running'),
      did: [['announce', any]],
      timers: { ...active.timers, wait: 120_000 },
    },
  )
})

describe('terminated by the notifier', () => {
  row(
    'with deactivated it asks in a new dialog at once (§4.1.3)',
    active,
    notify('terminated;reason=deactivated'),
    {
      to: live('asking', { notifyWait: 'unanswered' }, 'unknown'),
      did: [
        ['tellNotification', any],
        ['stopRefresh'],
        ['leaveDialog'],
        ['noteWait', { seconds: 0 }],
        ['subscribe', { expires: 3600 }],
      ],
    },
  )
  row('with probation after the time it says', active, notify('terminated;reason=probation;retry-after=9'), {
    to: { resubscribing: 'waiting' },
    did: [['tellNotification', any], ['stopRefresh'], ['leaveDialog'], ['noteWait', { seconds: 9 }]],
    timers: { wait: 9000 },
  })
  row('with rejected it is over', active, notify('terminated;reason=rejected;retry-after=9'), {
    to: 'terminated',
    did: [['tellNotification', any], ['stopRefresh']],
  })
  const again = active.after(
    notify('terminated;reason=deactivated'),
    success(),
    notify('active', { left: 3600 }),
    notify('terminated;reason=deactivated'),
    'wait',
    success(),
    notify('active', { left: 3600 }),
  )
  row('too often it is over', again, notify('terminated;reason=deactivated'), {
    to: 'terminated',
    did: [
      ['tellNotification', any],
      ['announce', { type: 'error', error: expect.objectContaining({ code: 'closed' }) }],
      ['stopRefresh'],
    ],
  })
  row('but not when it has lasted', again, notify('terminated;reason=deactivated', { steady: true }), {
    to: live('asking', { notifyWait: 'unanswered' }, 'unknown'),
    did: [
      ['tellNotification', any],
      ['stopRefresh'],
      ['leaveDialog'],
      ['noteWait', { seconds: 0 }],
      ['subscribe', { expires: 3600 }],
    ],
  })
})

describe('given up', () => {
  const leaving = active.send({ type: 'tu.unsubscribe' })
  row(
    'it asks for a lifetime of 0, and waits for the last NOTIFY (§4.1.2.3)',
    active,
    { type: 'tu.unsubscribe' },
    {
      to: 'leaving',
      did: [['stopRefresh'], ['subscribe', { expires: 0 }]],
      timers: { timerN: 32_000 },
    },
  )
  row('it is over with that, whatever its reason', leaving, notify('terminated;reason=deactivated'), {
    to: 'terminated',
    did: [
      ['answerNotify', any],
      ['tellNotification', expect.objectContaining({ answered: true })],
      ['stopRefresh'],
    ],
  })
  row('without it after Timer N', leaving, 'timerN', { to: 'terminated', did: [['stopRefresh']] })
  row('while SUBSCRIBE is out it waits for the answer', asking.send({ type: 'tu.unsubscribe' }), success(), {
    to: 'leaving',
    did: [['settle', any], ['announce', any], ['stopRefresh'], ['subscribe', { expires: 0 }]],
    timers: { timerN: 32_000 },
  })
})

describe('its time over', () => {
  const lapsed = active.fire('lifetime')
  row('it is still there for the last NOTIFY', active, 'lifetime', {
    to: 'lapsed',
    did: [['stopRefresh']],
    timers: { timerN: 32_000 },
  })
  row('which gets 200', lapsed, notify('terminated;reason=timeout'), {
    to: 'terminated',
    did: [['answerNotify', any], ['stopRefresh']],
  })
})

describe('a further notifier', () => {
  const fork = begin(subscription, { ...input, notified: true })
  it('asks nothing, and waits for the NOTIFY that made it (§4.3)', () =>
    expectStep(fork, {
      to: live('idle', { notifyWait: 'answered' }, 'unknown'),
      did: [],
      timers: { timerN: 32_000 },
    }))
  it('asks when it begins anew', () =>
    expect(
      fork.after(notify('active'), notify('terminated;reason=deactivated')).did.map(([name]) => name),
    ).toContain('subscribe'))
})
