/** What the `reg` event of our own address of record says of our binding. RFC 3680 §5, 3GPP TS 24.229 §5.1.1.3. */
import { isMalformed } from '../message/malformed.ts'
import { sameUri } from '../message/same-uri.ts'
import type { NameAddr } from '../message/types.ts'
import { parseUri } from '../message/uri.ts'

/** A Contact as such a document names it. */
export interface SeenContact {
  readonly state: 'active' | 'terminated'
  readonly event: string
  readonly uri: string
  readonly expires?: number
}

/** An address of record as such a document names it. */
export interface SeenRegistration {
  readonly state: 'init' | 'active' | 'terminated'
  readonly contacts: readonly SeenContact[]
}

/** `gone`: the network has ended it, and `again`, whether it wants a new one; `shortened`: it ends in so many seconds. */
export type SeenBinding =
  | { readonly is: 'kept' }
  | { readonly is: 'gone'; readonly again: boolean; readonly event: string }
  | { readonly is: 'shortened'; readonly expires: number }

/** Seconds that a binding is taken to last at least: one that is said to be over now is not renewed without pause. */
const leastLeft = 10

/** Ends that ask for another registration. RFC 3680 §5.1 */
const wantsAnother: ReadonlySet<string> = new Set(['deactivated', 'expired'])

const isOurs = (own: NameAddr, text: string): boolean => {
  const uri = parseUri(text)
  return !isMalformed(uri) && sameUri(own.uri, uri)
}

/** What becomes of the binding of our Contact. */
export const seenBinding = (registrations: readonly SeenRegistration[], own: NameAddr): SeenBinding => {
  for (const { contacts } of registrations) {
    const found = contacts.find(({ uri }) => isOurs(own, uri))
    if (!found) continue
    const { state, event, expires } = found
    if (state === 'terminated') return { is: 'gone', again: wantsAnother.has(event), event }
    if (event === 'shortened' && expires !== undefined)
      return { is: 'shortened', expires: Math.max(expires, leastLeft) }
    return { is: 'kept' }
  }
  const over = registrations.length > 0 && registrations.every(({ state }) => state === 'terminated')
  return over ? { is: 'gone', again: false, event: 'terminated' } : { is: 'kept' }
}
