/**
 * A change of the session that the peer wants, by re-INVITE or UPDATE. RFC 3261 §14.2, RFC 3311 §5.2, RFC 6141.
 *
 *   judging ──491, 500, 400, 422 …──────────────────────────────────────────────────▶ settled
 *    │  └──nothing new: 200 to an UPDATE────────────────────────────────────────────────▲
 *    │  └──nothing new: 200 to an INVITE──┐                                             │
 *    ▼                                    ▼                                             │
 *   asked ──2xx of an INVITE──▶ accepted (2xx repeated) ──ACK, or none in 64·T1: BYE────┤
 *      └──2xx of an UPDATE, 3xx-6xx, CANCEL, BYE ───────────────────────────────────────┘
 *
 * A refused change leaves the session as it was.
 */
import { assign, setup } from 'xstate'
import { SipError, type SipErrorCode } from '../../src/errors.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { judgeChange, type Situation } from '../../src/rules/glare.ts'
import type { Refusal } from '../../src/rules/respond.ts'
import { effect } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'

/** What `incomingChange` starts with. */
export interface IncomingChangeInput {
  readonly timers: TimerConfig
  readonly situation: Situation
}

interface Context extends IncomingChangeInput {
  /** Until our 2xx is repeated. */
  readonly interval: number
}

type Event =
  | { type: 'tu.accept' | 'tu.reject'; response: SipResponse }
  | { type: 'wire.cancel'; request: SipRequest }
  /** The ACK for the 2xx of this re-INVITE. */
  | { type: 'dialog.ack'; request: SipRequest }
  | { type: 'dialog.ended' }

const response = ({ event }: { event: { response: SipResponse } }) => event.response
const respond = { type: 'respond', params: response } as const
const refusal = ({ context }: { context: Context }) => judgeChange(context.situation) as Refusal
const refuse = (status: number) =>
  ({ type: 'refuse', params: (): Refusal => ({ reply: { status, headers: [] } }) }) as const
const tell = (code: SipErrorCode, text: string) =>
  ({ type: 'tell', params: (): { error?: SipError } => ({ error: new SipError(code, text) }) }) as const
const agreed = { type: 'tell', params: (): { error?: SipError } => ({}) } as const
const over = tell('closed', 'the call ended')

/** A change of the session by the peer. RFC 3261 §14.2, RFC 3311. */
export const incomingChange = setup({
  types: {} as { input: IncomingChangeInput; context: Context; events: Event },
  actions: {
    /** A final response by the rules. */
    refuse: effect<Refusal>('refuse'),
    /** 200 with the description in force, if the request has one. */
    agree: effect('agree'),
    /** Whoever decides about sessions is asked. */
    ask: effect('ask'),
    respond: effect<SipResponse>('respond'),
    respondAgain: effect('respondAgain'),
    /** The offer is off the table. */
    withdraw: effect('withdraw'),
    /** How it ended, for whoever accepted it. */
    tell: effect<{ error?: SipError }>('tell'),
    /** No ACK came: the session is over. §13.3.1.4 */
    giveUp: effect('giveUp'),
    /** Changes that waited for this one may go on. */
    settle: effect('settle'),
    restartInterval: assign({ interval: ({ context }) => context.timers.t1 }),
    doubleInterval: assign({ interval: ({ context }) => Math.min(2 * context.interval, context.timers.t2) }),
  },
  guards: {
    refused: ({ context }) => typeof judgeChange(context.situation) === 'object',
    refresh: ({ context }) => judgeChange(context.situation) === 'refresh',
    refreshByInvite: ({ context }) =>
      context.situation.method === 'INVITE' && judgeChange(context.situation) === 'refresh',
    invite: ({ context }) => context.situation.method === 'INVITE',
    limited: ({ context }) => context.situation.method === 'UPDATE' || context.timers.inviteProceeding > 0,
  },
  delays: {
    again: ({ context }) => context.interval,
    tooLong: ({ context }) => sixtyFourT1(context.timers),
    /** An UPDATE is to be answered before the peer takes silence for the end (RFC 3311 §5.2). */
    patience: ({ context }) =>
      context.situation.method === 'UPDATE' ? 32 * context.timers.t1 : context.timers.inviteProceeding,
  },
}).createMachine({
  id: 'incomingChange',
  context: ({ input }) => ({ ...input, interval: input.timers.t1 }),
  initial: 'judging',
  states: {
    judging: {
      always: [
        { guard: 'refused', target: 'settled', actions: { type: 'refuse', params: refusal } },
        { guard: 'refreshByInvite', target: 'accepted', actions: 'agree' },
        { guard: 'refresh', target: 'settled', actions: 'agree' },
        { target: 'asked' },
      ],
    },
    asked: {
      entry: 'ask',
      on: {
        'tu.accept': [
          { guard: 'invite', target: 'accepted', actions: respond },
          { target: 'settled', actions: [respond, agreed] },
        ],
        'tu.reject': { target: 'settled', actions: [respond, 'withdraw', agreed] },
        // §9.2: the call itself stays up.
        'wire.cancel': {
          target: 'settled',
          actions: [refuse(487), 'withdraw', tell('cancelled', 'the peer took its change back')],
        },
        // §15.1.2: what is pending when the call ends is answered all the same.
        'dialog.ended': { target: 'settled', actions: [refuse(487), 'withdraw', over] },
      },
      after: {
        patience: {
          guard: 'limited',
          target: 'settled',
          actions: [refuse(504), 'withdraw', tell('timeout', 'the change was not answered in time')],
        },
      },
    },
    accepted: {
      entry: 'restartInterval',
      initial: 'waiting',
      on: {
        'dialog.ack': { target: 'settled', actions: agreed },
        'dialog.ended': { target: 'settled', actions: over },
      },
      after: {
        tooLong: {
          target: 'settled',
          actions: ['withdraw', tell('no-ack', 'no ACK came within 64·T1 of the 2xx'), 'giveUp'],
        },
      },
      states: {
        // §13.3.1.4: on every transport, since the 2xx travels end to end.
        waiting: {
          after: { again: { target: 'waiting', reenter: true, actions: ['doubleInterval', 'respondAgain'] } },
        },
      },
    },
    settled: { entry: 'settle', type: 'final' },
  },
})
