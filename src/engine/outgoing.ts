/** Requests outside dialogs, as the application describes them, made into drafts. RFC 3261 §8.1.1, RFC 3608. */
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr, parseNameAddr } from '../message/name-addr.ts'
import type { HeaderPair } from '../message/types.ts'
import { needsContact } from '../rules/contact.ts'
import { routeRequest, throughProxy, uriOf } from '../rules/route-set.ts'
import type { Id, OutgoingRequest } from './commands.ts'
import { addressText, looseRoute, sipUri } from './compose.ts'
import type { ConnectionEntry, Draft, RegistrationEntry } from './entries.ts'
import { fromRegistration } from './register-draft.ts'
import type { Runtime } from './runtime.ts'

/** The way that requests outside dialogs take: the outbound proxy first, then the Service-Route. */
const preloaded = (
  connection: ConnectionEntry,
  registration: RegistrationEntry | undefined,
): readonly string[] => {
  const proxy = registration?.options.outboundProxy ?? connection.options.outboundProxy
  return throughProxy(
    proxy === undefined ? undefined : looseRoute(sipUri(proxy, 'outboundProxy')),
    registration?.serviceRoute ?? [],
  )
}

export const registrationOf = (runtime: Runtime, id: Id | undefined): RegistrationEntry | undefined => {
  const found = id === undefined ? undefined : runtime.registry.get(id)
  if (found?.kind !== 'registration') return undefined
  // Of several flows, one that is up. RFC 5626 §4.3
  return found.up ? found : (found.group?.find(({ up }) => up) ?? found)
}

/** The same request for another target: From, To and Call-ID stay, the way is the new one's. §8.1.3.4 */
export const redirected = (
  runtime: Runtime,
  connection: ConnectionEntry,
  draft: Draft,
  target: string,
  registration: Id | undefined,
): Draft => {
  const { uri, route, nextHop } = routeRequest(
    target,
    preloaded(connection, registrationOf(runtime, registration)),
  )
  const routes: readonly HeaderPair[] = route.map(value => ['Route', value])
  return {
    ...draft,
    uri,
    nextHop: uriOf(nextHop)!,
    head: (seq, local) => [...routes, ...draft.head(seq, local).filter(([name]) => name !== 'Route')],
  }
}

export const outgoingDraft = (
  runtime: Runtime,
  connection: ConnectionEntry,
  outgoing: OutgoingRequest,
): Draft => {
  const registration = registrationOf(runtime, outgoing.registration)
  const { uri, route, nextHop } = routeRequest(outgoing.uri, preloaded(connection, registration))
  const hop = uriOf(nextHop)
  if (!hop) throw new SipError('argument', `no way leads to ${outgoing.uri}`)
  const tag = runtime.token()
  const callId = runtime.token()
  const from = outgoing.from ?? (registration && (registration.identity ?? `<${registration.options.aor}>`))
  const to = outgoing.to ?? `<${outgoing.uri}>`
  const routes: readonly HeaderPair[] = route.map(value => ['Route', value])
  const { headers = [] } = outgoing
  const own = registration && fromRegistration(registration, hop, outgoing.method)
  // An edge proxy that reads `ob` may ask for the option tag as well, before it keeps a dialog to the flow. RFC 5626 §11.4
  const byFlow = own?.contactUriParams !== undefined && needsContact(outgoing.method)
  return {
    method: outgoing.method,
    uri,
    nextHop: hop,
    head: (seq, local) => [
      ['Max-Forwards', '70'],
      ...routes,
      ['From', `${bracketed(from ?? `<${local.contact}>`)};tag=${tag}`],
      ['To', bracketed(to)],
      ['Call-ID', callId],
      ['CSeq', `${seq} ${outgoing.method}`],
    ],
    extra: byFlow ? [...headers, ['Supported', 'outbound']] : headers,
    contentType: outgoing.contentType,
    body: outgoing.body,
    credentials: [...(outgoing.credentials ?? []), ...(registration?.options.credentials ?? [])],
    ...(outgoing.contact !== undefined && { contact: outgoing.contact }),
    ...own,
  }
}

/** A name-addr in its bracketed form, so that parameters behind it are the header's. §20.10 */
const bracketed = (text: string): string => {
  const value = parseNameAddr(text)
  return isMalformed(value) ? text : formatNameAddr(value)
}

/** Throws for what `outgoingDraft` could not use. */
export const checkOutgoing = ({ uri, from, to }: Pick<OutgoingRequest, 'uri' | 'from' | 'to'>): void => {
  const target = sipUri(uri, 'the Request-URI')
  if (target.headers.size > 0) throw new SipError('argument', 'the Request-URI may not carry headers')
  if (from !== undefined) addressText(from, 'From')
  if (to !== undefined) addressText(to, 'To')
}
