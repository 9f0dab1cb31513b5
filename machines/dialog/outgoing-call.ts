/**
 * An outgoing call. RFC 3261 §13.2, §9.1, §15.1.1.
 *
 *   calling ──1xx──▶ proceeding ──1xx with tag──▶ early ──2xx──▶ confirmed ──BYE──▶ terminating ──▶ terminated
 *      │                 │                          ├── BYE ──▶ leaving ──487, or crossing 2xx ───────▲
 *      └──── cancel ─────┴───────── cancel ─────────┴──▶ cancelling ──487, or crossing 2xx ───────────┘
 */
import { callSetup } from './call.ts'
import { bye, ends, inDialog, inEarlyDialog, openDialog, response } from './call-parts.ts'
import {
  cancelling,
  completed,
  crossed,
  later,
  ofOther,
  repeated,
  told,
  trying,
  unanswered,
  unclaimed,
  withdrawn,
} from './invite-answers.ts'

/** A call to a peer, from our INVITE to its end. RFC 3261 §13.2, §15. */
export const outgoingCall = callSetup.createMachine({
  id: 'outgoingCall',
  context: ({ input }) => ({ ...input, settled: false, interval: input.timers.t1 }),
  entry: 'invite',
  initial: 'calling',
  states: {
    calling: { on: unanswered },
    proceeding: { id: 'proceeding', on: unanswered },
    early: {
      id: 'early',
      on: {
        ...unanswered,
        'transaction.provisional': [
          trying,
          { guard: { type: 'tagged', params: response }, actions: [openDialog, told] },
          { actions: told },
        ],
        'dialog.request': inEarlyDialog,
        // §15: the caller may leave an early dialog by BYE; the callee answers the INVITE 487.
        'tu.hangUp': { target: 'leaving', actions: ['keepFarewell', bye] },
      },
    },
    leaving: {
      on: {
        'transaction.success': [ofOther, crossed],
        'transaction.failure': [{ ...ofOther, ...cancelling }, withdrawn],
        'transaction.failed': cancelling,
        'dialog.request': inEarlyDialog,
      },
      after: { tooLong: cancelling },
    },
    cancelling: {
      id: 'cancelling',
      on: {
        'transaction.provisional': [trying, { actions: told }],
        'transaction.success': [ofOther, crossed],
        'transaction.failure': [ofOther, withdrawn],
        'transaction.failed': withdrawn,
        'dialog.request': inEarlyDialog,
      },
      // The INVITE may have failed before it was cancelled, as when its stream was lost behind a BYE.
      after: { hopeless: withdrawn },
    },
    confirmed: {
      id: 'confirmed',
      initial: 'deciding',
      on: {
        'transaction.completed': completed,
        'dialog.request': inDialog,
        'tu.hangUp': { target: 'terminating', actions: bye },
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
              actions: { type: 'acknowledge', params: ({ event }) => event },
            },
            // §13.2.2.4: every 2xx is acknowledged, also that of a call nobody wants any more.
            'tu.hangUp': { target: '#terminating', actions: [{ type: 'acknowledge', params: {} }, bye] },
          },
        },
        acknowledged: { on: { 'transaction.success': repeated } },
      },
    },
    terminating: {
      id: 'terminating',
      entry: ends({ by: 'local', reason: 'bye' }),
      on: {
        'transaction.completed': completed,
        'transaction.success': [{ ...ofOther, target: 'terminated' }, ...later],
        'transaction.failure': 'terminated',
        'transaction.failed': 'terminated',
        'dialog.request': inDialog,
      },
    },
    terminated: {
      id: 'terminated',
      entry: 'endDialogs',
      always: { guard: 'settled', target: 'released' },
      on: {
        'transaction.success': repeated,
        'transaction.completed': completed,
        // A callee's BYE came first: the INVITE itself ends only now.
        'transaction.failure': [ofOther, { actions: 'settle' }],
        'transaction.failed': { actions: 'settle' },
      },
    },
    released: { type: 'final' },
  },
})
