/** What happens in a call, how it began and how it may end. RFC 3261 §9, §13. */
import type { Source } from '../../engine/ports.ts'
import type { HeaderPair, NameAddr, SipRequest, SipResponse } from '../../message/types.ts'
import type { Reason } from '../../rules/reason.ts'
import type { Dialog } from '../dialog.ts'
import type { Notification } from '../notification.ts'
import type { IncomingReferral } from '../referrals.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { Call } from './call.ts'
import type { SessionDescriptions } from './change-rules.ts'
import type { Fork } from './fork.ts'
import type { CallMediaPort } from './media.ts'
import type { Offer } from './offer.ts'

export type { Reason }

/** What happens in a call besides its states and responses. */
export type CallEvent =
  /** Our INVITE was answered with a 2xx; without automatic ACK it waits for `ack`. */
  | { readonly type: 'answered'; readonly response: SipResponse }
  /** The peer cancelled; `tooLate`: after our 2xx, so the call stays up. RFC 3261 §9.2 */
  | { readonly type: 'canceled'; readonly request: SipRequest; readonly tooLate?: true }
  /** The ACK for our 2xx came, with the peer's answer if the offer was ours. RFC 3261 §13.2.1 */
  | { readonly type: 'acknowledged'; readonly request: SipRequest }
  /** 64·T1 after the first 2xx: further answers of a fork are not accepted any more. RFC 6026 §7.2 */
  | { readonly type: 'inviteCompleted' }
  /** The INVITE goes to another place; `response`: what the one before said, if anything. RFC 3261 §8.1.3.4 */
  | { readonly type: 'redirected'; readonly uri: string; readonly response?: SipResponse }
  /** A reliable provisional response waits for `prack`, in a call made with `autoPrack: false`. RFC 3262 §4 */
  | { readonly type: 'reliable'; readonly response: SipResponse }
  /** The peer has acknowledged a reliable provisional response of ours. RFC 3262 §3 */
  | { readonly type: 'pracked'; readonly request: SipRequest }
  /** A dialog came to be: the only one, or one more branch of a fork. RFC 3261 §12.1 */
  | { readonly type: 'dialog'; readonly dialog: Dialog }

/** Additional headers of a BYE or CANCEL, for example Reason (RFC 3326). */
export interface EndOptions {
  readonly headers?: readonly HeaderPair[]
  /** Why it ends, as Reason header: `{ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }`. RFC 3326 */
  readonly reason?: Reason
}

/** What may accompany a provisional response. */
export interface ProvisionalOptions extends ResponseOptions {
  /**
   * True: it is repeated until the peer acknowledges it by PRACK, and our 2xx waits for that when it carries SDP. Default:
   * as the peer's INVITE requires. `not-supported` is thrown when the peer does not take it, or takes nothing else, and
   * `request-pending` when 16 wait already. RFC 3262
   */
  readonly reliable?: boolean
}

/** How a call is accepted. */
export interface AcceptOptions extends ResponseOptions {
  /** 200, the default, to 299. */
  readonly status?: number
  /**
   * Session timer of this call in seconds, from 90 up, instead of its connection's: not longer than the peer asks for, nor
   * shorter than its Min-SE. RFC 4028
   */
  readonly sessionExpires?: number
}

/** What may accompany a refusal. */
export interface RejectOptions extends Omit<ResponseOptions, 'reason'> {
  /** Reason phrase; or why, as Reason header (RFC 6432). */
  readonly reason?: string | Reason
}

/** How a call began. */
export type CallOrigin =
  | {
      readonly direction: 'incoming'
      readonly request: SipRequest
      readonly from: Source
      /** The call whose place it takes. RFC 3891 */
      readonly replaces?: Call
    }
  | {
      readonly direction: 'outgoing'
      readonly remote: NameAddr
      readonly offered: boolean
      readonly autoAck: boolean
      readonly autoPrack?: boolean
      /** Default: that of the connection. */
      readonly media?: CallMediaPort
    }

/** The streams of a call. */
export interface CallStreams {
  responses: SipResponse
  events: CallEvent
  forks: Fork
  sessions: SessionDescriptions
  offers: Offer
  referrals: IncomingReferral
  notifications: Notification
}
