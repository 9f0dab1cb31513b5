/**
 * An incoming call. RFC 3261 §13.3, §9.2, §15.1.2.
 *
 *   incoming ──101-199──▶ ringing ──2xx──▶ accepted (2xx repeated) ──ACK──▶ confirmed ──BYE──▶ terminating
 *      └──3xx-6xx, CANCEL, BYE──┴──▶ terminated ◀── no ACK in 64·T1: BYE ────────┘                  │
 *                                        ▲──────────────────────────────────────────────────────────┘
 */
import { SipError } from '../../src/errors.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { callSetup } from './call.ts'
import {
  bye,
  declined,
  ends,
  fails,
  inDialog,
  news,
  openDialog,
  rejectedBy,
  request,
  response,
  tellError,
} from './call-parts.ts'

const respond = { type: 'respond', params: response } as const
const remember = { type: 'remember', params: response } as const
const noAck = () => new SipError('no-ack', 'no ACK came within 64·T1 of the 2xx')

/** Before our final response. §9.2, §15.1.2 */
const unanswered = {
  'tu.provisional': { target: '#ringing', actions: [openDialog, respond] },
  'tu.accept': { target: '#accepted', actions: [remember, openDialog, respond] },
  'tu.reject': { target: '#terminated', actions: [rejectedBy('local'), respond] },
  'wire.cancel': {
    target: '#terminated',
    actions: [
      ends({ by: 'remote', reason: 'cancelled', status: 487 }),
      'respondCancelled',
      news((event: { request: SipRequest }) => ({ type: 'canceled', request: event.request })),
    ],
  },
  'dialog.request': [
    {
      guard: 'bye',
      target: '#terminated',
      actions: [
        ends({ by: 'remote', reason: 'bye', status: 487 }),
        { type: 'answerBye', params: request },
        'respondCancelled',
      ],
    },
    { guard: 'invite', actions: { type: 'postpone', params: request } },
    declined,
  ],
  'transaction.failed': {
    target: '#terminated',
    actions: [fails, tellError],
  },
} as const
const tooLate = {
  actions: news((event: { request: SipRequest }) => ({
    type: 'canceled',
    request: event.request,
    tooLate: true,
  })),
} as const
/** §13.2.1: to an INVITE without offer the peer's answer to ours is in its ACK. */
const acknowledged = {
  target: 'confirmed',
  actions: news((event: { request: SipRequest }) => ({ type: 'acknowledged', request: event.request })),
} as const
const repeating = {
  entry: 'restartInterval',
  initial: 'waiting',
  states: {
    // §13.3.1.4: on every transport, since the 2xx travels end to end.
    waiting: {
      after: { again: { target: 'waiting', reenter: true, actions: ['doubleInterval', 'respondAgain'] } },
    },
  },
} as const

/** A call from a peer, from its INVITE to its end. RFC 3261 §13.3, §15. */
export const incomingCall = callSetup.createMachine({
  id: 'incomingCall',
  context: ({ input }) => ({ ...input, settled: true, interval: input.timers.t1 }),
  initial: 'incoming',
  states: {
    incoming: { on: unanswered },
    ringing: { id: 'ringing', on: unanswered },
    accepted: {
      id: 'accepted',
      ...repeating,
      on: {
        'dialog.ack': acknowledged,
        'transaction.ack': acknowledged,
        'wire.cancel': tooLate,
        'dialog.request': inDialog,
        // §15: no BYE before the ACK or the end of waiting for it.
        'tu.hangUp': { target: 'leaving', actions: 'keepFarewell' },
      },
      after: {
        tooLong: {
          target: 'terminating',
          actions: [
            ends({ by: 'network', reason: 'no-ack' }),
            news(() => ({ type: 'error', error: noAck() })),
            bye,
          ],
        },
      },
    },
    leaving: {
      ...repeating,
      entry: ends({ by: 'local', reason: 'bye' }),
      on: {
        'dialog.ack': { target: 'terminating', actions: bye },
        'transaction.ack': { target: 'terminating', actions: bye },
        'wire.cancel': tooLate,
        'dialog.request': inDialog,
      },
      after: { tooLong: { target: 'terminating', actions: bye } },
    },
    confirmed: {
      // Repeated ACKs change nothing.
      on: {
        'wire.cancel': tooLate,
        'dialog.request': inDialog,
        'tu.hangUp': { target: 'terminating', actions: [ends({ by: 'local', reason: 'bye' }), bye] },
      },
    },
    terminating: {
      on: {
        'transaction.success': 'terminated',
        'transaction.failure': 'terminated',
        'transaction.failed': 'terminated',
        'dialog.request': inDialog,
      },
    },
    terminated: { id: 'terminated', entry: 'endDialogs', always: 'released' },
    released: { type: 'final' },
  },
})
