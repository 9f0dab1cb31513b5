/**
 * A network address translator: many inside hosts share one outside address. RFC 4787 (UDP), RFC 5382 (TCP).
 *
 * Mapping is endpoint-independent, as RFC 4787 §4.1 demands: one inside socket is one outside port for everybody.
 */
import type { Address, Clock } from '../engine/ports.ts'
import type { Protocol } from './fabric.ts'

/** How a NAT treats packets that come from outside. */
export interface NatOptions {
  /**
   * Who may send to a mapped port: `none` filters nobody, `address` lets in hosts that were sent to, `address-and-port`
   * (default) only the very sockets that were sent to. RFC 4787 §5.
   */
  readonly filtering?: 'none' | 'address' | 'address-and-port'
  /** A UDP mapping dies after so many milliseconds without a packet from inside. Default 120,000, the least of RFC 4787 §4.3. */
  readonly lifetime?: number
}

interface Mapping {
  readonly inside: Address
  readonly port: number
  /** Whom the inside has sent to. */
  readonly sent: Set<string>
  used: number
}

/** A NAT of a simulated network. */
export interface SimulatedNat {
  /** The address the world sees. */
  readonly outside: string
  /** Forgets all mappings, as after a reboot: the same sockets get other outside ports. */
  forget(): void
}

export interface Nat extends SimulatedNat {
  /** A packet leaves: gives the outside source. */
  outbound(protocol: Protocol, from: Address, to: Address): Address
  /** A packet comes: gives the inside destination; `undefined` when it is filtered or not mapped. */
  inbound(protocol: Protocol, port: number, from: Address): Address | undefined
}

/** First outside port. Far from those of SIP, so that a test notices when `rport` is not obeyed. */
const firstPort = 40_000

export const createNat = (outside: string, clock: Clock, options: NatOptions = {}): Nat => {
  const { filtering = 'address-and-port', lifetime = 120_000 } = options
  const bySource = new Map<string, Mapping>()
  const byPort = new Map<string, Mapping>()
  let nextPort = firstPort

  const alive = (protocol: Protocol, mapping: Mapping): boolean =>
    protocol === 'tcp' || clock.now() - mapping.used <= lifetime

  const peer = (address: Address): string =>
    filtering === 'address' ? address.host : `${address.host} ${address.port}`

  const create = (protocol: Protocol, inside: Address): Mapping => {
    while (byPort.has(`${protocol} ${nextPort}`)) nextPort = nextPort === 65_535 ? firstPort : nextPort + 1
    const mapping: Mapping = { inside, port: nextPort, sent: new Set(), used: clock.now() }
    byPort.set(`${protocol} ${nextPort}`, mapping)
    nextPort = nextPort === 65_535 ? firstPort : nextPort + 1
    return mapping
  }

  return {
    outside,
    outbound: (protocol, from, to) => {
      const source = `${protocol} ${from.host} ${from.port}`
      let mapping = bySource.get(source)
      if (mapping && !alive(protocol, mapping)) {
        byPort.delete(`${protocol} ${mapping.port}`)
        mapping = undefined
      }
      mapping ??= create(protocol, from)
      bySource.set(source, mapping)
      mapping.used = clock.now()
      mapping.sent.add(peer(to))
      return { host: outside, port: mapping.port }
    },
    inbound: (protocol, port, from) => {
      const mapping = byPort.get(`${protocol} ${port}`)
      if (!mapping || !alive(protocol, mapping)) return undefined
      return filtering === 'none' || mapping.sent.has(peer(from)) ? mapping.inside : undefined
    },
    forget: () => {
      bySource.clear()
      byPort.clear()
    },
  }
}
