/**
 * The public state of every object, told apart by `is`. Projected from the machines' snapshots by `engine/project.ts`.
 */
import type { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'

/** CSIPConnection::TState, with the way out. Only `active` can send. */
export interface ConnectionState {
  readonly is: 'init' | 'active' | 'suspended' | 'inactive' | 'unavailable' | 'closing' | 'closed'
}

/**
 * A client transaction with everything that belongs to its one request: finding the target, connecting, answering
 * challenges, the next target. `constructing` until the first packet has left. RFC 3261 §17.1, §8.1.
 */
export interface ClientTransactionState {
  readonly is: 'constructing' | 'trying' | 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'
  /** Status of the latest response. */
  readonly status?: number
}

/** RFC 3261 §17.2, RFC 6026 §7.1. Answers are possible in `trying` and `proceeding`. */
export interface ServerTransactionState {
  readonly is: 'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated'
}

/** CSIPDialog::TState. RFC 3261 §12. */
export interface DialogState {
  readonly is: 'init' | 'early' | 'confirmed' | 'terminated'
}

/** One AOR-to-contact binding. RFC 3261 §10.2; CSIPRegistrationBinding. */
export type RegistrationState =
  | { readonly is: 'unregistered' | 'registering' | 'unregistering' | 'expired' }
  | {
      readonly is: 'registered' | 'updating'
      /** The lifetime we work with, in seconds: what was granted, clamped. */
      readonly granted: number
      /** When the registrar forgets us, in milliseconds of the platform's clock. */
      readonly registrarExpiresAt: number
      /** Our Contact as the registrar wrote it. */
      readonly contact: string
    }

/** CSIPRefresh::TState. */
export type RefreshState =
  | { readonly is: 'inactive' | 'terminated' }
  | {
      readonly is: 'active'
      /** Seconds from one refresh to the next. */
      readonly interval: number
    }

/** Why and by whom a call ended. */
export interface CallEnd {
  readonly by: 'local' | 'remote' | 'network'
  /** `bye`: hung up after it was established; the others: it never was, or the path failed. */
  readonly reason: 'bye' | 'cancelled' | 'rejected' | 'failed' | 'no-ack'
  /** Final status of the INVITE, when there was one. */
  readonly status?: number
  readonly response?: SipResponse
  readonly error?: SipError
}

/**
 * A call: the INVITE usage of a dialog. RFC 3261 §13; CSIPInviteDialogAssoc.
 *
 * Outgoing: `calling → proceeding → early → confirmed`; incoming: `incoming → ringing → accepted → confirmed`;
 * both end `terminating → terminated`.
 */
export type CallState =
  | {
      readonly is:
        | 'calling'
        | 'proceeding'
        | 'early'
        | 'cancelling'
        | 'incoming'
        | 'ringing'
        | 'accepted'
        | 'confirmed'
        | 'terminating'
    }
  | { readonly is: 'terminated'; readonly end: CallEnd }

/** Any of them. */
export type ObjectState =
  | ConnectionState
  | ClientTransactionState
  | ServerTransactionState
  | DialogState
  | RegistrationState
  | RefreshState
  | CallState
