/** The origin line: one session, whose version rises by one with each change. RFC 8866 §5.2, RFC 3264 §8. */
import { linesOf, textOf } from './lines.ts'

const origin = /^o=(\S+) (\d+) (\d+) (.*)$/

const withoutOrigin = (sdp: string): string => textOf(linesOf(sdp).filter(line => !line.startsWith('o=')))

/** True when both say the same, whatever their version. */
export const saysTheSame = (one: string, other: string): boolean =>
  withoutOrigin(one) === withoutOrigin(other)

/**
 * The next description of a session: with the user name, session and address of the one before; version +1 when
 * anything else differs, the same when nothing does.
 */
export const nextVersion = (before: string | undefined, next: string): string => {
  const [, user, session, version, place] =
    origin.exec((before === undefined ? [] : linesOf(before)).find(line => line.startsWith('o=')) ?? '') ?? []
  if (before === undefined || version === undefined) return next
  // Beyond 2^53: the number may be an NTP timestamp, and more. RFC 8866 §5.2
  const number = saysTheSame(before, next) ? version : String(BigInt(version.slice(0, 20)) + 1n)
  return textOf(
    linesOf(next).map(line => (line.startsWith('o=') ? `o=${user} ${session} ${number} ${place}` : line)),
  )
}
