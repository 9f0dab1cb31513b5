/** Commands and events about REFER, ours and the peer's, with its implicit subscription. RFC 3515, 3891, 3892, 4488. */
import type { HeaderPair, SipRequest } from '../../message/types.ts'
import type { Credentials, Id, OutgoingRequest, OutgoingResponse } from '../commands.ts'

/** A REFER of ours. */
export interface OutgoingReferral {
  /** Refer-To as name-addr text or URI, with headers for the request behind `?`; absent when `replacing` names a call. */
  readonly referTo?: string
  /** The call whose other party is to be asked, by an INVITE that replaces that call. RFC 3891 */
  readonly replacing?: Id
  /** Referred-By as name-addr text. RFC 3892 */
  readonly referredBy?: string
  /** False: no subscription is wanted (RFC 4488). Default true. */
  readonly subscription?: boolean
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
  readonly credentials?: readonly Credentials[]
}

export type ReferralCommand =
  /** REFER in the dialog of a call. `id` is that of the referral, a new object. */
  | {
      readonly type: 'referral.open'
      readonly id: Id
      readonly call: Id
      readonly referral: OutgoingReferral
    }
  /** REFER outside dialogs. */
  | {
      readonly type: 'referral.send'
      readonly id: Id
      readonly connection: Id
      readonly request: Pick<OutgoingRequest, 'uri' | 'from' | 'to' | 'registration'>
      readonly referral: OutgoingReferral
    }
  /** Accepts a REFER of the peer's; NOTIFY tells what becomes of `call`, when there is one that was made for it. */
  | { readonly type: 'referral.accept'; readonly id: Id; readonly call?: Id }
  | { readonly type: 'referral.reject'; readonly id: Id; readonly response: OutgoingResponse }
  /** NOTIFY with a status line, for an application that carries the REFER out by other means; a final one ends it. */
  | { readonly type: 'referral.notify'; readonly id: Id; readonly status: number; readonly reason: string }

export type ReferralEvent =
  /** The peer refers us. `call`: in whose dialog, if any. */
  | {
      readonly type: 'referral'
      readonly id: Id
      readonly connection: Id
      readonly call?: Id
      readonly request: SipRequest
    }
  /** The one whom we referred tells how far it is. */
  | {
      readonly type: 'progress'
      readonly id: Id
      readonly status: number
      readonly reason: string
      readonly request: SipRequest
    }
