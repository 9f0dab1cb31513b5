/**
 * INVITE server transaction. RFC 3261 §17.2.1, figure 7, with the accepted state of RFC 6026 §7.1.
 *
 *   proceeding ──300-699──▶ completed ──ACK──▶ confirmed ──Timer I──▶ terminated
 *        │                      └── Timer H ─────────────────────────────▲
 *        └──2xx──▶ accepted ──Timer L───────────────────────────────────┘
 *
 * Born of the INVITE it answers. The 2xx is repeated by the call, not here (§13.3.1.4).
 */
import { assign, sendTo, setup } from 'xstate'
import { SipError } from '../../src/errors.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { effect, type Owner, type WireError } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'

/** What `inviteServer` starts with. */
export interface InviteServerInput {
  readonly owner: Owner
  readonly reliable: boolean
  readonly timers: TimerConfig
}

interface Context extends InviteServerInput {
  /** The most recent response, repeated for every retransmitted INVITE. */
  readonly last?: SipResponse
  /** Timer G, doubling. */
  readonly interval: number
}

type Respond = { type: 'tu.provisional' | 'tu.success' | 'tu.final'; response: SipResponse }
type Event = Respond | { type: 'wire.request' } | { type: 'wire.ack'; request: SipRequest } | WireError

const remember = { type: 'remember', params: ({ event }: { event: Respond }) => event.response } as const
const transmit = { type: 'transmit', params: ({ context }: { context: Context }) => context.last! } as const
const failed = {
  type: 'reportFailure',
  params: ({ event }: { event: WireError }) => event.error,
} as const

/** The INVITE server transaction. RFC 3261 §17.2.1, RFC 6026 §8.5. */
export const inviteServer = setup({
  types: {} as { input: InviteServerInput; context: Context; events: Event },
  actions: {
    remember: assign({ last: (_, response: SipResponse) => response }),
    doubleG: assign({ interval: ({ context }) => Math.min(2 * context.interval, context.timers.t2) }),
    transmit: effect<SipResponse>('transmit'),
    transmitTrying: effect('transmitTrying'),
    reportAck: sendTo(
      ({ context }) => context.owner,
      (_, request: SipRequest) => ({ type: 'transaction.ack', request }),
    ),
    reportFailure: sendTo(
      ({ context }) => context.owner,
      (_, error: SipError) => ({ type: 'transaction.failed', error }),
    ),
  },
  guards: { reliable: ({ context }) => context.reliable },
  delays: {
    /** §17.2.1: 100 unless the TU answers within 200 ms. */
    hundred: 200,
    timerG: ({ context }) => context.interval,
    timerH: ({ context }) => sixtyFourT1(context.timers),
    timerI: ({ context }) => context.timers.t4,
    timerL: ({ context }) => sixtyFourT1(context.timers),
  },
}).createMachine({
  id: 'inviteServer',
  context: ({ input }) => ({ ...input, interval: input.timers.t1 }),
  initial: 'proceeding',
  // §17.2.4. After a final response the transaction stays (RFC 6026 §7.1), so the handler is repeated there.
  on: { 'wire.error': { target: '.terminated', actions: failed } },
  states: {
    proceeding: {
      initial: 'silent',
      on: {
        'tu.provisional': { target: '.answered', reenter: true, actions: remember },
        'tu.success': { target: 'accepted', actions: remember },
        'tu.final': { target: 'completed', actions: remember },
      },
      states: {
        // A retransmitted INVITE finds nothing to repeat yet.
        silent: { after: { hundred: 'hundred' } },
        hundred: { entry: 'transmitTrying', on: { 'wire.request': { actions: 'transmitTrying' } } },
        answered: { entry: transmit, on: { 'wire.request': { actions: transmit } } },
      },
    },
    completed: {
      entry: transmit,
      initial: 'repeating',
      on: {
        'wire.request': { actions: transmit },
        'wire.ack': 'confirmed',
        'wire.error': { actions: failed },
      },
      after: {
        timerH: {
          target: 'terminated',
          actions: {
            type: 'reportFailure',
            params: () => new SipError('no-ack', 'no ACK for the final response'),
          },
        },
      },
      states: {
        repeating: {
          always: { guard: 'reliable', target: 'silent' },
          after: { timerG: { target: 'repeating', reenter: true, actions: ['doubleG', transmit] } },
        },
        silent: {},
      },
    },
    confirmed: {
      // Repeated ACKs are absorbed: nothing is listed.
      always: { guard: 'reliable', target: 'terminated' },
      after: { timerI: 'terminated' },
    },
    accepted: {
      entry: transmit,
      // Retransmitted INVITEs are absorbed (RFC 6026 §7.1): no 'wire.request'.
      on: {
        'tu.success': { actions: [remember, transmit] },
        'wire.ack': { actions: { type: 'reportAck', params: ({ event }) => event.request } },
        'wire.error': { actions: failed },
      },
      after: { timerL: 'terminated' },
    },
    terminated: { type: 'final' },
  },
})
