/** What an application says of a profile, checked before anything of it is kept. Everything here throws or returns. */
import { SipError } from '../errors.ts'
import { formatUri } from '../message/uri.ts'
import {
  badArgument,
  checkChoice,
  checkList,
  checkNameAddr,
  checkObject,
  checkSeconds,
  checkSipUri,
} from '../rules/arguments.ts'
import { checkUserHeaders, reservedInRegister } from '../rules/headers.ts'
import { checkString, checkText } from '../rules/text.ts'
import type {
  ProfileExtension,
  ProfileFields,
  ProfileInput,
  ProfileSecrets,
  ProfileServer,
  ProfileType,
} from './data.ts'

/** How far the parts of one profile may grow. */
const most = {
  aors: 32,
  networks: 16,
  apns: 2,
  params: 64,
  headers: 64,
  extensions: 256,
  text: 4096,
} as const

const ietf: ProfileType = { class: 'internet', name: 'ietf' }

/** What a profile has that says nothing but its type. */
export const defaultProfileFields = (type: ProfileType = ietf): Omit<ProfileFields, 'aors'> => ({
  name: '',
  type,
  bearer: 'any',
  autoRegister: false,
  securityNegotiation: false,
  sigcomp: false,
  contactParams: [],
  headers: [],
  resolveProxy: false,
  locked: false,
  homeNetworkOnly: false,
  extensions: {},
})

const text = (value: string, what: string, least = 0, longest: number = most.text): string => {
  const { length } = checkText(value, what)
  if (length >= least && length <= longest) return value
  throw badArgument(`${what} must have ${least} to ${longest} characters`)
}

const texts = (given: readonly string[] | undefined, what: string, limit: number): void => {
  if (given === undefined) return
  if (checkList(given, what).length > limit) throw badArgument(`${what} are more than ${limit}`)
  for (const one of given) text(one, `one of ${what}`, 1)
  if (new Set(given).size < given.length) throw badArgument(`${what} name one of them twice`)
}

const server = (given: ProfileServer | undefined, what: string, secure: boolean): void => {
  if (given === undefined) return
  const { uri, username, realm, params } = checkObject(given, what)
  const { scheme } = checkSipUri(text(uri, `the URI of ${what}`), `the URI of ${what}`)
  if (secure && scheme !== 'sips') throw badArgument(`${what} of a sips: AOR must be a sips: URI`)
  if (username !== undefined) text(username, `the user name of ${what}`, 1)
  if (realm !== undefined) text(realm, `the realm of ${what}`, 1)
  const pairs = params === undefined ? [] : Object.entries(checkObject(params, `the params of ${what}`))
  if (pairs.length > most.params) throw badArgument(`the params of ${what} are more than ${most.params}`)
  for (const [name, value] of pairs) {
    key(name, `the params of ${what}`)
    text(value, `the param ${name} of ${what}`)
  }
}

// A key of this name would change what its object is instead of being in it.
const key = (name: string, what: string): void => {
  text(name, `a name in ${what}`, 1, 128)
  if (name === '__proto__') throw badArgument(`${what} may not hold ${name}`)
}

/** Contact parameters that are the stack's to give. RFC 3261 §10.2.1, RFC 5626 §4.1 */
const ownParams: ReadonlySet<string> = new Set(['expires', 'tag', 'reg-id', '+sip.instance'])

const contactParam = (param: string): void => {
  const { params, uri } = checkNameAddr(`<sip:a@b.invalid>;${text(param, 'a Contact parameter', 1)}`, param)
  const [name] = [...params.keys()]
  if (params.size !== 1 || name === undefined || formatUri(uri) !== 'sip:a@b.invalid')
    throw badArgument(`${param} is not one Contact parameter`)
  if (ownParams.has(name.toLowerCase()))
    throw badArgument(`the Contact parameter ${name} is set by the stack`)
}

const extension = (name: string, value: ProfileExtension): void => {
  key(name, 'extensions')
  const what = `the extension ${name}`
  if (typeof value === 'boolean') return
  if (typeof value === 'string') text(value, what)
  else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw badArgument(`${what} must be a finite number`)
  } else if (Array.isArray(value)) {
    if (value.length > most.extensions) throw badArgument(`${what} has more than ${most.extensions} members`)
    for (const one of value) text(one as string, `a member of ${what}`)
  } else throw badArgument(`${what} must be a string, a number, true or false, or a list of strings`)
}

const flags = [
  'autoRegister',
  'securityNegotiation',
  'sigcomp',
  'resolveProxy',
  'locked',
  'homeNetworkOnly',
] as const

/** Throws `argument` for what is no type of a profile. */
export const checkProfileType = (type: ProfileType): ProfileType => {
  checkObject(type, 'the type of a profile { class, name }')
  checkString(type.class, 'the class of the type')
  checkChoice(type.class, 'the class of the type', ['internet', 'ims', 'other'])
  text(type.name, 'the name of the type', 1, 25)
  return type
}

const checkAddresses = ({ aors, registrar, outboundProxy }: ProfileInput): void => {
  texts(aors, 'the AORs', most.aors)
  const [first] = checkList(aors, 'the AORs')
  if (first === undefined) throw badArgument('a profile needs an AOR')
  for (const aor of aors) checkSipUri(aor, 'an AOR')
  const secure = checkSipUri(first, 'the AOR').scheme === 'sips'
  server(registrar, 'the registrar', secure)
  server(outboundProxy, 'the outbound proxy', secure)
}

const names = [
  'aors',
  'network',
  'networks',
  'apns',
  'registrar',
  'outboundProxy',
  'privateIdentity',
] as const
const known: ReadonlySet<string> = new Set<string>([
  ...Object.keys(defaultProfileFields()),
  ...names,
  ...['contactUser', 'dscp', 'imsPolicy', 'expires'],
])

/**
 * The whole of a profile: what is given, and the defaults for the rest, in an object of its own. Throws `argument`, and
 * `header-not-allowed` for a header that is the stack's.
 */
export const checkProfileFields = (given: ProfileInput): ProfileFields => {
  checkObject(given, 'the fields of a profile { aors }')
  for (const name of Object.keys(given)) {
    if (!known.has(name)) throw badArgument(`a profile has no field ${name}: put it into extensions`)
  }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const fields = { ...defaultProfileFields(), ...(present as unknown as ProfileInput) }
  text(fields.name, 'the name', 0, 255)
  checkProfileType(fields.type)
  checkAddresses(fields)
  const { network, networks, apns, bearer, privateIdentity, contactUser, dscp, imsPolicy, expires } = fields
  if (network !== undefined) text(network, 'the network', 1)
  texts(networks, 'the networks', most.networks)
  if (network !== undefined && networks !== undefined)
    throw badArgument('network and networks are both given')
  texts(apns, 'the APNs', most.apns)
  checkChoice(bearer, 'bearer', ['any', 'wlan', 'cellular'])
  if (privateIdentity !== undefined) text(privateIdentity, 'the private identity', 1)
  for (const name of flags) {
    if (typeof fields[name] !== 'boolean') throw badArgument(`${name} must be true or false`)
  }
  texts(fields.contactParams, 'the Contact parameters', most.params)
  for (const param of fields.contactParams) contactParam(param)
  if (contactUser !== undefined && !/^[A-Za-z0-9]{20}$/.test(checkString(contactUser, 'contactUser')))
    throw badArgument('contactUser must be 20 letters and digits')
  if (checkUserHeaders(fields.headers, reservedInRegister).length > most.headers)
    throw badArgument(`the headers are more than ${most.headers}`)
  for (const [name, value] of fields.headers) text(value, `the header ${name}`)
  if (dscp !== undefined && !(Number.isInteger(dscp) && dscp >= 0 && dscp <= 63))
    throw badArgument('dscp must be 0 to 63')
  checkChoice(imsPolicy, 'imsPolicy', ['usim-or-isim', 'isim'])
  if (expires !== undefined) checkSeconds(expires, 'expires')
  const extensions = Object.entries(checkObject(fields.extensions, 'the extensions'))
  if (extensions.length > most.extensions)
    throw badArgument(`the extensions are more than ${most.extensions}`)
  for (const [name, value] of extensions) extension(name, value)
  return structured(fields)
}

/** Throws `argument` unless the passwords are text. An empty one is fine: it keeps the one there was. */
export const checkProfileSecrets = (given: ProfileSecrets): ProfileSecrets => {
  const { registrarPassword, proxyPassword, ...rest } = checkObject(given, 'the secrets of a profile')
  const [other] = Object.keys(rest)
  if (other !== undefined) throw badArgument(`a profile has no secret ${other}`)
  if (registrarPassword !== undefined) text(registrarPassword, 'the password of the registrar')
  if (proxyPassword !== undefined) text(proxyPassword, 'the password of the outbound proxy')
  return {
    ...(registrarPassword !== undefined && { registrarPassword }),
    ...(proxyPassword !== undefined && { proxyPassword }),
  }
}

/** A copy that nobody else holds any part of, and that nobody can change. */
export const structured = <Value>(value: Value): Value => {
  if (Array.isArray(value)) return Object.freeze(value.map(one => structured(one))) as Value
  if (typeof value !== 'object' || value === null) return value
  const parts = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.freeze(Object.fromEntries(parts.map(([name, part]) => [name, structured(part)]))) as Value
}

/** The secrets after a save: an empty password, or none, keeps the one there was. */
export const keptSecrets = (before: ProfileSecrets, given: ProfileSecrets): ProfileSecrets => ({
  ...before,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== '')),
})

/** Throws `permission` when a save would change what the stack gives: the user part of the Contact. */
export const checkReadOnly = (before: ProfileFields | undefined, given: ProfileInput): void => {
  if (given.contactUser === undefined || given.contactUser === before?.contactUser) return
  throw new SipError('permission', 'contactUser is given by the stack')
}
