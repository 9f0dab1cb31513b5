/**
 * The reliable provisional responses of one incoming INVITE. RFC 3262 §3, §5; RFC 3261 §13.3.1.1.
 *
 *   idle ──101-199──▶ unacknowledged (repeated) ──PRACK──▶ idle, or the next that waits
 *     │                  │     └── no PRACK in 64·T1 ──▶ lost
 *     └──our 2xx──▶ answered ──the PRACK that is missing, or 64·T1──▶ ended
 *
 * One is outstanding at a time, further ones wait. It is `held` while one with a session description is not yet
 * acknowledged: so long the call keeps its 2xx back.
 */
import { assign, sendTo, setup } from 'xstate'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { sdpIn } from '../../src/rules/body.ts'
import { acknowledges } from '../../src/rules/reliable.ts'
import { effect } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'
import type { Listener } from './call.ts'
import type { RequestInDialog } from './dialog.ts'

/** What `reliableProvisional` starts with. */
export interface ReliableProvisionalInput {
  /** The call. */
  readonly owner: Listener
  readonly timers: TimerConfig
  /** RSeq of the first response, 1 to 2^31 − 1. */
  readonly rseq: number
}

interface Context extends ReliableProvisionalInput {
  readonly interval: number
  /** The latest, and those that come after it. */
  readonly latest?: SipResponse
  readonly waiting?: readonly SipResponse[] | undefined
}

/** A reliable response as it is to be sent, or repeated. */
export interface Numbered {
  readonly response: SipResponse
  readonly rseq: number
}

type Event =
  | { type: 'tu.provisional'; response: SipResponse }
  /** The 2xx is out. */
  | { type: 'tu.answered' }
  | { type: 'tu.stop' }
  | ({ type: 'dialog.request' } & RequestInDialog)

/** How many may wait. */
export const reliableWindow = 16

const prack = ({ event }: { event: Event }) => event as RequestInDialog
const response = ({ event }: { event: { response: SipResponse } }) => event.response
const request = ({ event }: { event: RequestInDialog }) => event.request
const numbered = ({ context }: { context: Context }): Numbered => ({
  response: context.latest!,
  rseq: context.rseq,
})
const acknowledge = { type: 'acknowledge', params: prack } as const
const refused = { actions: { type: 'refusePrack', params: prack } } as const
const transmit = { type: 'transmit', params: numbered } as const

/** Reliable provisional responses of a callee: one at a time, each until its PRACK. RFC 3262 §3. */
export const reliableProvisional = setup({
  types: {} as { input: ReliableProvisionalInput; context: Context; events: Event },
  actions: {
    transmit: effect<Numbered>('transmit'),
    /** 200, or what an offer in the PRACK needs. */
    acknowledge: effect<RequestInDialog>('acknowledge'),
    refusePrack: effect<RequestInDialog>('refusePrack'),
    take: assign({ latest: (_, given: SipResponse) => given, rseq: ({ context }) => context.rseq + 1 }),
    renumber: assign({ rseq: ({ context }) => context.rseq + 1 }),
    queue: assign({ waiting: ({ context }, given: SipResponse) => [...(context.waiting ?? []), given] }),
    next: assign(({ context }) => {
      const [latest, ...others] = context.waiting!
      return { latest: latest!, waiting: others.length > 0 ? others : undefined, rseq: context.rseq + 1 }
    }),
    start: assign({ interval: ({ context }) => context.timers.t1 }),
    // §3: no T2 limits it.
    double: assign({ interval: ({ context }) => 2 * context.interval }),
    tellHeld: sendTo(
      ({ context }) => context.owner,
      ({ context }) => ({
        type: 'provisional.held',
        held: [context.latest!, ...(context.waiting ?? [])].some(given => sdpIn(given) !== undefined),
      }),
    ),
    tellFree: sendTo(({ context }) => context.owner, { type: 'provisional.held', held: false }),
    tellLost: sendTo(({ context }) => context.owner, { type: 'provisional.lost' }),
  },
  guards: {
    more: ({ context }) => context.waiting !== undefined,
    sent: ({ context }) => context.latest !== undefined,
    room: ({ context }) => (context.waiting?.length ?? 0) < reliableWindow,
    other: ({ context }, given: SipRequest) => !acknowledges(given, context.rseq, context.latest!),
  },
  delays: {
    again: ({ context }) => context.interval,
    tooLong: ({ context }) => 64 * context.timers.t1,
    /** RFC 3261 §13.3.1.1: half a minute before a proxy would end the INVITE. */
    keepAlive: 150_000,
  },
}).createMachine({
  id: 'reliableProvisional',
  context: ({ input }) => ({ ...input, rseq: input.rseq - 1, interval: input.timers.t1 }),
  initial: 'idle',
  on: { 'tu.stop': '.ended', 'dialog.request': refused },
  states: {
    idle: {
      on: {
        'tu.provisional': { target: 'unacknowledged', actions: { type: 'take', params: response } },
        'tu.answered': 'ended',
      },
      after: { keepAlive: { guard: 'sent', target: 'unacknowledged', actions: 'renumber' } },
    },
    unacknowledged: {
      entry: ['start', 'tellHeld', transmit],
      initial: 'waiting',
      on: {
        'tu.provisional': {
          guard: 'room',
          actions: [{ type: 'queue', params: response }, 'tellHeld'],
        },
        'tu.answered': 'answered',
        'dialog.request': [
          { guard: { type: 'other', params: request }, ...refused },
          { guard: 'more', target: 'unacknowledged', reenter: true, actions: [acknowledge, 'next'] },
          { target: 'idle', actions: [acknowledge, 'tellFree'] },
        ],
      },
      after: { tooLong: 'lost' },
      states: {
        waiting: { after: { again: { target: 'waiting', reenter: true, actions: ['double', transmit] } } },
      },
    },
    // §3: what is outstanding is repeated no more, yet its PRACK is answered.
    answered: {
      on: {
        'dialog.request': [
          { guard: { type: 'other', params: request }, ...refused },
          { target: 'ended', actions: acknowledge },
        ],
      },
      after: { tooLong: 'ended' },
    },
    lost: { entry: 'tellLost', always: 'ended' },
    ended: { type: 'final' },
  },
})
