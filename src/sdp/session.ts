/** Session descriptions as data: read and written by sdp-transform, typed here. RFC 8866. */
import { parse, write } from 'sdp-transform'
import type { Direction } from './direction.ts'
import { type Fault, scanSdp } from './scan.ts'
import { staticPayloads } from './static-payloads.ts'

/** One codec of a stream. RFC 8866 §6.6, §6.15 */
export interface Codec {
  /** Payload type, 0 to 127; 96 and above mean only what `a=rtpmap` says. RFC 3551 §6 */
  readonly payload: number
  /** As in `a=rtpmap`: `PCMU`, `opus`, `telephone-event` … */
  readonly name: string
  /** Clock rate in hertz. */
  readonly rate: number
  /** Audio channels; default 1. */
  readonly channels?: number
  /** As in `a=fmtp`. */
  readonly parameters?: string
}

/** One stream. RFC 8866 §5.14 */
export interface MediaDescription {
  /** `audio`, `video`, `application` … */
  readonly type: string
  /** 0: rejected or switched off. RFC 3264 §6, §8.2 */
  readonly port: number
  /** `RTP/AVP`, `RTP/SAVP`, `UDP/TLS/RTP/SAVPF` … */
  readonly protocol: string
  /** As in the m-line: payload types for RTP. */
  readonly formats: readonly string[]
  /** The formats that are known codecs, in the same order of preference. */
  readonly codecs: readonly Codec[]
  /** Of the stream, or of the session where the stream has none. */
  readonly direction: Direction
  /** Where media is wanted: of the stream, or of the session. */
  readonly address?: string
  /** Milliseconds of media in a packet. */
  readonly ptime?: number
}

/** A session description. RFC 8866 §5 */
export interface SessionDescription {
  /** Who made it. Numbers as text: they may be beyond 2^53. RFC 8866 §5.2 */
  readonly origin: {
    readonly username: string
    readonly sessionId: string
    readonly version: string
    readonly address: string
  }
  readonly name: string
  readonly media: readonly MediaDescription[]
}

type Parsed = ReturnType<typeof parse>
type ParsedMedia = Parsed['media'][number]

const readCodecs = ({ rtp, fmtp }: ParsedMedia, formats: readonly string[]): Codec[] => {
  const maps = new Map(rtp.map(one => [one.payload, one]))
  const parameters = new Map(fmtp.map(one => [one.payload, String(one.config)]))
  return formats.flatMap(format => {
    const payload = Number(format)
    const map = maps.get(payload)
    const [name, rate] = map ? [map.codec, map.rate ?? 8000] : (staticPayloads.get(payload) ?? [])
    if (!Number.isInteger(payload) || name === undefined || rate === undefined) return []
    const channels = Number(map?.encoding ?? 1)
    const config = parameters.get(payload)
    return [
      {
        payload,
        name: String(name),
        rate,
        ...(channels > 1 && { channels }),
        ...(config !== undefined && { parameters: config }),
      },
    ]
  })
}

const readMedia = (media: ParsedMedia, session: Parsed): MediaDescription => {
  const formats = String(media.payloads ?? '')
    .split(' ')
    .filter(format => format !== '')
  const address = media.connection?.ip ?? session.connection?.ip
  return {
    type: String(media.type),
    port: Number(media.port),
    protocol: String(media.protocol),
    formats,
    codecs: readCodecs(media, formats),
    direction: media.direction ?? session.direction ?? 'sendrecv',
    ...(address !== undefined && { address: String(address) }),
    ...(typeof media.ptime === 'number' && { ptime: media.ptime }),
  }
}

/** Reads a description; text that is none is told by `fault`, nothing is thrown. Costs in proportion to its length. */
export const parseSdp = (text: string): SessionDescription | Fault => {
  const scanned = scanSdp(text)
  if (scanned.fault !== undefined) return scanned
  const parsed = parse(text)
  const { origin } = parsed
  // Lines that its expressions are too narrow for are not in its result.
  if (origin === undefined || parsed.media.length !== scanned.media.length)
    return { fault: 'a line cannot be read' }
  return {
    origin: {
      username: String(origin.username),
      sessionId: String(origin.sessionId),
      version: String(origin.sessionVersion),
      address: String(origin.address),
    },
    name: String(parsed.name ?? ''),
    media: parsed.media.map((media, index) => ({ ...readMedia(media, parsed), ...scanned.media[index]! })),
  }
}

/** True for what `parseSdp` could not read. */
export const isFault = (read: SessionDescription | Fault): read is Fault => 'fault' in read

const connection = (address: string) => ({ version: address.includes(':') ? 6 : 4, ip: address })

/** Writes a description. */
export const writeSdp = ({ origin, name, media }: SessionDescription): string =>
  write({
    version: 0,
    origin: {
      username: origin.username,
      sessionId: origin.sessionId,
      // Its format is numeric: beyond 2^53 the number is written by hand below.
      sessionVersion: 0,
      netType: 'IN',
      ipVer: origin.address.includes(':') ? 6 : 4,
      address: origin.address,
    },
    name: name === '' ? '-' : name,
    timing: { start: 0, stop: 0 },
    media: media.map(({ type, port, protocol, formats, codecs, direction, address, ptime }) => ({
      type,
      port,
      protocol,
      payloads: formats.join(' '),
      ...(address !== undefined && { connection: connection(address) }),
      rtp: codecs.map(codec => ({
        payload: codec.payload,
        codec: codec.name,
        rate: codec.rate,
        ...(codec.channels !== undefined && { encoding: codec.channels }),
      })),
      fmtp: codecs.flatMap(({ payload, parameters }) =>
        parameters === undefined ? [] : [{ payload, config: parameters }],
      ),
      ...(port !== 0 && { direction }),
      ...(ptime !== undefined && { ptime }),
    })),
  }).replace(/^(o=\S+ \d+) 0 /m, `$1 ${origin.version} `)
