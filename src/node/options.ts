/** The options of the platform's parts. Apart from them, so that their types ask for no types of Node. */

/** Settings of the UDP transport. */
export interface UdpOptions {
  /**
   * Report closed ports of peers (ICMP port unreachable) as `transport` errors instead of waiting for a timeout. Default true on
   * Linux, the one system where it works; elsewhere nothing happens. The price: the port is bound with SO_REUSEADDR, so
   * another program of this host that asks for the same with the same flag gets it as well. `listen` itself still
   * refuses a port that is in use.
   */
  readonly icmp?: boolean
}

/** Settings of the TCP transport. */
export interface TcpOptions {
  /** Most bytes waiting to be sent on one connection; beyond it the connection fails. Default 1 MiB (1,048,576). */
  readonly outgoingLimit?: number
  /** Milliseconds without a byte in either direction after which a connection is closed; 0 for never. Default 3,600,000 (1 h). */
  readonly idleLimit?: number
  /** Most connections that one remote address may have opened to one listener; more are refused by a reset. Default 100. */
  readonly connectionsPerPeer?: number
}

/** Settings of the resolver. */
export interface DnsOptions {
  /** DNS servers to ask, as `address` or `address:port` (`[v6]:port`), instead of those of the system. */
  readonly servers?: readonly string[]
  /** Milliseconds to wait for the first answer; a repetition waits longer. Default 1500. */
  readonly timeout?: number
  /** How often each server is asked. Default 2. */
  readonly tries?: number
}
