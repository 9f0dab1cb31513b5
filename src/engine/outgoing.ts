/** Requests outside dialogs, as the application describes them, made into drafts. RFC 3261 §8.1.1, RFC 3608. */
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr, parseNameAddr } from '../message/name-addr.ts'
import type { HeaderPair } from '../message/types.ts'
import { routeRequest, uriOf } from '../rules/route-set.ts'
import type { OutgoingRequest } from './commands.ts'
import { addressText, looseRoute, sipUri } from './compose.ts'
import type { ConnectionEntry, Draft, RegistrationEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

/** The way that requests outside dialogs take: the outbound proxy first, then the Service-Route. */
const preloaded = (
  connection: ConnectionEntry,
  registration: RegistrationEntry | undefined,
): readonly string[] => {
  const proxy = registration?.options.outboundProxy ?? connection.options.outboundProxy
  const first = proxy === undefined ? [] : [looseRoute(sipUri(proxy, 'outboundProxy'))]
  return [...first, ...(registration?.serviceRoute ?? [])]
}

export const outgoingDraft = (
  runtime: Runtime,
  connection: ConnectionEntry,
  outgoing: OutgoingRequest,
): Draft => {
  const found = outgoing.registration === undefined ? undefined : runtime.registry.get(outgoing.registration)
  const registration = found?.kind === 'registration' ? found : undefined
  const { uri, route, nextHop } = routeRequest(outgoing.uri, preloaded(connection, registration))
  const hop = uriOf(nextHop)
  if (!hop) throw new SipError('argument', `no way leads to ${outgoing.uri}`)
  const tag = runtime.token()
  const callId = runtime.token()
  const from = outgoing.from ?? (registration && `<${registration.options.aor}>`)
  const to = outgoing.to ?? `<${outgoing.uri}>`
  const routes: readonly HeaderPair[] = route.map(value => ['Route', value])
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
    extra: outgoing.headers ?? [],
    contentType: outgoing.contentType,
    body: outgoing.body,
    credentials: [...(outgoing.credentials ?? []), ...(registration?.options.credentials ?? [])],
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
