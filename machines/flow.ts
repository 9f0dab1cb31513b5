/**
 * One flow: a bound datagram socket, or one stream to one peer. RFC 3261 §18, RFC 5626 §3.
 *
 *   opening ──▶ open (idle ⇄ receiving part of a message) ──▶ closed
 *       └─────▶ bound (a datagram socket: no peer, no limit) ───────┘
 *
 * A stream that stays silent too long, or never finishes a message, is closed: both would hold memory for ever. So is one
 * whose peer has stopped to answer (`keep-alive.ts`).
 */
import { setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import { effect } from './effects.ts'

/** What `flow` starts with. */
export interface FlowInput {
  /** A stream: needs framing and has an idle limit. */
  readonly stream: boolean
  /** Born open: a bound socket, or a stream that the peer opened. */
  readonly open: boolean
  /** Milliseconds. */
  readonly idleLimit: number
  readonly messageLimit: number
}

type Event =
  | { type: 'flow.opened' }
  /** Bytes came in: `partial` when a message is not complete yet. */
  | { type: 'flow.received'; partial: boolean }
  | { type: 'flow.sent' }
  | { type: 'flow.closed'; error?: SipError }
  /** The peer does not answer any more: whatever the transport thinks, it is over. RFC 5626 §4.4 */
  | { type: 'flow.died'; error: SipError }
  | { type: 'tu.close' }

/** One way to a peer: opening, open, closed; a stream that stays silent is closed. RFC 3261 §18. */
export const flow = setup({
  types: {} as { input: FlowInput; context: FlowInput; events: Event },
  actions: {
    flowReady: effect('flowReady'),
    flowGone: effect<{ error?: SipError }>('flowGone'),
    closeFlow: effect('closeFlow'),
  },
  guards: {
    open: ({ context }) => context.open,
    partial: ({ event }) => event.type === 'flow.received' && event.partial,
    socket: ({ context }) => !context.stream,
  },
  delays: {
    idleLimit: ({ context }) => context.idleLimit,
    messageLimit: ({ context }) => context.messageLimit,
  },
}).createMachine({
  id: 'flow',
  context: ({ input }) => input,
  initial: 'opening',
  on: {
    'flow.closed': {
      target: '.closed',
      actions: { type: 'flowGone', params: ({ event }) => (event.error ? { error: event.error } : {}) },
    },
    'tu.close': { actions: 'closeFlow' },
  },
  states: {
    opening: {
      always: [
        { guard: 'socket', target: 'bound' },
        { guard: 'open', target: 'open' },
      ],
      on: { 'flow.opened': { target: 'open', actions: 'flowReady' } },
    },
    bound: {},
    open: {
      initial: 'idle',
      on: {
        'flow.died': {
          target: 'closed',
          actions: ['closeFlow', { type: 'flowGone', params: ({ event }) => ({ error: event.error }) }],
        },
      },
      states: {
        idle: {
          on: {
            'flow.received': [
              { guard: 'partial', target: 'receiving' },
              { target: 'idle', reenter: true },
            ],
            'flow.sent': { target: 'idle', reenter: true },
          },
          after: { idleLimit: { actions: 'closeFlow' } },
        },
        receiving: {
          on: { 'flow.received': [{ guard: 'partial' }, { target: 'idle' }] },
          after: { messageLimit: { actions: 'closeFlow' } },
        },
      },
    },
    closed: { type: 'final' },
  },
})
