/**
 * The states that every call of ours shares once it is answered. RFC 3261 §13.2.2.4, §15.1.1.
 *
 *   confirmed (deciding ──▶ acknowledging | unacknowledged ──▶ acknowledged) ──BYE──▶ terminating ──▶ terminated
 */
import type { CallContext, End } from './call.ts'
import { bye, farewellRefused, inDialog, sessionLost } from './call-parts.ts'
import { completed, later, ofOther, repeatedOrForked, unclaimed } from './invite-answers.ts'

export const established = {
  confirmed: {
    id: 'confirmed',
    initial: 'deciding',
    on: {
      'transaction.completed': completed,
      'dialog.request': inDialog,
      'tu.hangUp': { target: 'terminating', actions: bye },
      'session.lost': sessionLost,
    },
    states: {
      deciding: { always: [{ guard: 'autoAck', target: 'acknowledging' }, { target: 'unacknowledged' }] },
      acknowledging: { entry: 'acknowledgeNow', always: 'acknowledged' },
      unacknowledged: {
        // The peer repeats its 2xx until the application acknowledges.
        on: {
          'transaction.success': unclaimed,
          'tu.ack': {
            target: 'acknowledged',
            actions: { type: 'acknowledge', params: ({ event }: { event: { answer?: string } }) => event },
          },
          // §13.2.2.4: every 2xx is acknowledged, also that of a call nobody wants any more.
          'tu.hangUp': { target: '#terminating', actions: [{ type: 'acknowledge', params: {} }, bye] },
        },
      },
      acknowledged: { on: { 'transaction.success': repeatedOrForked } },
    },
  },
  terminating: {
    id: 'terminating',
    entry: {
      type: 'conclude',
      params: ({ context }: { context: CallContext }): End => context.end ?? { by: 'local', reason: 'bye' },
    },
    on: {
      'transaction.completed': completed,
      'transaction.success': [{ ...ofOther, target: 'terminated' }, ...later],
      'transaction.failure': farewellRefused,
      'transaction.failed': 'terminated',
      'dialog.request': inDialog,
    },
  },
} as const
