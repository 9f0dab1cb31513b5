/** The public states of a REFER, ours and the peer's. RFC 3515. RTC_SESSION_REFER_STATUS of old. */
import type { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'

/** A REFER of ours: `sent → accepted →` one of the others, which are ends. */
export type ReferralState =
  | {
      /** `accepted`: the peer carries it out, and tells how far it is. */
      readonly is: 'sent' | 'accepted'
    }
  | {
      /** The peer has told how its request ended; without a status when no subscription was wanted. */
      readonly is: 'done'
      readonly status?: number
      readonly reason?: string
    }
  /** The peer does not carry it out. */
  | { readonly is: 'rejected'; readonly status: number; readonly response?: SipResponse }
  /** Nobody answered the REFER. */
  | { readonly is: 'failed'; readonly error?: SipError }
  /** It was accepted, and then nothing final was told in time. */
  | { readonly is: 'expired' }

/** A REFER of the peer's. `accepted`: NOTIFY tells what becomes of it. */
export interface IncomingReferralState {
  readonly is: 'asked' | 'accepted' | 'rejected' | 'terminated'
}
