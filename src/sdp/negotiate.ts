/** An answer to an offer, from what we can do. RFC 3264 §6. */
import { answeredDirection, type Direction, isNowhere } from './direction.ts'
import type { Codec, MediaDescription, SessionDescription } from './session.ts'

/** What we do with one kind of media. */
export interface Stream {
  /** `audio`, `video` … */
  readonly type: string
  readonly port: number
  readonly address: string
  /** In order of preference. */
  readonly codecs: readonly Codec[]
  /** What we would do by ourselves. */
  readonly direction: Direction
}

/** Why nothing of an offer can be met: a warn-code of RFC 3261 §20.43, and words. */
export interface Unmet {
  readonly warning: 302 | 304 | 305
  readonly text: string
}

/** What plain RTP is called; feedback is optional to use. RFC 3551, RFC 4585 §4.1 */
const protocols: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF'])

/** Formats that carry no media of their own: a stream of them alone is none. RFC 4733, RFC 3389 */
const auxiliary: ReadonlySet<string> = new Set(['telephone-event', 'cn', 'red', 'ulpfec', 'rtx'])

const isSame = (one: Codec, other: Codec): boolean =>
  one.name.toLowerCase() === other.name.toLowerCase() &&
  one.rate === other.rate &&
  (one.channels ?? 1) === (other.channels ?? 1)

/** The offered codecs that we have, in our order, with the numbers of the offer. RFC 3264 §6.1 */
const common = (offered: readonly Codec[], ours: readonly Codec[]): Codec[] => {
  const both = ours.flatMap(own => {
    const match = offered.find(codec => isSame(codec, own))
    if (!match) return []
    const { parameters: _, ...named } = match
    const { parameters } = own
    return [{ ...named, ...(parameters !== undefined && { parameters }) }]
  })
  return both.some(({ name }) => !auxiliary.has(name.toLowerCase())) ? both : []
}

/** What we would do towards one who takes nothing at its address. RFC 3264 §8.4 */
const offeredDirection = ({ direction, address }: MediaDescription): Direction =>
  isNowhere(address) && direction === 'sendrecv' ? 'sendonly' : direction

/** A stream that is rejected: the same line with port 0. */
const rejected = ({ type, protocol, formats }: MediaDescription): MediaDescription => ({
  type,
  port: 0,
  protocol,
  formats,
  codecs: [],
  direction: 'inactive',
})

const met = (offered: MediaDescription, stream: Stream, codecs: readonly Codec[]): MediaDescription => ({
  type: offered.type,
  port: stream.port,
  protocol: offered.protocol,
  formats: codecs.map(({ payload }) => String(payload)),
  codecs,
  direction: answeredDirection(offeredDirection(offered), stream.direction),
  address: stream.address,
  ...(offered.ptime !== undefined && { ptime: offered.ptime }),
})

/**
 * The streams of an answer: as many as offered and in the same order, each stream of ours used once, what cannot be met
 * with port 0; or why none can be met. An offer without streams is answered without streams (RFC 3264 §5).
 */
export const negotiate = (
  offer: SessionDescription,
  streams: readonly Stream[],
): { readonly media: readonly MediaDescription[] } | Unmet => {
  const left = [...streams]
  let reason: Unmet | undefined
  const media = offer.media.map(offered => {
    if (offered.port === 0) return rejected(offered)
    const at = left.findIndex(({ type }) => type === offered.type)
    if (at < 0) {
      reason ??= { warning: 304, text: 'Media type not available' }
      return rejected(offered)
    }
    const stream = left[at]!
    if (!protocols.has(offered.protocol)) {
      reason = { warning: 302, text: 'Incompatible transport protocol' }
      return rejected(offered)
    }
    const codecs = common(offered.codecs, stream.codecs)
    if (codecs.length === 0) {
      reason = { warning: 305, text: 'Incompatible media format' }
      return rejected(offered)
    }
    left.splice(at, 1)
    return met(offered, stream, codecs)
  })
  return reason && media.every(({ port }) => port === 0) ? reason : { media }
}
