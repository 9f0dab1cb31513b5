/**
 * An outgoing call. RFC 3261 §13.2, §9.1, §15.1.1.
 *
 *   calling ──1xx──▶ proceeding ──1xx with tag──▶ early ──2xx──▶ confirmed ──BYE──▶ terminating ──▶ terminated
 *      │                 │                          ├── BYE ──▶ leaving ──487, or crossing 2xx ───────▲
 *      └──── cancel ─────┴───────── cancel ─────────┴──▶ cancelling ──487, or crossing 2xx ───────────┘
 */

import { bye, inDialog } from './call-parts.ts'
import { callSetup } from './call-setup.ts'
import { describing } from './describing.ts'
import { established } from './established-call.ts'
import {
  cancelling,
  completed,
  crossed,
  next,
  ofOther,
  redirected,
  repeated,
  ringingOn,
  told,
  trying,
  unanswered,
  unheard,
  withdrawn,
} from './invite-answers.ts'

/** A call to a peer, from our INVITE to its end. RFC 3261 §13.2, §15. */
export const outgoingCall = callSetup.createMachine({
  id: 'outgoingCall',
  context: ({ input }) => ({ ...input, settled: false, interval: input.timers.t1 }),
  initial: 'opening',
  states: {
    ...describing,
    calling: { entry: 'invite', on: unheard },
    // A 3xx has named another place, or the place that it named has failed and there is a next one.
    redirecting: {
      id: 'redirecting',
      entry: [{ type: 'inviteNext', params: next }, redirected],
      on: unanswered,
    },
    proceeding: { id: 'proceeding', on: unanswered },
    early: {
      id: 'early',
      on: {
        ...unanswered,
        'transaction.provisional': ringingOn,
        // §15.1.1: of the branches of a fork, one.
        'tu.leave': {
          actions: [
            { type: 'leave', params: ({ event }) => event },
            { type: 'leaveBranch', params: ({ event }) => event },
          ],
        },
        // The only 2xx was of a branch left before.
        'transaction.completed': withdrawn,
        'dialog.request': inDialog,
        // §15: the caller may leave an early dialog by BYE; the callee answers the INVITE 487.
        'tu.hangUp': { target: 'leaving', actions: ['keepFarewell', bye] },
      },
    },
    leaving: {
      on: {
        'transaction.completed': withdrawn,
        'transaction.success': [ofOther, crossed],
        'transaction.failure': [{ ...ofOther, ...cancelling }, withdrawn],
        'transaction.failed': cancelling,
        'dialog.request': inDialog,
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
        'transaction.completed': withdrawn,
        'dialog.request': inDialog,
      },
      // The INVITE may have failed before it was cancelled, as when its stream was lost behind a BYE.
      after: { hopeless: withdrawn },
    },
    ...established,
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
