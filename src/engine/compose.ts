/** From a draft to a request that can be sent. RFC 3261 §8.1.1, §12.2.1.1; RFC 3581 §3. */
import { SipError } from '../errors.ts'
import { createRequest } from '../message/create.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr, parseNameAddr } from '../message/name-addr.ts'
import type { HeaderPair, NameAddr, SipRequest, SipUri } from '../message/types.ts'
import { formatUri, isSipUri, parseUri } from '../message/uri.ts'
import { joinAllowEvents } from '../rules/allow-events.ts'
import { contactOfUser, movedContact } from '../rules/contact.ts'
import { topViaValue } from '../rules/via.ts'
import type { Draft, LocalNames, RequestEntry } from './entries.ts'

const contactOf = (
  { contact, contactHost, contactUser, contactParams = '', contactUriParams = '' }: Draft,
  local: LocalNames,
): string | undefined =>
  contact === undefined
    ? undefined
    : `${contact === 'own' ? `<${contactOfUser(movedContact(local.contact, contactHost), contactUser)}${contactUriParams}>` : contact}${contactParams}`

/** The request as it goes to one target: with a branch of its own. `additions`: what the object it belongs to adds. */
export const compose = (
  entry: Pick<RequestEntry, 'draft' | 'seq' | 'names' | 'auth' | 'security'>,
  local: LocalNames,
  transport: string,
  branch: string,
  userAgent: string | undefined,
  additions: readonly HeaderPair[],
  accessNetwork?: string,
): SipRequest => {
  const { draft, seq, auth } = entry
  const headers: HeaderPair[] = [
    ['Via', topViaValue(transport, local.host, local.port, branch, local.alias, draft.keeps)],
    ...draft.head(seq, entry.names ?? local),
  ]
  const contact = contactOf(draft, local)
  if (contact !== undefined) headers.push(['Contact', contact])
  for (const former of draft.former ?? []) {
    if (!contact?.startsWith(`<${former}>`)) headers.push(['Contact', `<${former}>;expires=0`])
  }
  if (auth) headers.push(...auth.headers)
  if (draft.introduction && !auth?.headers.some(([name]) => name === draft.introduction![0]))
    headers.push(draft.introduction)
  if (entry.security) headers.push(...entry.security.headers)
  if (accessNetwork !== undefined) headers.push(['P-Access-Network-Info', accessNetwork])
  if (userAgent !== undefined) headers.push(['User-Agent', userAgent])
  headers.push(...(additions.length > 0 ? joinAllowEvents([...draft.extra, ...additions]) : draft.extra))
  if (draft.contentType !== undefined) headers.push(['Content-Type', draft.contentType])
  const { method, uri, body } = draft
  return createRequest(body === undefined ? { method, uri, headers } : { method, uri, headers, body })
}

/** A SIP URI given by the application. */
export const sipUri = (text: string, what: string): SipUri => {
  const uri = parseUri(text)
  if (isMalformed(uri)) throw new SipError('argument', `${what}: ${uri.reason}`, { offset: uri.offset })
  if (!isSipUri(uri))
    throw new SipError('argument', `${what} must be a sip: or sips: URI, not ${uri.scheme}:`)
  return uri
}

/** A name-addr given by the application: `sip:a@b`, `<sip:a@b>`, `"A" <sip:a@b>`. */
export const nameAddr = (text: string, what: string): NameAddr => {
  const value = parseNameAddr(text)
  if (isMalformed(value)) throw new SipError('argument', `${what}: ${value.reason}`, { offset: value.offset })
  return value
}

/** The same as text for From or To, without a tag. */
export const addressText = (text: string, what: string): string => {
  const value = nameAddr(text, what)
  if (value.params.has('tag')) throw new SipError('argument', `${what} may not carry a tag`)
  return formatNameAddr(value)
}

/** A URI as the value of Route: loose. */
export const looseRoute = (uri: SipUri): string =>
  `<${formatUri({ ...uri, params: new Map([...uri.params, ['lr', undefined]]) })}>`
