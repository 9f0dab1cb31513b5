/**
 * Non-INVITE server transaction. RFC 3261 §17.2.2, figure 8; RFC 4320 §4.
 *
 *   trying ──1xx──▶ proceeding ──2xx-6xx──▶ completed ──Timer J──▶ terminated
 *      └── silence until the client's Timer E reaches T2: 100 ──▶ proceeding
 *
 * Born of the request it answers, so every later `wire.request` is a retransmission.
 */
import { assign, sendTo, setup } from 'xstate'
import { SipError } from '../../src/errors.ts'
import type { SipResponse } from '../../src/message/types.ts'
import { effect, type Owner, type WireError } from '../effects.ts'
import { sixtyFourT1, type TimerConfig, untilE2 } from '../timers.ts'

/** What `nonInviteServer` starts with. */
export interface NonInviteServerInput {
  readonly owner: Owner
  readonly reliable: boolean
  readonly timers: TimerConfig
}

interface Context extends NonInviteServerInput {
  /** The most recent response, repeated for every retransmitted request. */
  readonly last?: SipResponse
}

type Respond = { type: 'tu.provisional' | 'tu.final'; response: SipResponse }
type Event = Respond | { type: 'wire.request' } | WireError

const remember = { type: 'remember', params: ({ event }: { event: Respond }) => event.response } as const
const transmit = { type: 'transmit', params: ({ context }: { context: Context }) => context.last! } as const

/** The server transaction of every other request. RFC 3261 §17.2.2, RFC 4320. */
export const nonInviteServer = setup({
  types: {} as { input: NonInviteServerInput; context: Context; events: Event },
  actions: {
    remember: assign({ last: (_, response: SipResponse) => response }),
    transmit: effect<SipResponse>('transmit'),
    transmitTrying: effect('transmitTrying'),
    reportFailure: sendTo(
      ({ context }) => context.owner,
      (_, error: SipError) => ({ type: 'transaction.failed', error }),
    ),
  },
  guards: {
    reliable: ({ context }) => context.reliable,
    answered: ({ context }) => context.last !== undefined,
  },
  delays: {
    timerJ: ({ context }) => sixtyFourT1(context.timers),
    slow: ({ context }) => untilE2(context.timers),
    abandoned: ({ context }) => sixtyFourT1(context.timers),
  },
}).createMachine({
  id: 'nonInviteServer',
  context: ({ input }) => input,
  initial: 'unanswered',
  on: {
    // §17.2.4: inform the TU, then terminate.
    'wire.error': {
      target: '.terminated',
      actions: { type: 'reportFailure', params: ({ event }) => event.error },
    },
  },
  states: {
    unanswered: {
      initial: 'trying',
      on: { 'tu.final': { target: 'completed', actions: remember } },
      // The client's Timer F has fired by then: no answer could reach anyone.
      after: {
        abandoned: {
          target: 'terminated',
          actions: {
            type: 'reportFailure',
            params: () => new SipError('timeout', 'the request was never answered'),
          },
        },
      },
      states: {
        trying: {
          // Retransmissions are discarded here, so 'wire.request' is absent.
          on: { 'tu.provisional': { target: 'proceeding', actions: remember } },
          after: { slow: 'proceeding' },
        },
        proceeding: {
          initial: 'choosing',
          on: { 'tu.provisional': { target: '.answered', reenter: true, actions: remember } },
          states: {
            choosing: { always: [{ guard: 'answered', target: 'answered' }, { target: 'hundred' }] },
            hundred: { entry: 'transmitTrying', on: { 'wire.request': { actions: 'transmitTrying' } } },
            answered: { entry: transmit, on: { 'wire.request': { actions: transmit } } },
          },
        },
      },
    },
    completed: {
      entry: transmit,
      // Timer J is zero on a reliable transport. Later finals are discarded: no 'tu.final'.
      always: { guard: 'reliable', target: 'terminated' },
      on: { 'wire.request': { actions: transmit } },
      after: { timerJ: 'terminated' },
    },
    terminated: { type: 'final' },
  },
})
