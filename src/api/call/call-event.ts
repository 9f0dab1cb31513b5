/** What happens in a call, how it began and how it may end. RFC 3261 §9, §13. */
import type { HeaderPair, NameAddr, SipRequest, SipResponse } from '../../message/types.ts'
import type { Dialog } from '../dialog.ts'
import type { SessionDescriptions } from './change-rules.ts'
import type { CallMediaPort } from './media.ts'
import type { Offer } from './offer.ts'

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
  /** A dialog came to be: the only one, or one more branch of a fork. RFC 3261 §12.1 */
  | { readonly type: 'dialog'; readonly dialog: Dialog }

/** Additional headers of a BYE or CANCEL, for example Reason (RFC 3326). */
export interface EndOptions {
  readonly headers?: readonly HeaderPair[]
}

/** How a call began. */
export type CallOrigin =
  | { readonly direction: 'incoming'; readonly request: SipRequest }
  | {
      readonly direction: 'outgoing'
      readonly remote: NameAddr
      readonly offered: boolean
      readonly autoAck: boolean
      /** Default: that of the connection. */
      readonly media?: CallMediaPort
    }

/** The streams of a call. */
export interface CallStreams {
  responses: SipResponse
  events: CallEvent
  sessions: SessionDescriptions
  offers: Offer
}
