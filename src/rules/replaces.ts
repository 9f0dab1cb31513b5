/** One call in the place of another: the Replaces header. RFC 3891. */
import type { DialogReference, HeaderPair, SipRequest } from '../message/types.ts'
import type { Refusal } from './respond.ts'

/** The dialog that a Replaces names, as whoever receives the header sees it. */
export interface Replacement {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** Only an early dialog may be replaced. §7.1 */
  readonly earlyOnly: boolean
}

/** Where the dialog stands that an INVITE wants to replace; `none`: there is no such dialog made by INVITE. */
export interface Replaceable {
  readonly is: 'none' | 'early' | 'confirmed' | 'terminated'
  /** Who sent its INVITE. */
  readonly direction?: 'incoming' | 'outgoing'
}

const refuse = (status: number, reason?: string): Refusal => ({
  reply: reason === undefined ? { status, headers: [] } : { status, reason, headers: [] },
})

/**
 * The dialog that an INVITE wants to replace; `undefined` when it wants none. The header may stand once, not beside a
 * Join, and in an INVITE alone. §3, §4; RFC 3911 §4
 */
export const replacementOf = (request: SipRequest): Replacement | Refusal | undefined => {
  if (request.header('replaces') === undefined) return undefined
  if (request.method !== 'INVITE') return refuse(400, 'Bad Request - Replaces belongs into INVITE')
  if (request.header('join') !== undefined) return refuse(400, 'Bad Request - Replaces and Join')
  const reference = request.parsed('replaces')
  return reference === undefined ? refuse(400, 'Bad Request - Replaces') : replacement(reference)
}

/** The to-tag is compared with our tag, the from-tag with the peer's. §3 */
const replacement = ({ callId, toTag, fromTag, params }: DialogReference): Replacement => ({
  callId,
  localTag: toTag ?? '',
  remoteTag: fromTag ?? '',
  earlyOnly: params.has('early-only'),
})

/** The tags that may be meant: 0 stands for none as well, for the sake of peers of RFC 2543. §3 */
export const tagsMeant = (tag: string): readonly string[] => (tag === '0' ? ['0', ''] : [tag])

/** Why a dialog may not be replaced; `undefined` when it may. §3 */
export const replaceRefusal = (wanted: Replacement, found: Replaceable): Refusal | undefined => {
  if (found.is === 'terminated') return refuse(603)
  if (found.is === 'none') return refuse(481)
  if (found.is === 'confirmed') return wanted.earlyOnly ? refuse(486) : undefined
  // An early dialog that the peer began is its own to cancel.
  return found.direction === 'outgoing' ? undefined : refuse(481)
}

/** What identifies a dialog at one end of it. */
interface DialogNames {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
}

const zeroForNone = (tag: string): string => (tag === '' ? '0' : tag)

/** The value of the header by which somebody else takes our place in a dialog: seen from its other end. §4, §6.1 */
export const formatReplaces = ({ callId, localTag, remoteTag }: DialogNames, earlyOnly = false): string =>
  `${callId};to-tag=${zeroForNone(remoteTag)};from-tag=${zeroForNone(localTag)}${earlyOnly ? ';early-only' : ''}`

/** The headers by which an INVITE asks for the place of a dialog, and fails where nobody knows how. §4 */
export const replacesHeaders = (dialog: DialogNames): HeaderPair[] => [
  ['Replaces', formatReplaces(dialog)],
  ['Require', 'replaces'],
]
