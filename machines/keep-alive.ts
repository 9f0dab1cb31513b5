/**
 * Is the flow to a peer alive? Asked again and again: by a double CRLF on a stream, by STUN on a datagram socket, by
 * OPTIONS where a peer knows neither. RFC 5626 §4.4, RFC 5389 §7.2.1, RFC 6223.
 *
 *   probing: pinging (once) │ repeating (STUN) │ asking (OPTIONS) ──answered──▶ resting ──interval──▶ probing
 *      │ nothing heard                               └── another mapped address ──▶ dead
 *      ├── the very first time, where it may ──▶ probing by OPTIONS
 *      └──▶ dead
 *
 * The first probe goes out at once: the peer has just answered a REGISTER, so silence means that it ignores the means.
 */
import { assign, setup } from 'xstate'
import { seenFrom } from '../src/rules/keep-alive.ts'
import { fractionOf } from '../src/rules/recovery.ts'
import { effect, type TransactionEvent } from './effects.ts'

/** What `keep-alive` starts with. Times in milliseconds. */
export interface KeepAliveInput {
  readonly by: 'crlf' | 'stun' | 'options'
  /** Asks by OPTIONS when the very first probe is ignored. */
  readonly fallsBack: boolean
  /** Each interval is drawn from this range. */
  readonly least: number
  readonly most: number
  /** Spreads the intervals. */
  readonly seed: number
}

interface Context extends KeepAliveInput {
  /** Number of the present probe, repetitions not counted; it begins anew. */
  readonly probes: number
  /** How often the present one was sent. */
  readonly sent: number
  /** The peer has answered a probe. */
  readonly heard: boolean
  /** Our address as the peer sees it. */
  readonly mapped?: string | undefined
}

type Event =
  | TransactionEvent
  /** The answer to a probe; `mapped`: our address as the peer saw it. */
  | { type: 'keep.answered'; mapped?: string }
  /** Other intervals from now on. */
  | { type: 'keep.spread'; least: number; most: number }
  /** Nobody needs it any more; the flow is gone; the network says that nobody is there (ICMP). */
  | { type: 'tu.stop' | 'flow.closed' | 'keep.refused' }

/** The first interval between two copies of a STUN request, and how many copies there are. RFC 5389 §7.2.1 */
const [rto, copies, lastWait] = [500, 7, 16]
/** Intervals are drawn so many times before they repeat. */
const draws = 8

/** Our address as an answer shows it. */
const mappedBy = (event: Event): string | undefined =>
  event.type === 'keep.answered' ? event.mapped : 'response' in event ? seenFrom(event.response) : undefined

const ping = {
  type: 'ping',
  params: ({ context }: { context: Context }) => ({ probe: context.probes }),
} as const
const answered = [
  { guard: 'moved', target: '#keepAlive.dead', actions: 'flowDead' },
  { target: '#keepAlive.resting', actions: 'note' },
] as const

/** Asks a flow whether it lives, and says when it does not. RFC 5626 §4.4 */
export const keepAlive = setup({
  types: {} as { input: KeepAliveInput; context: Context; events: Event },
  actions: {
    ping: effect<{ probe: number }>('ping'),
    ask: effect('ask'),
    flowDead: effect('flowDead'),
    begin: assign({ probes: ({ context }) => (context.probes + 1) % draws, sent: 0 }),
    count: assign({ sent: ({ context }) => context.sent + 1 }),
    note: assign(({ context, event }) => ({ heard: true, mapped: mappedBy(event) ?? context.mapped })),
    resort: assign({ by: 'options' as const, mapped: undefined }),
    spread: assign(({ context, event }) =>
      event.type === 'keep.spread' ? { least: event.least, most: event.most } : context,
    ),
  },
  guards: {
    byOptions: ({ context }) => context.by === 'options',
    byStun: ({ context }) => context.by === 'stun',
    moreCopies: ({ context }) => context.sent < copies,
    /** A NAT has given us another address: what the peer knows leads nowhere. RFC 5626 §4.4.2 */
    moved: ({ context: { mapped }, event }) => {
      const seen = mappedBy(event)
      return mapped !== undefined && seen !== undefined && seen !== mapped
    },
    ignored: ({ context }) => context.fallsBack && !context.heard && context.by !== 'options',
  },
  delays: {
    interval: ({ context: { least, most, seed, probes } }) =>
      Math.round(least + fractionOf(seed, probes) * (most - least)),
    pongWithin: 10_000, // RFC 5626 §4.4.1
    repeat: ({ context }) => (context.sent < copies ? rto * 2 ** (context.sent - 1) : rto * lastWait),
  },
}).createMachine({
  id: 'keepAlive',
  context: ({ input }) => ({ ...input, probes: 0, sent: 0, heard: false }),
  initial: 'probing',
  on: { 'tu.stop': '.stopped', 'flow.closed': '.stopped', 'keep.spread': { actions: 'spread' } },
  states: {
    probing: {
      entry: 'begin',
      initial: 'choosing',
      on: { 'keep.refused': '.silent' },
      states: {
        choosing: {
          always: [
            { guard: 'byOptions', target: 'asking' },
            { guard: 'byStun', target: 'repeating' },
            { target: 'pinging' },
          ],
        },
        pinging: {
          entry: ping,
          on: { 'keep.answered': answered },
          after: { pongWithin: 'silent' },
        },
        repeating: {
          entry: ['count', ping],
          on: { 'keep.answered': answered },
          after: {
            repeat: [{ guard: 'moreCopies', target: 'repeating', reenter: true }, { target: 'silent' }],
          },
        },
        asking: {
          entry: 'ask',
          // Any answer comes from somebody who lives.
          on: {
            'transaction.success': answered,
            'transaction.failure': answered,
            'transaction.failed': 'silent',
          },
        },
        silent: {
          always: [
            { guard: 'ignored', target: '#keepAlive.probing', reenter: true, actions: 'resort' },
            { target: '#keepAlive.dead', actions: 'flowDead' },
          ],
        },
      },
    },
    resting: { after: { interval: 'probing' } },
    dead: { type: 'final' },
    stopped: { type: 'final' },
  },
})
