/**
 * A request that stands alone: the application's own, outside every usage. RFC 3261 §8.1; CSIPClientTransaction.
 *
 *   pending ──final response, or none──▶ ended
 */
import { setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { effect, type News, type TransactionEvent } from './effects.ts'

type Answer = { event: { response: SipResponse } }

const told = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'response', response: event.response }),
} as const

const failed = {
  type: 'announce',
  params: ({ event }: { event: { error: SipError } }): News => ({ type: 'error', error: event.error }),
} as const

/** The owner of one request that belongs to no call or registration. RFC 3261 §8.1. */
export const standAlone = setup({
  types: {} as { events: TransactionEvent },
  actions: {
    request: effect('request'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),
    /** Within a dialog silence is as good as a 408: what the request belongs to ends. §12.2.1.2 */
    endUsage: effect('endUsage'),
  },
  guards: {
    timedOut: ({ event }) => event.type === 'transaction.failed' && event.error.code === 'timeout',
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => event.type === 'transaction.provisional' && event.response.status > 100,
  },
}).createMachine({
  id: 'standAlone',
  initial: 'pending',
  states: {
    pending: {
      entry: 'request',
      on: {
        'transaction.provisional': { guard: 'aboveTrying', actions: told },
        'transaction.success': { target: 'ended', actions: told },
        'transaction.failure': {
          target: 'ended',
          actions: [told, { type: 'announceRejection', params: ({ event }: Answer) => event.response }],
        },
        'transaction.failed': [
          {
            guard: 'timedOut',
            target: 'ended',
            actions: [failed, 'endUsage'],
          },
          { target: 'ended', actions: failed },
        ],
      },
    },
    ended: { type: 'final' },
  },
})
