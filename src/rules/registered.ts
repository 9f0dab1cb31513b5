/** Reads the 2xx to a REGISTER. RFC 3261 §10.2.4, §10.3; RFC 5626 §4.2; RFC 3327; RFC 3608. */
import { sameUri } from '../message/same-uri.ts'
import type { NameAddr, SipResponse, SipUri } from '../message/types.ts'
import { formatUri, isSipUri } from '../message/uri.ts'
import { clampExpires, defaultExpires, defaultMinGranted, readSeconds } from './expiry.ts'
import { areLooseRoutes, uriOf } from './route-set.ts'
import { sameText, splitList } from './text.ts'
import { keepOf } from './via.ts'

/** What we know of a binding before the answer. */
export interface Asked {
  /** Address of record, a URI. */
  readonly aor: string
  /** Our Contact as sent. */
  readonly contact: NameAddr
  /** Seconds asked for; absent when the REGISTER named none. */
  readonly requested?: number | undefined
  /** Default 30. */
  readonly minGranted?: number | undefined
  /** User part that no Contact but ours has, of this start of the program or of an earlier one. */
  readonly contactUser?: string | undefined
}

/** A binding as the registrar confirmed it. */
export interface Registered {
  /** Seconds it counts as. */
  readonly granted: number
  /** Seconds the registrar named. */
  readonly registrarExpires: number
  /** The registrar named less than the minimum that we count with. */
  readonly belowMinimum: boolean
  /** Our Contact as the registrar has it. */
  readonly contact: NameAddr
  /** Values of Service-Route, to be the Route of later requests. */
  readonly serviceRoute: readonly string[]
  /** Values of P-Associated-URI, as written. */
  readonly associated: readonly string[]
  /** Values of Path, as written. */
  readonly path: readonly string[]
  /** The registrar keeps to the flow that the REGISTER came by: `Require: outbound`. RFC 5626 §6 */
  readonly outbound: boolean
  /** Seconds within which the server expects a sign of life on the flow. RFC 5626 §4.4 */
  readonly flowTimer?: number
  /** Seconds by which the next hop has agreed to keep-alives, 0 for ours to choose. RFC 6223 §4.3 */
  readonly keep?: number
  /** The globally routable URI of this instance that everybody may know. RFC 5627 §3.1 */
  readonly publicGruu?: string
  /** The one that does not tell who we are; every 2xx has another. */
  readonly temporaryGruu?: string
  /** Contacts of ours at addresses that we have left, as URIs; absent when there are none. */
  readonly left?: readonly string[]
}

/** Why a 2xx confirms nothing. `code`: when it is no fault of the registrar's answer to us but of the way. */
export interface Unconfirmed {
  readonly fault: string
  readonly code?: 'transport'
}

/** All Contacts of the answer: the bindings of the address of record, ours and others'. */
export const bindings = (response: SipResponse): readonly NameAddr[] => {
  const contacts = response.parsed('contact')
  return contacts === undefined || contacts === '*' ? [] : contacts
}

const sameFlow = (one: NameAddr, other: NameAddr): boolean => {
  const instance = one.params.get('+sip.instance')
  return (
    instance !== undefined &&
    sameText(instance, other.params.get('+sip.instance') ?? '') &&
    one.params.get('reg-id') === other.params.get('reg-id')
  )
}

/** Another instance, or another flow of the same one: never ours, whatever its URI. */
const isForeign = (one: NameAddr, other: NameAddr): boolean =>
  ['+sip.instance', 'reg-id'].some(name => {
    const own = one.params.get(name)
    const seen = other.params.get(name)
    return own !== undefined && seen !== undefined && !sameText(own, seen)
  })

/** A NAT or an edge proxy may have put another host and port in: user and parameters must then be ours. */
const sameButForHost = (own: SipUri, seen: SipUri): boolean => {
  if (own.user === undefined) return false
  const { port: _own, ...rest } = own
  return sameUri(
    seen.port === undefined ? { ...rest, host: seen.host } : { ...rest, host: seen.host, port: seen.port },
    seen,
  )
}

/** Our Contact among those of the answer. The same URI comes first, then the same instance and flow, then NAT's work. */
export const ownContact = (response: SipResponse, own: NameAddr): NameAddr | undefined => {
  const seen = bindings(response)
  const candidates = seen.filter(contact => !isForeign(own, contact))
  return (
    candidates.find(contact => sameUri(contact.uri, own.uri)) ??
    candidates.find(contact => sameFlow(own, contact)) ??
    candidates.find(({ uri }) => isSipUri(own.uri) && isSipUri(uri) && sameButForHost(own.uri, uri))
  )
}

/** What the registrar grants: parameter of our Contact, else Expires, else what was asked for. §10.2.4 */
export const grantedExpires = (
  response: SipResponse,
  own: NameAddr | undefined,
  requested: number | undefined,
): number =>
  readSeconds(own?.params.get('expires')) ?? response.parsed('expires') ?? requested ?? defaultExpires

const none: readonly string[] = []

/** Contacts that are taken back at once; there are more only where something is wrong. */
const leftMost = 16

/**
 * Contacts that an earlier start of the program has left behind: of our user part, of no other instance, and of no flow. None
 * when a NAT has changed ours, for then nothing tells the present one from those. RFC 3261 §10.2.2
 */
const leftBehind = (
  response: SipResponse,
  own: NameAddr,
  { contact, contactUser }: Asked,
): readonly string[] => {
  if (contactUser === undefined || !sameUri(own.uri, contact.uri)) return none
  return bindings(response)
    .filter(other => !other.params.has('reg-id') && !isForeign(contact, other))
    .flatMap(({ uri }) =>
      isSipUri(uri) && uri.user === contactUser && !sameUri(uri, contact.uri) ? [formatUri(uri)] : [],
    )
    .slice(0, leftMost)
}

const valuesOf = (response: SipResponse, name: string): readonly string[] => {
  const lines = response.headers(name)
  return lines.length === 0 ? none : lines.flatMap(splitList)
}

/** A GRUU of our Contact, when it can be used at all: a SIP URI. RFC 5627 §4.2 */
const gruuOf = (own: NameAddr, name: 'pub-gruu' | 'temp-gruu'): string | undefined => {
  const text = own.params.get(name)
  return text !== undefined && uriOf(text) !== undefined ? text : undefined
}

/** The binding that a 2xx confirms, or why it confirms none. */
export const readRegistered = (response: SipResponse, asked: Asked): Registered | Unconfirmed => {
  const { aor, contact, requested, minGranted = defaultMinGranted } = asked
  const address = uriOf(aor)
  if (address === undefined || !sameUri(response.to.uri, address)) {
    return { fault: 'To of the answer is not the address of record' }
  }
  const own = ownContact(response, contact)
  if (own === undefined) return { fault: 'our Contact is not among those of the answer' }
  const registrarExpires = grantedExpires(response, own, requested)
  if (registrarExpires === 0) return { fault: 'the binding is granted for no time' }
  const serviceRoute = valuesOf(response, 'service-route')
  // As good as no way at all, and another registration may bring a better one.
  if (!areLooseRoutes(serviceRoute)) {
    return { fault: 'a Service-Route is not a SIP URI with lr', code: 'transport' }
  }
  const publicGruu = gruuOf(own, 'pub-gruu')
  const temporaryGruu = gruuOf(own, 'temp-gruu')
  const flowTimer = response.parsed('flow-timer')
  const keep = keepOf(response)
  const left = leftBehind(response, own, asked)
  return {
    granted: clampExpires(registrarExpires, requested, { minGranted }),
    registrarExpires,
    belowMinimum: registrarExpires < minGranted,
    contact: own,
    serviceRoute,
    associated: valuesOf(response, 'p-associated-uri'),
    path: valuesOf(response, 'path'),
    outbound: response.parsed('require')?.some(option => sameText(option, 'outbound')) ?? false,
    ...(flowTimer !== undefined && { flowTimer }),
    ...(keep !== undefined && { keep }),
    ...(publicGruu !== undefined && { publicGruu }),
    ...(temporaryGruu !== undefined && { temporaryGruu }),
    ...(left.length > 0 && { left }),
  }
}
