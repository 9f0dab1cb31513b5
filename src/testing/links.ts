/** The network cards of simulated hosts: going down, held, coming back, another address; and platforms with several. */
import type { NetworkInterface, NetworkMonitor, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import type { Fabric, Host, Link } from './fabric.ts'

/** One host of a simulated network, in the hands of a test. What it does is seen by the platforms on it at once. */
export interface SimulatedHost {
  /** Its present address. */
  readonly address: string
  /** Its network is gone: nothing passes. Its sockets do not hear of it. */
  down(): void
  /** The network is back. Streams deliver what was held up. */
  up(): void
  /** The network is held for a while, as by a phone call on old radio: nothing passes. */
  suspend(): void
  /** The network goes on. */
  resume(): void
  /** The network is gone for good: `up` does nothing any more. */
  remove(): void
  /**
   * The network gives the host another address. What is bound to the old one is dead, streams stall.
   *
   * @throws SipError `already-exists` when a host or NAT has that address.
   */
  change(address: string): void
}

export interface Links {
  /** False for an address that a host has left, and for a host whose network lets nothing pass. */
  passes(address: string): boolean
  host(address: string): SimulatedHost
  /** What a platform on these hosts sees of them, by the names of their interfaces. */
  monitor(interfaces: readonly (readonly [name: string, host: Host])[]): NetworkMonitor
}

export const createLinks = (
  hosts: Fabric['hosts'],
  isTaken: (address: string) => boolean,
  heal: () => void,
): Links => {
  const left = new Set<string>()
  const listeners = new Set<() => void>()
  const changed = (): void => {
    heal()
    for (const listener of [...listeners]) listener()
  }

  const move = (host: Host, address: string): void => {
    if (address === host.address) return
    if (isTaken(address)) throw new SipError('already-exists', `${address} is taken`)
    hosts.delete(host.address)
    left.add(host.address)
    left.delete(address)
    for (const [key, socket] of host.sockets) {
      if ((socket as { readonly local: { readonly host: string } }).local.host === host.address)
        host.sockets.delete(key)
    }
    host.address = address
    hosts.set(address, host)
    changed()
  }

  return {
    passes: address => {
      const host = hosts.get(address)
      return host ? host.link === 'up' : !left.has(address)
    },
    host: address => {
      const host = hosts.get(address)
      if (!host) throw new SipError('not-found', `there is no host ${address}`)
      const set = (link: Link): void => {
        if (host.link === link || host.link === 'removed') return
        host.link = link
        changed()
      }
      return {
        get address() {
          return host.address
        },
        down: () => set('down'),
        up: () => set('up'),
        suspend: () => set('suspended'),
        resume: () => set('up'),
        remove: () => set('removed'),
        change: to => move(host, to),
      }
    },
    monitor: interfaces => ({
      interfaces: () =>
        interfaces.flatMap(([name, { link, address }]): NetworkInterface[] =>
          link === 'down' ? [] : [{ name, addresses: [address], state: link }],
        ),
      watch: listener => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }),
  }
}

/** A transport of a platform with several addresses: each is bound on its own host. */
export const acrossHosts = (hosts: readonly Host[], of: (host: Host) => Transport): Transport => {
  const own = hosts.map(host => ({ host, transport: of(host) }))
  const [first] = own as [(typeof own)[number]]
  if (own.length === 1) return first.transport
  const at = (address: string): Transport =>
    (own.find(({ host }) => host.address === address) ?? first).transport
  const { connect } = first.transport
  return {
    ...first.transport,
    listen: (local, accept, refused) => at(local.host).listen(local, accept, refused),
    ...(connect && { connect: (target, local, handler) => at(local.host).connect!(target, local, handler) }),
  }
}
