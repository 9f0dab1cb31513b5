/** Requests outside dialogs, as the application describes them, made into drafts. RFC 3261 §8.1.1, RFC 3608. */
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr, parseNameAddr } from '../message/name-addr.ts'
import type { HeaderPair, SipUri } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'
import { checkUri } from '../rules/arguments.ts'
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
    nextHop: uriOf(nextHop) ?? nowhere,
    head: (seq, local) => [...routes, ...draft.head(seq, local).filter(([name]) => name !== 'Route')],
  }
}

/** The next hop of what has lost its way: a `tel:` URI was asked for, and its proxy has gone meanwhile with its registration. */
export const nowhere: SipUri = {
  scheme: 'sip',
  host: 'nowhere.invalid',
  params: new Map(),
  headers: new Map(),
}

export const outgoingDraft = (
  runtime: Runtime,
  connection: ConnectionEntry,
  outgoing: OutgoingRequest,
): Draft => {
  const registration = registrationOf(runtime, outgoing.registration)
  const { uri, route, nextHop } = routeRequest(outgoing.uri, preloaded(connection, registration))
  const hop = uriOf(nextHop) ?? nowhere
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
    ...own,
    // What the application has written counts, also where the registration has a GRUU.
    ...(outgoing.contact !== undefined && { contact: outgoing.contact }),
  }
}

/** A name-addr in its bracketed form, so that parameters behind it are the header's. §20.10 */
const bracketed = (text: string): string => {
  const value = parseNameAddr(text)
  return isMalformed(value) ? text : formatNameAddr(value)
}

/**
 * The URI that a request goes to first which has a route: of the outbound proxy of its registration or connection, or of the
 * Service-Route. `undefined`: it has none, and goes to its Request-URI.
 */
export const firstHop = (
  runtime: Runtime,
  connection: Id,
  registration: Id | undefined,
): string | undefined => {
  const entry = runtime.registry.get(connection)
  if (entry?.kind !== 'connection') return undefined
  const [route] = preloaded(entry, registrationOf(runtime, registration))
  const hop = route === undefined ? undefined : uriOf(route)
  return hop && formatUri(hop)
}

/** Who finds the first hop of a request; an empty text: there may be one, only the engine knows it. */
export type FirstHop = (connection: Id, registration: Id | undefined) => string | undefined

/** Schemes of a Request-URI that a proxy resolves: telephone numbers and services. RFC 3261 §19.1.6; RFC 3966, 5031. */
const byProxy: ReadonlySet<string> = new Set(['tel', 'urn'])

/** Throws for what `outgoingDraft` could not use. */
export const checkOutgoing = (
  { uri, from, to, registration }: Pick<OutgoingRequest, 'uri' | 'from' | 'to' | 'registration'>,
  connection: Id,
  hopOf: FirstHop,
): void => {
  const { scheme } = checkUri(uri, 'the Request-URI')
  if (scheme !== 'sip' && scheme !== 'sips') {
    if (!byProxy.has(scheme)) throw new SipError('argument', `no request can go to a ${scheme}: URI`)
    if (hopOf(connection, registration) === undefined)
      throw new SipError('argument', `a ${scheme}: URI needs an outbound proxy, which knows where it leads`)
  }
  if (from !== undefined) addressText(from, 'From')
  if (to !== undefined) addressText(to, 'To')
}
