/** One binding of an address of record to our Contact. RFC 3261 §10.2; CSIPRegistrationBinding. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { RegistrationState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import { checkExpires } from './check.ts'
import type { Connection } from './connection.ts'
import { done, Handle } from './live.ts'
import type { Refresh } from './refresh.ts'
import { attach, receive, requireActive, type Scope } from './scope.ts'

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
  #minimum: number
  #refresh: Refresh | undefined

  constructor(scope: Scope, id: Id, connection: Connection, aor: string, minRequestedExpires: number) {
    super(scope, id, { is: 'registering' })
    this.connection = connection
    this.aor = aor
    this.#minimum = minRequestedExpires
  }

  /** True while the registrar has our binding, also during an update. IsContextActive() of old. */
  get isActive(): boolean {
    return this.state.is === 'registered' || this.state.is === 'updating'
  }

  /** Our Contact as the registrar wrote it; `undefined` unless active. */
  get contact(): string | undefined {
    const { state } = this
    return state.is === 'registered' || state.is === 'updating' ? state.contact : undefined
  }

  /** The lifetime we work with, in seconds: what was granted, clamped. `undefined` unless active. */
  get granted(): number | undefined {
    const { state } = this
    return state.is === 'registered' || state.is === 'updating' ? state.granted : undefined
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
   * Settles when the registrar has our binding. Rejects with what prevents it: `rejected`, `forbidden`, `timeout`,
   * `transport`, `invalid-registrar-response` …, or `cancelled` when it is taken back meanwhile.
   */
  registered(): Promise<void> {
    if (this.isActive) return this.when(() => done)
    if (this.#idle) {
      const error = this.failure ?? new SipError('invalid-registration-state', 'it is not registering')
      return this.when(() => ({ error }))
    }
    const before = this.failure
    return this.when(() => {
      if (this.isActive) return done
      if (this.failure && this.failure !== before) return { error: this.failure }
      return this.state.is === 'unregistering' ? { error: takenBack() } : undefined
    })
  }

  /**
   * Registers again after an end. Throws `invalid-registration-state` unless `unregistered` or `expired`, `not-ready`
   * unless the connection is active, `resource-not-available` when it is closed.
   */
  register(): void {
    requireActive(this.connection)
    if (!this.#idle) throw this.#refusal('it is registered, or about to be')
    this.scope.dispatch({ type: 'registration.register', id: this.id })
  }

  /**
   * Renews the binding now, with another lifetime if one is given (seconds, at least `minRequestedExpires`). Settles
   * with the registrar's answer; a refusal ends the registration and rejects.
   *
   * Throws `argument`, `invalid-registration-state` unless `registered`, `not-ready`, `resource-not-available`.
   */
  update(options: { readonly expires?: number } = {}): Promise<void> {
    requireActive(this.connection)
    const { expires } = options
    if (expires !== undefined) checkExpires(expires, this.#minimum)
    if (this.state.is !== 'registered') throw this.#refusal('it is not registered')
    const before = this.state
    const failure = this.failure
    this.scope.dispatch({
      type: 'registration.update',
      id: this.id,
      ...(expires !== undefined && { expires }),
    })
    return this.when(() => {
      if (this.state.is === 'registered' && this.state !== before) return done
      if (this.failure && this.failure !== failure) return { error: this.failure }
      return this.state.is === 'unregistering' ? { error: takenBack() } : undefined
    })
  }

  /**
   * Takes the binding back (REGISTER with a lifetime of 0). Settles when it is gone: any final response ends it.
   *
   * Throws `invalid-registration-state` unless `registered`, `not-ready`, `resource-not-available`.
   */
  unregister(): Promise<void> {
    requireActive(this.connection)
    if (this.state.is !== 'registered') throw this.#refusal('it is not registered, or an update is running')
    this.scope.dispatch({ type: 'registration.unregister', id: this.id })
    return this.when(() => (this.#idle || this.gone ? done : undefined))
  }

  get #idle(): boolean {
    return this.state.is === 'unregistered' || this.state.is === 'expired'
  }

  #refusal(text: string): SipError {
    return new SipError('invalid-registration-state', text)
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'response') this.emit('responses', event.response)
    else super[receive](event)
  }

  [attach](refresh: Refresh): void {
    this.#refresh = refresh
  }

  protected override final(): RegistrationState {
    return this.#idle ? this.state : { is: 'unregistered' }
  }
}
