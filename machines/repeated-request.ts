/**
 * A request that stands alone and is repeated before what it asked for expires. RFC 3261 §8.1; CSIPRefresh.
 *
 *   asking ──2xx──▶ active ──due, update──▶ repeating ──2xx──▶ active
 *      └── anything else ──▶ ended ◀── terminated, refused ──┘
 *
 * The first request is the application's own: it hears all answers. Of the repetitions it hears the final ones.
 */
import { assign, setup } from 'xstate'
import { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { clampExpires } from '../src/rules/expiry.ts'
import { effect, type News, type TransactionEvent } from './effects.ts'

/** What `repeatedRequest` starts with. */
export interface RepeatedRequestInput {
  /** Seconds that its Expires asks for; absent: none. */
  readonly requested?: number
}

type Event = TransactionEvent | { type: 'refresh.due' | 'tu.update' | 'tu.terminate' }
type Answer = { event: { response: SipResponse } }

const told = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'response', response: event.response }),
} as const
const failed = {
  type: 'announce',
  params: ({ event }: { event: { error: SipError } }): News => ({ type: 'error', error: event.error }),
} as const
const malformed = {
  type: 'announceEnd',
  params: ({ event: { response } }: Answer) =>
    new SipError('malformed', 'the 2xx grants no time', { response, header: 'Expires' }),
} as const
const refused = {
  type: 'announceEnd',
  params: ({ event: { response } }: Answer) =>
    new SipError(
      'terminated-with-response',
      `the refresh was answered ${response.status} ${response.reason}`,
      { response },
    ),
} as const
const success = [
  { guard: 'granted', target: 'active', actions: ['keep', told] },
  { target: 'ended', actions: [told, malformed] },
] as const

/** A stand-alone request with a life of its own. CSIPRefresh. */
export const repeatedRequest = setup({
  types: {} as {
    input: RepeatedRequestInput
    context: RepeatedRequestInput & { readonly granted: number }
    events: Event
  },
  actions: {
    request: effect('request'),
    grantRefresh: effect<{ expires: number }>('grantRefresh'),
    stopRefresh: effect('stopRefresh'),
    announce: effect<News>('announce'),
    announceEnd: effect<SipError>('announceEnd'),
    keep: assign({
      granted: ({ context: { requested }, event }) =>
        clampExpires(
          (event as Answer['event']).response.parsed('expires') ?? requested ?? Infinity,
          requested,
        ),
    }),
  },
  guards: {
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => event.type === 'transaction.provisional' && event.response.status > 100,
    granted: ({ event }) => event.type === 'transaction.success' && event.response.parsed('expires') !== 0,
  },
}).createMachine({
  id: 'repeatedRequest',
  context: ({ input }) => ({ ...input, granted: 0 }),
  initial: 'asking',
  states: {
    asking: {
      entry: 'request',
      on: {
        'transaction.provisional': { guard: 'aboveTrying', actions: told },
        'transaction.success': success,
        'transaction.failure': { target: 'ended', actions: told },
        'transaction.failed': { target: 'ended', actions: failed },
      },
    },
    active: {
      entry: { type: 'grantRefresh', params: ({ context }) => ({ expires: context.granted }) },
      on: { 'refresh.due': 'repeating', 'tu.update': 'repeating', 'tu.terminate': 'ended' },
    },
    repeating: {
      entry: 'request',
      on: {
        'transaction.success': success,
        'transaction.failure': { target: 'ended', actions: [told, refused] },
        'transaction.failed': {
          target: 'ended',
          actions: [failed, { type: 'announceEnd', params: ({ event }) => event.error }],
        },
        'tu.terminate': 'ended',
      },
    },
    ended: { entry: 'stopRefresh', type: 'final' },
  },
})
