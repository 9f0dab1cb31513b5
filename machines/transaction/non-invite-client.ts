/**
 * Non-INVITE client transaction. RFC 3261 §17.1.2, figure 6.
 *
 *   trying ──1xx──▶ proceeding ──2xx-6xx──▶ completed ──Timer K──▶ terminated
 *      └── Timer E repeats ──┘        (both: Timer F ──▶ terminated)
 */
import { assign, sendTo, setup } from 'xstate'
import type { SipRequest } from '../../src/message/types.ts'
import { effect, type Owner, type TransactionEvent, type WireError, type WireResponse } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'
import { failed, failure, gaveUp, provisional, success } from './tell.ts'

/** What `nonInviteClient` starts with. */
export interface NonInviteClientInput {
  readonly owner: Owner
  readonly reliable: boolean
  readonly timers: TimerConfig
  readonly request: SipRequest
}

interface Context extends Omit<NonInviteClientInput, 'request'> {
  /** Dropped once it is answered: nothing will repeat it. */
  readonly request?: SipRequest | undefined
  /** Timer E, doubling. */
  readonly interval: number
}

/** `tu.abandon`: the request went to another target meanwhile. RFC 3263 §4.3 */
type Event = WireResponse | WireError | { type: 'tu.abandon' }

const transmit = {
  type: 'transmit',
  params: ({ context }: { context: Context }) => context.request!,
} as const

/** The client transaction of every other request. RFC 3261 §17.1.2. */
export const nonInviteClient = setup({
  types: {} as { input: NonInviteClientInput; context: Context; events: Event },
  actions: {
    transmit: effect<SipRequest>('transmit'),
    doubleE: assign({ interval: ({ context }) => Math.min(2 * context.interval, context.timers.t2) }),
    slowE: assign({ interval: ({ context }) => context.timers.t2 }),
    forgetRequest: assign({ request: undefined }),
    tell: sendTo(
      ({ context }) => context.owner,
      (_, news: TransactionEvent) => news,
    ),
  },
  guards: { reliable: ({ context }) => context.reliable },
  delays: {
    timerE: ({ context }) => context.interval,
    timerF: ({ context }) => sixtyFourT1(context.timers),
    timerK: ({ context }) => context.timers.t4,
  },
}).createMachine({
  id: 'nonInviteClient',
  context: ({ input }) => ({ ...input, interval: input.timers.t1 }),
  initial: 'unanswered',
  states: {
    unanswered: {
      entry: transmit,
      initial: 'trying',
      on: {
        'wire.success': { target: 'completed', actions: success },
        'wire.failure': { target: 'completed', actions: failure },
        'wire.error': { target: 'terminated', actions: failed },
        'tu.abandon': 'terminated',
      },
      after: {
        timerF: {
          target: 'terminated',
          actions: gaveUp('timeout', 'no final response within 64·T1'),
        },
      },
      states: {
        trying: {
          initial: 'repeating',
          on: {
            'wire.provisional': { target: 'proceeding', actions: provisional },
          },
          states: {
            repeating: {
              always: { guard: 'reliable', target: 'silent' },
              after: { timerE: { target: 'repeating', reenter: true, actions: ['doubleE', transmit] } },
            },
            silent: {},
          },
        },
        proceeding: {
          initial: 'repeating',
          on: { 'wire.provisional': { actions: provisional } },
          states: {
            repeating: {
              entry: 'slowE',
              always: { guard: 'reliable', target: 'silent' },
              after: { timerE: { target: 'repeating', reenter: true, actions: transmit } },
            },
            silent: {},
          },
        },
      },
    },
    completed: {
      entry: 'forgetRequest',
      // Repeated final responses are absorbed, and nothing is sent that could fail: nothing is listed. Timer K is zero on a reliable transport.
      always: { guard: 'reliable', target: 'terminated' },
      after: { timerK: 'terminated' },
    },
    terminated: { type: 'final' },
  },
})
