/** A REGISTER, made of what the application wants and what the machine asks for. RFC 3261 §10.2.1, RFC 5626 §4.2.1. */
import { formatNameAddr } from '../message/name-addr.ts'
import type { HeaderPair, SipUri } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'
import { needsContact } from '../rules/contact.ts'
import type { Registered } from '../rules/registered.ts'
import { type Routed, routeRequest, sameRouter, uriOf } from '../rules/route-set.ts'
import type { KeepAliveOptions } from './border/registrations.ts'
import { addressText, looseRoute, nameAddr, sipUri } from './compose.ts'
import type { Draft, RegistrationEntry } from './entries.ts'
import type { Random } from './ports.ts'

/** What changes from one REGISTER of a registration to the next. */
export interface Registering {
  /** 0 ends the binding; absent: none is said. */
  readonly expires: number | undefined
  /** Asks for a flow of its own. */
  readonly outbound: boolean
  /** `urn:uuid:…` */
  readonly instance: string
}

/** A name of this instance that nobody else has. RFC 4122 §4.4, RFC 5626 §4.1 */
export const instanceOf = (random: Random): string => {
  const bytes = random.bytes(16).slice()
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const digits = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `urn:uuid:${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}

/** The registrar of an address of record: its host. §10.2 */
export const registrarOf = (aor: string): string => {
  const { scheme, host, port } = uriOf(aor)!
  return formatUri({
    scheme,
    host,
    ...(port === undefined ? {} : { port }),
    params: new Map(),
    headers: new Map(),
  })
}

const routed = ({ options, connection }: RegistrationEntry): Routed => {
  const proxy = options.outboundProxy ?? connection.options.outboundProxy
  return routeRequest(
    options.registrar ?? registrarOf(options.aor),
    proxy === undefined ? [] : [looseRoute(sipUri(proxy, 'outboundProxy'))],
  )
}

/** The URI that its REGISTERs find their way by. */
export const nextHopOf = (entry: RegistrationEntry): string => routed(entry).nextHop

const lifetimeOf = (expires: number | undefined): string =>
  expires === undefined ? '' : `;expires=${expires}`

/** What the application wants for the flow of a registration; `undefined`: it has not said. */
export const keepAliveWish = ({ options, connection }: RegistrationEntry): KeepAliveOptions | undefined => {
  const wish = options.keepAlive ?? connection.options.keepAlive
  return typeof wish === 'string' ? { by: wish } : wish
}

const formerOf = ({ boundTo, left }: RegistrationEntry): readonly string[] =>
  boundTo === undefined || left.includes(boundTo) ? left : [boundTo, ...left]

export const registerDraft = (
  entry: RegistrationEntry,
  { expires, outbound, instance }: Registering,
): Draft => {
  const { options, callId, fromTag, share } = entry
  const { aor, contact, contacts = [], q, gruu, regId = 1, headers = [], instanceId } = options
  const { uri, route, nextHop } = routed(entry)
  const routes: readonly HeaderPair[] = route.map(value => ['Route', value])
  const lifetime = expires !== 0 && options.sendExpires === false ? '' : lifetimeOf(expires)
  const named = outbound || (gruu !== undefined && gruu !== false) || instanceId !== undefined
  const params = [
    q === undefined ? '' : `;q=${q}`,
    lifetime,
    named ? `;+sip.instance="<${instance}>"` : '',
    outbound ? `;reg-id=${regId}` : '',
    share?.contactParams ?? '',
  ]
  const supported = ['path', ...(outbound ? ['outbound'] : []), ...(gruu ? ['gruu'] : [])]
  const from = options.from === undefined ? `<${aor}>` : addressText(options.from, 'from')
  return {
    method: 'REGISTER',
    uri,
    nextHop: uriOf(nextHop)!,
    head: seq => [
      ['Max-Forwards', '70'],
      ...routes,
      ['From', `${from};tag=${fromTag}`],
      ['To', `<${aor}>`],
      ['Call-ID', callId],
      ['CSeq', `${seq} REGISTER`],
    ],
    contact: contact === undefined ? 'own' : formatNameAddr(nameAddr(contact, 'contact')),
    contactParams: params.join(''),
    ...(share && {
      contactUser: share.contactUser,
      ...(share.authorization !== undefined && { introduction: ['Authorization', share.authorization] }),
    }),
    extra: [
      ...contacts.map(
        (other): HeaderPair => ['Contact', `${formatNameAddr(nameAddr(other, 'contacts'))}${lifetime}`],
      ),
      ['Supported', supported.join(', ')],
      ...headers,
    ],
    credentials: options.credentials ?? [],
    ...(expires !== 0 && keepAliveWish(entry)?.by !== 'off' && { keeps: true }),
    // With a flow the registrar replaces what the instance had there by itself. RFC 5626 §6
    ...(contact === undefined && !outbound && { former: formerOf(entry) }),
  }
}

/**
 * What a request has of the registration that it is made from: its Contact, when it has one (a GRUU, or `ob` for the
 * flow of the registration), and the address that was found for the next hop. RFC 5626 §4.3, RFC 5627 §4.3
 */
export const fromRegistration = (
  entry: RegistrationEntry,
  hop: SipUri,
  method: string,
): Pick<Draft, 'contact' | 'contactUser' | 'contactUriParams' | 'place'> => {
  const { options, place, temporaryGruus, share } = entry
  const { binding } = entry.actor.getSnapshot().context as { readonly binding?: Registered }
  const gruu =
    options.gruu === 'public'
      ? binding?.publicGruu
      : options.gruu === 'temporary'
        ? temporaryGruus.at(-1)
        : undefined
  // RFC 5626 §4.3: the flow that is there, and not one to another address of the same name.
  const kept = options.cacheOutboundProxyIp === true || binding?.outbound === true
  const same = kept && place && sameRouter(hop, uriOf(nextHopOf(entry))!)
  return {
    ...(gruu !== undefined && needsContact(method) && { contact: `<${gruu}>` }),
    ...(share && { contactUser: share.contactUser }),
    ...(binding?.outbound && { contactUriParams: ';ob' }),
    ...(same && { place }),
  }
}
