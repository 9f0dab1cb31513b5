/**
 * The vocabulary of `incoming-call.ts`: what may become of an INVITE of the peer's. RFC 3261 §9.2, §13.3.
 */
import { SipError } from '../../src/errors.ts'
import type { SipRequest } from '../../src/message/types.ts'
import type { CallContext } from './call.ts'
import {
  bye,
  declined,
  ends,
  endsBy,
  fails,
  news,
  openDialog,
  rejectedBy,
  request,
  response,
  tellError,
} from './call-parts.ts'

const respond = { type: 'respond', params: response } as const
export const last = ({ context }: { context: CallContext }) => context.last!
export const remember = { type: 'remember', params: response } as const
const noPrack = new SipError('timeout', 'no PRACK came within 64·T1 of a reliable response', { status: 504 })
export const noAck = () => new SipError('no-ack', 'no ACK came within 64·T1 of the 2xx')

/** What ends an unanswered call, or puts the peer off. §9.2, §15.1.2 */
export const ending = {
  'wire.cancel': {
    target: '#terminated',
    actions: [
      endsBy({ by: 'remote', reason: 'cancelled', status: 487 }),
      'respondCancelled',
      news((event: { request: SipRequest }) => ({ type: 'canceled', request: event.request })),
    ],
  },
  'dialog.request': [
    {
      guard: 'bye',
      target: '#terminated',
      actions: [
        endsBy({ by: 'remote', reason: 'bye', status: 487 }),
        { type: 'answerBye', params: request },
        'respondCancelled',
      ],
    },
    declined,
  ],
  'transaction.failed': {
    target: '#terminated',
    actions: [fails, tellError],
  },
  'provisional.held': {
    actions: { type: 'hold', params: ({ event }: { event: { held: boolean } }) => event.held },
  },
  'provisional.lost': {
    target: '#terminated',
    actions: [
      ends({ by: 'network', reason: 'failed', status: 504, error: noPrack }),
      news(() => ({ type: 'error', error: noPrack })),
      'respondLost',
    ],
  },
  // §13.3.1: the caller does not wait any longer.
  'invite.expired': {
    target: '#terminated',
    actions: [ends({ by: 'remote', reason: 'expired', status: 487 }), 'respondCancelled'],
  },
} as const
/** Before our final response. */
export const unanswered = {
  ...ending,
  'tu.provisional': [
    {
      guard: 'reliably',
      target: '#ringing',
      actions: { type: 'respondReliably', params: response },
    },
    { target: '#ringing', actions: [remember, openDialog, respond] },
  ],
  'tu.accept': [
    // RFC 3262 §3: not before the description that went ahead is acknowledged.
    { guard: 'held', target: '#answering', actions: remember },
    { target: '#accepted', actions: [remember, openDialog, respond] },
  ],
  'tu.reject': { target: '#terminated', actions: [rejectedBy('local'), respond] },
} as const
export const tooLate = {
  actions: news((event: { request: SipRequest }) => ({
    type: 'canceled',
    request: event.request,
    tooLate: true,
  })),
} as const
/** §13.2.1: to an INVITE without offer the peer's answer to ours is in its ACK. */
export const acknowledged = {
  target: '#confirmed',
  actions: news((event: { request: SipRequest }) => ({ type: 'acknowledged', request: event.request })),
} as const
/** The same by the INVITE's own branch, which some give it: the dialog has not seen it. */
export const acknowledgedByBranch = {
  target: '#confirmed',
  actions: [
    { type: 'observeAck', params: ({ event }: { event: { request: SipRequest } }) => event.request },
    acknowledged.actions,
  ],
} as const
export const left = { target: '#terminating', actions: bye } as const
/** §13.3.1.4: on every transport, since the 2xx travels end to end. */
export const repeat = ['doubleInterval', 'respondAgain'] as const
