/** `sipactor/node`: the platform for Node: UDP, TCP, TLS and WebSocket, DNS, clock, randomness, digests. */
import type { Platform, Resolver, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { familyOf, unmapped } from './address.ts'
import { nodeClock } from './clock.ts'
import { nodeDigest } from './digest.ts'
import { nodeResolver } from './dns.ts'
import { localAddresses } from './local-address.ts'
import { type NetworkOptions, nodeNetworks } from './networks.ts'
import type {
  DnsOptions,
  TcpOptions,
  TlsCertificate,
  TlsIdentity,
  TlsOptions,
  UdpOptions,
  WebSocketOptions,
  WebSocketVisitor,
} from './options.ts'
import { type ProfileStoreOptions, sqliteProfileStore } from './profile-store/store.ts'
import { nodeRandom } from './random.ts'
import { tcp } from './tcp.ts'
import type { TcpSettings } from './tcp-flow.ts'
import { tls } from './tls.ts'
import { tlsContexts } from './tls-contexts.ts'
import { udp } from './udp.ts'
import { resolverFor as resolverForUrl, transportOf, webSocket, webSocketUrl } from './websocket.ts'

export type {
  DnsOptions,
  NetworkOptions,
  ProfileStoreOptions,
  TcpOptions,
  TlsCertificate,
  TlsIdentity,
  TlsOptions,
  UdpOptions,
  WebSocketOptions,
  WebSocketVisitor,
}
export { sqliteProfileStore }

/** Options of {@link node}. */
export interface NodeOptions {
  /** Numeric address that listeners bind by default, IPv4 or IPv6 without brackets. Default `0.0.0.0`, every IPv4 interface; `::` is both families. */
  readonly host?: string
  /** Settings of UDP (RFC 3261 §18), or false to go without. */
  readonly udp?: false | UdpOptions
  /** Settings of TCP (RFC 3261 §18), or false to go without. */
  readonly tcp?: false | TcpOptions
  /**
   * TLS (RFC 3261 §26, RFC 5922): the transport `TLS`, and what `WSS` verifies and shows. Default false. `{}` connects and
   * does not listen; with certificates it listens, on 5061 when the connection asks for 5060.
   */
  readonly tls?: false | TlsOptions
  /** WebSocket (RFC 7118): the transports `WS` and `WSS`. Default false. `{}` connects and does not listen. */
  readonly webSocket?: false | WebSocketOptions
  /**
   * Bytes of kernel buffer for each UDP socket, in each direction. Default 4,194,304: worth 2.3 times the sustained rate of
   * the usual default. Systems that grant less (`net.core.rmem_max` and `wmem_max` on Linux) give what they grant, without an error.
   */
  readonly socketBufferSize?: number
  /** Milliseconds until an attempt to connect is given up. Default 30,000. */
  readonly connectTimeout?: number
  /** Settings of the DNS resolver (RFC 3263). */
  readonly dns?: DnsOptions
  /** How the networks of this host are watched, or false: connections then stay active whatever becomes of them. */
  readonly networks?: false | NetworkOptions
}

/** What {@link node} returns. */
export interface NodePlatform extends Platform {
  readonly tls: {
    /**
     * Takes other certificates or authorities from now on: for connections that are opened or accepted later. Those that
     * are open stay as they are. What is not given stays too.
     *
     * @throws SipError `argument` for what is no certificate or key; then nothing has changed. `not-supported` without TLS.
     */
    reload(identity: TlsIdentity): void
  }
}

/** The longest time of a timer in Node, and the largest buffer the socket calls take. */
const most = 2 ** 31 - 1

const inRange = (name: string, value: number, least: number): number => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new SipError('argument', `${name} must be a whole number from ${least} to ${most}, not ${value}`)
  return value
}

const resolverFor = (options: DnsOptions | undefined, family: 4 | 6): Required<Resolver> => {
  try {
    return nodeResolver(options, family)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new SipError('argument', `dns: ${text}`, { cause })
  }
}

const streamSettings = (name: string, options: TcpOptions = {}, connectTimeout: number): TcpSettings => ({
  connectTimeout,
  outgoingLimit: inRange(`${name}.outgoingLimit`, options.outgoingLimit ?? 1024 * 1024, 1),
  idleLimit: inRange(`${name}.idleLimit`, options.idleLimit ?? 3_600_000, 0),
  connectionsPerPeer: inRange(`${name}.connectionsPerPeer`, options.connectionsPerPeer ?? 100, 0),
  keepAlive: inRange(`${name}.keepAlive`, options.keepAlive ?? 60_000, 0),
  noDelay: options.noDelay ?? true,
})

const networkOptions = (options: NetworkOptions = {}): NetworkOptions => {
  inRange('networks.interval', options.interval ?? 5000, 0)
  return options
}

/**
 * The platform for Node 20.19 and later. Opens nothing by itself: sockets belong to the listeners and flows made from it.
 *
 * @throws SipError `argument` for a host that is no numeric address, or a limit out of range.
 *
 * @example
 * import { node } from 'sipactor/node'
 * const platform = node({ host: '127.0.0.1', tcp: false })
 * const secure = node({ tls: { certificates: [{ cert, key }], name: 'pbx.example.com' } })
 */
export const node = (options: NodeOptions = {}): NodePlatform => {
  const host = unmapped(options.host ?? '0.0.0.0')
  const family = familyOf(host)
  if (family === 0) throw new SipError('argument', `host must be a numeric address, not ${host}`)
  const socketBufferSize = inRange('socketBufferSize', options.socketBufferSize ?? 4 * 1024 * 1024, 1)
  const connectTimeout = inRange('connectTimeout', options.connectTimeout ?? 30_000, 1)
  const transports: Transport[] = []
  if (options.udp !== false) transports.push(udp({ icmp: options.udp?.icmp ?? true, socketBufferSize }))
  if (options.tcp !== false) transports.push(tcp(streamSettings('tcp', options.tcp, connectTimeout)))
  const secure = options.tls ? { ...options.tls } : undefined
  const contexts = tlsContexts(secure ?? {})
  if (secure) {
    inRange('tls.handshakeTimeout', secure.handshakeTimeout ?? 10_000, 1)
    transports.push(tls({ ...streamSettings('tls', secure, connectTimeout), contexts, name: secure.name }))
  }
  const web = options.webSocket || undefined
  const url = web?.url === undefined ? undefined : webSocketUrl(web.url)
  if (web)
    for (const transport of url ? [transportOf(url)] : (['WS', 'WSS'] as const))
      transports.push(
        webSocket({
          transport,
          url,
          contexts,
          connectTimeout,
          name: secure?.name,
          listen: web.listen ?? false,
          messageLimit: inRange('webSocket.messageLimit', web.messageLimit ?? 65_536, 1),
          handshakeTimeout: inRange('webSocket.handshakeTimeout', web.handshakeTimeout ?? 10_000, 1),
          pingInterval: inRange('webSocket.pingInterval', web.pingInterval ?? 30_000, 0),
          outgoingLimit: inRange('webSocket.outgoingLimit', web.outgoingLimit ?? 1024 * 1024, 1),
          connectionsPerPeer: inRange('webSocket.connectionsPerPeer', web.connectionsPerPeer ?? 100, 0),
          ...(web.path === undefined ? {} : { path: web.path }),
          ...(web.origin === undefined ? {} : { origin: web.origin }),
        }),
      )
  const resolver = resolverFor(options.dns, family)
  return {
    clock: nodeClock(),
    wallClock: () => Date.now(),
    random: nodeRandom(),
    digest: nodeDigest,
    resolver: url ? resolverForUrl(resolver, url) : resolver,
    transports,
    tls: {
      reload: identity => {
        if (!secure) throw new SipError('not-supported', 'this platform was made without the option tls')
        contexts.reload(identity)
      },
    },
    ...(options.networks !== false && { networks: nodeNetworks(networkOptions(options.networks)) }),
    defaultHost: host,
    localAddressFor: localAddresses(),
  }
}
