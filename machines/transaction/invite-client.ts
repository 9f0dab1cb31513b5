/**
 * INVITE client transaction. RFC 3261 §17.1.1, figure 5, with the accepted state of RFC 6026 §7.2.
 *
 *   calling ──1xx──▶ proceeding ──300-699──▶ completed ──Timer D──▶ terminated
 *      │                  │                                            ▲
 *      ├── Timer B ───────┼────────────────────────────────────────────┤
 *      └──────2xx─────────┴──▶ accepted ──Timer M──────────────────────┘
 *
 * Acknowledges failures by itself (§17.1.1.3). Every 2xx goes up to the owner, which acknowledges it.
 */
import { assign, sendTo, setup } from 'xstate'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { effect, type Owner, type TransactionEvent, type WireError, type WireResponse } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'
import { completed, failed, failure, gaveUp, provisional, success } from './tell.ts'

/** What `inviteClient` starts with. */
export interface InviteClientInput {
  readonly owner: Owner
  readonly reliable: boolean
  readonly timers: TimerConfig
  readonly request: SipRequest
}

interface Context extends InviteClientInput {
  /** Timer A, doubling. */
  readonly interval: number
}

/** `tu.abandon`: a cancelled INVITE got no final response within 64·T1 (§9.1). */
type Event = WireResponse | WireError | { type: 'tu.abandon' }

const transmit = { type: 'transmit', params: ({ context }: { context: Context }) => context.request } as const
const acknowledge = {
  type: 'acknowledge',
  params: ({ event }: { event: WireResponse }) => event.response,
} as const

/** §17.1.4 */
const undelivered = { target: 'terminated', actions: failed } as const

/** The INVITE client transaction. RFC 3261 §17.1.1, RFC 6026 §8.4. */
export const inviteClient = setup({
  types: {} as { input: InviteClientInput; context: Context; events: Event },
  actions: {
    transmit: effect<SipRequest>('transmit'),
    acknowledge: effect<SipResponse>('acknowledgeFailure'),
    doubleA: assign({ interval: ({ context }) => 2 * context.interval }),
    tell: sendTo(
      ({ context }) => context.owner,
      (_, news: TransactionEvent) => news,
    ),
  },
  guards: { reliable: ({ context }) => context.reliable },
  delays: {
    timerA: ({ context }) => context.interval,
    timerB: ({ context }) => sixtyFourT1(context.timers),
    timerD: ({ context }) => context.timers.d,
    timerM: ({ context }) => sixtyFourT1(context.timers),
  },
}).createMachine({
  id: 'inviteClient',
  context: ({ input }) => ({ ...input, interval: input.timers.t1 }),
  initial: 'calling',
  states: {
    calling: {
      entry: transmit,
      initial: 'repeating',
      on: {
        'wire.provisional': { target: 'proceeding', actions: provisional },
        'wire.success': { target: 'accepted', actions: success },
        'wire.failure': { target: 'completed', actions: failure },
        'tu.abandon': 'terminated',
        'wire.error': undelivered,
      },
      after: {
        timerB: {
          target: 'terminated',
          actions: gaveUp('timeout', 'no response within 64·T1'),
        },
      },
      states: {
        repeating: {
          always: { guard: 'reliable', target: 'silent' },
          after: { timerA: { target: 'repeating', reenter: true, actions: ['doubleA', transmit] } },
        },
        silent: {},
      },
    },
    proceeding: {
      on: {
        'wire.provisional': { actions: provisional },
        'wire.success': { target: 'accepted', actions: success },
        'wire.failure': { target: 'completed', actions: failure },
        'tu.abandon': 'terminated',
        'wire.error': undelivered,
      },
    },
    completed: {
      // The ACK is sent in the step that leads here: `event` is the failure itself.
      entry: { type: 'acknowledge', params: ({ event }) => (event as WireResponse).response },
      // Timer D is zero on a reliable transport.
      always: { guard: 'reliable', target: 'terminated' },
      on: { 'wire.failure': { actions: acknowledge }, 'wire.error': undelivered },
      after: { timerD: 'terminated' },
    },
    accepted: {
      // Provisional responses and failures after a 2xx are absorbed. Nothing is sent here that could fail.
      on: { 'wire.success': { actions: success } },
      after: { timerM: { target: 'terminated', actions: completed } },
    },
    terminated: { type: 'final' },
  },
})
