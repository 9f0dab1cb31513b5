/** What an application says about a registration, checked before the engine hears of it. RFC 3261 §10.2.1, RFC 5626. */
import type { KeepAliveMethod, KeepAliveOptions } from '../engine/border/registrations.ts'
import type { RegistrationOptions as EngineRegistration } from '../engine/commands.ts'
import { SipError } from '../errors.ts'
import { reservedInRegister } from '../rules/headers.ts'
import { checkText } from '../rules/text.ts'
import {
  badArgument,
  checkChoice,
  checkContact,
  checkExpires,
  checkList,
  checkNameAddr,
  checkObject,
  checkParts,
  checkSeconds,
  checkSipUri,
} from './check.ts'
import { credentialList, type RegistrationOptions } from './options.ts'

const uuid = /^urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Throws `argument` unless it is a `urn:uuid:`, the one form that RFC 5626 §4.1 asks for. */
export const checkInstance = (text: string): string => {
  if (!uuid.test(checkText(text, 'instanceId'))) {
    throw badArgument(
      'instanceId must be urn:uuid: and a UUID, as urn:uuid:00000000-0000-1000-8000-00ad1e2f3a4b',
    )
  }
  return text
}

/** Most flows of one registration: nobody has so many edge proxies. */
const mostFlows = 8

const checkFlow = (options: RegistrationOptions): void => {
  const { outbound, regId, instanceId, contacts, gruu, outboundProxy } = options
  if (instanceId !== undefined) checkInstance(instanceId)
  if (regId !== undefined) {
    if (!Number.isInteger(regId) || regId < 1 || regId > 0x7fff_ffff) {
      throw badArgument('regId must be a whole number from 1 to 2^31-1')
    }
    if (outbound === false) throw badArgument('regId is of no use without outbound')
  }
  if (typeof outbound === 'object') {
    const proxies = checkList(checkObject(outbound, 'outbound').proxies, 'the proxies')
    if (proxies.length < 2 || proxies.length > mostFlows || new Set(proxies).size < proxies.length)
      throw badArgument(`outbound needs two to ${mostFlows} proxies, each another`)
    if (outboundProxy !== undefined) throw badArgument('the outbound proxy is given twice')
  }
  if ((outbound ?? regId !== undefined) && contacts && contacts.length > 0) {
    throw badArgument('a registration with outbound has one Contact (RFC 5626 §4.2.1)')
  }
  if (gruu !== undefined && typeof gruu !== 'boolean' && gruu !== 'public' && gruu !== 'temporary') {
    throw badArgument('gruu must be true, false, public or temporary')
  }
}

/** Throws `argument` unless it says how a flow is kept alive. */
export const checkKeepAlive = (given: KeepAliveMethod | KeepAliveOptions | undefined): void => {
  if (given === undefined) return
  const { by, interval } = typeof given === 'string' ? { by: given } : checkObject(given, 'keepAlive')
  checkChoice(by, 'keepAlive', ['auto', 'crlf', 'stun', 'options', 'off'])
  if (interval !== undefined && !(Number.isFinite(interval) && interval >= 1))
    throw badArgument('the interval of keepAlive must be seconds, at least 1')
}

const checkRecover = (recover: RegistrationOptions['recover']): void => {
  if (recover === undefined || typeof recover === 'boolean') return
  const { base = 1, max = 1 } = checkObject(recover, 'recover')
  for (const seconds of [base, max]) {
    if (!(Number.isFinite(seconds) && seconds > 0))
      throw badArgument('base and max of recover must be seconds')
  }
}

const checkFurther = (text: string, secure: boolean): void => {
  const { uri, params } = checkNameAddr(text, 'a further Contact')
  if (params.has('expires')) throw badArgument('the lifetime is given by `expires`, not in a Contact')
  if (secure && uri.scheme === 'sip') throw badArgument('the Contacts of a sips: AOR must be sips: URIs')
}

/** The options as the engine wants them, for each flow. Throws `argument` and `header-not-allowed`. */
export const registrationOptions = (
  options: RegistrationOptions,
  least: number,
): readonly [EngineRegistration, ...EngineRegistration[]] => {
  const { credentials, outbound, ...rest } = checkObject(options, 'the options { aor }')
  const { registrar, from, contact, contacts = [], q, headers } = rest
  const secure = checkSipUri(rest.aor, 'the AOR').scheme === 'sips'
  const { outboundProxy } = rest
  for (const [what, uri] of [
    ['the registrar', registrar],
    ['the outbound proxy', outboundProxy],
  ] as const) {
    if (uri !== undefined && checkSipUri(uri, what).scheme !== 'sips' && secure) {
      throw badArgument(`${what} of a sips: AOR must be a sips: URI`)
    }
  }
  if (from !== undefined) checkNameAddr(from, 'from')
  if (contact !== undefined) checkContact(contact, secure)
  for (const other of checkList(contacts, 'contacts')) checkFurther(other, secure)
  if (q !== undefined && !(q >= 0 && q <= 1)) throw badArgument('q must be 0 to 1')
  if (q !== undefined && contact !== undefined && checkNameAddr(contact, 'the Contact').params.has('q')) {
    throw badArgument('q is given twice')
  }
  if (rest.expires !== undefined) checkExpires(rest.expires, least)
  if (rest.minGrantedExpires !== undefined) checkSeconds(rest.minGrantedExpires, 'minGrantedExpires')
  if (rest.maxMinExpires !== undefined) checkSeconds(rest.maxMinExpires, 'maxMinExpires')
  if (headers !== undefined) checkParts({ headers }, reservedInRegister)
  checkFlow(options)
  checkKeepAlive(rest.keepAlive)
  checkRecover(rest.recover)
  const checked: EngineRegistration = {
    ...rest,
    ...(q !== undefined && { q: Math.round(q * 1000) / 1000 }),
    ...credentialList(credentials),
  }
  if (typeof outbound !== 'object')
    return [outbound === undefined ? checked : { ...checked, outbound: outbound === true }]
  const { regId = 1 } = rest
  const [first, ...others] = outbound.proxies.map((outboundProxy, at): EngineRegistration => {
    checkProxy(outboundProxy, rest.aor)
    return { ...checked, outbound: true, regId: regId + at, outboundProxy }
  })
  return [first!, ...others]
}

/** Throws `argument` for a proxy that a registration of this address of record may not have. */
export const checkProxy = (proxy: string | undefined, aor: string): void => {
  if (proxy === undefined) return
  if (checkSipUri(proxy, 'the outbound proxy').scheme === 'sips' || !aor.toLowerCase().startsWith('sips:'))
    return
  throw new SipError('argument', 'the outbound proxy of a sips: AOR must be a sips: URI')
}
