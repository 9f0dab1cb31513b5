/**
 * The vocabulary of `client-request.ts`: what a request is told, what it asks for, and how it decides. RFC 3261 §8.1.
 */
import { assign, sendTo, setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { asksForSecurity } from '../src/rules/security-agreement.ts'
import { mostRaises } from '../src/rules/session-timer.ts'
import { effect, type Owner, type Place, type TransactionEvent } from './effects.ts'
import { sixtyFourT1, type TimerConfig } from './timers.ts'

/** What `clientRequest` starts with. */
export interface ClientRequestInput {
  readonly owner: Owner
  readonly method: string
  readonly timers: TimerConfig
  /** False: 401 and 407 are handed to the owner. */
  readonly answersChallenges: boolean
  /** Milliseconds that a target may be silent while there is another one; 0 for as long as its transaction waits. */
  readonly silence: number
}

/** A target that failed, and how. RFC 3263 §4.3 */
export interface TargetFailure {
  readonly place: Place
  readonly error: SipError
}

export interface ClientRequestContext extends ClientRequestInput {
  /** Where it may go, in order; `at` is the one in use. */
  readonly targets: readonly Place[]
  readonly at: number
  /** How those before it failed. */
  readonly failures: readonly TargetFailure[]
  /** A provisional response above 100 was passed up: from there on it is this target or none. */
  readonly rung: boolean
  /** It went out on a stream that was there before, and of which nobody knows whether the peer still has it. */
  readonly reused: boolean
  /** A 2xx has something to prove: the server's own knowledge of the password, or an agreement on security. */
  readonly verifies: boolean
  /** How often a 422 was followed. RFC 4028 §7.3 */
  readonly raises: number
  /** The proceeding limit has passed: whatever ends it now, the owner hears of a timeout. */
  readonly expired: boolean
}

type Event =
  | TransactionEvent
  | { type: 'resolver.located'; targets: readonly Place[] }
  | { type: 'resolver.failed'; error: SipError }
  /** A stream is being opened, which takes its time. */
  | { type: 'flow.opening' }
  /** `reused`: a stream that was open already. `verifies`: the 2xx will have something to prove. */
  | { type: 'flow.ready'; reused?: boolean; verifies?: boolean }
  | { type: 'flow.failed'; error: SipError }
  /** `targets`: where the security that was agreed on wants it to go. RFC 3329 §2.3.1 */
  | { type: 'credentials.given'; targets?: readonly Place[] }
  | { type: 'credentials.refused'; error: SipError }
  /** What a 422 made of the session timer asked for: more, or no more than before. */
  | { type: 'interval.raised' }
  | { type: 'interval.kept'; response: SipResponse }
  | { type: 'answer.good'; response: SipResponse }
  | { type: 'answer.refused'; error: SipError }
  | { type: 'tu.cancel' }

export const clientRequestSetup = setup({
  types: {} as { input: ClientRequestInput; context: ClientRequestContext; events: Event },
  actions: {
    locate: effect('locate'),
    connect: effect<Place>('connect'),
    avoid: effect<TargetFailure>('avoid'),
    send: effect<Place>('send'),
    authenticate: effect<SipResponse>('authenticate'),
    verify: effect<SipResponse>('verify'),
    raise: effect<SipResponse>('raise'),
    cancel: effect('cancel'),
    abandon: effect('abandon'),
    keepTargets: assign({ targets: (_, targets: readonly Place[]) => targets, at: 0 }),
    keepReady: assign({
      reused: ({ event }) => event.type === 'flow.ready' && event.reused === true,
      verifies: ({ event }) => event.type === 'flow.ready' && event.verifies === true,
    }),
    countRaise: assign({ raises: ({ context }) => context.raises + 1 }),
    expire: assign({ expired: true }),
    nextTarget: assign({
      at: ({ context }) => context.at + 1,
      failures: ({ context }, failure: TargetFailure) => [...context.failures, failure],
    }),
    hear: assign({
      rung: ({ context, event }) =>
        context.rung || (event.type === 'transaction.provisional' && event.response.status > 100),
    }),
    tell: sendTo(
      ({ context }) => context.owner,
      (_, news: TransactionEvent) => news,
    ),
  },
  guards: {
    expired: ({ context }) => context.expired,
    another: ({ context }) => context.at + 1 < context.targets.length,
    hurried: ({ context }) => context.silence > 0 && context.at + 1 < context.targets.length,
    /** The stream had ended without our knowing when the request went out on it: a fresh one to the same place may do. */
    stale: ({ context, event }) =>
      context.reused && event.type === 'transaction.failed' && event.error.code === 'transport',
    invite: ({ context }) => context.method === 'INVITE',
    limited: ({ context }) => context.method === 'INVITE' && context.timers.inviteProceeding > 0,
    verifies: ({ context }) => context.verifies,
    tooShort: ({ context }, status: number) => status === 422 && context.raises < mostRaises,
    challenged: ({ context }, response: SipResponse) =>
      context.answersChallenges && asksForSecurity(response),
    elsewhere: ({ event }) => event.type === 'credentials.given' && event.targets !== undefined,
    overloaded: (_, status: number) => status === 503,
    unavailable: ({ context }, status: number) =>
      status === 503 && !context.rung && context.at + 1 < context.targets.length,
  },
  delays: {
    silence: ({ context }) => context.silence,
    proceedingLimit: ({ context }) => context.timers.inviteProceeding,
    cancelLimit: ({ context }) => sixtyFourT1(context.timers),
    patience: ({ context }) => sixtyFourT1(context.timers),
  },
})
