/** INFO with packages, and without. RFC 6086. */
import type { HeaderPair, SipMessage, SipRequest } from '../message/types.ts'
import type { Refusal } from './respond.ts'
import { sameText, splitList } from './text.ts'

/** Which packages we take; the empty value says that there are none. §5.2, §8.2 */
export const recvInfo = (packages: readonly string[] | undefined): HeaderPair[] =>
  packages === undefined ? [] : [['Recv-Info', packages.join(', ')]]

/** Which packages the sender of a message takes, in its order; `undefined` when it says nothing of them. §5.2.1 */
export const infoPackagesOf = (message: SipMessage): readonly string[] | undefined => {
  const lines = message.headers('recv-info')
  return lines.length === 0
    ? undefined
    : lines.flatMap(line => splitList(line).map(value => value.split(';', 1)[0]!.trim()))
}

/**
 * Why an INFO is refused: its package is none of those we said we take. One without a package is as of old (RFC 2976) and
 * the application's; so is everything when the application has not said that it knows of packages. §4.2.2, §4.2.3
 */
export const infoRefusal = (
  request: SipRequest,
  packages: readonly string[] | undefined,
): Refusal | undefined => {
  if (request.method !== 'INFO' || packages === undefined) return undefined
  if (request.header('info-package') === undefined) return undefined
  const name = request.parsed('info-package')?.value
  if (name !== undefined && packages.some(one => sameText(one, name))) return undefined
  return { reply: { status: 469, headers: recvInfo(packages) } }
}
