/** How a call gets its session descriptions: the port for media. RFC 3264. */
import { isFault, parseSdp, type SessionDescription } from './session.ts'

/** The property of a connection that tells the address of this host as one who is outside sees it. */
export const addressToward: unique symbol = Symbol('addressToward')

/** What a session description is wanted for. */
export type Purpose =
  /** The first offer, or the first answer. */
  | 'start'
  | 'hold'
  | 'resume'
  /** Whatever the application has in mind. */
  | 'change'
  /** The same session once more: a session timer, a new local address. */
  | 'refresh'

/** A session description: its text, and what it says. */
export class Description {
  /** The text as it was on the wire, or as it was given. */
  readonly sdp: string
  #session: SessionDescription | undefined | null = null

  constructor(sdp: string) {
    this.sdp = sdp
  }

  /** The text taken apart, when first asked for; `undefined` when it is no session description (one written by hand). */
  get session(): SessionDescription | undefined {
    if (this.#session === null) {
      const read = parseSdp(this.sdp)
      this.#session = isFault(read) ? undefined : read
    }
    return this.#session
  }
}

/** The session as it is while a new description is asked for; both absent before the first agreement. */
export interface SessionInForce {
  readonly purpose: Purpose
  /** Our description in force. */
  readonly local?: Description
  /** The peer's description in force. */
  readonly remote?: Description
  /** Our host from now on, when it has moved. */
  readonly host?: string
}

/**
 * The media of one call. A method that throws, rejects, gives no text, or has not settled after 64·T1, fails that call
 * only: the error is on its `errors$`, and the peer gets 488 for a `SipError` of code `media`, else 500.
 */
export interface MediaSession {
  /** An offer. */
  offer(session: SessionInForce): string | Promise<string>
  /** The answer to the peer's offer. Throw `SipError` of code `media` when nothing in it can be met. */
  answer(offer: Description, session: SessionInForce): string | Promise<string>
  /** The peer's answer to an offer of this session. */
  answered?(answer: Description): void
  /** The call is over. */
  close?(): void
}

/**
 * Where calls get their media from: given to `createSip`, `connect` or `invite`, the nearest counts.
 *
 * @example
 * const media = { open: call => ({ offer: () => myOffer(), answer: offer => myAnswer(offer.sdp) }) }
 * const sip = createSip({ platform: node(), media })
 */
export interface MediaPort<Call = unknown> {
  /** Opens the media of a call, when its first description is wanted. */
  open(call: Call): MediaSession
}
