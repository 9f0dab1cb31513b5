/** What an application says about a request, an INVITE or a registration, and its translation for the engine. */
import type {
  Credentials,
  RegistrationOptions as EngineRegistration,
  Id,
  OutgoingInvite,
  OutgoingRequest,
} from '../engine/commands.ts'
import { SipError } from '../errors.ts'
import type { BodyPart } from '../message/multipart.ts'
import type { HeaderPair } from '../message/types.ts'
import { reservedInInvite } from '../rules/headers.ts'
import { isSips } from '../rules/secure.ts'
import { checkString, checkText } from '../rules/text.ts'
import { type CallMediaPort, checkMedia } from './call/media.ts'
import {
  badArgument,
  checkAttachments,
  checkBranches,
  checkDialogContact,
  checkNameAddr,
  checkObject,
  checkOffer,
  checkParts,
  checkSeconds,
  checkSessionTimer,
} from './check.ts'
import type { EnabledProfile } from './profiles/enabled-profile.ts'
import type { Profile } from './profiles/profile.ts'
import type { Registration } from './registration.ts'

/** Credentials as an application gives them: one, or one for each realm. */
export type CredentialsOption = Credentials | readonly Credentials[]

/** What every request may have. */
export interface RequestParts {
  /**
   * Headers besides those of the stack, as pairs of name and value (`header-not-allowed` for its own: Via, Call-ID, CSeq,
   * Max-Forwards …).
   *
   * @example
   * connection.request({ method: 'MESSAGE', uri, headers: [['Subject', 'hi']] })
   */
  readonly headers?: readonly HeaderPair[]
  /** Media type of the body. Needed when there is a body. */
  readonly contentType?: string
  readonly body?: string | Uint8Array
  /** Tried before those of the registration and before the provider is asked. RFC 3261 §22 */
  readonly credentials?: CredentialsOption
}

/** What a request may be made from: a registration, or a profile that is enabled. */
export type RegistrationContext = Registration | Profile | EnabledProfile

/** Whose request it is and whom it is for. */
export interface Parties {
  /**
   * Who we are: name-addr text without a tag, or a registration or enabled profile, whose AOR, Service-Route and credentials
   * are used. Default: that of `registration`, else our Contact.
   */
  readonly from?: string | RegistrationContext
  /** Whose Service-Route and credentials are used, when `from` gives another name than its AOR. */
  readonly registration?: RegistrationContext
  /** To as name-addr text without a tag; default: the Request-URI. */
  readonly to?: string
}

/** A request outside dialogs. */
export interface RequestOptions extends RequestParts, Parties {
  /** Any method but INVITE, ACK, CANCEL, BYE, SUBSCRIBE, NOTIFY, REFER, UPDATE, PRACK, REGISTER and INFO. */
  readonly method: string
  /** Request-URI, without headers behind `?`. A `tel:` or `urn:` URI goes to the outbound proxy, which there has to be. */
  readonly uri: string
  /**
   * Repeats it before what it asked for expires, until `refresh.terminate()` or a refusal. `interval`: seconds from one
   * to the next, instead of what the lifetime granted makes of it (CSIPRefresh). Default false.
   */
  readonly refresh?: boolean | { readonly interval?: number }
}

/** What an INVITE may have. */
export interface InviteOptions extends Omit<RequestParts, 'contentType' | 'body'>, Parties {
  /**
   * SDP offer; default: media gives it. `none`: the INVITE has none, the peer offers in its 2xx, and the answer goes into
   * the ACK, by media or (with `autoAck: false`) by `call.ack`. RFC 3261 §13.2.1
   */
  readonly offer?: string | 'none'
  /** False: the application acknowledges the 2xx with `call.ack`. Default true. */
  readonly autoAck?: boolean
  /** False: the application acknowledges reliable provisional responses with `call.prack`. Default true. RFC 3262 */
  readonly autoPrack?: boolean
  /** Provisional responses may be reliable (`supported`, the default), must be (`required`), or are not (`off`). RFC 3262 */
  readonly reliable?: 'supported' | 'required' | 'off'
  /**
   * A further 2xx, when a proxy has forked the INVITE: `surface`, a call of its own in `call.forks$`; `first`, ACK and BYE.
   * Default: that of the connection. RFC 3261 §13.2.2.4
   */
  readonly forking?: 'surface' | 'first'
  /**
   * What a 300, 301 or 302 leads to: `follow` (the default), an INVITE to each of its Contacts, the heaviest `q` first, at most
   * five in all; `surface`, the end of the call with that response. 305 and 380 are never followed. RFC 3261 §8.1.3.4
   */
  readonly redirects?: 'follow' | 'surface'
  /** Seconds, 1 to 86,400, until the INVITE is taken back when nobody has answered; it says so in Expires. RFC 3261 §13.2.1 */
  readonly expires?: number
  /**
   * Session timer to ask for, in seconds from 90 up; default: that of the connection, else none, and that of the peer is
   * honoured. Nobody refreshing it ends the call. RFC 4028
   */
  readonly sessionExpires?: number
  /** The least session timer that is accepted, in seconds from 90 up; default: that of the connection, else 90. */
  readonly minSE?: number
  /**
   * Further parts of the body: the INVITE is `multipart/mixed` then, and the description its first part. Parts that the
   * callee may leave aside say `Content-Disposition: …;handling=optional`. RFC 5621
   */
  readonly attachments?: readonly BodyPart[]
  /**
   * Contact as name-addr text or URI; default: ours. It has to lead here: one SIP URI, and a `sips:` one when the Request-URI
   * or the outbound proxy is. `argument` for any other. RFC 3261 §8.1.1.8
   */
  readonly contact?: string
  /** Who describes the media of this call; default: as the connection's, or that of `createSip`. */
  readonly media?: CallMediaPort
}

/** How to register. All times in seconds. */
export interface RegistrationOptions extends Omit<EngineRegistration, 'credentials' | 'outbound' | 'group'> {
  readonly credentials?: CredentialsOption
  /**
   * True: the registrar is to keep to the flow that the REGISTER comes by (RFC 5626). When the first hop knows nothing of
   * that (439), it registers without. Default: whether `regId` is given.
   *
   * With `proxies`, two to eight SIP URIs, it has a flow through each, with a reg-id from `regId` on: see `registration.flows`.
   * Calls come in by any of them, and requests made from it go by one that is up. RFC 5626 §4.2
   */
  readonly outbound?: boolean | { readonly proxies: readonly string[] }
}

const checkCredential = (given: Credentials): void => {
  const { username, password, ha1, realm, aka } = checkObject(given, 'credentials')
  // It stands in Authorization.
  if (checkText(username, 'the username') === '') throw badArgument('credentials need a username')
  if (password === undefined && ha1 === undefined && aka === undefined)
    throw badArgument('credentials need a password or ha1')
  if (password !== undefined) checkString(password, 'the password')
  if (ha1 !== undefined) checkString(ha1, 'ha1')
  if (realm !== undefined) checkString(realm, 'the realm')
}

/** Throws `argument` for credentials without a name or without a secret, and for a name with CR, LF or NUL. */
export const checkCredentials = (given: CredentialsOption): readonly Credentials[] => {
  const list = Array.isArray(given) ? (given as readonly Credentials[]) : [given as Credentials]
  for (const credentials of list) checkCredential(credentials)
  return list
}

/** The property of a command, when there are credentials. */
export const credentialList = (
  given: CredentialsOption | undefined,
): { readonly credentials?: readonly Credentials[] } =>
  given === undefined ? {} : { credentials: checkCredentials(given) }

/** The id of the registration behind it. Throws `invalid-registration-state` unless it is active. */
const registrationOf = (given: RegistrationContext, what: string): Id => {
  const { kind } = given ?? {}
  if (kind !== 'registration' && kind !== 'profile' && kind !== 'enabledProfile') {
    throw badArgument(`${what} must be a string or a registration, or an enabled profile`)
  }
  const registration =
    kind === 'registration' ? (given as Registration) : (given as Profile | EnabledProfile).registration
  if (registration?.isActive) return registration.id
  throw new SipError('invalid-registration-state', 'the registration is not active')
}

/** Checks From and To and takes the registration apart. */
export const partiesFor = ({
  from,
  to,
  registration,
}: Parties): Pick<OutgoingRequest, 'from' | 'to' | 'registration'> => {
  if (to !== undefined) checkNameAddr(to, 'to')
  if (typeof from === 'string') checkNameAddr(from, 'from')
  const context = typeof from === 'object' ? from : registration
  if (from !== undefined && typeof from !== 'string') registrationOf(from, 'from')
  return {
    ...(to !== undefined && { to }),
    ...(typeof from === 'string' && { from }),
    ...(context !== undefined && { registration: registrationOf(context, 'registration') }),
  }
}

/** A request as the engine wants it. */
export const outgoingRequest = (options: RequestOptions): OutgoingRequest => {
  const { from, to, registration, credentials, refresh: _refresh, ...parts } = options
  checkParts(parts)
  return { ...parts, ...partiesFor(options), ...credentialList(credentials) }
}

/** An INVITE as the engine wants it. */
export const outgoingInvite = (uri: string, options: InviteOptions): OutgoingInvite => {
  const { from, to, registration, credentials, offer, media, ...parts } = checkObject(options, 'the options')
  checkParts(parts, reservedInInvite)
  checkAttachments(parts.attachments)
  checkOffer(offer)
  if (parts.contact !== undefined) checkDialogContact(parts.contact, isSips(uri))
  checkMedia(media)
  checkBranches(parts)
  checkSessionTimer(parts)
  return {
    ...parts,
    ...(offer !== undefined && offer !== 'none' && { offer }),
    uri,
    ...partiesFor(options),
    ...credentialList(credentials),
  }
}

/** How a request is to be repeated; `undefined`: it is not. */
export const refreshRequest = ({ refresh }: RequestOptions): { readonly interval?: number } | undefined => {
  if (refresh === undefined || refresh === false) return undefined
  if (refresh === true) return {}
  const { interval } = checkObject(refresh, 'refresh')
  if (interval !== undefined) checkSeconds(interval, 'the interval')
  return interval === undefined ? {} : { interval }
}
