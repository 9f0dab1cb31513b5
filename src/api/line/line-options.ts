/** What an application says of a line and of the calls on it. TSipConnPref, CSubConSIPInviteParamSet. */
import type { Id } from '../../engine/commands.ts'
import { SipError } from '../../errors.ts'
import { badArgument, checkNameAddr, checkObject, checkUri } from '../../rules/arguments.ts'
import { type CredentialsOption, checkCredentials, type InviteOptions } from '../options.ts'
import type { Profile } from '../profiles/profile.ts'
import type { SubscriptionRequest } from '../subscription-options.ts'

/** How to make a line. All else is the profile's to say. */
export interface LineOptions {
  /** The profile that registers it, or its id. Default: the default profile of the moment it is started. */
  readonly profile?: Profile | Id
  /** For challenges to its calls and subscriptions, by realm; those of the profile are tried after them. */
  readonly credentials?: CredentialsOption
}

/** Whom to call from a line, and what the INVITE says. */
export interface LineCallOptions extends Omit<InviteOptions, 'from' | 'registration'> {
  /** Whom to call. The only one that has to be there. */
  readonly requestUri: string
  /** To as name-addr text without a tag; default: the Request-URI. */
  readonly to?: string
  /** From as name-addr text without a tag; default: the address of record of the profile. */
  readonly from?: string
  /** Contact as name-addr text or URI; default: that of the profile. */
  readonly contact?: string
}

/** What to subscribe to from a line. */
export interface LineSubscribeOptions<Event extends string = string>
  extends Omit<SubscriptionRequest<Event>, 'from' | 'registration'> {
  /** Whose state is wanted. */
  readonly requestUri: string
  /** From as name-addr text without a tag; default: the address of record of the profile. */
  readonly from?: string
  /** Contact as name-addr text or URI, which has to lead here; default: that of the profile. */
  readonly contact?: string
}

/** For what may be shown and logged. */
export const withoutCredentials = <Options extends { readonly credentials?: CredentialsOption }>(
  options: Options,
): Options => {
  const { credentials: _credentials, ...rest } = options
  return rest as Options
}

/** Names what is not there. */
export const checkRequestUri = (given: { readonly requestUri?: string }, what: string): string => {
  const { requestUri } = checkObject(given, what)
  if (requestUri === undefined) {
    throw new SipError('argument', `${what} lack requestUri: whom it is for`, { header: 'requestUri' })
  }
  checkUri(requestUri, 'requestUri')
  return requestUri
}

/** Throws `argument` for a From or Contact that cannot be written. */
export const checkParties = ({
  from,
  contact,
}: {
  readonly from?: string | undefined
  readonly contact?: string | undefined
}): void => {
  if (from !== undefined) checkNameAddr(from, 'from')
  if (contact !== undefined) checkNameAddr(contact, 'contact')
}

const known: ReadonlySet<string> = new Set(['profile', 'credentials'])

/** Throws `argument` for registration parameters by hand: a line has them from its profile. */
export const checkLineOptions = (given: LineOptions): LineOptions => {
  const { credentials, profile } = checkObject(given, 'the options of a line')
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue
    throw badArgument(`a line is registered by a profile, which says ${name}: it cannot be given by hand`)
  }
  if (credentials !== undefined) checkCredentials(credentials)
  if (profile !== undefined && typeof profile !== 'string' && profile?.kind !== 'profile') {
    throw badArgument('profile must be a profile or the id of one')
  }
  return given
}

/** Credentials of a session, then those of its line. */
export const joined = (
  ...given: readonly (CredentialsOption | undefined)[]
): { readonly credentials?: CredentialsOption } => {
  const all = given.flatMap(one => (one === undefined ? [] : checkCredentials(one)))
  return all.length > 0 ? { credentials: all } : {}
}
