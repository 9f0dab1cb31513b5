/** The Contact that a dialog can be built on. RFC 3261 §8.1.1.8, §12. */

import { isMalformed } from '../message/malformed.ts'
import type { SipMessage, SipUri } from '../message/types.ts'
import { formatUri, isSipUri, parseUri } from '../message/uri.ts'

/** The URI of the only Contact; `undefined` when it is missing, not the only one, `*`, not SIP or not readable. */
export const onlyContact = (message: SipMessage): SipUri | undefined => {
  const contacts = message.parsed('contact')
  if (contacts === undefined || contacts === '*' || contacts.length !== 1) return undefined
  const uri = contacts[0]!.uri
  return isSipUri(uri) ? uri : undefined
}

/** Methods that must carry a Contact, because they make a dialog or move its remote target. RFC 3261 §12.2, RFC 3311. */
export const needsContact = (method: string): boolean =>
  method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE' || method === 'REFER'

/** True when every Record-Route names a SIP URI, or there is none. §12.1.1 */
export const usableRecordRoute = (message: SipMessage): boolean => {
  if (message.header('record-route') === undefined) return true
  const routes = message.parsed('record-route')
  return routes?.every(route => isSipUri(route.uri)) ?? false
}

/** Our Contact's URI, `sip:user@host`, with another user part, when one is given. */
export const contactOfUser = (contact: string, user: string | undefined): string =>
  user === undefined ? contact : contact.replace(/^(sips?:)[^@]*@/, `$1${user}@`)

/** Our Contact's URI with another address, `host` or `host:port`, when one was moved to. A port that is not given stays. */
export const movedContact = (contact: string, address: string | undefined): string => {
  if (address === undefined) return contact
  const [before, to] = [parseUri(contact), parseUri(`sip:${address}`)]
  if (isMalformed(before) || isMalformed(to) || !isSipUri(before) || !isSipUri(to)) return contact
  const port = to.port ?? before.port
  return formatUri({ ...before, host: to.host, ...(port === undefined ? {} : { port }) })
}
