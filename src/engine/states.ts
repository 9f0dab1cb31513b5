/**
 * The public state of every object, told apart by `is`. Projected from the machines' snapshots by `engine/project.ts`.
 */
import type { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import type { Reason } from '../rules/reason.ts'
import type { LineSessionState, LineState } from './line-states.ts'
import type { NotifierState } from './notifier-states.ts'
import type { ProfileState } from './profile-states.ts'
import type { PublicationState } from './publication-states.ts'
import type { IncomingReferralState, ReferralState } from './referral-states.ts'
import type { SessionTimerState } from './session-states.ts'
import type { SubscriptionState } from './subscription-states.ts'

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
  | { readonly is: 'unregistered' | 'expired' }
  | {
      readonly is: 'registering' | 'unregistering'
      /** It waits for its turn: so many REGISTERs a second go to one target, and no more. */
      readonly queued?: true
    }
  | {
      /** A failure that may pass has ended it for now. */
      readonly is: 'recovering'
      /** Number of the attempt that comes next or is under way, from 1. */
      readonly attempt: number
      /** When it comes, in milliseconds of the platform's clock; absent while it is under way. */
      readonly retryAt?: number
    }
  | {
      readonly is: 'registered' | 'updating'
      /** The lifetime we work with, in seconds: what was granted, clamped. */
      readonly granted: number
      /** When the registrar forgets us, in milliseconds of the platform's clock. */
      readonly registrarExpiresAt: number
      /** Our Contact as the registrar wrote it. */
      readonly contact: string
      /** Service-Route: the way that requests made from it take. RFC 3608 */
      readonly serviceRoute: readonly string[]
      /** Path: the proxies that calls for us come by. RFC 3327 */
      readonly path: readonly string[]
      /** P-Associated-URI: the addresses of record that are registered with it, the default one first. RFC 7315 §4.1 */
      readonly associated: readonly string[]
      /** The registrar keeps to the flow that the REGISTER came by. RFC 5626 */
      readonly outbound: boolean
      /** RFC 5627 */
      readonly publicGruu?: string
      readonly temporaryGruus: readonly string[]
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
  /**
   * `bye`: hung up after it was established; `expired`: nobody answered within the Expires of the INVITE; the others: it
   * never was established, or the path failed.
   */
  readonly reason: 'bye' | 'cancelled' | 'rejected' | 'expired' | 'failed' | 'no-ack'
  /** Final status of the INVITE, when there was one. */
  readonly status?: number
  readonly response?: SipResponse
  readonly error?: SipError
  /** What the peer gave as reasons: in its BYE, CANCEL or final response. RFC 3326, RFC 6432 */
  readonly reasons?: readonly Reason[]
}

/**
 * A call: the INVITE usage of a dialog. RFC 3261 §13; CSIPInviteDialogAssoc.
 *
 * Outgoing: `calling → proceeding → early → confirmed` (before that `describing`, while media has no offer yet); incoming: `incoming → ringing → accepted → confirmed`;
 * both end `terminating → terminated`.
 */
export type CallState =
  | {
      readonly is:
        | 'describing'
        | 'calling'
        | 'redirecting'
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

export type { LineRefusal, LineSessionState, LineState } from './line-states.ts'
export type { NotifierState } from './notifier-states.ts'
export type { ProfileState } from './profile-states.ts'
export type { PublicationState } from './publication-states.ts'
export type { IncomingReferralState, ReferralState } from './referral-states.ts'
export type { SessionTimerState } from './session-states.ts'
export type { SubscriptionState } from './subscription-states.ts'

/** Any of them. */
export type ObjectState =
  | ConnectionState
  | ClientTransactionState
  | ServerTransactionState
  | DialogState
  | RegistrationState
  | ProfileState
  | LineState
  | LineSessionState
  | RefreshState
  | CallState
  | SessionTimerState
  | ReferralState
  | IncomingReferralState
  | PublicationState
  | NotifierState
  | SubscriptionState
