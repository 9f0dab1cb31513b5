/** The answer that takes nothing of an offer: every stream with port 0. RFC 3264 §6 */
import { linesOf, textOf } from './lines.ts'
import { nextVersion } from './version.ts'

/** `before`: our description in force, if any, whose next version it is. */
export const declined = (offer: string, host: string, before: string | undefined): string => {
  const lines = linesOf(offer)
  const address = `IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`
  const answer = [
    'v=0',
    `o=- 0 0 ${address}`,
    's=-',
    `c=${address}`,
    ...lines.filter(line => line.startsWith('t=')),
    ...lines.flatMap(line => (line.startsWith('m=') ? [line.replace(/^(m=\S+) \d+(?:\/\d+)?/, '$1 0')] : [])),
  ]
  return nextVersion(before, textOf(answer))
}
