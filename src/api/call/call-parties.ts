/** Who has a call with whom. RFC 3261 §8.1.1 */
import type { Source } from '../../engine/ports.ts'
import type { NameAddr, SipRequest } from '../../message/types.ts'
import { DescribedCall } from './call-media.ts'
import { userOf } from './call-rules.ts'

/** What every call has: how it came to be, and who is at the other end. */
export abstract class CallParties extends DescribedCall {
  /** Tells the handles apart. */
  readonly kind = 'call'

  /** Who called: the peer, or we. */
  get direction(): 'incoming' | 'outgoing' {
    return this.origin.direction
  }

  /**
   * Where an incoming call came from: the sender's address, the transport, and over TLS the names in the certificate that it
   * showed. `undefined` for an outgoing one.
   */
  get from(): Source | undefined {
    return this.origin.direction === 'incoming' ? this.origin.from : undefined
  }

  /** The other party: From of an incoming call, the address that an outgoing one is for. */
  get remote(): NameAddr {
    return this.origin.direction === 'incoming' ? this.origin.request.from : this.origin.remote
  }

  /**
   * Who that is, for a display or a log: the user part of its `sip:` or `sips:` URI with escapes resolved (as they are
   * when they hide a line break), the number of a `tel:` URI; `undefined` without one. Anybody may claim to be anyone.
   */
  get remoteUser(): string | undefined {
    return userOf(this.remote.uri)
  }

  /** The INVITE of an incoming call. */
  get request(): SipRequest | undefined {
    return this.origin.direction === 'incoming' ? this.origin.request : undefined
  }
}
