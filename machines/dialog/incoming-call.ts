/**
 * An incoming call. RFC 3261 §13.3, §9.2, §15.1.2.
 *
 *   incoming ──101-199──▶ ringing ──2xx──▶ accepted (2xx repeated) ──ACK──▶ confirmed ──BYE──▶ terminating
 *      │                    │  └─2xx─▶ answering ─PRACK─▲ │                                         │
 *      └──3xx-6xx, CANCEL, BYE, expired──▶ terminated ◀───┴── no ACK in 64·T1: BYE ─────────────────┘
 */

import { bye, ends, farewellRefused, inDialog, news, sessionLost } from './call-parts.ts'
import { callSetup } from './call-setup.ts'
import {
  acknowledged,
  acknowledgedByBranch,
  ending,
  last,
  left,
  noAck,
  repeat,
  tooLate,
  unanswered,
} from './incoming-answers.ts'

/** A call from a peer, from its INVITE to its end. RFC 3261 §13.3, §15. */
export const incomingCall = callSetup.createMachine({
  id: 'incomingCall',
  context: ({ input }) => ({ ...input, settled: true, interval: input.timers.t1 }),
  initial: 'incoming',
  states: {
    incoming: { on: unanswered },
    ringing: {
      id: 'ringing',
      on: unanswered,
      after: {
        stillRinging: [
          { guard: 'repeatable', target: 'ringing', reenter: true, actions: 'respondAgain' },
          { target: 'ringing', reenter: true },
        ],
      },
    },
    // Our 2xx waits for a PRACK.
    answering: {
      id: 'answering',
      on: {
        ...ending,
        'provisional.held': {
          guard: 'free',
          target: 'accepted',
          actions: [
            { type: 'openDialog', params: last },
            { type: 'respond', params: last },
          ],
        },
        'tu.hangUp': {
          target: 'terminated',
          actions: [ends({ by: 'local', reason: 'cancelled', status: 487 }), 'respondCancelled'],
        },
      },
    },
    accepted: {
      id: 'accepted',
      entry: 'restartInterval',
      initial: 'waiting',
      on: { 'wire.cancel': tooLate, 'dialog.request': inDialog },
      after: {
        tooLong: [
          { guard: 'hungUp', ...left },
          {
            target: 'terminating',
            actions: [
              ends({ by: 'network', reason: 'no-ack' }),
              news(() => ({ type: 'error', error: noAck() })),
              bye,
            ],
          },
        ],
      },
      states: {
        waiting: {
          on: {
            'dialog.ack': acknowledged,
            'transaction.ack': acknowledgedByBranch,
            // §15: no BYE before the ACK or the end of waiting for it.
            'tu.hangUp': { target: 'leaving', actions: 'keepFarewell' },
          },
          after: { again: { target: 'waiting', reenter: true, actions: repeat } },
        },
        leaving: {
          entry: ends({ by: 'local', reason: 'bye' }),
          on: { 'dialog.ack': left, 'transaction.ack': left },
          after: { again: { target: 'leaving', reenter: true, actions: repeat } },
        },
      },
    },
    confirmed: {
      id: 'confirmed',
      // Repeated ACKs change nothing.
      on: {
        'wire.cancel': tooLate,
        'dialog.request': inDialog,
        'tu.hangUp': { target: 'terminating', actions: [ends({ by: 'local', reason: 'bye' }), bye] },
        'session.lost': sessionLost,
      },
    },
    terminating: {
      id: 'terminating',
      on: {
        'transaction.success': 'terminated',
        'transaction.failure': farewellRefused,
        'transaction.failed': 'terminated',
        'dialog.request': inDialog,
      },
    },
    terminated: { id: 'terminated', entry: 'endDialogs', always: 'released' },
    released: { type: 'final' },
  },
})
