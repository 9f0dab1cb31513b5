/** One binding of an address of record to our Contact. RFC 3261 §10.2; CSIPRegistrationBinding. */
import type { Observable } from 'rxjs'
import type { EngineEvent, RegistrationOptions as EngineRegistration, Id } from '../engine/commands.ts'
import type { RegistrationState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { reservedInRegister } from '../rules/headers.ts'
import { badArgument, checkExpires, checkParts } from './check.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import { done, Handle, quietly } from './live.ts'
import type { Refresh } from './refresh.ts'
import { checkProxy } from './registration-options.ts'
import { attach, receive, requireActive, requireOpen, type Scope } from './scope.ts'

type Bound = Extract<RegistrationState, { is: 'registered' | 'updating' }>

const none: readonly string[] = []

/** Hands the first flow the others. */
export const further: unique symbol = Symbol('further')

/** What may be changed while a registration lives. */
export type RegistrationSettings = Pick<
  EngineRegistration,
  'minRequestedExpires' | 'outboundProxy' | 'cacheOutboundProxyIp'
>

const takenBack = (): SipError => new SipError('cancelled', 'the registration was taken back')

/**
 * A registration. Made by `connection.register`, which sends the first REGISTER; from then on it refreshes itself
 * (unless `refresh: false`). After an end, `register` starts it anew.
 *
 * @example
 * const registration = connection.register({ aor: 'sip:alice@example.com', credentials: [{ username, password }] })
 * await registration.registered()
 */
export class Registration extends Handle<RegistrationState, { responses: SipResponse }> {
  /** Tells the handles apart. */
  readonly kind = 'registration'
  /** The connection it lives on. */
  readonly connection: Connection
  /** The address of record, as given. */
  readonly aor: string
  readonly #minimum: number
  #refresh: Refresh | undefined
  #transaction: ClientTransaction | undefined
  #outboundProxy: string | undefined
  #caching: boolean
  /** Of the first of several flows. */
  #flows: readonly Registration[] | undefined

  constructor(
    scope: Scope,
    id: Id,
    connection: Connection,
    aor: string,
    { minRequestedExpires = 60, outboundProxy, cacheOutboundProxyIp = false }: RegistrationSettings = {},
  ) {
    super(scope, id, { is: 'registering' })
    this.connection = connection
    this.aor = aor
    this.#minimum = minRequestedExpires
    this.#outboundProxy = outboundProxy
    this.#caching = cacheOutboundProxyIp
  }

  /** True while the registrar has our binding by any of its flows, also during an update. IsContextActive() of old. */
  get isActive(): boolean {
    return this.#flows ? this.#flows.some(flow => flow.#bound) : this.#bound !== undefined
  }

  /**
   * Its flows, itself the first: each has a state of its own, that of its binding by this flow. One, unless `outbound` names
   * several proxies. `register`, `unregister` and `registered` of the first are about all of them. RFC 5626 §4.2
   */
  get flows(): readonly Registration[] {
    return this.#flows ?? [this]
  }

  get #bound(): Bound | undefined {
    const { state } = this
    return state.is === 'registered' || state.is === 'updating' ? state : undefined
  }

  /** Our Contact as the registrar wrote it; `undefined` unless active. */
  get contact(): string | undefined {
    return this.#bound?.contact
  }

  /** The lifetime we work with, in seconds: what was granted, clamped. `undefined` unless active. */
  get granted(): number | undefined {
    return this.#bound?.granted
  }

  /** The way that requests made from it take, as the registrar said; empty unless active. RFC 3608 */
  get serviceRoute(): readonly string[] {
    return this.#bound?.serviceRoute ?? none
  }

  /** The proxies that requests for us come by; empty unless active. Shown only, requests do not go by it. RFC 3327 */
  get path(): readonly string[] {
    return this.#bound?.path ?? none
  }

  /** Addresses of record that are registered together with it, the default one first, as written. RFC 7315 §4.1 */
  get associatedUris(): readonly string[] {
    return this.#bound?.associated ?? none
  }

  /** True when the registrar keeps to the flow that the REGISTER came by. RFC 5626 */
  get outbound(): boolean {
    return this.#bound?.outbound ?? false
  }

  /** A URI by which this very instance is reached from everywhere; see the option `gruu`. RFC 5627 */
  get publicGruu(): string | undefined {
    return this.#bound?.publicGruu
  }

  /** Such URIs that do not tell who we are, the latest last; at most 16. All of them work while it is registered. */
  get temporaryGruus(): readonly string[] {
    return this.#bound?.temporaryGruus ?? none
  }

  /** Whether requests made from it go to the address that the latest successful REGISTER went to. */
  get cacheOutboundProxyIp(): boolean {
    return this.#caching
  }

  /**
   * Throws `invalid-registration-state` while it is active (KSIPCacheOutboundProxyIP of old), `argument` for what is no
   * boolean, `resource-not-available`.
   */
  set cacheOutboundProxyIp(value: boolean) {
    requireOpen(this.connection)
    if (typeof value !== 'boolean') throw badArgument('cacheOutboundProxyIp must be true or false')
    if (this.isActive) throw this.#refusal('it is registered: this is set before')
    this.scope.dispatch({ type: 'registration.configure', id: this.id, cacheOutboundProxyIp: value })
    this.#caching = value
  }

  /** Its own outbound proxy, a SIP URI; `undefined`: that of the connection. */
  get outboundProxy(): string | undefined {
    return this.#outboundProxy
  }

  /**
   * From the next REGISTER and request on. To move a binding at once, call `update`. Throws `argument` for what is no SIP
   * URI, or no `sips:` URI for a `sips:` address of record; `resource-not-available`.
   */
  set outboundProxy(uri: string | undefined) {
    requireOpen(this.connection)
    checkProxy(uri, this.aor)
    this.scope.dispatch({ type: 'registration.configure', id: this.id, outboundProxy: uri ?? null })
    this.#outboundProxy = uri
  }

  /** The latest REGISTER, with its response; `undefined` while the first waits for its turn. */
  get transaction(): ClientTransaction | undefined {
    return this.#transaction
  }

  /** The refresh that keeps it alive; `undefined` before the first 2xx and with `refresh: false`. */
  get refresh(): Refresh | undefined {
    return this.#refresh
  }

  /** Responses to our REGISTERs, those of refreshes included. Challenges that were answered are not among them. */
  get responses$(): Observable<SipResponse> {
    return this.stream('responses')
  }

  /**
   * Settles when the registrar has our binding, after however many attempts (`recover`). Rejects with what prevents it:
   * `rejected`, `forbidden`, `timeout`, `transport`, `invalid-registrar-response` …, or `cancelled` when it is taken back
   * meanwhile.
   */
  registered(): Promise<void> {
    const flows = this.#flows
    if (!flows || this.isActive) return this.#registered()
    return quietly(
      Promise.any(flows.map(flow => flow.#registered())).catch((failure: unknown) => {
        throw failure instanceof AggregateError ? failure.errors[0] : failure
      }),
    )
  }

  #registered(): Promise<void> {
    if (this.isActive) return this.when(() => done)
    if (this.#idle) {
      const error = this.failure ?? new SipError('invalid-registration-state', 'it is not registering')
      return this.when(() => ({ error }))
    }
    const before = this.failure
    return this.when(() => {
      if (this.isActive) return done
      if (this.state.is === 'recovering') return undefined
      if (this.failure && this.failure !== before) return { error: this.failure }
      return this.state.is === 'unregistering' ? { error: takenBack() } : undefined
    })
  }

  /**
   * Registers again after an end, or at once while it waits to recover. Throws `invalid-registration-state` unless
   * `unregistered`, `expired` or `recovering` with a time to wait for; `not-ready` unless the connection is active,
   * `resource-not-available` when it is closed.
   */
  register(): void {
    requireActive(this.connection)
    const waiting = this.flows.filter(flow => flow.#idle || flow.#waits)
    if (waiting.length === 0) throw this.#refusal('it is registered, or about to be')
    for (const { id } of waiting) this.scope.dispatch({ type: 'registration.register', id })
  }

  /**
   * Renews the binding now, with another lifetime if one is given (seconds, at least `minRequestedExpires`), and with
   * other `headers`, which stay from then on. Settles with the registrar's answer; a refusal ends the registration, or
   * begins its recovery, and rejects.
   *
   * Throws `argument`, `header-not-allowed`, `invalid-registration-state` unless `registered`, `not-ready`,
   * `resource-not-available`.
   */
  update(
    options: { readonly expires?: number; readonly headers?: readonly HeaderPair[] } = {},
  ): Promise<void> {
    requireActive(this.connection)
    const { expires, headers } = options
    if (expires !== undefined) checkExpires(expires, this.#minimum)
    if (headers !== undefined) checkParts({ headers }, reservedInRegister)
    if (this.state.is !== 'registered') throw this.#refusal('it is not registered')
    const before = this.state
    const failure = this.failure
    this.scope.dispatch({
      type: 'registration.update',
      id: this.id,
      ...(expires !== undefined && { expires }),
      ...(headers !== undefined && { headers }),
    })
    return this.when(() => {
      if (this.state.is === 'registered' && this.state !== before) return done
      if (this.failure && this.failure !== failure) return { error: this.failure }
      return this.state.is === 'unregistering' ? { error: takenBack() } : undefined
    })
  }

  /**
   * Takes the binding back (REGISTER with a lifetime of 0). Settles when it is gone: any final response ends it. While
   * `recovering` it ends the attempts; nothing is sent when the registrar never knew the binding.
   *
   * Throws `invalid-registration-state` unless `registered` or `recovering`, `not-ready`, `resource-not-available`.
   */
  unregister(): Promise<void> {
    requireActive(this.connection)
    const known = this.flows.filter(({ state: { is } }) => is === 'registered' || is === 'recovering')
    if (known.length === 0) throw this.#refusal('it is not registered, or an update is running')
    for (const { id } of known) this.scope.dispatch({ type: 'registration.unregister', id })
    const ends = known.map(flow => flow.when(() => (flow.#idle || flow.gone ? done : undefined)))
    return ends.length === 1 ? ends[0]! : quietly(Promise.all(ends).then(() => undefined))
  }

  get #idle(): boolean {
    return this.state.is === 'unregistered' || this.state.is === 'expired'
  }

  /** It waits to try again. */
  get #waits(): boolean {
    return this.state.is === 'recovering' && this.state.retryAt !== undefined
  }

  #refusal(text: string): SipError {
    return new SipError('invalid-registration-state', text)
  }

  override [receive](event: EngineEvent): void {
    // The transaction of its REGISTER hears what it hears, and before: the owner's listeners may look at it.
    if (event.type === 'response' || event.type === 'error') this.#transaction?.[receive](event)
    if (event.type === 'response') this.emit('responses', event.response)
    else super[receive](event)
  }

  [further](others: readonly Registration[]): void {
    this.#flows = [this, ...others]
  }

  [attach](part: Refresh | ClientTransaction): void {
    if (part.kind === 'refresh') this.#refresh = part
    else this.#transaction = part
  }

  protected override final(): RegistrationState {
    return this.#idle ? this.state : { is: 'unregistered' }
  }
}
