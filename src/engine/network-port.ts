/** What a platform knows of the networks of its host: the optional port {@link NetworkMonitor}. */
import type { NetworkInterface } from '../rules/network.ts'

/** The networks of this host, and who is told when they change. Connections follow them. */
export interface NetworkMonitor {
  /** The networks at present. Cheap: asked at each change, and while a connection waits for an address. */
  interfaces(): readonly NetworkInterface[]
  /** Calls `listener` whenever `interfaces` may say something else, never before it returns. Returns the way to stop. */
  watch(listener: () => void): () => void
  /** Asks the system to bring a network back; `network` is the name of its interface, absent for any. What becomes of it is seen. */
  probe?(network?: string): void
  /**
   * What is to stand in P-Access-Network-Info of requests that leave by this network, for example
   * `IEEE-802.11;i-wlan-node-id=00112233aabb`; nothing: no header. Only asked where the next hop is trusted. RFC 7315 §4.4
   */
  accessNetworkInfo?(network: string): string | undefined
}

/** Settings of streams that may be changed while they are open. */
export interface SocketOptions {
  /** Milliseconds of silence after which the system probes whether the peer is there (SO_KEEPALIVE); 0 for never. */
  readonly keepAlive?: number
  /** Send small messages at once instead of waiting for more (TCP_NODELAY). */
  readonly noDelay?: boolean
}
