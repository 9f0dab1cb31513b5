/**
 * The messages of a trace as a capture file that sngrep and Wireshark open. LINKTYPE_RAW: packets begin with IP.
 *
 * Datagrams are UDP, fragmented as IP has it when they are larger than a packet may be. Streams are TCP with a handshake,
 * rising sequence numbers and acknowledgements, whatever they were before: TLS and WebSocket are shown as what was in
 * them, so their port is written as TCP. Names instead of addresses (a browser's) get an address of the range for documentation.
 */
import type { Address } from '../engine/ports.ts'
import type { Frame, MessageFrame } from './frame.ts'
import { addWords, asV6, folded, ipBytes, joined } from './ip.ts'
import { redactFrame } from './redact.ts'

/** How a capture is written. */
export interface PcapOptions {
  /** Hide secrets; default true. */
  readonly redact?: boolean
  /** Milliseconds since 1970 at zero of the engine's clock; default 0. */
  readonly epoch?: number
}

/** Bytes of a packet: what fits into every link. */
const [mtu, udp, tcp] = [1500, 17, 6]
const [synchronise, push, acknowledge] = [0x02, 0x08, 0x10]

interface Ends {
  readonly from: Uint8Array
  readonly to: Uint8Array
  readonly fromPort: number
  readonly toPort: number
}

/** One direction of a stream. */
interface Side {
  seq: number
}

const header = (): Uint8Array => {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xa1b2c3d4)
  view.setUint16(4, 2)
  view.setUint16(6, 4)
  view.setUint32(16, 262_144)
  // LINKTYPE_RAW
  view.setUint32(20, 101)
  return bytes
}

const record = (milliseconds: number, packet: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(16 + packet.length)
  const view = new DataView(bytes.buffer)
  const micros = Math.max(0, Math.round(milliseconds * 1000))
  view.setUint32(0, Math.floor(micros / 1_000_000))
  view.setUint32(4, micros % 1_000_000)
  view.setUint32(8, packet.length)
  view.setUint32(12, packet.length)
  bytes.set(packet, 16)
  return bytes
}

class Writer {
  readonly #parts: Uint8Array[] = [header()]
  readonly #epoch: number
  readonly #names = new Map<string, Uint8Array>()
  /** By `from to`, for both directions of each stream. */
  readonly #sides = new Map<string, Side>()
  #id = 0

  constructor(epoch: number) {
    this.#epoch = epoch
  }

  get bytes(): Uint8Array {
    return joined(this.#parts)
  }

  #address(host: string): Uint8Array {
    const bytes = ipBytes(host) ?? this.#names.get(host)
    if (bytes) return bytes
    // TEST-NET-3 (RFC 5737), which belongs to nobody.
    const made = Uint8Array.of(203, 0, 113, (this.#names.size % 254) + 1)
    this.#names.set(host, made)
    return made
  }

  #ends({ direction, local, remote }: MessageFrame): Ends {
    const [source, target]: readonly [Address, Address] =
      direction === 'out' ? [local, remote] : [remote, local]
    const [from, to] = [this.#address(source.host), this.#address(target.host)]
    const ports = { fromPort: source.port, toPort: target.port }
    return from.length === to.length ? { from, to, ...ports } : { from: asV6(from), to: asV6(to), ...ports }
  }

  message(frame: MessageFrame): void {
    const ends = this.#ends(frame)
    const t = frame.t + this.#epoch
    if (frame.transport === 'UDP') this.#datagram(t, ends, frame.bytes)
    else this.#stream(t, ends, frame.bytes)
  }

  #datagram(t: number, ends: Ends, payload: Uint8Array): void {
    const segment = new Uint8Array(8 + payload.length)
    const view = new DataView(segment.buffer)
    view.setUint16(0, ends.fromPort)
    view.setUint16(2, ends.toPort)
    view.setUint16(4, segment.length)
    segment.set(payload, 8)
    // 0 says that there is none.
    view.setUint16(6, this.#checksum(ends, udp, segment) || 0xffff)
    this.#packets(t, ends, udp, segment)
  }

  #stream(t: number, ends: Ends, payload: Uint8Array): void {
    const names = [`${ends.from.join('.')} ${ends.fromPort}`, `${ends.to.join('.')} ${ends.toPort}`]
    const key = names.join(' ')
    const back = [...names].reverse().join(' ')
    const answer: Ends = { from: ends.to, to: ends.from, fromPort: ends.toPort, toPort: ends.fromPort }
    let mine = this.#sides.get(key)
    let theirs = this.#sides.get(back)
    if (!mine || !theirs) {
      mine = { seq: 1 }
      theirs = { seq: 1 }
      this.#sides.set(key, mine)
      this.#sides.set(back, theirs)
      this.#segment(t, ends, 0, 0, synchronise)
      this.#segment(t, answer, 0, 1, synchronise | acknowledge)
      this.#segment(t, ends, 1, 1, acknowledge)
    }
    const most = mtu - (ends.from.length === 4 ? 40 : 60)
    for (let at = 0; at < payload.length; at += most) {
      const part = payload.subarray(at, at + most)
      const last = at + most >= payload.length
      this.#segment(t, ends, mine.seq, theirs.seq, acknowledge | (last ? push : 0), part)
      mine.seq = (mine.seq + part.length) >>> 0
    }
    this.#segment(t, answer, theirs.seq, mine.seq, acknowledge)
  }

  #segment(
    t: number,
    ends: Ends,
    seq: number,
    ack: number,
    flags: number,
    payload: Uint8Array = new Uint8Array(0),
  ): void {
    const segment = new Uint8Array(20 + payload.length)
    const view = new DataView(segment.buffer)
    view.setUint16(0, ends.fromPort)
    view.setUint16(2, ends.toPort)
    view.setUint32(4, seq)
    view.setUint32(8, ack)
    view.setUint8(12, 5 << 4)
    view.setUint8(13, flags)
    view.setUint16(14, 65_535)
    segment.set(payload, 20)
    view.setUint16(16, this.#checksum(ends, tcp, segment))
    this.#packets(t, ends, tcp, segment)
  }

  /** With the pseudo-header of its family. RFC 768, RFC 9293 §3.1, RFC 8200 §8.1 */
  #checksum({ from, to }: Ends, protocol: number, segment: Uint8Array): number {
    return folded(addWords(segment, addWords(from) + addWords(to) + protocol + segment.length))
  }

  /** As many packets as it takes. */
  #packets(t: number, ends: Ends, protocol: number, segment: Uint8Array): void {
    this.#id = (this.#id + 1) & 0xffff
    const small = ends.from.length === 4
    const most = small ? mtu - 20 : mtu - 48
    if (segment.length <= mtu - (small ? 20 : 40)) {
      this.#packet(t, ends, protocol, segment)
      return
    }
    const piece = most - (most % 8)
    for (let at = 0; at < segment.length; at += piece) {
      const more = at + piece < segment.length
      this.#packet(t, ends, protocol, segment.subarray(at, at + piece), { offset: at / 8, more })
    }
  }

  #packet(
    t: number,
    ends: Ends,
    protocol: number,
    data: Uint8Array,
    fragment?: { readonly offset: number; readonly more: boolean },
  ): void {
    const head =
      ends.from.length === 4
        ? this.#v4(ends, protocol, data, fragment)
        : this.#v6(ends, protocol, data, fragment)
    this.#parts.push(record(t, joined([head, data])))
  }

  #v4(
    { from, to }: Ends,
    protocol: number,
    data: Uint8Array,
    fragment?: { offset: number; more: boolean },
  ): Uint8Array {
    const head = new Uint8Array(20)
    const view = new DataView(head.buffer)
    view.setUint8(0, 0x45)
    view.setUint16(2, 20 + data.length)
    view.setUint16(4, this.#id)
    view.setUint16(6, fragment ? (fragment.more ? 0x2000 : 0) | fragment.offset : 0x4000)
    view.setUint8(8, 64)
    view.setUint8(9, protocol)
    head.set(from, 12)
    head.set(to, 16)
    view.setUint16(10, folded(addWords(head)))
    return head
  }

  #v6(
    { from, to }: Ends,
    protocol: number,
    data: Uint8Array,
    fragment?: { offset: number; more: boolean },
  ): Uint8Array {
    const head = new Uint8Array(fragment ? 48 : 40)
    const view = new DataView(head.buffer)
    view.setUint32(0, 0x60000000)
    view.setUint16(4, data.length + (fragment ? 8 : 0))
    // 44: a fragment header follows. RFC 8200 §4.5
    view.setUint8(6, fragment ? 44 : protocol)
    view.setUint8(7, 64)
    head.set(from, 8)
    head.set(to, 24)
    if (fragment) {
      view.setUint8(40, protocol)
      view.setUint16(42, (fragment.offset << 3) | (fragment.more ? 1 : 0))
      view.setUint32(44, this.#id)
    }
    return head
  }
}

/**
 * A capture file of the messages among frames.
 *
 * @example
 * writeFileSync('call.pcap', pcapOf(frames, { epoch: Date.now() - performance.now() }))
 */
export const pcapOf = (
  frames: Iterable<Frame>,
  { redact = true, epoch = 0 }: PcapOptions = {},
): Uint8Array => {
  const writer = new Writer(epoch)
  for (const frame of frames) {
    const shown = redact ? redactFrame(frame) : frame
    if (shown.kind === 'message') writer.message(shown)
  }
  return writer.bytes
}
