/** `sipactor/node`: the platform for Node: UDP and TCP sockets, DNS, clock, randomness, digests. */
import type { Platform, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { familyOf, unmapped } from './address.ts'
import { nodeClock } from './clock.ts'
import { nodeDigest } from './digest.ts'
import { nodeResolver } from './dns.ts'
import { localAddresses } from './local-address.ts'
import type { DnsOptions, TcpOptions, UdpOptions } from './options.ts'
import { nodeRandom } from './random.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

export type { DnsOptions, TcpOptions, UdpOptions }

/** Options of {@link node}. */
export interface NodeOptions {
  /** Numeric address that listeners bind by default, IPv4 or IPv6 without brackets. Default `0.0.0.0`, every IPv4 interface; `::` is both families. */
  readonly host?: string
  /** Settings of UDP (RFC 3261 §18), or false to go without. */
  readonly udp?: false | UdpOptions
  /** Settings of TCP (RFC 3261 §18), or false to go without. */
  readonly tcp?: false | TcpOptions
  /**
   * Bytes of kernel buffer for each UDP socket, in each direction. Default 4,194,304: worth 2.3 times the sustained rate of
   * the usual default. Systems that grant less (`net.core.rmem_max` and `wmem_max` on Linux) give what they grant, without an error.
   */
  readonly socketBufferSize?: number
  /** Milliseconds until an attempt to connect is given up. Default 30,000. */
  readonly connectTimeout?: number
  /** Settings of the DNS resolver (RFC 3263). */
  readonly dns?: DnsOptions
}

/** The longest time of a timer in Node, and the largest buffer the socket calls take. */
const most = 2 ** 31 - 1

const inRange = (name: string, value: number, least: number): number => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new SipError('argument', `${name} must be a whole number from ${least} to ${most}, not ${value}`)
  return value
}

const resolverFor = (options: DnsOptions | undefined, family: 4 | 6): Platform['resolver'] => {
  try {
    return nodeResolver(options, family)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new SipError('argument', `dns: ${text}`, { cause })
  }
}

/**
 * The platform for Node 20.19 and later. Opens nothing by itself: sockets belong to the listeners and flows made from it.
 *
 * @throws SipError `argument` for a host that is no numeric address, or a limit out of range.
 *
 * @example
 * import { node } from 'sipactor/node'
 * const platform = node({ host: '127.0.0.1', tcp: false })
 */
export const node = (options: NodeOptions = {}): Platform => {
  const host = unmapped(options.host ?? '0.0.0.0')
  const family = familyOf(host)
  if (family === 0) throw new SipError('argument', `host must be a numeric address, not ${host}`)
  const socketBufferSize = inRange('socketBufferSize', options.socketBufferSize ?? 4 * 1024 * 1024, 1)
  const connectTimeout = inRange('connectTimeout', options.connectTimeout ?? 30_000, 1)
  const transports: Transport[] = []
  if (options.udp !== false) transports.push(udp({ icmp: options.udp?.icmp ?? true, socketBufferSize }))
  if (options.tcp !== false)
    transports.push(
      tcp({
        connectTimeout,
        outgoingLimit: inRange('tcp.outgoingLimit', options.tcp?.outgoingLimit ?? 1024 * 1024, 1),
        idleLimit: inRange('tcp.idleLimit', options.tcp?.idleLimit ?? 3_600_000, 0),
        connectionsPerPeer: inRange('tcp.connectionsPerPeer', options.tcp?.connectionsPerPeer ?? 100, 0),
      }),
    )
  return {
    clock: nodeClock(),
    random: nodeRandom(),
    digest: nodeDigest,
    resolver: resolverFor(options.dns, family),
    transports,
    defaultHost: host,
    localAddressFor: localAddresses(),
  }
}
