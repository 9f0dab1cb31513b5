/**
 * The ports: all the engine knows of the world. A platform (`sipactor/node`, `sipactor/testing`) implements them.
 */
import type { SipError } from '../errors.ts'
import type { NetworkMonitor, SocketOptions } from './network-port.ts'

export type { NetworkInterface, NetworkRecovery } from '../rules/network.ts'
export type { NetworkMonitor, SocketOptions } from './network-port.ts'

/** Milliseconds, from any fixed origin, never going back. */
export interface Clock {
  now(): number
  setTimeout(callback: () => void, milliseconds: number): unknown
  clearTimeout(handle: unknown): void
}

/** Source of unpredictable values: tags, branches, Call-IDs, cnonces, jitter. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** Hash names of RFC 7616 and RFC 8760. */
export type HashName = 'MD5' | 'SHA-256' | 'SHA-512-256'

/** Hash of `data` as lower-case hexadecimal. Synchronous. */
export type Digest = (algorithm: HashName, data: Uint8Array) => string

/** An IP address (without brackets) and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Transport protocols, by the name they have in Via. RFC 3261 §20.42, RFC 7118. */
export type TransportName = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'

/** Where a request came from. */
export interface Source extends Address {
  readonly transport: TransportName
  /** SIP identities in the certificate that the peer's side of the stream showed and that was verified (RFC 5922 §7.1): mutual TLS. */
  readonly identities?: readonly string[]
}

/** Where to send: an address, the transport to use, and the name that was asked for (SNI, verification). */
export interface Target extends Address {
  readonly transport: TransportName
  readonly name?: string
}

/** What `rules/locate` asks a resolver: everything a SIP URI says about its place. RFC 3263. */
export interface Question {
  /** Host name; never a numeric address. */
  readonly host: string
  readonly port?: number
  /** From the `transport` parameter, upper case. */
  readonly transport?: TransportName
  /** True for `sips:`. */
  readonly secure: boolean
  /** Transports that the connection has. */
  readonly available: readonly TransportName[]
  /** Goes around what is remembered: every name is asked for anew. */
  readonly fresh?: boolean
  /** False as soon as nobody waits for the answer any more: nothing further is asked then. */
  wanted?(): boolean
}

/** The record types that locating a SIP server takes. RFC 3263 §4, RFC 3596. */
export type DnsType = 'NAPTR' | 'SRV' | 'A' | 'AAAA'

interface RecordBase {
  /** Seconds that it may be kept; absent where the platform cannot tell, and then it is not kept. */
  readonly ttl?: number
}

/** Which services a domain has. RFC 3403 §4.1 */
export interface NaptrRecord extends RecordBase {
  readonly type: 'NAPTR'
  readonly order: number
  readonly preference: number
  readonly flags: string
  /** For example `SIP+D2U`. RFC 3263 §4.1 */
  readonly service: string
  readonly regexp: string
  readonly replacement: string
}

/** Where a service is. RFC 2782 */
export interface SrvRecord extends RecordBase {
  readonly type: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  /** Host name; `.` says that the service is not offered. */
  readonly target: string
}

/** An address of a host. */
export interface AddressRecord extends RecordBase {
  readonly type: 'A' | 'AAAA'
  readonly address: string
}

/** What DNS says of a name. */
export type DnsRecord = NaptrRecord | SrvRecord | AddressRecord

/**
 * An answer of DNS. `no-name`: nothing has this name (NXDOMAIN). `no-data`: the name has no record of this type.
 * `failed`: the server could not say (SERVFAIL, REFUSED, unreachable). `timeout`: it did not answer in time.
 */
export type DnsAnswer =
  | { readonly is: 'records'; readonly records: readonly DnsRecord[] }
  | { readonly is: 'no-name' | 'no-data'; readonly ttl?: number }
  | { readonly is: 'failed' | 'timeout'; readonly text: string }

/** DNS itself, as a platform has it. {@link Resolver} is made of it. */
export interface Dns {
  /** Asks for the records of one type. Never rejects for what a server said or did not say. */
  query(name: string, type: DnsType): Promise<DnsAnswer>
  /** Addresses of names that no server is asked about: the hosts file, `localhost`. Empty for any other name. */
  local?(name: string): Promise<readonly string[]>
  /** Addresses found in the system's own way (search domains, mDNS), when DNS knows none. */
  system?(name: string): Promise<readonly string[]>
}

/** One step of locating a server, in order. */
export type ResolutionStep =
  /** A name was asked for. `remembered`: the answer was there from an earlier question. */
  | {
      readonly is: 'asked'
      readonly type: DnsType
      readonly name: string
      readonly outcome: DnsAnswer['is']
      readonly records: readonly DnsRecord[]
      /** What went wrong, for `failed` and `timeout`. */
      readonly text?: string
      readonly remembered?: true
    }
  /** A transport was chosen, and the name that the service has in DNS when one is to be asked for. */
  | {
      readonly is: 'chosen'
      readonly transport: TransportName
      readonly name?: string
      readonly reason: string
    }
  /** Something was left out: a kind of lookup, a record, a host, an address. */
  | { readonly is: 'skipped'; readonly what: string; readonly reason: string }

/** A target with what put it into its place. */
export interface PlannedTarget extends Target {
  /** Of its SRV record. RFC 2782 */
  readonly priority?: number
  readonly weight?: number
  /** Host name of its SRV record. */
  readonly server?: string
}

/** How a question was answered: every step, then the targets in order of preference. */
export interface ResolutionPlan {
  readonly host: string
  readonly steps: readonly ResolutionStep[]
  readonly targets: readonly PlannedTarget[]
  /** Why there is no target. */
  readonly error?: SipError
}

/** DNS as a platform has it. RFC 3263. */
export interface Resolver {
  /** Targets in order of preference. Rejects with a SipError `resolving` when there is none; an empty list means the same. */
  resolve(question: Question): Promise<readonly Target[]>
  /** The same with every step told. Absent where there is no DNS to ask. Never rejects. */
  plan?(question: Question): Promise<ResolutionPlan>
}

/** What a flow reports. The engine gives one of these for every flow. */
export interface FlowHandler {
  /** The flow can send. Not called for a flow that is born open. */
  opened(): void
  /** Bytes arrived: one datagram (or WebSocket frame), or a piece of a stream. `from` is the sender. */
  received(bytes: Uint8Array, from: Address): void
  /** A send failed, for a datagram flow to the address named; a stream flow is closed next. */
  failed(error: SipError, to?: Address): void
  /** The flow is gone. Called once, the last call. */
  closed(error?: SipError): void
}

/** A way to send: a connected stream, or a bound datagram socket that reaches any address. */
export interface Flow {
  readonly transport: TransportName
  /** Our side, as bound. */
  readonly local: Address
  /** The peer; absent for a datagram socket. */
  readonly remote?: Address
  /**
   * SIP identities in the verified certificate of the peer, lower case; absent when it showed none or it was not verified.
   * RFC 5922 §7.1
   */
  readonly identities?: readonly string[] | undefined
  /** True on a stream of ours on which the peer can verify who we are: it may use it for its requests too. RFC 5923 */
  readonly alias?: boolean
  /** Queues bytes for sending. `to` is needed by a datagram flow and ignored by a connected one. */
  send(bytes: Uint8Array, to: Address): void
  /** Ends the flow; bytes already queued are still sent. `closed` follows. */
  close(): void
  /** Changes settings of its socket. Absent where there are none. */
  configure?(options: SocketOptions): void
}

/** Hands the engine a flow that a peer opened; the engine answers with the handler for it. */
export type Accept = (flow: Flow) => FlowHandler

/**
 * A listening socket (for a datagram transport: the bound socket). A transport that only connects has port 0 here; over
 * WebSocket then with a random `.invalid` host, by which the peer is to call it (RFC 7118 §5).
 */
export interface Listener {
  readonly local: Address
  /** Host name for Via and Contact in place of the address: the one that our certificate is for. */
  readonly name?: string
  close(): void
}

/** One transport protocol of a platform. */
export interface Transport {
  readonly name: TransportName
  /** True where the transport itself repeats what is lost (all but UDP). */
  readonly reliable: boolean
  /** True where a peer that is gone is found out without our help: by pings of its own. */
  readonly watches?: boolean
  /** Its flows have `configure`. */
  readonly configurable?: boolean
  /** `stream`: bytes need framing by Content-Length; `message`: each `received` is one message. */
  readonly framing: 'stream' | 'message'
  /**
   * Binds and listens. A datagram transport calls `accept` once with its socket, before the promise settles;
   * a stream transport calls it for every connection that arrives. Port 0 picks a free one. Rejects with a `transport` SipError.
   * `refused` hears of peers that were turned away: a limit was met, or the handshake failed.
   */
  listen(local: Address, accept: Accept, refused?: (error: SipError) => void): Promise<Listener>
  /** Where a target is really reached, when not at itself: a WebSocket client sends everything to its proxy. */
  reroute?(target: Target): Target
  /** Opens a stream to a target; the flow reports `opened`, or `closed` with the error. Absent for datagrams. */
  connect?(target: Target, local: Address, handler: FlowHandler): Flow
}

/** Everything the engine gets from outside. An argument, never a global: two platforms may live in one process. */
export interface Platform {
  readonly clock: Clock
  /** Milliseconds since 1970, UTC: for what outlives the process. Default: the clock. */
  wallClock?(): number
  readonly random: Random
  readonly digest: Digest
  readonly resolver: Resolver
  readonly transports: readonly Transport[]
  /** The networks of this host, for connections that follow them. Absent: each connection is taken to be on one that stays. */
  readonly networks?: NetworkMonitor
  /** The address a listener binds by default, for example `127.0.0.1` or `0.0.0.0`. */
  readonly defaultHost: string
  /** The local address that packets to `remote` leave from (for Via and Contact when bound to a wildcard). */
  localAddressFor(remote: string): string
}
