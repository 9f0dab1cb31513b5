/**
 * What outgoing and incoming calls have in common: the INVITE usage of a dialog. RFC 3261 §13, §15;
 * CSIPInviteDialogAssoc. The machines are `outgoing-call.ts`, `surfaced-call.ts` and `incoming-call.ts`.
 *
 *   … ──▶ confirmed ──BYE, either way──▶ terminating ──▶ terminated ──late 2xx absorbed──▶ released
 */
import type { ActorRef, Snapshot } from 'xstate'
import type { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../../src/message/types.ts'
import type { Reason } from '../../src/rules/reason.ts'
import type { Search } from '../../src/rules/redirect.ts'
import type { TransactionEvent } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'
import type { RequestInDialog } from './dialog.ts'

/** Why and by whom a call ended. */
export interface End {
  readonly by: 'local' | 'remote' | 'network'
  readonly reason: 'bye' | 'cancelled' | 'rejected' | 'expired' | 'failed' | 'no-ack'
  readonly status?: number
  readonly response?: SipResponse
  readonly error?: SipError
  /** What the peer gave as reasons. RFC 3326 */
  readonly reasons?: readonly Reason[]
}

/** What the call machines start with. */
export interface CallInput {
  readonly timers: TimerConfig
  /** Outgoing: the 2xx is acknowledged at once. */
  readonly autoAck: boolean
  /** Outgoing: the offer follows. */
  readonly describing?: boolean
  /** Outgoing: the Request-URI, when redirections are followed. */
  readonly follow?: string
  /** Outgoing: a further 2xx makes a call of its own. */
  readonly surfaces?: boolean
  /** Outgoing: reliable provisional responses are acknowledged. */
  readonly reliable?: boolean
  /** The 2xx that makes a surfaced call. */
  readonly last?: SipResponse
}

/** What a call machine remembers. */
export interface CallContext extends CallInput {
  /** Outgoing: no further 2xx can come. */
  readonly settled: boolean
  /** Tag of the peer whose 2xx made the call. */
  readonly remoteTag?: string
  /** Incoming: the latest response, and the interval at which a 2xx is repeated. */
  readonly last?: SipResponse
  readonly interval: number
  /** Headers that the application wants in a BYE that has to wait. */
  readonly farewell?: readonly HeaderPair[]
  readonly end?: End
  /** Incoming: a reliable response with a session description waits for its PRACK. RFC 3262 §3 */
  readonly held?: boolean
  /** Outgoing: the places that redirections have named. */
  readonly search?: Search
  /** Outgoing: tags of the branches that the application has left. */
  readonly left?: readonly string[]
  /** Our BYE was sent once more. */
  readonly again?: boolean
  /** Outgoing: the INVITE's Expires has passed. */
  readonly expired?: boolean
}

/** A call, as the machines beside it know it. */
// biome-ignore lint/suspicious/noExplicitAny: takes whatever a machine sends
export type Listener = ActorRef<Snapshot<unknown>, any>

/** One dialog that an INVITE of ours made. */
export interface Branch {
  readonly dialog: string
  readonly remoteTag: string
  /** For its BYE. */
  readonly headers?: readonly HeaderPair[]
}

/** What a call machine understands. */
export type CallEvent =
  | TransactionEvent
  | { type: 'tu.ack'; answer?: string }
  | { type: 'tu.cancel' }
  /** The offer is there, or will never be. */
  | { type: 'tu.described' }
  | { type: 'tu.undescribed'; error: SipError }
  | { type: 'tu.hangUp'; headers?: readonly HeaderPair[] }
  | { type: 'tu.provisional'; response: SipResponse; reliable?: boolean }
  | { type: 'tu.accept' | 'tu.reject'; response: SipResponse }
  | { type: 'wire.cancel'; request: SipRequest }
  | ({ type: 'dialog.request' } & RequestInDialog)
  | { type: 'dialog.ack'; request: SipRequest }
  /** The application leaves one branch of a fork. */
  | ({ type: 'tu.leave' } & Branch)
  /** Its session was not refreshed (RFC 4028 §10), or a 2xx of ours to a re-INVITE not acknowledged (§13.3.1.4). */
  | { type: 'session.lost'; reason: 'failed' | 'no-ack'; error: SipError }
  | { type: 'provisional.held'; held: boolean }
  | { type: 'provisional.lost' }
  | { type: 'invite.expired' }
