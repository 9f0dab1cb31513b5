/** Media that is only described: negotiates from a list of codecs and touches no device. RFC 3264, RFC 3551. */
import { SipError } from '../errors.ts'
import { answeredDirection, heldDirection, resumedDirection, withDirections } from './direction.ts'
import { linesOf, textOf } from './lines.ts'
import {
  addressToward,
  type Description,
  type MediaPort,
  type MediaSession,
  type SessionInForce,
} from './media-port.ts'
import { negotiate, type Stream } from './negotiate.ts'
import { type Codec, type SessionDescription, writeSdp } from './session.ts'
import { nextVersion } from './version.ts'

/** What `plainMedia` describes. */
export interface PlainMediaOptions {
  /** Audio codecs in order of preference, as in `a=rtpmap`; default PCMU, PCMA and telephone-event. */
  readonly codecs?: readonly Codec[]
  /** Where media is wanted; default: where the connection listens. */
  readonly host?: string
  /** Port of the audio; default 9, the discard port: the call stands, and nobody hears it. */
  readonly port?: number
}

/** What it needs to know of a call. */
interface PlainCall {
  readonly connection: {
    readonly addresses: readonly { readonly host: string }[]
    readonly [addressToward]?: ((remote: string) => string) | undefined
  }
}

const usual: readonly Codec[] = [
  { payload: 0, name: 'PCMU', rate: 8000 },
  { payload: 8, name: 'PCMA', rate: 8000 },
  { payload: 101, name: 'telephone-event', rate: 8000, parameters: '0-16' },
]

/** Addresses that stand for every one of the host, with one of the same family that leads out (RFC 5737, RFC 3849). */
const wildcards: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '192.0.2.1'],
  ['::', '2001:db8::1'],
])

const directionLine = /^a=(?:sendrecv|sendonly|recvonly|inactive)$/
const withoutDirections = (sdp: string): string =>
  textOf(linesOf(sdp).filter(line => !directionLine.test(line) && !line.startsWith('o=')))

class PlainSession implements MediaSession {
  readonly #codecs: readonly Codec[]
  readonly #host: () => string
  readonly #port: number
  /** We hold the peer, or asked to. */
  #holds = false

  readonly #id: string

  constructor(id: string, codecs: readonly Codec[], host: () => string, port: number) {
    this.#id = id
    this.#codecs = codecs
    this.#host = host
    this.#port = port
  }

  offer(session: SessionInForce): string {
    const { purpose, local, host } = session
    if (purpose === 'hold') this.#holds = true
    if (purpose === 'resume') this.#holds = false
    if (!local?.session) return this.#first()
    const change = purpose === 'hold' ? heldDirection : purpose === 'resume' ? resumedDirection : undefined
    const directed = change ? withDirections(local.sdp, change) : local.sdp
    return nextVersion(local.sdp, host === undefined ? directed : movedTo(directed, host))
  }

  answer(offer: Description, { local, remote }: SessionInForce): string {
    const { session } = offer
    if (!session) throw new SipError('media', 'the offer is no session description', { status: 400 })
    const wanted = this.#holds && isHeld(local) ? 'sendonly' : 'sendrecv'
    // The same session in other directions: whatever else was agreed by other means stays as it is.
    if (local?.session && remote && withoutDirections(remote.sdp) === withoutDirections(offer.sdp)) {
      const turned = withDirections(local.sdp, (_, index) =>
        answeredDirection(session.media[index]?.direction ?? 'sendrecv', wanted),
      )
      return nextVersion(local.sdp, turned)
    }
    const result = negotiate(session, this.#streams(local?.session, wanted))
    if ('warning' in result) {
      throw new SipError('media', result.text, { status: 488, warning: result.warning })
    }
    const answer = writeSdp({ ...this.#frame(), media: result.media })
    return nextVersion(local?.sdp, answer)
  }

  /** What we have: as described before, else as the options say. */
  #streams(local: SessionDescription | undefined, direction: Stream['direction']): readonly Stream[] {
    const plain = { type: 'audio', port: this.#port, address: this.#host(), codecs: this.#codecs, direction }
    const before = (local?.media ?? [])
      .filter(({ port, codecs }) => port !== 0 && codecs.length > 0)
      .map(({ type, port, address = plain.address, codecs }) => ({ type, port, address, codecs, direction }))
    return before.length > 0 ? before : [plain]
  }

  #first(): string {
    const [stream] = this.#streams(undefined, this.#holds ? 'sendonly' : 'sendrecv')
    const formats = this.#codecs.map(({ payload }) => String(payload))
    return writeSdp({ ...this.#frame(), media: [{ ...stream!, protocol: 'RTP/AVP', formats }] })
  }

  #frame(): Pick<SessionDescription, 'origin' | 'name'> {
    return { origin: { username: '-', sessionId: this.#id, version: '1', address: this.#host() }, name: '-' }
  }
}

const isHeld = (local: Description | undefined): boolean =>
  (local?.session?.media ?? []).some(
    ({ port, direction }) => port !== 0 && (direction === 'sendonly' || direction === 'inactive'),
  )

/** The same with every address replaced. */
const movedTo = (sdp: string, host: string): string => {
  const place = `IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`
  return textOf(linesOf(sdp).map(line => (line.startsWith('c=') ? `c=${place}` : line)))
}

/**
 * Media that is only described: offers and answers audio from a list of codecs, holds and resumes, and touches no
 * device. It is what a call has when nothing else is given. Where the application wrote a description by hand, later
 * ones are derived from it.
 *
 * @example
 * const sip = createSip({ platform: node(), media: plainMedia({ host: '192.0.2.7', port: 40_000 }) })
 */
export const plainMedia = (options: PlainMediaOptions = {}): MediaPort<PlainCall> => {
  const { codecs = usual, host, port = 9 } = options
  let sessions = 0
  return {
    open: ({ connection }) => {
      const own = (): string => {
        if (host !== undefined) return host
        const bound = connection.addresses[0]?.host ?? '127.0.0.1'
        const outside = wildcards.get(bound)
        return (outside !== undefined && connection[addressToward]?.(outside)) || bound
      }
      sessions += 1
      return new PlainSession(String(sessions), codecs, own, port)
    },
  }
}
