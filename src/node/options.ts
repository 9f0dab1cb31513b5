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

/** Settings of streams: TCP, and TLS over it. */
export interface TcpOptions {
  /** Most bytes waiting to be sent on one connection; beyond it the connection fails. Default 1 MiB (1,048,576). */
  readonly outgoingLimit?: number
  /** Milliseconds without a byte in either direction after which a connection is closed; 0 for never. Default 3,600,000 (1 h). */
  readonly idleLimit?: number
  /**
   * Most connections that one remote address may have opened to one listener; more are refused, and the first of them
   * is told on `errors$` of the connection. Default 100.
   */
  readonly connectionsPerPeer?: number
  /** Milliseconds of silence after which the system probes whether the peer is there (SO_KEEPALIVE); 0 for never. Default 60,000. */
  readonly keepAlive?: number
  /** Send small messages at once instead of waiting for more (TCP_NODELAY). Default true. */
  readonly noDelay?: boolean
}

/** A certificate of ours, with its key. */
export interface TlsCertificate {
  /** PEM: the certificate, then those of the authorities between it and the root. */
  readonly cert: string | Uint8Array
  /** PEM: the private key. */
  readonly key: string | Uint8Array
  /** What the key is encrypted with. */
  readonly passphrase?: string
  /** Server names (SNI) that it is shown for. Default: those in it. */
  readonly names?: readonly string[]
}

/** What may be changed while connections are open. */
export interface TlsIdentity {
  /**
   * Our certificates. A server shows the one for the name that the client asked for (SNI), else the first; the first is
   * also what we show as a client. Without any, we only connect and do not listen.
   */
  readonly certificates?: readonly TlsCertificate[]
  /** PEM of the authorities that are trusted. Default: those that Node comes with. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
}

/** Settings of TLS (RFC 3261 §26, RFC 5922), for `TLS` and `WSS`. */
export interface TlsOptions extends TcpOptions, TlsIdentity {
  /**
   * Whether a listener asks clients for a certificate: `none`, `request` (it may be missing), `require` (it must be there, and
   * verified). The names in a verified one are the `identities` of the flow. Default `none`.
   */
  readonly clientCertificates?: 'none' | 'request' | 'require'
  /**
   * False: certificates of servers are not verified, neither chain nor name, and whoever is on the path may be the
   * server. For the laboratory only. Default true.
   */
  readonly verify?: boolean
  /** Host name that we call ourselves by in Via and Contact over TLS and WSS: one that our certificate is for. Default: the address. */
  readonly name?: string
  /** The oldest version allowed. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Milliseconds that a client of ours may take for the handshake. Default 10,000. */
  readonly handshakeTimeout?: number
}

/** Who wants to open a WebSocket, as an {@link WebSocketOptions.origin} policy sees it. */
export interface WebSocketVisitor {
  /** The Origin header: the site whose script connects. Absent for programs other than browsers. RFC 6455 §10.2 */
  readonly origin?: string
  /** The path asked for, with its query. */
  readonly path: string
  /** The Host header. */
  readonly host?: string
  /** Numeric address of the client. */
  readonly address: string
}

/** Settings of the transports `WS` and `WSS` (RFC 7118). */
export interface WebSocketOptions {
  /**
   * The WebSocket server that all our requests by WS or WSS go to, for example `wss://edge.example.com:8443/sip`: no DNS
   * procedure of SIP is done for them. Of the two only the transport of its scheme is there then; requests for which a URI asks UDP,
   * TCP or TLS go by those while they are on, so a client of that server alone gives `udp: false, tcp: false` too. Default: where
   * the URI of a request leads, `ws://host:80/` or `wss://host:443/`.
   */
  readonly url?: string
  /** Path of the URLs that we open, and the one path that our server serves. Default: `/`, and any. */
  readonly path?: string
  /** True: a server that browsers and other clients connect to; WSS needs `tls.certificates`. Default false: a client. */
  readonly listen?: boolean
  /** Says whether our server lets a client in; false is answered 403. Default: everybody. */
  readonly origin?: (visitor: WebSocketVisitor) => boolean
  /** Most bytes in one message; a longer one closes the connection (status 1009). Default 65,536. */
  readonly messageLimit?: number
  /** Milliseconds until a client has to have asked for the upgrade to WebSocket. Default 10,000. */
  readonly handshakeTimeout?: number
  /** Milliseconds between pings; a peer that is silent from one to the next is taken for dead. 0 for none. Default 30,000. */
  readonly pingInterval?: number
  /** Most bytes waiting to be sent on one connection; beyond it the connection fails. Default 1 MiB (1,048,576). */
  readonly outgoingLimit?: number
  /** Most connections that one remote address may have opened to one listener. Default 100. */
  readonly connectionsPerPeer?: number
}

/** Settings of the resolver. */
export interface DnsOptions {
  /** DNS servers to ask, as `address` or `address:port` (`[v6]:port`), instead of those of the system. */
  readonly servers?: readonly string[]
  /** Milliseconds to wait for the first answer of a server; a repetition waits longer. Default 500. */
  readonly timeout?: number
  /** How often each server is asked. Default 3. */
  readonly tries?: number
  /** Milliseconds after which a name has its targets, or the error that there are none, whatever is still open. Default 4500. */
  readonly deadline?: number
  /** Answers remembered for as long as DNS allows, those that say no for 5 s. Default 1000; 0 remembers none. */
  readonly remembered?: number
}
