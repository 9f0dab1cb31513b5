/**
 * The ports: all the engine knows of the world. A platform (`sipactor/node`, `sipactor/testing`) implements them.
 */
import type { SipError } from '../errors.ts'

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
}

/** DNS as a platform has it. RFC 3263. */
export interface Resolver {
  /** Targets in order of preference; an empty list when the name exists and has none; rejects when DNS fails. */
  resolve(question: Question): Promise<readonly Target[]>
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
  /** Queues bytes for sending. `to` is needed by a datagram flow and ignored by a connected one. */
  send(bytes: Uint8Array, to: Address): void
  /** Ends the flow; bytes already queued are still sent. `closed` follows. */
  close(): void
}

/** Hands the engine a flow that a peer opened; the engine answers with the handler for it. */
export type Accept = (flow: Flow) => FlowHandler

/** A listening socket (for a datagram transport: the bound socket). */
export interface Listener {
  readonly local: Address
  close(): void
}

/** One transport protocol of a platform. */
export interface Transport {
  readonly name: TransportName
  /** True where the transport itself repeats what is lost (all but UDP). */
  readonly reliable: boolean
  /** `stream`: bytes need framing by Content-Length; `message`: each `received` is one message. */
  readonly framing: 'stream' | 'message'
  /**
   * Binds and listens. A datagram transport calls `accept` once with its socket, before the promise settles;
   * a stream transport calls it for every connection that arrives. Port 0 picks a free one. Rejects with a `transport` SipError.
   */
  listen(local: Address, accept: Accept): Promise<Listener>
  /** Opens a stream to a target; the flow reports `opened`, or `closed` with the error. Absent for datagrams. */
  connect?(target: Target, local: Address, handler: FlowHandler): Flow
}

/** Everything the engine gets from outside. An argument, never a global: two platforms may live in one process. */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly digest: Digest
  readonly resolver: Resolver
  readonly transports: readonly Transport[]
  /** The address a listener binds by default, for example `127.0.0.1` or `0.0.0.0`. */
  readonly defaultHost: string
  /** The local address that packets to `remote` leave from (for Via and Contact when bound to a wildcard). */
  localAddressFor(remote: string): string
}
