/**
 * A REFER of the peer's, and what we tell of the request that is made for it. RFC 3515 §2.4.4, RFC 4488 §4, RFC 6665 §4.2.
 *
 *   asked ──202──▶ accepted: telling ⇄ waiting, closing ──final status, time over──▶ concluding ──answered──▶ terminated
 *     ├──3xx-6xx, nobody decides──▶ rejected
 *     └──202, no subscription wanted──▶ terminated
 *
 * One NOTIFY at a time, so that none overtakes another; meanwhile only the latest status waits.
 */
import { assign, setup } from 'xstate'
import type { SipResponse } from '../../src/message/types.ts'
import type { StatusLine } from '../../src/rules/sipfrag.ts'
import { effect, type TransactionEvent } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'

/** What `referralNotifier` starts with. */
export interface ReferralNotifierInput {
  readonly timers: TimerConfig
  /** The peer wants to hear what becomes of it. RFC 4488 */
  readonly subscription: boolean
  /** How long we tell, in seconds. */
  readonly expires: number
}

/** A NOTIFY that is to be sent. */
export interface ReferNotify extends StatusLine {
  /** Why the subscription ends with it; absent while it goes on. RFC 6665 §4.1.3 */
  readonly ends?: 'noresource' | 'timeout'
}

interface Context extends ReferralNotifierInput {
  /** The latest status that was told, and one that waits for the answer to the NOTIFY under way. */
  readonly told: StatusLine
  readonly next?: StatusLine | undefined
}

type Report = { type: 'tu.report' } & StatusLine
type Event =
  | TransactionEvent
  | Report
  | { type: 'tu.accept' }
  | { type: 'tu.reject'; status: number; response?: SipResponse }
  | { type: 'dialog.ended' }

const isFinal = ({ status }: StatusLine): boolean => status >= 200
const reported = ({ event }: { event: Report }): StatusLine => ({
  status: event.status,
  reason: event.reason,
})
const waiting = ({ context }: { context: Context }): StatusLine => context.next ?? context.told

const notify = (of: typeof waiting) =>
  ({ type: 'notify', params: (args: { context: Context }): ReferNotify => of(args) }) as const
const conclude = <Args>(of: (args: Args) => StatusLine, ends: 'noresource' | 'timeout') =>
  ({ type: 'notify', params: (args: Args): ReferNotify => ({ ...of(args), ends }) }) as const
const keep = { type: 'keep', params: reported } as const
const ended = { target: '#terminated' } as const

/** The peer's REFER, from our answer to the last NOTIFY. RFC 3515. */
export const referralNotifier = setup({
  types: {} as { input: ReferralNotifierInput; context: Context; events: Event },
  actions: {
    /** 202, which makes the dialog of the NOTIFYs where there is none yet. */
    acceptReferral: effect<{ subscription: boolean }>('acceptReferral'),
    rejectReferral: effect<{ status: number; response?: SipResponse }>('rejectReferral'),
    notify: effect<ReferNotify>('notify'),
    keep: assign({ next: (_, line: StatusLine) => line }),
    tell: assign({ told: ({ context }) => context.next ?? context.told, next: undefined }),
  },
  guards: {
    subscribed: ({ context }) => context.subscription,
    final: ({ event }) => event.type === 'tu.report' && isFinal(event),
    next: ({ context }) => context.next !== undefined,
  },
  delays: {
    tooLong: ({ context }) => 60 * context.timers.t1,
    lapsed: ({ context }) => context.expires * 1000,
  },
}).createMachine({
  id: 'referralNotifier',
  context: ({ input }) => ({ ...input, told: { status: 100, reason: 'Trying' } }),
  initial: 'asked',
  on: { 'dialog.ended': ended },
  states: {
    asked: {
      on: {
        'tu.accept': [
          {
            guard: 'subscribed',
            target: 'accepted',
            actions: { type: 'acceptReferral', params: { subscription: true } },
          },
          { target: 'terminated', actions: { type: 'acceptReferral', params: { subscription: false } } },
        ],
        'tu.reject': {
          target: 'rejected',
          actions: { type: 'rejectReferral', params: ({ event }) => event },
        },
        'dialog.ended': { target: 'rejected', actions: { type: 'rejectReferral', params: { status: 481 } } },
      },
      // The peer waits for 64·T1, and no answer may come later than that. RFC 4320 §4.2
      after: {
        tooLong: { target: 'rejected', actions: { type: 'rejectReferral', params: { status: 480 } } },
      },
    },
    accepted: {
      initial: 'telling',
      on: { 'transaction.failure': ended, 'transaction.failed': ended },
      after: { lapsed: { target: 'concluding', actions: conclude(waiting, 'timeout') } },
      states: {
        telling: {
          entry: ['tell', notify(({ context }) => context.told)],
          on: {
            'tu.report': [{ guard: 'final', target: 'closing', actions: keep }, { actions: keep }],
            'transaction.success': [
              { guard: 'next', target: 'telling', reenter: true },
              { target: 'waiting' },
            ],
          },
        },
        // What is final stays so, whatever is reported behind it: no 'tu.report'.
        closing: {
          on: {
            'transaction.success': { target: '#concluding', actions: conclude(waiting, 'noresource') },
          },
        },
        waiting: {
          on: {
            'tu.report': [
              { guard: 'final', target: '#concluding', actions: conclude(reported, 'noresource') },
              { target: 'telling', actions: keep },
            ],
          },
        },
      },
    },
    concluding: {
      id: 'concluding',
      on: { 'transaction.success': ended, 'transaction.failure': ended, 'transaction.failed': ended },
    },
    terminated: { id: 'terminated', type: 'final' },
    rejected: { type: 'final' },
  },
})
