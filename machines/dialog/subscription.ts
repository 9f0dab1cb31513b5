/**
 * A subscription of ours, from the SUBSCRIBE to the last NOTIFY. RFC 6665 §4.1, figure 2; CSIPSubscribeDialogAssoc.
 *
 *   notifyWait ──NOTIFY──▶ pending ⇄ active ──NOTIFY terminated──▶ terminated
 *       │ Timer N             │ ⟲ refresh ├── unsubscribe ▶ leaving ──NOTIFY, Timer N──▲
 *       │ refused             │           └── lifetime over ▶ lapsed (terminated for all others) ──▲
 *       ▼                     ▼ terminated, but deactivated, probation …
 *   terminated            resubscribing ──▶ notifyWait, in a new dialog
 *
 * While it lives three things go on side by side: the SUBSCRIBE under way, what NOTIFYs say, and the lifetime.
 */
import { asking, lasting, unasked, unheard } from './subscription-answers.ts'
import { unborn } from './subscription-context.ts'
import { notified, notifiedLate, notifiedLeaving } from './subscription-notices.ts'
import { subscriptionSetup } from './subscription-setup.ts'

export type { SubscriptionEnd, SubscriptionInput } from './subscription-context.ts'

const settled = { target: 'choosing', actions: 'answered' } as const

/** A subscription of ours. RFC 6665 §4.1. */
export const subscription = subscriptionSetup.createMachine({
  id: 'subscription',
  context: ({ input }) => ({ ...input, ...unborn }),
  initial: 'live',
  states: {
    live: {
      id: 'live',
      type: 'parallel',
      on: { 'dialog.ended': 'terminated', 'tu.drop': 'terminated' },
      states: {
        // First, so that what ends the rest is not held up by what the rest makes of the same answer.
        request: {
          initial: 'choosing',
          states: {
            choosing: { always: [{ guard: 'notified', target: 'idle' }, { target: 'asking' }] },
            asking,
            idle: { entry: 'answered', on: { 'refresh.due': 'asking', ...unasked } },
            paused: { entry: 'answered', exit: 'waited', after: { wait: 'asking' }, on: unasked },
          },
        },
        notice: {
          initial: 'notifyWait',
          on: { 'wire.notify': notified },
          states: {
            notifyWait: {
              initial: 'unanswered',
              states: {
                unanswered: {
                  always: { guard: 'notified', target: 'answered' },
                  on: { 'transaction.success': 'answered' },
                },
                answered: { after: { timerN: { target: '#terminated', actions: unheard } } },
              },
            },
            pending: {},
            active: {},
          },
        },
        life: {
          initial: 'unknown',
          on: { 'transaction.success': lasting, 'wire.notify': lasting },
          states: { unknown: {}, running: { after: { lifetime: '#lapsed' } } },
        },
      },
    },
    resubscribing: {
      id: 'resubscribing',
      entry: [
        'stopRefresh',
        'leaveDialog',
        'startAfresh',
        { type: 'noteWait', params: ({ context }) => ({ seconds: context.wait }) },
      ],
      exit: 'waited',
      initial: 'choosing',
      on: { 'tu.unsubscribe': 'terminated' },
      states: {
        choosing: {
          always: [
            { guard: 'asking', target: 'settling' },
            { guard: 'atOnce', target: '#live' },
            { target: 'waiting' },
          ],
        },
        // The answer to the SUBSCRIBE before must not be taken for that to the next.
        settling: {
          on: {
            'transaction.success': settled,
            'transaction.failure': settled,
            'transaction.failed': settled,
          },
        },
        waiting: { after: { wait: '#live' } },
      },
    },
    leaving: {
      id: 'leaving',
      entry: ['stopRefresh', { type: 'subscribe', params: { expires: 0 } }],
      on: {
        'wire.notify': notifiedLeaving,
        'transaction.failure': 'terminated',
        'transaction.failed': 'terminated',
        'dialog.ended': 'terminated',
        'tu.drop': 'terminated',
      },
      after: { timerN: 'terminated' },
    },
    // The notifier ends it at the same time: its last NOTIFY is on its way.
    lapsed: {
      id: 'lapsed',
      entry: ['stopRefresh', 'timeOut'],
      on: { 'wire.notify': notifiedLate, 'dialog.ended': 'terminated' },
      after: { timerN: 'terminated' },
    },
    terminated: { id: 'terminated', type: 'final', entry: 'stopRefresh' },
  },
})
