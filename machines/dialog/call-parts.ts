/**
 * What the machines of outgoing and incoming calls say alike: their actions with the parameters that these take from
 * the event. RFC 3261 §13, §15.
 */
import type { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../../src/message/types.ts'
import { reasonsOf } from '../../src/rules/reason.ts'
import type { News } from '../effects.ts'
import type { CallContext, End } from './call.ts'
import type { RequestInDialog } from './dialog.ts'

/** Headers for a BYE. */
export interface Farewell {
  readonly headers?: readonly HeaderPair[]
}

export const response = ({ event }: { event: { response: SipResponse } }) => event.response
export const request = ({ event }: { event: RequestInDialog }) => event
export const news = <E>(make: (event: E) => News) =>
  ({ type: 'announce', params: ({ event }: { event: E }) => make(event) }) as const
export const ends = (end: End) => ({ type: 'conclude', params: () => end }) as const

/** By a final response other than 2xx. */
export const rejectedBy = (by: 'local' | 'remote') =>
  ({
    type: 'conclude',
    params: ({ event }: { event: { response: SipResponse } }): End => ({
      by,
      reason: 'rejected',
      status: event.response.status,
      response: event.response,
      // RFC 6432
      ...(by === 'remote' && reasonsOf(event.response).length > 0 && { reasons: reasonsOf(event.response) }),
    }),
  }) as const

export const openDialog = { type: 'openDialog', params: response } as const
/** The application may have given headers with its wish to hang up, now or before the BYE could leave. */
export const bye = {
  type: 'bye',
  params: ({ context, event }: { context: CallContext; event: object }): Farewell => {
    const headers = (event as Farewell).headers ?? context.farewell
    return headers === undefined ? {} : { headers }
  },
} as const
export const tellError = news((event: { error: SipError }) => ({ type: 'error', error: event.error }))

/** The error is told before the end, so that it is told once. */
export const fails = {
  type: 'conclude',
  params: ({ event }: { event: { error: SipError } }): End => ({
    by: 'network',
    reason: 'failed',
    error: event.error,
  }),
} as const

/** The session is lost, the peer perhaps not: BYE. RFC 4028 §10, RFC 3261 §13.3.1.4 */
export const sessionLost = {
  target: '#terminating',
  actions: [
    {
      type: 'conclude',
      params: ({ event }: { event: { reason: 'failed' | 'no-ack'; error: SipError } }): End => ({
        by: 'network',
        reason: event.reason,
        error: event.error,
      }),
    },
    tellError,
    bye,
  ],
} as const
export const declined = { actions: { type: 'decline', params: request } } as const
/** By a request of the peer's, with the reasons that it gives. */
export const endsBy = (end: End) =>
  ({
    type: 'conclude',
    params: ({ event }: { event: { request: SipRequest } }): End => {
      const reasons = reasonsOf(event.request)
      return reasons.length === 0 ? end : { ...end, reasons }
    },
  }) as const
const endedByPeer = {
  guard: 'bye',
  target: '#terminated',
  actions: [endsBy({ by: 'remote', reason: 'bye' }), { type: 'answerBye', params: request }],
} as const

/** The answer to our BYE. One that it came too late for, by its number, gets another. §12.2.2 */
export const farewellRefused = [
  { guard: { type: 'overtaken', params: response }, actions: ['noteAgain', bye] },
  { target: '#terminated' },
] as const

/** What arrives in the dialog: the peer's BYE ends the call; a PRACK that belongs to nothing is declined. */
export const inDialog = [endedByPeer, declined] as const
