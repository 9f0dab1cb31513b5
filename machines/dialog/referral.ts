/**
 * A REFER of ours with the subscription that it makes. RFC 3515 §2.4.4, RFC 4488 §4, RFC 6665 §4.1.2.
 *
 *   sent ──2xx──▶ accepted ──NOTIFY──▶ notified ──NOTIFY, terminated──▶ done
 *    │ └───────NOTIFY before the 2xx──────▲ │
 *    ├──3xx-6xx──▶ rejected                 └──silence, its dialog gone──▶ expired
 *    └──no answer──▶ failed
 *
 * Whether `done` or `expired` depends on one thing: has the other end told how its request ended.
 */
import { assign, setup } from 'xstate'
import type { SipError } from '../../src/errors.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { terminatesDialog } from '../../src/rules/calls.ts'
import { noticeOf, type ReferNotice, wantsSubscription } from '../../src/rules/refer.ts'
import { effect, type News, type TransactionEvent } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'
import { tellError } from './call-parts.ts'
import type { RequestInDialog } from './dialog.ts'

/** What `referral` starts with. */
export interface ReferralInput {
  readonly timers: TimerConfig
}

interface Context extends ReferralInput {
  /** How far the request is that the other end makes, by its latest NOTIFY; or why the REFER was refused. */
  readonly status?: number
  readonly reason?: string
  /** Seconds until the next NOTIFY is due at the latest. */
  readonly expires?: number
  readonly response?: SipResponse
  readonly error?: SipError
}

type Notify = { type: 'wire.notify' } & RequestInDialog
type Event = TransactionEvent | Notify | { type: 'dialog.ended' }
type Of<E> = { event: E }

/** Seconds that a notifier gets which names no time: as long as an INVITE may ring, and some. */
const patience = 300

const notice = (request: SipRequest): ReferNotice => {
  const found = noticeOf(request)
  return 'reply' in found ? { subscription: { state: 'active' } } : found
}
const notify = ({ event }: Of<Notify>): RequestInDialog => event
const response = ({ event }: Of<{ response: SipResponse }>) => event.response

const taken = [
  { type: 'note', params: notify },
  { type: 'answerNotify', params: notify },
  { type: 'tellProgress', params: notify },
] as const
const notified = [
  { guard: { type: 'unusable', params: notify }, actions: { type: 'refuseNotify', params: notify } },
  { guard: { type: 'last', params: notify }, target: '#decided', actions: taken },
  { target: '#notified', reenter: true, actions: taken },
] as const
const refused = {
  target: '#rejected',
  actions: [
    { type: 'keep', params: response },
    { type: 'announceRejection', params: response },
  ],
} as const
const error = ({ event }: Of<{ error: SipError }>) => event.error
const unheard = { target: 'failed', actions: [{ type: 'fail', params: error }, tellError] } as const

/** A REFER of ours and what becomes of it. RFC 3515. */
export const referral = setup({
  types: {} as { input: ReferralInput; context: Context; events: Event },
  actions: {
    refer: effect('refer'),
    /** Where the REFER went outside dialogs its 2xx makes one. */
    openDialog: effect<SipResponse>('openDialog'),
    /** 200 to a NOTIFY. */
    answerNotify: effect<RequestInDialog>('answerNotify'),
    /** What `noticeOf` says against it. */
    refuseNotify: effect<RequestInDialog>('refuseNotify'),
    tellProgress: effect<RequestInDialog>('tellProgress'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),
    /** The dialog that the REFER was sent in is gone at the peer. RFC 5057 §5.1 */
    endUsage: effect('endUsage'),
    note: assign((_, { request }: RequestInDialog) => {
      const { line, subscription } = notice(request)
      return { ...line, ...(subscription.expires !== undefined && { expires: subscription.expires }) }
    }),
    keep: assign((_, refusal: SipResponse) => ({ status: refusal.status, response: refusal })),
    fail: assign((_, error: SipError) => ({ error })),
  },
  guards: {
    unusable: (_, { request }: RequestInDialog) => 'reply' in noticeOf(request),
    last: (_, { request }: RequestInDialog) => notice(request).subscription.state === 'terminated',
    decided: ({ context }) => (context.status ?? 100) >= 200,
    /** We wanted no subscription, and there is none. RFC 4488 §4 */
    unsubscribed: (_, accepted: SipResponse) => !wantsSubscription(accepted),
    fatal: (_, refusal: SipResponse) => terminatesDialog(refusal.status, 'REFER'),
    timedOut: ({ event }) => event.type === 'transaction.failed' && event.error.code === 'timeout',
  },
  delays: {
    timerN: ({ context }) => sixtyFourT1(context.timers),
    /** The other end's last NOTIFY may still be on its way when its time is over. */
    lapsed: ({ context }) => (context.expires ?? patience) * 1000 + sixtyFourT1(context.timers),
  },
}).createMachine({
  id: 'referral',
  context: ({ input }) => input,
  initial: 'sent',
  on: { 'dialog.ended': '.decided' },
  states: {
    sent: {
      entry: 'refer',
      on: {
        'wire.notify': notified,
        'transaction.success': [
          { guard: { type: 'unsubscribed', params: response }, target: 'done' },
          { target: 'accepted', actions: { type: 'openDialog', params: response } },
        ],
        'transaction.failure': [
          {
            ...refused,
            guard: { type: 'fatal', params: response },
            actions: [...refused.actions, 'endUsage'],
          },
          refused,
        ],
        'transaction.failed': [
          { ...unheard, guard: 'timedOut', actions: [...unheard.actions, 'endUsage'] },
          unheard,
        ],
      },
    },
    accepted: { on: { 'wire.notify': notified }, after: { timerN: 'expired' } },
    notified: {
      id: 'notified',
      // The 2xx to the REFER says nothing new any more, and a refusal contradicts the NOTIFY.
      on: { 'wire.notify': notified },
      after: { lapsed: 'decided' },
    },
    decided: { id: 'decided', always: [{ guard: 'decided', target: 'done' }, { target: 'expired' }] },
    done: { type: 'final' },
    rejected: { id: 'rejected', type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
})
