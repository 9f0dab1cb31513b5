/**
 * What datagrams and streams share: hosts and their ports, partitions, the way to an address.
 */
import type { Address, Clock } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import type { Weather } from './conditions.ts'
import type { Nat } from './nat.ts'
import type { Tap } from './packet.ts'

/** First of the ports that are given out for port 0 (IANA's dynamic range). */
const firstEphemeralPort = 49_152

/** How a host is connected: `suspended` and `down` let nothing pass, `removed` never will. */
export type Link = 'up' | 'suspended' | 'down' | 'removed'

/** One IP address and the sockets on it. */
export interface Host {
  /** Changes when the network gives it another. */
  address: string
  /** Whether packets pass its network card. */
  link: Link
  /** The NAT this host is behind. */
  readonly nat: Nat | undefined
  /** Whether a datagram to a closed port is answered with ICMP "port unreachable". */
  readonly icmp: boolean
  /** Sockets by `udp 5060`, `tcp 5060`. All stream transports share the TCP ports. */
  readonly sockets: Map<string, unknown>
  nextPort: number
  /** How many platforms have been made on it. */
  platforms: number
}

export type Protocol = 'udp' | 'tcp'

/** All that the transports need of the network. */
export interface Fabric {
  readonly clock: Clock
  readonly weather: Weather
  readonly tap: Tap
  readonly hosts: Map<string, Host>
  readonly nats: Map<string, Nat>
  /** Time until a connection attempt that nobody answers fails, in milliseconds. */
  readonly connectTimeout: number
  /** Time that a stream keeps what it cannot deliver, in milliseconds. */
  readonly stallTimeout: number
  /** True when packets pass between these hosts. */
  readonly connected: (from: string, to: string) => boolean
  /** Called whenever a partition has been healed. */
  readonly onHeal: (listener: () => void) => () => void
}

/** Where a packet ends: a host, and the port on it; what the receiver sees as the sender. */
export interface Route {
  readonly host: Host
  readonly port: number
  readonly from: Address
}

export const socketKey = (protocol: Protocol, port: number): string => `${protocol} ${port}`

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** An error of code `transport`. */
export const transportError = (text: string): SipError => new SipError('transport', text)

/** The address a socket binds: its own host or a wildcard, a free port for 0. Rejects what a kernel would. */
export const bind = (host: Host, protocol: Protocol, local: Address): Address => {
  if (local.host !== host.address && !wildcards.has(local.host)) {
    throw transportError(`${local.host} is no address of ${host.address} (EADDRNOTAVAIL)`)
  }
  if (!Number.isInteger(local.port) || local.port < 0 || local.port > 65_535) {
    throw new SipError('argument', `${local.port} is no port`)
  }
  if (local.port !== 0) {
    if (host.sockets.has(socketKey(protocol, local.port))) {
      throw transportError(`${protocol} port ${local.port} of ${host.address} is in use (EADDRINUSE)`)
    }
    return { host: local.host, port: local.port }
  }
  return { host: local.host, port: freePort(host, protocol) }
}

/** The next free port of the dynamic range. */
export const freePort = (host: Host, protocol: Protocol): number => {
  for (let tries = firstEphemeralPort; tries <= 65_535; tries += 1) {
    const port = host.nextPort
    host.nextPort = port === 65_535 ? firstEphemeralPort : port + 1
    if (!host.sockets.has(socketKey(protocol, port))) return port
  }
  throw transportError(`${host.address} has no free ${protocol} port left`)
}

export const createHost = (address: string, nat: Nat | undefined, icmp: boolean): Host => ({
  address,
  link: 'up',
  nat,
  icmp,
  sockets: new Map(),
  nextPort: firstEphemeralPort,
  platforms: 0,
})

/** The way from a socket to an address, through the NATs in between; `undefined` when there is none. */
export const route = (
  fabric: Fabric,
  sender: Host,
  protocol: Protocol,
  port: number,
  to: Address,
): Route | undefined => {
  const inside = fabric.hosts.get(to.host)
  const from = { host: sender.address, port }
  // Hosts of one private network reach each other directly.
  if (inside && inside.nat === sender.nat) return { host: inside, port: to.port, from }
  if (inside?.nat) return undefined
  const seen = sender.nat ? sender.nat.outbound(protocol, from, to) : from
  if (inside) return { host: inside, port: to.port, from: seen }
  const behind = fabric.nats.get(to.host)?.inbound(protocol, to.port, seen)
  const host = behind && fabric.hosts.get(behind.host)
  return host && { host, port: behind.port, from: seen }
}

/** Partitions: hosts cut off altogether, and pairs that do not reach each other. */
export const createPartitions = () => {
  const cut = new Set<string>()
  const listeners = new Set<() => void>()
  const pair = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

  return {
    partition: (host: string, other?: string): void => {
      cut.add(other === undefined ? host : pair(host, other))
    },
    heal: (host?: string, other?: string): void => {
      if (host === undefined) cut.clear()
      else cut.delete(other === undefined ? host : pair(host, other))
      for (const listener of [...listeners]) listener()
    },
    /** Hosts may reach each other again for another reason. */
    released: (): void => {
      for (const listener of [...listeners]) listener()
    },
    connected: (from: string, to: string): boolean =>
      cut.size === 0 || !(cut.has(from) || cut.has(to) || cut.has(pair(from, to))),
    onHeal: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
