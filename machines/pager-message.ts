/**
 * A MESSAGE of ours, which waits until no other to the same address is under way. RFC 3428 §8.
 *
 *   queued ──its turn──▶ pending ──final response, or none──▶ ended
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
  target: 'ended',
  actions: {
    type: 'announce',
    params: ({ event }: { event: { error: SipError } }): News => ({ type: 'error', error: event.error }),
  },
} as const

/** One MESSAGE in pager mode. RFC 3428. */
export const pagerMessage = setup({
  types: {} as { events: TransactionEvent | { type: 'turn.go' } },
  actions: {
    joinQueue: effect('joinQueue'),
    leaveQueue: effect('leaveQueue'),
    request: effect('request'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),
  },
  guards: {
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => event.type === 'transaction.provisional' && event.response.status > 100,
  },
}).createMachine({
  id: 'pagerMessage',
  initial: 'queued',
  states: {
    queued: { entry: 'joinQueue', on: { 'turn.go': 'pending', 'transaction.failed': failed } },
    pending: {
      entry: 'request',
      on: {
        'transaction.provisional': { guard: 'aboveTrying', actions: told },
        'transaction.success': { target: 'ended', actions: told },
        'transaction.failure': {
          target: 'ended',
          actions: [told, { type: 'announceRejection', params: ({ event }: Answer) => event.response }],
        },
        'transaction.failed': failed,
      },
    },
    ended: { entry: 'leaveQueue', type: 'final' },
  },
})
