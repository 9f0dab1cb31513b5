/**
 * What the machines of outgoing and incoming calls say alike: their actions with the parameters that these take from
 * the event. RFC 3261 §13, §15.
 */
import type { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipResponse } from '../../src/message/types.ts'
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

export const declined = { actions: { type: 'decline', params: request } } as const
const endedByPeer = {
  guard: 'bye',
  target: '#terminated',
  actions: [ends({ by: 'remote', reason: 'bye' }), { type: 'answerBye', params: request }],
} as const

/** Whatever else arrives in the dialog: the peer's BYE ends the call, other INVITE-usage requests are declined. */
export const inDialog = [endedByPeer, declined] as const

/** The same while our INVITE is under way: one of the peer meets it. §14.2 */
export const inEarlyDialog = [
  endedByPeer,
  { guard: 'invite', actions: { type: 'collide', params: request } },
  declined,
] as const
