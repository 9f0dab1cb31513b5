/** What is renewed before it expires. CSIPRefresh; RFC 3261 §10.2.4. */
import type { RefreshElements } from '../engine/border/registrations.ts'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { RefreshState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { checkParts, checkSeconds } from './check.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import { Handle } from './live.ts'
import type { Publication } from './publication.ts'
import type { Registration } from './registration.ts'
import { attach, receive, requireOpen, type Scope } from './scope.ts'
import type { Subscription } from './subscription.ts'

/** What owns a refresh, and sends its requests itself. */
type Refreshed = Registration | Publication | Subscription

/**
 * The repetition of a request before what it asked for expires, while it is `active`: of a REGISTER, SUBSCRIBE or PUBLISH, or of a
 * request of the application's own (`connection.request` with `refresh`).
 */
export class Refresh extends Handle<RefreshState> {
  /** Tells the handles apart. */
  readonly kind = 'refresh'
  /** The connection it lives on. */
  readonly connection: Connection
  /** The registration that it keeps alive, if it is one. */
  readonly registration: Registration | undefined
  /** The subscription that it keeps alive, if it is one. */
  readonly subscription: Subscription | undefined
  readonly #owner: Refreshed | undefined
  #transaction: ClientTransaction | undefined
  #lost = false

  constructor(scope: Scope, id: Id, owner: Refreshed | ClientTransaction) {
    super(scope, id, { is: 'inactive' })
    this.connection = owner.connection
    if (owner.kind === 'clientTransaction') this.#transaction = owner
    else this.#owner = owner
    if (owner.kind === 'registration') this.registration = owner
    if (owner.kind === 'subscription') this.subscription = owner
  }

  /** True for the refresh of a request outside registrations and dialogs. */
  get isStandAlone(): boolean {
    return this.#owner === undefined
  }

  /** The request as it was sent latest, with its response. */
  get transaction(): ClientTransaction | undefined {
    return this.#owner ? this.#owner.transaction : this.#transaction
  }

  /** Seconds from one refresh to the next; `undefined` unless active. */
  get interval(): number | undefined {
    return this.state.is === 'active' ? this.state.interval : undefined
  }

  /**
   * Overrides the interval until the next response, in whole seconds from 1. Throws `argument` for anything else,
   * `invalid-transaction-state` unless active, `resource-not-available` when the connection is closed.
   */
  setInterval(seconds: number): void {
    requireOpen(this.connection)
    checkSeconds(seconds, 'the interval')
    this.#requireActive()
    this.scope.dispatch({ type: 'refresh.interval', id: this.id, seconds })
  }

  /**
   * Repeats a stand-alone request now, and with what is given in the place of what it had: `headers`, `contentType`,
   * `body`.
   *
   * Throws `invalid-registration-state` when it belongs to a registration or publication (see their `update`), `not-found` when
   * it was lost with its connection, `invalid-transaction-state` unless active, `request-pending` while a repetition is
   * under way, `argument`, `header-not-allowed`, `resource-not-available` when the connection is closed.
   */
  update(elements: RefreshElements = {}): void {
    this.#requireOwn()
    checkParts(elements)
    this.scope.dispatch({ type: 'refresh.update', id: this.id, elements })
  }

  /**
   * Ends the repetition of a stand-alone request; nothing is sent. Throws as `update` does.
   */
  terminate(): void {
    this.#requireOwn()
    this.scope.dispatch({ type: 'refresh.terminate', id: this.id })
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'closed' && event.reason === 'connectionLost') this.#lost = true
    super[receive](event)
  }

  /** A repetition is on its way. */
  [attach](transaction: ClientTransaction): void {
    this.#transaction = transaction
  }

  #requireOwn(): void {
    requireOpen(this.connection)
    if (this.#owner) {
      throw new SipError('invalid-registration-state', `the refresh belongs to a ${this.#owner.kind}`)
    }
    if (this.#lost) throw new SipError('not-found', 'the request was lost with its connection')
    this.#requireActive()
  }

  #requireActive(): void {
    if (!this.gone && this.state.is === 'active') return
    throw new SipError('invalid-transaction-state', 'the refresh is not active')
  }

  protected override final(): RefreshState {
    return { is: 'terminated' }
  }
}
