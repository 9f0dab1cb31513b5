/**
 * A network in memory: hosts, UDP, TCP, NATs, bad weather. The same seed gives the same trace.
 */
import { dnsResolver } from '../dns/resolver.ts'
import type { Clock, Platform, Resolver, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { portableDigest } from '../portable-digest.ts'
import { type Conditions, createWeather, type Direction } from './conditions.ts'
import { datagramTransport } from './datagrams.ts'
import { type SimulatedDns, simulatedDns } from './dns.ts'
import { createHost, createPartitions, type Fabric } from './fabric.ts'
import { acrossHosts, createLinks, type SimulatedHost } from './links.ts'
import { type HostEntry, tableResolver } from './names.ts'
import { createNat, type Nat, type NatOptions, type SimulatedNat } from './nat.ts'
import { createTap, type Drop, type DropOptions, type Outgoing, type Packet } from './packet.ts'
import { seededRandom, seedOf } from './seeded-random.ts'
import { type Connections, type StreamName, streamTransport } from './streams.ts'

/** Settings of a network. The conditions hold for every path until `set` says otherwise. */
export interface SimulatedNetworkOptions extends Conditions {
  /** Moves the packets. A virtual clock, or a real one. */
  readonly clock: Clock
  /** Seed of all chance in the network, and of the random of its platforms. Default 1. */
  readonly seed?: number
  /** Time until a stream connection that nobody answers fails, in milliseconds. Default 20,000. */
  readonly connectTimeout?: number
  /** Time after which a stream that cannot deliver what was sent fails at the sender, in milliseconds. Default 900,000. */
  readonly stallTimeout?: number
}

/** Settings of one host. */
export interface SimulatedHostOptions {
  /** Its IP address: the default host, and what packets leave from. */
  readonly host: string
  /** Seed of the platform's random. Default: made of the network's seed, the address, and the number of the platform there. */
  readonly seed?: number
  /** Names only this host knows; they come before the network's `names`. */
  readonly hosts?: Readonly<Record<string, readonly HostEntry[]>>
  /** Takes the place of the name tables altogether. */
  readonly resolver?: Resolver
  /** Default `['UDP', 'TCP']`. TLS, WS and WSS behave as TCP does; their bytes are not encrypted. */
  readonly transports?: readonly TransportName[]
  /**
   * The names that the certificate of this host is for, with TLS and WSS. Whoever connects here by another name is refused;
   * where this host connects it shows the same names (mutual TLS). The first is what it calls itself by in Via and Contact,
   * so put it into `names` as well. Default: none is shown, and any name is accepted.
   */
  readonly certificates?: readonly string[]
  /** Transports that this host only connects by, as a browser does: nobody can open a stream to it. Default none. */
  readonly connectsOnly?: readonly TransportName[]
  /** Whether a datagram to a closed port here draws ICMP "port unreachable". Default true; false is a silent host. */
  readonly icmp?: boolean
  /**
   * Addresses of this platform by the names of its interfaces, as `{ eth0: '192.0.2.1', wlan0: '198.51.100.1' }`; `host`
   * is one of them. False: the platform knows nothing of networks. Default: `{ eth0: host }`.
   */
  readonly networks?: false | Readonly<Record<string, string>>
  /** Outside address of the NAT this host is behind: one made by `nat`, or a new one with the default options. */
  readonly behind?: string
}

/** A network, see {@link simulatedNetwork}. */
export interface SimulatedNetwork {
  readonly clock: Clock
  /** Names every host resolves, lower case, in order of preference. Change it at any time. */
  readonly names: Map<string, readonly HostEntry[]>
  /** DNS with NAPTR, SRV, A and AAAA records, for the names that no table has. RFC 3263 */
  readonly dns: SimulatedDns
  /**
   * Adds a platform on a host. Several platforms on one host share its ports, as processes do.
   *
   * @throws SipError `already-exists` for the outside address of a NAT, `argument` for a host that is behind another one.
   */
  platform(options: SimulatedHostOptions): Platform
  /**
   * Changes conditions from now on: everywhere, or in one direction. The narrower setting wins; fields not given stay.
   *
   * @throws SipError `argument` for a probability outside 0 to 1 or a negative time.
   */
  set(conditions: Conditions, direction?: Direction): void
  /** Cuts a host off, or only the path between two: datagrams vanish, streams stall. */
  partition(host: string, other?: string): void
  /** Undoes `partition`, without arguments every one. Streams deliver what was held up. */
  heal(host?: string, other?: string): void
  /**
   * A host that has a platform: for its network to go down and come back, to be held, to change.
   *
   * @throws SipError `not-found` for an address that no host has.
   *
   * @example
   * network.host('192.0.2.1').down()
   */
  host(address: string): SimulatedHost
  /** Takes matching datagrams off the wire. Streams are not asked: TCP would repeat what is lost. */
  drop(filter: (packet: Outgoing) => boolean, options?: DropOptions): Drop
  /** Resets the stream connections of a host, or all: both ends see `closed` with an error, bytes on their way are gone. Returns how many. */
  reset(host?: string): number
  /** Stream connections that live, also those being opened. */
  readonly connections: number
  /** Calls `listener` for every packet when it is sent, with its fate. Returns the function that ends it. */
  onPacket(listener: (packet: Packet) => void): () => void
  /**
   * Puts a NAT in place; platforms name its outside address in `behind`.
   *
   * @throws SipError `already-exists` when a host or NAT has that address.
   */
  nat(outside: string, options?: NatOptions): SimulatedNat
}

/**
 * Makes an empty network.
 *
 * UDP to a closed port fails with an ICMP error after the round trip; to an address that nobody has, it is silent.
 * TCP keeps order and loses nothing; a closed port refuses, an absent host times out.
 *
 * @example
 * const clock = virtualClock()
 * const network = simulatedNetwork({ clock, seed: 7, latency: { min: 5, max: 30 }, loss: 0.05 })
 * const alice = network.platform({ host: '192.0.2.1' })
 * network.drop(packet => packet.text.startsWith('INVITE'), { count: 2 })
 */
export const simulatedNetwork = (options: SimulatedNetworkOptions): SimulatedNetwork => {
  const { clock, seed = 1, connectTimeout = 20_000, stallTimeout = 900_000, ...conditions } = options
  const weather = createWeather(seededRandom(seed), conditions)
  const tap = createTap()
  const partitions = createPartitions()
  const connections: Connections = new Set()
  const names = new Map<string, readonly HostEntry[]>()
  const dns = simulatedDns(clock)
  const hosts: Fabric['hosts'] = new Map()
  const links = createLinks(
    hosts,
    address => hosts.has(address) || fabric.nats.has(address),
    partitions.released,
  )

  /** Cut off is also who sits behind a NAT whose outside is. */
  const connected = (from: string, to: string): boolean => {
    if (!partitions.connected(from, to) || !links.passes(from) || !links.passes(to)) return false
    const near = hosts.get(from)?.nat
    const far = hosts.get(to)?.nat
    return near === far || partitions.connected(near?.outside ?? from, far?.outside ?? to)
  }

  const fabric: Fabric = {
    clock,
    weather,
    tap,
    connectTimeout,
    stallTimeout,
    connected,
    onHeal: partitions.onHeal,
    hosts,
    nats: new Map(),
  }

  const nat = (outside: string, natOptions?: NatOptions): Nat => {
    if (fabric.hosts.has(outside) || fabric.nats.has(outside)) {
      throw new SipError('already-exists', `${outside} is taken`)
    }
    const created = createNat(outside, clock, natOptions)
    fabric.nats.set(outside, created)
    return created
  }

  const hostOf = ({ host: address, behind, icmp = true }: SimulatedHostOptions) => {
    const known = fabric.hosts.get(address)
    if (known) {
      if (behind === undefined || known.nat?.outside === behind) return known
      throw new SipError('argument', `${address} is not behind ${behind}`)
    }
    if (fabric.nats.has(address)) throw new SipError('already-exists', `${address} is the outside of a NAT`)
    const created = createHost(
      address,
      behind === undefined ? undefined : (fabric.nats.get(behind) ?? nat(behind)),
      icmp,
    )
    fabric.hosts.set(address, created)
    return created
  }

  const platform = (hostOptions: SimulatedHostOptions): Platform => {
    const host = hostOf(hostOptions)
    const { networks } = hostOptions
    const interfaces = Object.entries(networks || { eth0: hostOptions.host }).map(
      ([name, address]) => [name, hostOf({ ...hostOptions, host: address })] as const,
    )
    const all = [host, ...interfaces.flatMap(([, one]) => (one === host ? [] : [one]))]
    host.platforms += 1
    const own = new Map(Object.entries(hostOptions.hosts ?? {}))
    const wanted = hostOptions.transports ?? ['UDP', 'TCP']
    const hidden = `host-${host.address.replaceAll(/[.:]/g, '-')}-${host.platforms}.invalid`
    const ownSeed = hostOptions.seed ?? seedOf(seed, `${host.address} ${host.platforms}`)
    const byDns = dnsResolver({
      dns: dns.of(host.address),
      clock,
      random: seededRandom(seedOf(ownSeed, 'dns')),
      family: host.address.includes(':') ? 6 : 4,
    })
    return {
      clock,
      random: seededRandom(ownSeed),
      digest: portableDigest,
      resolver: hostOptions.resolver ?? tableResolver([own, names], byDns),
      transports: wanted.map(name =>
        acrossHosts(all, one =>
          name === 'UDP'
            ? datagramTransport(fabric, one)
            : streamTransport(fabric, connections, one, name as StreamName, {
                certificates: hostOptions.certificates,
                listens: !hostOptions.connectsOnly?.includes(name),
                hidden,
              }),
        ),
      ),
      ...(networks !== false && { networks: links.monitor(interfaces) }),
      get defaultHost() {
        return host.address
      },
      localAddressFor: () => host.address,
    }
  }

  return {
    clock,
    names,
    dns,
    platform,
    set: (changed, direction = {}) => weather.set(changed, direction),
    partition: partitions.partition,
    heal: partitions.heal,
    host: links.host,
    drop: tap.drop,
    reset: host => {
      const chosen = [...connections].filter(({ hosts }) => host === undefined || hosts.includes(host))
      for (const connection of chosen) connection.reset('the connection was reset (ECONNRESET)')
      return chosen.length
    },
    get connections() {
      return connections.size
    },
    onPacket: tap.onPacket,
    nat,
  }
}
