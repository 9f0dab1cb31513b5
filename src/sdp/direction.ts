/** Which way media flows, and hold. RFC 3264 §5.1, §6.1, §8.4; RFC 6337 §5. */
import { mapMedia } from './lines.ts'

/** Seen from the one who describes it. RFC 8866 §6.7 */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly'
const receives = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly'

const directionOf = (send: boolean, receive: boolean): Direction =>
  send ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive'

/** What we may answer to a direction when `wanted` is what we would do by ourselves. RFC 3264 §6.1 */
export const answeredDirection = (offered: Direction, wanted: Direction): Direction =>
  directionOf(sends(wanted) && receives(offered), receives(wanted) && sends(offered))

/** That on hold: nothing is wanted from the other side. RFC 3264 §8.4 */
export const heldDirection = (direction: Direction): Direction => directionOf(sends(direction), false)

/** The way back: what a hold has taken away. */
export const resumedDirection = (direction: Direction): Direction => directionOf(sends(direction), true)

/** An address that takes no media: how RFC 2543 put a call on hold. RFC 3264 §8.4 */
export const isNowhere = (address: string | undefined): boolean => address === '0.0.0.0' || address === '::'

interface Stream {
  readonly port: number
  readonly direction: Direction
  readonly address?: string | undefined
}

/** True when the peer, by its description, takes nothing on any stream: it holds us. */
export const isHeldBy = ({ media }: { readonly media: readonly Stream[] }): boolean => {
  const open = media.filter(({ port }) => port !== 0)
  return open.length > 0 && open.every(({ direction, address }) => !receives(direction) || isNowhere(address))
}

const directionLine = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/

/**
 * The same description with the directions of its streams changed, and all else as it was written. Streams that are
 * rejected stay as they are.
 */
export const withDirections = (
  sdp: string,
  change: (direction: Direction, index: number) => Direction,
): string =>
  mapMedia(sdp, (section, session, index) => {
    const [, port = ''] = section[0]!.split(' ')
    if (/^0(\/|$)/.test(port)) return section
    const written = [...session, ...section].findLast(line => directionLine.test(line))
    const before = (directionLine.exec(written ?? '')?.[1] ?? 'sendrecv') as Direction
    const line = `a=${change(before, index)}`
    const at = section.findIndex(other => directionLine.test(other))
    const rest = section.filter(other => !directionLine.test(other))
    rest.splice(at < 0 ? rest.length : at, 0, line)
    return rest
  })
