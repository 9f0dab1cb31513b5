/**
 * What crosses the simulated network, as tests see it, and the filters that take packets away.
 */
import type { Address, TransportName } from '../engine/ports.ts'
import { toBinary, toText } from '../message/bytes.ts'

/**
 * What became of a packet when it was sent:
 * `delivered` (it arrives), `duplicated` (it arrives twice), `lost` (chance), `dropped` (a filter took it),
 * `unreachable` (no such host, or cut off by a partition or a NAT; a stream keeps such bytes until the path is healed).
 */
export type Fate = 'delivered' | 'duplicated' | 'lost' | 'dropped' | 'unreachable'

/** One datagram, or one `send` of a stream. */
export interface Packet {
  /** When it was sent, in milliseconds of the clock. */
  readonly time: number
  /** When its copies arrive: none, one or two. Empty for a stream whose path is cut. */
  readonly arrivals: readonly number[]
  /** The sender, as the receiver sees it: behind a NAT this is the outside address. */
  readonly from: Address
  readonly to: Address
  readonly transport: TransportName
  readonly bytes: Uint8Array
  /** The bytes read as UTF-8, or one character a byte when they are none. */
  readonly text: string
  readonly fate: Fate
}

/** A packet before its fate is known. */
export type Outgoing = Omit<Packet, 'fate' | 'arrivals'>

/** Which of the packets that match a filter are taken. */
export interface DropOptions {
  /** Lets that many matching packets pass first. Default 0. */
  readonly skip?: number
  /** Takes that many, then lets all pass. Default: no end. */
  readonly count?: number
}

/** A filter at work. */
export interface Drop {
  /** Packets it has taken. */
  readonly dropped: number
  /** Ends it. */
  remove(): void
}

interface Filter {
  readonly matches: (packet: Outgoing) => boolean
  skip: number
  left: number
  dropped: number
}

/** A packet whose text is decoded when somebody looks at it. */
export const outgoing = (
  time: number,
  transport: TransportName,
  from: Address,
  to: Address,
  bytes: Uint8Array,
): Outgoing => {
  let text: string | undefined
  return {
    time,
    transport,
    from,
    to,
    bytes,
    get text() {
      text ??= toText(toBinary(bytes))
      return text
    },
  }
}

/** Listeners and filters of one network. */
export const createTap = () => {
  const listeners = new Set<(packet: Packet) => void>()
  const filters = new Set<Filter>()

  return {
    onPacket: (listener: (packet: Packet) => void): (() => void) => {
      // A wrapper, so that a listener given twice is two listeners.
      const own = (packet: Packet): void => listener(packet)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    drop: (matches: (packet: Outgoing) => boolean, options: DropOptions = {}): Drop => {
      const filter: Filter = {
        matches,
        skip: options.skip ?? 0,
        left: options.count ?? Number.POSITIVE_INFINITY,
        dropped: 0,
      }
      filters.add(filter)
      return {
        get dropped() {
          return filter.dropped
        },
        remove: () => void filters.delete(filter),
      }
    },
    /** True when a filter takes this packet. */
    takes: (packet: Outgoing): boolean => {
      for (const filter of filters) {
        if (filter.left === 0 || !filter.matches(packet)) continue
        if (filter.skip > 0) {
          filter.skip -= 1
          continue
        }
        filter.left -= 1
        filter.dropped += 1
        return true
      }
      return false
    },
    report: (packet: Outgoing, fate: Fate, arrivals: readonly number[]): void => {
      if (listeners.size === 0) return
      const { time, transport, from, to, bytes } = packet
      const full: Packet = {
        time,
        arrivals,
        from,
        to,
        transport,
        bytes,
        get text() {
          return packet.text
        },
        fate,
      }
      for (const listener of listeners) listener(full)
    },
  }
}

export type Tap = ReturnType<typeof createTap>
