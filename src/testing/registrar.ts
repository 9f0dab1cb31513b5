/**
 * A registrar for tests: digest, bindings, expiry by the clock; over the transports of any platform.
 * RFC 3261 §10.3, §22; RFC 3327 (Path), RFC 3608 (Service-Route), RFC 5626 §6 (flows of an instance).
 */
import type { Address, Platform, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr } from '../message/name-addr.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { parseUri } from '../message/uri.ts'
import { respond } from '../rules/respond.ts'
import { aorOf, type Binding, createBindings, type ExpiryRules, type Outcome } from './bindings.ts'
import { createRegistrarAuth } from './registrar-auth.ts'
import { createSipServer, type ListenAddress, type RequestSource } from './sip-server.ts'

/** What a registrar grants and says; changeable while it runs. Expiries are in seconds. */
export interface RegistrarPolicy {
  /** False lets everybody register without credentials. Default true. */
  readonly challenge?: boolean
  /** The answer to a wrong password: 401 with a new challenge (default), or 403. */
  readonly wrongPassword?: 401 | 403
  /** Less is answered with 423. Default 1. */
  readonly minExpires?: number
  /** More is cut down to it. Default 7200. */
  readonly maxExpires?: number
  /** Granted when the request names none. Default 3600. */
  readonly defaultExpires?: number
  /** What is granted, whatever was asked for; a function gets the seconds that would be granted. */
  readonly grantedExpires?: number | ((requested: number) => number)
  /** Values of Service-Route in every 2xx. */
  readonly serviceRoute?: readonly string[]
  /** Whether the 2xx repeats the Path of the request. Default true. */
  readonly echoPath?: boolean
  /** Values of P-Associated-URI in every 2xx. */
  readonly associated?: readonly string[]
  /**
   * What it makes of a REGISTER that asks for a flow (`reg-id` and `Supported: outbound`, RFC 5626 §6): `true` keeps to it
   * and says `Require: outbound` (default), `false` knows nothing of that, `lacking` refuses with 439 because the first
   * hop cannot do it.
   */
  readonly outbound?: boolean | 'lacking'
  /** Whether it answers keep-alives, a double CRLF and STUN. Default true. RFC 5626 §3.5 */
  readonly keepAlives?: boolean
  /** Seconds that its 2xx name in Flow-Timer, when it keeps to the flow. Default: none are named. RFC 5626 §4.4 */
  readonly flowTimer?: number
  /** Whether it gives GRUUs to those who ask (`Supported: gruu` and an instance). Default false. RFC 5627 */
  readonly gruu?: boolean
  /** Refuses every REGISTER for a while: 503, or the status given, with Retry-After in seconds. */
  readonly overloaded?: { readonly retryAfter?: number; readonly status?: number }
  /** Whether every 2xx names the nonce to use next, in Authentication-Info. Default false. RFC 7616 §3.5 */
  readonly nextNonce?: boolean
  /** Sees every answer before it is sent; what it returns goes out instead, `undefined` is silence, also to repetitions. */
  readonly tamper?: (response: SipResponse, request: SipRequest) => SipResponse | undefined
}

/** Settings of a registrar. */
export interface TestRegistrarOptions extends RegistrarPolicy {
  /** Any platform: simulated, or one with real sockets. All its transports are listened on. */
  readonly platform: Platform
  /** Address to bind. Default: the platform's. */
  readonly host?: string
  /** Port of UDP and TCP; TLS gets the next one, WS and WSS those behind. 0 picks free ones. Default 5060. */
  readonly port?: number
  /** Default `sipactor.test`. */
  readonly realm?: string
  /** Passwords by user name; the users whose addresses of record exist, in any domain. Read anew for every request. */
  readonly users: Readonly<Record<string, string>>
  /** `MD5` (default), `SHA-256` or `SHA-512-256`, each also with `-sess`; a list makes one challenge of each, in that order. */
  readonly algorithm?: string | readonly string[]
  /** Default `['auth']`; an empty list makes a challenge without qop, as in RFC 2069. */
  readonly qop?: readonly ('auth' | 'auth-int')[]
  /** Milliseconds until a nonce is stale. Default 300,000. */
  readonly nonceLifetime?: number
  /**
   * What the clock's zero is, in milliseconds since 1970; makes the Date header. Default: the start of 2026. With
   * `sipactor/node` it is `performance.timeOrigin`.
   */
  readonly epoch?: number
  /** Exchanges kept in `log`. Default 1,000; the oldest go first. */
  readonly logLimit?: number
}

/** One request that was served, repetitions not counted. */
export interface LoggedExchange {
  /** Milliseconds of the platform's clock. */
  readonly time: number
  readonly transport: TransportName
  readonly from: Address
  readonly request: SipRequest
  /** `undefined` when `tamper` swallowed it. */
  readonly response: SipResponse | undefined
}

/** A registrar at work, see {@link testRegistrar}. */
export interface TestRegistrar {
  /** Starts it; gives the address of each transport. Rejects with SipError `transport` when a port is taken. */
  listen(): Promise<readonly ListenAddress[]>
  /** Stops it and closes its connections. Bindings stay; it can listen again. */
  close(): void
  /**
   * The live bindings of an address of record such as `sip:alice@example.com`, the oldest first.
   *
   * @throws SipError `argument` for what is no SIP URI with a user.
   */
  bindings(aor: string): readonly Binding[]
  /** Forgets the bindings of one address of record, or all, as a registrar does that lost its disk. */
  forget(aor?: string): void
  /** Changes what it grants and says, from the next request on; what is not named stays. */
  set(policy: RegistrarPolicy): void
  /** Answers the next REGISTER with this status, or the next `count`, before any other check. */
  failNext(
    status: number,
    options?: { readonly count?: number; readonly headers?: readonly HeaderPair[] },
  ): void
  /** Makes every nonce stale: the next request with one is challenged with `stale=true`. */
  expireNonces(): void
  /** What was asked and answered, the oldest first. */
  readonly log: readonly LoggedExchange[]
}

const start2026 = 1_767_225_600_000
const supportedBy = ({ gruu, outbound }: RegistrarPolicy): readonly string[] => [
  'path',
  ...(outbound === false ? [] : ['outbound']),
  ...(gruu ? ['gruu'] : []),
]
const allow: HeaderPair = ['Allow', 'REGISTER, OPTIONS']
/** Methods that a registrar knows and does not serve; all others are 501. RFC 3261 §21.4.6, §21.5.2. */
const known = 'INVITE CANCEL BYE PRACK UPDATE INFO MESSAGE SUBSCRIBE NOTIFY REFER PUBLISH'.split(' ')

const hasOption = (request: SipRequest, header: 'supported' | 'require', option: string): boolean =>
  request.parsed(header)?.some(value => value.toLowerCase() === option) ?? false

/** It asks to be reached by the flow that it came by. RFC 5626 §4.2.1 */
const asksForFlow = (request: SipRequest): boolean => {
  const contacts = request.parsed('contact')
  const flow =
    contacts !== undefined && contacts !== '*' && contacts.some(({ params }) => params.has('reg-id'))
  return flow && hasOption(request, 'supported', 'outbound')
}

/** The binding with the URIs of its instance: one for all, and one that is new each time. RFC 5627 §5.3 */
const withGruus = (binding: Binding, serial: number): Binding => {
  const { contact, aor } = binding
  const instance = contact.params.get('+sip.instance')?.replace(/^<|>$/g, '')
  if (instance === undefined) return binding
  const params = new Map(contact.params)
    .set('pub-gruu', `${aor};gr=${instance}`)
    .set('temp-gruu', `sip:temporary-${serial}@${aor.slice(aor.lastIndexOf('@') + 1)};gr`)
  return { ...binding, contact: { ...contact, params } }
}

/** The key of an address of record that a test names. */
const keyOf = (aor: string): string => {
  const uri = parseUri(aor)
  const key = isMalformed(uri) ? undefined : aorOf(uri)
  if (key === undefined) throw new SipError('argument', `${aor} is no address of record`)
  return key
}

/**
 * Makes a registrar. It answers REGISTER as RFC 3261 §10.3 asks (401, 403, 404, 400, 420, 423, 500, or 200 with all
 * bindings), OPTIONS with 200, other methods with 405 or 501, and repeats its answer to a repeated request.
 *
 * @example
 * const registrar = testRegistrar({ platform: network.platform({ host: '192.0.2.10' }), users: { alice: 's3cret' } })
 * await registrar.listen()
 * // … a client registers …
 * registrar.bindings('sip:alice@example.com')
 */
export const testRegistrar = (options: TestRegistrarOptions): TestRegistrar => {
  const { platform, users, logLimit = 1000, algorithm = 'MD5', epoch = start2026 } = options
  const { clock } = platform
  const bindings = createBindings(clock)
  const log: LoggedExchange[] = []
  let tags = 0
  const auth = createRegistrarAuth(platform, {
    realm: options.realm ?? 'sipactor.test',
    users,
    algorithms: typeof algorithm === 'string' ? [algorithm] : algorithm,
    qop: options.qop ?? ['auth'],
    nonceLifetime: options.nonceLifetime ?? 300_000,
  })
  let policy: RegistrarPolicy = options
  const failures: { readonly status: number; readonly headers: readonly HeaderPair[] }[] = []

  const rules = (): ExpiryRules => {
    const { minExpires = 1, maxExpires = 7200, defaultExpires = 3600, grantedExpires } = policy
    const granted =
      typeof grantedExpires === 'function' ? grantedExpires : (asked: number) => grantedExpires ?? asked
    return { minExpires, maxExpires, defaultExpires, granted }
  }

  const reply = (request: SipRequest, status: number, headers: readonly HeaderPair[] = []): SipResponse => {
    tags += 1
    return respond(request, { status, headers, toTag: `registrar-${tags}` })
  }

  const contactOf = ({ contact, expiresAt }: Binding): HeaderPair => {
    const left = Math.max(1, Math.ceil((expiresAt - clock.now()) / 1000))
    const params = new Map(contact.params).set('expires', String(left))
    return ['Contact', formatNameAddr({ ...contact, params })]
  }

  const accepted = (request: SipRequest, aor: string): SipResponse => {
    const gruu = policy.gruu === true && hasOption(request, 'supported', 'gruu')
    const headers: HeaderPair[] = bindings
      .list(aor)
      .map(binding => contactOf(gruu ? withGruus(binding, (tags += 1)) : binding))
    const path = policy.echoPath === false ? [] : request.headers('path')
    for (const value of path) headers.push(['Path', value])
    for (const value of policy.serviceRoute ?? []) headers.push(['Service-Route', value])
    for (const value of policy.associated ?? []) headers.push(['P-Associated-URI', value])
    if (policy.outbound !== false && asksForFlow(request)) {
      headers.push(['Require', 'outbound'])
      if (policy.flowTimer !== undefined) headers.push(['Flow-Timer', String(policy.flowTimer)])
    }
    if (policy.nextNonce) headers.push(['Authentication-Info', `nextnonce="${auth.newNonce()}"`])
    headers.push(['Date', new Date(epoch + clock.now()).toUTCString()])
    return reply(request, 200, headers)
  }

  /** RFC 3261 §10.3 step by step. */
  const register = (request: SipRequest): SipResponse => {
    const { overloaded } = policy
    if (overloaded) {
      const { retryAfter, status = 503 } = overloaded
      return reply(request, status, retryAfter === undefined ? [] : [['Retry-After', `${retryAfter}`]])
    }
    const failure = failures.shift()
    if (failure) return reply(request, failure.status, failure.headers)
    const unknown = request
      .parsed('require')
      ?.filter(option => !supportedBy(policy).includes(option.toLowerCase()))
    if (unknown && unknown.length > 0) return reply(request, 420, [['Unsupported', unknown.join(', ')]])
    const aor = aorOf(request.to.uri)
    const user = aor?.slice('sip:'.length, aor.lastIndexOf('@'))
    if (policy.challenge !== false) {
      const verdict = auth.check(request)
      if (verdict.username === undefined) {
        return verdict.wrong && policy.wrongPassword === 403
          ? reply(request, 403)
          : reply(request, 401, verdict.headers)
      }
      if (user !== verdict.username && user !== undefined && Object.hasOwn(users, user))
        return reply(request, 403)
    }
    if (aor === undefined || user === undefined || !Object.hasOwn(users, user)) return reply(request, 404)
    if (policy.outbound === 'lacking' && asksForFlow(request)) return reply(request, 439)
    const outcome: Outcome = bindings.apply(aor, request, rules())
    return outcome.ok ? accepted(request, aor) : reply(request, outcome.status, outcome.headers)
  }

  const serve = (request: SipRequest): SipResponse => {
    if (request.method === 'REGISTER') return register(request)
    if (request.method === 'OPTIONS')
      return reply(request, 200, [allow, ['Supported', supportedBy(policy).join(', ')]])
    return known.includes(request.method) ? reply(request, 405, [allow]) : reply(request, 501)
  }

  const server = createSipServer({
    platform,
    host: options.host ?? platform.defaultHost,
    port: options.port ?? 5060,
    keepAlives: () => policy.keepAlives !== false,
    answer: (request: SipRequest, { transport, from }: RequestSource) => {
      const honest = serve(request)
      const response = policy.tamper ? policy.tamper(honest, request) : honest
      log.push({ time: clock.now(), transport, from, request, response })
      if (log.length > logLimit) log.shift()
      return response
    },
  })

  return {
    listen: server.listen,
    close: server.close,
    bindings: aor => bindings.list(keyOf(aor)),
    forget: aor => bindings.forget(aor === undefined ? undefined : keyOf(aor)),
    set: changed => {
      policy = { ...policy, ...changed }
    },
    failNext: (status, { count = 1, headers = [] } = {}) => {
      for (let index = 0; index < count; index += 1) failures.push({ status, headers })
    },
    expireNonces: auth.expire,
    log,
  }
}
