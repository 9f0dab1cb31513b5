/**
 * The vocabulary of the machines: how an effect is declared, and what actors tell each other.
 *
 * An effect is what a machine asks of the world, by name and with typed parameters. Every one is performed in
 * `src/engine/effects/`, in one place. Inward, events are named for where they come from: `wire.*` (network),
 * `tu.*` (owner or application), `transaction.*`, `dialog.*`, `flow.*`, `refresh.*`.
 */
import type { ActorRef, Snapshot } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipRequest, SipResponse } from '../src/message/types.ts'

/** Declares an effect: named and typed in machines/, performed by the engine. */
export const effect =
  <Params = undefined>(name: string) =>
  (_args: unknown, _params: Params): void => {
    throw new Error(`effect '${name}' is not provided`)
  }

/** What arrives for a client transaction. */
export type WireResponse =
  | { readonly type: 'wire.provisional'; readonly response: SipResponse }
  | { readonly type: 'wire.success'; readonly response: SipResponse }
  | { readonly type: 'wire.failure'; readonly response: SipResponse }

/** The transport could not deliver. §17.1.4, §17.2.4 */
export type WireError = { readonly type: 'wire.error'; readonly error: SipError }

/** What a transaction, or a request with all its transactions, tells the actor that owns it. */
export type TransactionEvent =
  | { readonly type: 'transaction.provisional'; readonly response: SipResponse }
  | { readonly type: 'transaction.success'; readonly response: SipResponse }
  | { readonly type: 'transaction.failure'; readonly response: SipResponse }
  | { readonly type: 'transaction.failed'; readonly error: SipError }
  /** INVITE client only: no further 2xx will come (Timer M, RFC 6026). */
  | { readonly type: 'transaction.completed' }
  /** INVITE server only: an ACK with the INVITE's own branch. */
  | { readonly type: 'transaction.ack'; readonly request: SipRequest }

/** The actor that a transaction serves: a call, a binding, a subscription. */
export type Owner = ActorRef<Snapshot<unknown>, TransactionEvent>

/** A target of RFC 3263: an address, a transport, and the host name that led there. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly transport: string
  readonly name?: string
}

/** What a machine tells the application: the effect `announce`. */
export type News =
  | { readonly type: 'response'; readonly response: SipResponse }
  | { readonly type: 'answered'; readonly response: SipResponse }
  | { readonly type: 'error'; readonly error: SipError }
  | { readonly type: 'canceled'; readonly request: SipRequest; readonly tooLate?: true }
  | { readonly type: 'acknowledged'; readonly request: SipRequest }
  | { readonly type: 'inviteCompleted' }
  /** The INVITE goes to another place; `response`: what the one before said, if anything. RFC 3261 §8.1.3.4 */
  | { readonly type: 'redirected'; readonly uri: string; readonly response?: SipResponse }
  | { readonly type: 'grantedBelowMinimum'; readonly granted: number; readonly used: number }
