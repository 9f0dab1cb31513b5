/** Under which Contact a call is answered that came for a registration: its GRUU, or `ob` for its flow. RFC 5626 §4.3, 5627 §4.3 */
import { sameUri } from '../message/same-uri.ts'
import type { SipRequest, SipUri } from '../message/types.ts'
import { contactOfUser, movedContact } from '../rules/contact.ts'
import type { Registered } from '../rules/registered.ts'
import { uriOf } from '../rules/route-set.ts'
import type {
  CallEntry,
  ConnectionEntry,
  EventDialogEntry,
  LocalNames,
  RegistrationEntry,
} from './entries.ts'
import { fromRegistration } from './register-draft.ts'

/** Calls that come for it are answered under what it was given. */
export const reachableBy = (entry: RegistrationEntry): void => {
  const list = (entry.connection.reachable ??= [])
  if (!list.includes(entry)) list.push(entry)
}

export const notReachableBy = (entry: RegistrationEntry): void => {
  const at = entry.connection.reachable?.indexOf(entry) ?? -1
  if (at >= 0) entry.connection.reachable!.splice(at, 1)
}

const bindingOf = ({ actor }: RegistrationEntry): Registered | undefined =>
  (actor.getSnapshot().context as { readonly binding?: Registered }).binding

const isSame = (text: string | undefined, uri: SipUri): boolean => {
  const other = text === undefined ? undefined : uriOf(text)
  return other !== undefined && sameUri(other, uri)
}

const sentTo = (
  entry: RegistrationEntry,
  { target: uri, to }: SipRequest,
): 'surely' | 'perhaps' | undefined => {
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return undefined
  const target = uri as SipUri
  const { temporaryGruus, boundTo, options, share } = entry
  if (target.params.has('gr')) {
    const ours = [bindingOf(entry)?.publicGruu, ...temporaryGruus]
    return ours.some(gruu => isSame(gruu, target)) ? 'surely' : undefined
  }
  const contact = boundTo === undefined ? undefined : uriOf(boundTo)
  if (contact?.user !== target.user || contact?.host !== target.host) return undefined
  // Registrations share their Contact, unless each has its own.
  if (share) return 'surely'
  return isSame(options.aor, to.uri as SipUri) ? 'surely' : 'perhaps'
}

/** Whose Contact a request names that came in, where registrations have Contacts of their own. */
export const registrationFor = (
  { reachable = [] }: ConnectionEntry,
  request: SipRequest,
): RegistrationEntry | undefined => {
  if (reachable.length === 0) return undefined
  return (
    reachable.find(entry => sentTo(entry, request) === 'surely') ??
    reachable.find(entry => sentTo(entry, request) === 'perhaps')
  )
}

/** What the application hears of it: only that of a profile is known to it by its Contact. */
export const profileShare = (entry: RegistrationEntry | undefined): { readonly registration?: string } =>
  entry?.share ? { registration: entry.id } : {}

/** The registration that a request came for, and what our Contact is for it instead of the flow's. */
export const ownFor = (
  connection: ConnectionEntry,
  request: SipRequest,
): Required<Pick<EventDialogEntry, 'own' | 'registration'>> | undefined => {
  const registration = registrationFor(connection, request)
  if (!registration) return undefined
  const { contact, contactUser, contactUriParams } = fromRegistration(
    registration,
    request.target as SipUri,
    request.method,
  )
  const own = {
    ...(contact !== undefined && { contact }),
    ...(contactUser !== undefined && { contactUser }),
    ...(contactUriParams && { contactUriParams }),
  }
  return { own, registration }
}

/** Notes whom an incoming call came for. */
export const noteRegistration = (call: CallEntry): void => {
  const found = call.incoming && ownFor(call.connection, call.incoming)
  if (!found) return
  call.registration = found.registration
  call.own = found.own
}

/** Our Contact in a call, or in a dialog without one, as a header value. `contactHost`: the address that it was moved to. */
export const contactWithin = (
  begun: Pick<CallEntry, 'own' | 'request'>,
  { contact }: Pick<LocalNames, 'contact'>,
  contactHost?: string,
): string => {
  const own = begun.own ?? begun.request?.draft
  if (own?.contact !== undefined && own.contact !== 'own') return own.contact
  const uri = contactOfUser(movedContact(contact, contactHost), own?.contactUser)
  return `<${uri}${own?.contactUriParams ?? ''}>`
}
