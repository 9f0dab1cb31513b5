/** Commands and events about registrations, and about what is renewed before it expires. RFC 3261 §10.2, RFC 5626, 5627. */
import type { HeaderPair, SipMessage } from '../../message/types.ts'
import type { Credentials, Id } from '../commands.ts'

/** How long to wait between attempts, in seconds: 50 to 100 % of min(max, base·2^failures). RFC 5626 §4.5 */
export interface RecoverOptions {
  /** Default 30. */
  readonly base?: number
  /** Default 1800. */
  readonly max?: number
}

/**
 * How it is found out that a flow has died. RFC 5626 §4.4, RFC 6223
 *
 * - `crlf`: a double CRLF, answered by one (streams); `stun`: a Binding request to the SIP port (datagrams), which also
 *   shows that a NAT has given us another address. Each stands for the other where it does not fit.
 * - `options`: an OPTIONS, which any SIP server answers with something.
 * - `auto`: `crlf` or `stun`, and `options` for a peer that ignores them; nothing where the transport looks after itself
 *   (WebSocket in Node).
 * - `off`: nothing is sent, nor offered.
 *
 * Unless it is off, the Via of each REGISTER offers keep-alives (`keep`), and a next hop that agrees gets them, also without
 * `outbound`; the seconds that it names count as those of Flow-Timer.
 */
export type KeepAliveMethod = 'auto' | 'crlf' | 'stun' | 'options' | 'off'

/** What keeps a flow alive, and how often. */
export interface KeepAliveOptions {
  /** Default `auto`. */
  readonly by?: KeepAliveMethod
  /**
   * Seconds from one probe to the next at most, each 80 to 100 % of it; from 1. Default: the server's Flow-Timer, else 95 to
   * 120 s on streams and 24 to 29 s on UDP.
   */
  readonly interval?: number
}

export interface RegistrationOptions {
  /** Address of record, a `sip:` or `sips:` URI. Without a user it is the host itself that registers (§19.1.1), as some trunks do. */
  readonly aor: string
  /** Registrar URI; default: the host of the AOR. */
  readonly registrar?: string
  /** Who registers, as name-addr text, when it is somebody else than the AOR (RFC 3261 §10.2); default: the AOR. */
  readonly from?: string
  /** Contact as name-addr text or URI; default: the connection's. */
  readonly contact?: string
  /** Preference of our Contact, 0 to 1; default: none said. RFC 3261 §10.2.1.2 */
  readonly q?: number
  /**
   * Further Contacts of this address of record, as name-addr text, for example `<sip:alice@voicemail.example>;q=0.1`.
   * They come and go with ours, whose lifetime is the one that counts. Not together with `outbound`.
   */
  readonly contacts?: readonly string[]
  /** Seconds to ask for, at least `minRequestedExpires`; absent: none asked, 3600 assumed. */
  readonly expires?: number
  /** False: no refresh; the binding ends with its lifetime. Default true. */
  readonly refresh?: boolean
  /** False: REGISTER carries no expiry at all. Default true. */
  readonly sendExpires?: boolean
  /** Smallest lifetime we believe, in seconds; default 30. Below the registrar's grant our binding may be unknown to it in between. */
  readonly minGrantedExpires?: number
  /** Smallest lifetime that may be asked for, in seconds; default 60. */
  readonly minRequestedExpires?: number
  /** Largest Min-Expires of a 423 that is followed, in seconds; default 86,400. */
  readonly maxMinExpires?: number
  readonly credentials?: readonly Credentials[]
  /** Route of its REGISTERs and of requests made from it, before the connection's own; `sip:` or `sips:` URI. */
  readonly outboundProxy?: string
  /**
   * True: requests made from it go to the address that the latest successful REGISTER went to, and the name of the
   * outbound proxy is not resolved for each. Every REGISTER resolves anew. Default false.
   */
  readonly cacheOutboundProxyIp?: boolean
  readonly headers?: readonly HeaderPair[]
  /**
   * What follows a failure that may pass (408, 5xx, no answer, no way; 413, 480 and 486 with Retry-After; never 403 or
   * 404). True: another attempt after a while, state `recovering`, again and again until `unregister`. False: the
   * registration ends. Default: that of `outbound`.
   */
  readonly recover?: boolean | RecoverOptions
  /**
   * True: the registrar is to keep to the flow that the REGISTER comes by (RFC 5626). When the first hop knows nothing of
   * that (439), it registers without. Default: whether `regId` is given.
   */
  readonly outbound?: boolean
  /**
   * How the flow of the registration is kept alive; its death makes the registration `recovering` at once. Default: that
   * of the connection, else `auto` with `outbound` and `off` without. RFC 5626 §4.4
   */
  readonly keepAlive?: KeepAliveMethod | KeepAliveOptions
  /** Number of the flow, 1 to 2^31-1; default 1. Registrations of one instance by several ways have one each. */
  readonly regId?: number
  /** Id of the first flow, for a further one of the same registration. RFC 5626 §4.2.1 */
  readonly group?: Id
  /** `urn:uuid:…` of this instance, the same after a restart; default: that of the `Sip`. RFC 5626 §4.1 */
  readonly instanceId?: string
  /**
   * True: asks for URIs by which this very instance can be reached from everywhere (RFC 5627). `public`, `temporary`:
   * such a URI is the Contact of calls made from this registration, too. Default false.
   */
  readonly gruu?: boolean | 'public' | 'temporary'
}

/** What a stand-alone request is repeated by. */
export interface RefreshRequest {
  /** Id of the refresh, a new object. */
  readonly id: Id
  /** Seconds from one request to the next, whatever is granted. */
  readonly interval?: number
}

/** What takes the place of what a stand-alone request had, from its next repetition on. */
export interface RefreshElements {
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

export type RegistrationCommand =
  | {
      readonly type: 'registration.open'
      readonly id: Id
      readonly connection: Id
      readonly options: RegistrationOptions
    }
  /** Anew after an end, or at once while it waits to recover. */
  | { readonly type: 'registration.register'; readonly id: Id }
  | {
      readonly type: 'registration.update'
      readonly id: Id
      readonly expires?: number
      readonly headers?: readonly HeaderPair[]
    }
  | { readonly type: 'registration.unregister'; readonly id: Id }
  /** From the next REGISTER on. `outboundProxy: null`: that of the connection. */
  | {
      readonly type: 'registration.configure'
      readonly id: Id
      readonly outboundProxy?: string | null
      readonly cacheOutboundProxyIp?: boolean
    }
  | { readonly type: 'refresh.interval'; readonly id: Id; readonly seconds: number }
  /** Repeats a stand-alone request now, with other elements. */
  | { readonly type: 'refresh.update'; readonly id: Id; readonly elements: RefreshElements }
  /** A stand-alone request is not repeated any more. */
  | { readonly type: 'refresh.terminate'; readonly id: Id }

export type RegistrationEvent =
  /** A registration began to refresh itself. */
  | { readonly type: 'refresh'; readonly id: Id; readonly owner: Id; readonly message?: SipMessage }
  /** A request of a registration or refresh is on its way: an object of its own. */
  | { readonly type: 'transaction'; readonly id: Id; readonly owner: Id; readonly method: string }
  /** The registrar granted less than we accept; we keep to our minimum. */
  | {
      readonly type: 'grantedBelowMinimum'
      readonly id: Id
      readonly granted: number
      readonly used: number
      readonly message?: SipMessage
    }
