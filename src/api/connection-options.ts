/** What an application says about its `Sip` and a connection, checked before the engine hears of it. */
import type { TimerConfig } from '../../machines/timers.ts'
import type { ConnectionOptions, SecurityAgreementOptions } from '../engine/commands.ts'
import type { Platform, SocketOptions, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { isNumericHost } from '../rules/locate.ts'
import type { NetworkRecovery } from '../rules/network.ts'
import { securityMechanisms } from '../rules/security-agreement.ts'
import { checkString, checkText, checkToken } from '../rules/text.ts'
import { type CallMediaPort, checkMedia } from './call/media.ts'
import {
  badArgument,
  checkChoice,
  checkList,
  checkObject,
  checkSeconds,
  checkSessionTimer,
  checkSipUri,
} from './check.ts'
import { checkInstance, checkKeepAlive } from './registration-options.ts'

const transportNames: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']
const timerNames = ['t1', 't2', 't4', 'd', 'inviteProceeding'] as const

/** Throws `argument` unless all five base values are there, in milliseconds. RFC 3261 table 4. */
export const checkTimers = (timers: TimerConfig): void => {
  const given = checkObject(timers, 'the timers')
  for (const name of timerNames) {
    if (!(Number.isFinite(given[name]) && given[name] >= 0)) {
      throw badArgument(`the timer ${name} must be a number of milliseconds`)
    }
  }
}

interface SipParts {
  readonly platform: object
  readonly credentials?: unknown
  readonly akaProvider?: unknown
  readonly timers?: TimerConfig
  readonly onCallbackError?: unknown
  readonly instanceId?: string
  readonly profiles?: { readonly store: { readonly open: unknown }; readonly connection?: ConnectOptions }
}

/** Throws `argument` unless profiles have a store, and connections that can be opened. */
const checkProfiles = (given: NonNullable<SipParts['profiles']>): void => {
  const { store, connection } = checkObject(given, 'profiles { store }')
  if (typeof store !== 'object' || store === null || typeof store.open !== 'function')
    throw badArgument('the store of profiles must be one, as sqliteProfileStore() of sipactor/node makes it')
  if (connection === undefined) return
  checkConnection(connection)
  const { network } = connection
  if (network !== undefined) throw badArgument('the network is that of each profile')
}

/** Throws `argument` for callbacks that are none, and for timers that make no sense. */
export const checkApi = ({
  credentials,
  akaProvider,
  onCallbackError,
  timers,
}: Omit<SipParts, 'platform'>): void => {
  for (const [name, callback] of Object.entries({ credentials, akaProvider, onCallbackError })) {
    if (callback !== undefined && typeof callback !== 'function') {
      throw badArgument(`${name} must be a function`)
    }
  }
  if (timers !== undefined) checkTimers(timers)
}

/** Throws `argument` for an object that lacks what an engine calls. */
const checkPlatform = (platform: object): void => {
  const { clock, random, digest, resolver, transports, localAddressFor }: Partial<Platform> = platform
  const missing = Object.entries({ clock, random, digest, resolver, transports, localAddressFor })
    .filter(([, part]) => part === undefined || part === null)
    .map(([name]) => name)
  if (missing.length > 0)
    throw badArgument(`platform must be what node() of sipactor/node returns: it lacks ${missing.join(', ')}`)
  checkList(transports!, 'platform.transports')
}

/** Throws `argument` for what a `Sip` cannot be made of. */
export const checkSip = <Options extends SipParts>(options: Options): Options => {
  const { platform, instanceId, profiles }: SipParts = options ?? {}
  if (platform === undefined) throw badArgument('platform is missing: node() of sipactor/node')
  if (typeof platform !== 'object' || platform === null) {
    throw badArgument('platform must be what node() of sipactor/node returns')
  }
  checkApi(options)
  checkPlatform(platform)
  if (instanceId !== undefined) checkInstance(instanceId)
  if (profiles !== undefined) checkProfiles(profiles)
  return options
}

/** Throws `argument` for an empty list, and `not-supported` for a mechanism that is not ours. RFC 3329 §2.2 */
const checkSecurityAgreement = (given: SecurityAgreementOptions): void => {
  const { mechanisms } = checkObject(given, 'the options of a security agreement')
  if (checkList(mechanisms, 'mechanisms').length === 0) throw badArgument('mechanisms are missing')
  for (const name of mechanisms) {
    if (securityMechanisms.includes(checkString(name, 'a mechanism'))) continue
    throw new SipError('not-supported', `there is no security mechanism ${name}`)
  }
}

const checkRecovery = (given: Partial<NetworkRecovery>): void => {
  const { first, further, fatal } = checkObject(given, 'recovery')
  const own = first === undefined ? [] : checkList(first, 'recovery.first')
  for (const time of [...own, further, fatal]) {
    if (time !== undefined && !(Number.isFinite(time) && time > 0))
      throw badArgument('the times of recovery must be numbers of milliseconds above 0')
  }
}

/** Settings of sockets. */
export const checkSockets = <Options extends SocketOptions>(options: Options): Options => {
  const { keepAlive, noDelay } = checkObject(options, 'the options of sockets')
  if (keepAlive !== undefined && !(Number.isInteger(keepAlive) && keepAlive >= 0 && keepAlive < 2 ** 31))
    throw badArgument('keepAlive must be a whole number of milliseconds')
  if (noDelay !== undefined && typeof noDelay !== 'boolean')
    throw badArgument('noDelay must be true or false')
  return options
}

/** How a connection is bound, what it says of itself, and who describes the media of its calls. */
export interface ConnectOptions extends ConnectionOptions {
  /** Default: that of `createSip`. */
  readonly media?: CallMediaPort
}

/** Throws `argument` for what a connection cannot be made of. */
export const checkConnection = (options: ConnectOptions): void => {
  const {
    forking,
    host,
    port,
    ports,
    transports,
    user,
    timers,
    userAgent,
    outboundProxy,
    maxCalls,
    methods,
    infoPackages,
    users,
  } = checkObject(options, 'the options of a connection')
  checkMedia(options.media)
  checkSessionTimer(options)
  if (options.securityAgreement !== undefined) checkSecurityAgreement(options.securityAgreement)
  if (host !== undefined && (!isNumericHost(checkText(host, 'host')) || host.startsWith('['))) {
    throw badArgument('host must be an address of this host, as 192.0.2.1 or 2001:db8::1')
  }
  const own = ports === undefined ? [] : Object.values(checkObject(ports, 'ports'))
  for (const one of port === undefined ? own : [port, ...own]) {
    if (!(typeof one === 'number' && Number.isInteger(one) && one >= 0 && one <= 65_535)) {
      throw badArgument('the port must be 0 to 65535')
    }
  }
  if (transports !== undefined) {
    for (const name of checkList(transports, 'transports'))
      checkChoice(checkString(name, 'a transport') as TransportName, 'a transport', transportNames)
  }
  if (user !== undefined) checkSipUri(`sip:${checkText(user, 'user')}@host.invalid`, 'user')
  if (timers !== undefined) checkTimers(timers)
  if (userAgent !== undefined) checkText(userAgent, 'userAgent')
  if (outboundProxy !== undefined) checkSipUri(outboundProxy, 'the outbound proxy')
  if (options.network !== undefined && checkText(options.network, 'network') === '')
    throw badArgument('network must be the name of an interface, or an address of this host')
  if (options.recovery !== undefined) checkRecovery(options.recovery)
  if (options.trustedHops !== undefined)
    for (const hop of checkList(options.trustedHops, 'trustedHops')) checkText(hop, 'a trusted hop')
  checkChoice(forking, 'forking', ['surface', 'first'])
  if (maxCalls !== undefined && !(Number.isInteger(maxCalls) && maxCalls >= 0)) {
    throw badArgument('maxCalls must be a whole number')
  }
  checkKeepAlive(options.keepAlive)
  if (infoPackages !== undefined)
    for (const name of checkList(infoPackages, 'infoPackages')) checkToken(name, 'an INFO package')
  if (options.events !== undefined)
    for (const name of checkList(options.events, 'events')) checkToken(name, 'an event package')
  if (options.minExpires !== undefined && checkSeconds(options.minExpires, 'minExpires') > 3600)
    throw badArgument('minExpires may not be above an hour (RFC 6665 §4.2.1.1)')
  if (methods !== undefined)
    for (const method of checkList(methods, 'methods')) checkToken(method, 'a method')
  if (options.unsolicitedNotifications !== undefined && typeof options.unsolicitedNotifications !== 'boolean')
    throw badArgument('unsolicitedNotifications must be true or false')
  if (users !== undefined) for (const name of checkList(users, 'users')) checkText(name, 'a user')
}
