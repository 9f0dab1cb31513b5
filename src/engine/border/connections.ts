/** How a connection is made. RFC 3261 §18, RFC 3329, RFC 6665 §4.4.4 */
import type { TimerConfig } from '../../../machines/timers.ts'
import type { NetworkRecovery } from '../../rules/network.ts'
import type { TransportName } from '../ports.ts'
import type { KeepAliveMethod, KeepAliveOptions } from './registrations.ts'

/** How a connection agrees on security with the next hop. RFC 3329 */
export interface SecurityAgreementOptions {
  /** Of `digest` and `tls`, the preferred first. */
  readonly mechanisms: readonly string[]
  /** True: a next hop that does not agree is not spoken to, and its 2xx is `forbidden`. Default false. */
  readonly require?: boolean
}

/** How a connection is bound, and what it says of itself. */
export interface ConnectionOptions {
  /** Address to bind, IPv4 or IPv6 and no name; default: the platform's. */
  readonly host?: string
  /**
   * Port of UDP and TCP; TLS then listens on the one above it (5060 and 5061, RFC 3261 §19.1.2), a WebSocket server on a free
   * one, and a transport that is used alone on this one. Default 0, free ones.
   */
  readonly port?: number
  /** Ports of single transports, for example `{ WSS: 443 }`; they count more than `port`. 0 is a free one. */
  readonly ports?: Readonly<Partial<Record<TransportName, number>>>
  /**
   * The network to be on: the name of an interface (`eth0`), whose address is followed when it changes, or one of this
   * host's addresses, with which it comes and goes. Default: that of `host`, else that of the platform's default host; all
   * of them when that stands for all.
   */
  readonly network?: string
  /** When a lost network is tried again, in milliseconds; default 5, 15 and 25 min, then each hour, 3 h after a fatal failure. */
  readonly recovery?: Partial<NetworkRecovery>
  /** Hosts that are trusted with where we are (P-Access-Network-Info) although they are not reached by TLS. RFC 7315 §6 */
  readonly trustedHops?: readonly string[]
  /** Transports to use; default: all of the platform. */
  readonly transports?: readonly TransportName[]
  /** User part of our Contact; default: a random one. */
  readonly user?: string
  readonly timers?: TimerConfig
  /** Product named in User-Agent and Server; default none. */
  readonly userAgent?: string
  /** Route of every request outside dialogs, `sip:` URI; `;lr` is added. */
  readonly outboundProxy?: string
  /** Calls at the same time before INVITE (and OPTIONS) get 486; default no limit. */
  readonly maxCalls?: number
  /**
   * Methods the application handles besides those of the engine, such as PUBLISH; they appear in Allow, others get 405. Given,
   * it replaces the default: MESSAGE and INFO.
   */
  readonly methods?: readonly string[]
  /**
   * INFO packages that the application takes: they are named in Recv-Info, an INFO with another gets 469. Default: nothing
   * is said of packages, and every INFO goes to the application. RFC 6086
   */
  readonly infoPackages?: readonly string[]
  /**
   * True: a NOTIFY outside dialogs, which nobody has subscribed to, is taken, for example a message-summary that a registrar
   * sends by itself; see `unsolicitedNotifications$`. Anybody can send one. Default false: 481.
   */
  readonly unsolicitedNotifications?: boolean
  /**
   * Event packages that peers may subscribe to, by name, as `presence` or `message-summary`: they are in Allow-Events, and
   * each SUBSCRIBE comes by `subscriptions$`. Any other gets 489, without this option 405. RFC 6665 §4.4.4
   */
  readonly events?: readonly string[]
  /** The briefest subscription that is taken, in seconds, at most 3600; a briefer one gets 423. Default: any. RFC 6665 §4.2.1.1 */
  readonly minExpires?: number
  /** User parts that requests may be addressed to; others get 404. Default: any. */
  readonly users?: readonly string[]
  /** What becomes of a further 2xx to an INVITE: a call of its own, or ACK and BYE. Default `surface`. RFC 3261 §13.2.2.4 */
  readonly forking?: 'surface' | 'first'
  /** False: 401 and 407 go to the application. Default true. */
  readonly securityHandling?: boolean
  /**
   * False: a 2xx is good although the server's proof that it knows the password, too (`rspauth`), is wrong. Default true:
   * such a request fails with `forbidden`. RFC 7616 §3.5
   */
  readonly checkServerProof?: boolean
  /** Session timer to ask for in calls, in seconds from 90 up; default none: that of a peer is honoured. RFC 4028 */
  readonly sessionExpires?: number
  /** The least session timer that is accepted, in seconds from 90 up; default 90. RFC 4028 §5 */
  readonly minSE?: number
  /** How flows of registrations are kept alive that say nothing of it themselves; see there. RFC 5626 §4.4 */
  readonly keepAlive?: KeepAliveMethod | KeepAliveOptions
  /** Offers an agreement on security to every next hop. RFC 3329. Default none; that of a server is taken up. */
  readonly securityAgreement?: SecurityAgreementOptions
}
