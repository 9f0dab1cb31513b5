/** A change of the session that the peer asks for. RFC 3261 §14.2, RFC 3311 §5.2. */
import type { SipRequest } from '../../message/types.ts'
import type { Dialog } from '../dialog.ts'
import { abandon, alone } from '../scope.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { Call } from './call.ts'

/** What an offer needs of its call. */
export interface OfferActions {
  /** Sends the 2xx, with the SDP given or that of the media. */
  accept(answer: string | undefined, options: ResponseOptions): Promise<void>
  reject(status: number, options: ResponseOptions): void
  /** Still without a final response. */
  isOpen(): boolean
}

/**
 * A re-INVITE or UPDATE of the peer's that changes the session. Answer it once; an UPDATE within 32·T1 (16 s), then it is
 * refused with 504. When the peer takes it back, or the call ends, it is not open any more.
 *
 * @example
 * call.offers$.subscribe(offer => void offer.accept(answerTo(offer.sdp)))
 */
export class Offer {
  /** The call whose session is to change. */
  readonly call: Call
  /** The dialog that it came in. */
  readonly dialog: Dialog | undefined
  /** The re-INVITE or UPDATE as received. */
  readonly request: SipRequest
  /** The peer's offer; `undefined` in a re-INVITE that wants one of ours: then `accept` takes our offer. */
  readonly sdp: string | undefined
  readonly #actions: OfferActions;
  [alone] = false

  constructor(
    call: Call,
    dialog: Dialog | undefined,
    request: SipRequest,
    sdp: string | undefined,
    actions: OfferActions,
  ) {
    this.call = call
    this.dialog = dialog
    this.request = request
    this.sdp = sdp
    this.#actions = actions
  }

  /** True while it can be accepted or rejected. */
  get isOpen(): boolean {
    return this.#actions.isOpen()
  }

  /**
   * Agrees: 200 with the SDP answer (or our offer, when the peer sent none); without one the media of the call gives it.
   * Settles when the session is changed, for a re-INVITE by its ACK; rejects with `no-ack` when none comes within 64·T1
   * (the call then ends), `media` when the media cannot answer (the peer gets 488), `cancelled`, `closed`.
   *
   * Throws `invalid-transaction-state` when it is not open, `argument` and `header-not-allowed` for bad parts.
   */
  accept(answer?: string, options: ResponseOptions = {}): Promise<void> {
    return this.#actions.accept(answer, options)
  }

  /**
   * Refuses, 300 to 699, default 488 Not Acceptable Here with a Warning: the session stays as it was (RFC 6141). Throws as
   * `accept` does.
   */
  reject(status = 488, options: ResponseOptions = {}): void {
    this.#actions.reject(status, options)
  }

  [abandon](): void {
    if (this[alone] && this.isOpen) this.reject(500)
  }
}
