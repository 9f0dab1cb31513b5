/**
 * A message as HEP3 has it, for a HOMER or any other capture agent: one packet for each, sent by UDP or TCP from
 * `sipactor/inspect/node`. https://github.com/sipcapture/HEP, chunk types of vendor 0.
 */
import { encodeUtf8 } from '../message/bytes.ts'
import type { MessageFrame } from './frame.ts'
import { asV6, ipBytes, joined } from './ip.ts'
import { redactFrame } from './redact.ts'

/** How packets for a capture agent are written. */
export interface HepOptions {
  /** Which agent this is, 0 to 4294967295; default 2001. */
  readonly agent?: number
  /** The key that the collector wants. */
  readonly key?: string
  /** Name of this engine. */
  readonly node?: string
  /** Hide secrets; default true. */
  readonly redact?: boolean
  /** Milliseconds since 1970 at zero of the engine's clock; default 0. */
  readonly epoch?: number
}

const chunk = (type: number, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(6 + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(2, type)
  view.setUint16(4, bytes.length)
  bytes.set(payload, 6)
  return bytes
}

const number = (type: number, size: 1 | 2 | 4, value: number): Uint8Array => {
  const payload = new Uint8Array(size)
  const view = new DataView(payload.buffer)
  if (size === 1) view.setUint8(0, value)
  else if (size === 2) view.setUint16(0, value)
  else view.setUint32(0, value)
  return chunk(type, payload)
}

const [interNetwork, interNetwork6, udp, tcp, sip] = [2, 10, 17, 6, 1]
const nowhere = Uint8Array.of(0, 0, 0, 0)

/** One HEP3 packet; `undefined` when secrets are to be hidden and the message cannot be read without them. */
export const hepOf = (frame: MessageFrame, options: HepOptions = {}): Uint8Array | undefined => {
  const { agent = 2001, key, node, redact = true, epoch = 0 } = options
  const shown = redact ? redactFrame(frame) : frame
  if (shown.kind !== 'message') return undefined
  const { direction, local, remote, transport, t, bytes, message } = shown
  const [source, target] = direction === 'out' ? [local, remote] : [remote, local]
  const ends = [ipBytes(source.host) ?? nowhere, ipBytes(target.host) ?? nowhere]
  const wide = ends.some(({ length }) => length === 16)
  const [from, to] = wide ? ends.map(asV6) : ends
  const micros = Math.max(0, Math.round((t + epoch) * 1000))
  const chunks = joined([
    number(1, 1, wide ? interNetwork6 : interNetwork),
    number(2, 1, transport === 'UDP' ? udp : tcp),
    chunk(wide ? 5 : 3, from!),
    chunk(wide ? 6 : 4, to!),
    number(7, 2, source.port),
    number(8, 2, target.port),
    number(9, 4, Math.floor(micros / 1_000_000)),
    number(10, 4, micros % 1_000_000),
    number(11, 1, sip),
    number(12, 4, agent),
    ...(key === undefined ? [] : [chunk(14, encodeUtf8(key))]),
    chunk(15, bytes),
    // What HOMER joins packets by.
    chunk(17, encodeUtf8(message.callId)),
    ...(node === undefined ? [] : [chunk(19, encodeUtf8(node))]),
  ])
  const head = new Uint8Array(6)
  head.set([0x48, 0x45, 0x50, 0x33])
  new DataView(head.buffer).setUint16(4, 6 + chunks.length)
  return joined([head, chunks])
}
