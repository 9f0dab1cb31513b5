/** A subscription of ours: SUBSCRIBE, its NOTIFYs, its renewal. RFC 6665 §4.1; CSIPSubscribeDialogAssoc. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { SubscriptionState as EngineSubscriptionState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { isSuccess } from '../rules/calls.ts'
import type { Call } from './call/call.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import { done, Handle, type Outcome } from './live.ts'
import { Notification, settle } from './notification.ts'
import type { Refresh } from './refresh.ts'
import {
  alone,
  attach,
  receive,
  receiveNotification,
  requireActive,
  requireOpen,
  type Scope,
} from './scope.ts'
import { type StaticHeaderOptions, setStaticHeaders, staticHeaders } from './static-headers.ts'
import {
  outgoingSubscription,
  type SubscribeOptions,
  type SubscriptionUpdate,
  subscriptionElements,
} from './subscription-options.ts'

/** The state of a subscription, with the latest NOTIFY once there is one. */
export type SubscriptionState<Event extends string = string> = EngineSubscriptionState & {
  readonly notification?: Notification<Event>
}

/** The method by which a subscription gets a further notifier of its SUBSCRIBE; false when nobody listens. */
export const receiveFork: unique symbol = Symbol('receiveFork')

/**
 * A subscription. Made by `connection.subscribe`, by `call.subscribe` and by `subscription.subscribe`; the SUBSCRIBE leaves at
 * once. `notifyWait → pending → active → terminated`, and with `autoRefresh` it goes on by itself:
 *
 * - before the lifetime is over it is renewed. A refusal that RFC 5057 §5.1 takes for the end of a subscription (481, 404, 489
 *   …) or no answer ends it with `terminated-with-response` or `timeout` on `errors$`; after any other it is tried again in time,
 *   when `Retry-After` says or after a fifth of what is left.
 * - `terminated` with `deactivated` or `timeout`: a new SUBSCRIBE in a new dialog at once; `probation`, `giveup`, and a refusal or
 *   unknown reason with a time to wait: after that time (state `resubscribing`); `rejected`, `noresource`, `invariant` and all
 *   else: never. The further attempts in a row wait 30 s to 30 min, and after ten (limit `resubscriptions`) it ends with `closed`.
 *   Two minutes without `terminated` end the row.
 *
 * @example
 * const waiting = connection.subscribe('sip:alice@example.com', { event: 'message-summary' })
 * waiting.notifications$.subscribe(({ parsed }) => show(parsed))
 * await waiting.unsubscribe()
 */
export class Subscription<Event extends string = string> extends Handle<
  SubscriptionState<Event>,
  { notifications: Notification<Event>; forks: Subscription<Event> }
> {
  /** Tells the handles apart. */
  readonly kind = 'subscription'
  /** The connection it lives on. */
  readonly connection: Connection
  /** The event package. */
  readonly event: Event
  /** Which of several subscriptions to the package in one dialog. */
  readonly eventId: string | undefined
  /** The call in whose dialog it was begun. */
  readonly call: Call | undefined
  #refresh: Refresh | undefined
  #transaction: ClientTransaction | undefined
  #latest: Notification<Event> | undefined

  constructor(
    scope: Scope,
    id: Id,
    connection: Connection,
    { event, id: eventId }: { readonly event: Event; readonly id?: string | undefined },
    call?: Call,
  ) {
    super(scope, id, { is: 'notifyWait' })
    this.connection = connection
    this.event = event
    this.eventId = eventId
    this.call = call
  }

  /**
   * Each NOTIFY, to be answered by `accept` or `reject` while the callback runs, before its first `await`; else it is accepted
   * when the callbacks have returned, as it is when nobody subscribes. A `reject` with a status that ends a subscription
   * (481, 404, 489 …) ends this one, too. The last one after `unsubscribe` is answered by the stack. Hot; completes at the end.
   */
  get notifications$(): Observable<Notification<Event>> {
    return this.stream('notifications')
  }

  /** The latest NOTIFY, also in `state.notification`. */
  get notification(): Notification<Event> | undefined {
    return this.#latest
  }

  /**
   * Further notifiers, when a proxy has forked the SUBSCRIBE: each is a subscription of its own. While nobody subscribes here
   * they are unsubscribed from; see the option `forking`. At most 16 (limit `subscriptionForks`). RFC 6665 §4.3
   */
  get forks$(): Observable<Subscription<Event>> {
    return this.stream('forks')
  }

  /** The dialog of the call that it shares; `undefined` for one of its own, which has no handle. RFC 6665 §4.5.1 */
  get dialog(): Dialog | undefined {
    return this.call?.dialog
  }

  /** True once the notifier tells us of its state: `pending` or `active`. */
  get isActive(): boolean {
    return this.state.is === 'pending' || this.state.is === 'active'
  }

  /** The latest SUBSCRIBE, with its response. */
  get transaction(): ClientTransaction | undefined {
    return this.#transaction
  }

  /** What renews it; `undefined` before the first grant and with `autoRefresh: false`. It stays when the subscription has ended. */
  get refresh(): Refresh | undefined {
    return this.#refresh
  }

  /**
   * Settles with the first NOTIFY. Rejects with what prevents it: `rejected` (and the response), `timeout` when none comes within
   * 64·T1 of the answer, `transport` …
   */
  notified(): Promise<Notification<Event>> {
    return this.when<Notification<Event>>(() => (this.#latest ? { value: this.#latest } : this.#ended()))
  }

  /**
   * Asks anew now, with what is given in the place of what it had; a body goes along once. Settles with the 2xx, rejects with
   * what the notifier says.
   *
   * Throws `request-pending` while a SUBSCRIBE is under way, `invalid-dialog-state` when it is over or waits to begin anew,
   * `argument`, `header-not-allowed`, `not-ready`, `resource-not-available`.
   */
  update(options: SubscriptionUpdate = {}): Promise<void> {
    requireActive(this.connection)
    const elements = subscriptionElements(options)
    this.#requireAlive()
    const { expires } = options
    const [before, failure] = [this.#transaction, this.failure]
    this.scope.dispatch({
      type: 'subscription.update',
      id: this.id,
      ...(expires !== undefined && { expires }),
      elements,
    })
    return this.when(() => {
      const { failure: now } = this
      if (now && now !== failure) return { error: now }
      const last = this.#transaction === before ? undefined : this.#transaction?.lastResponse
      return last && isSuccess(last.status) ? done : undefined
    })
  }

  /**
   * Ends it: SUBSCRIBE with a lifetime of 0. Settles when the last NOTIFY has come, the notifier has refused, or nothing was
   * heard for 64·T1; while it waits to begin anew at once, and nothing is sent. A second call only waits.
   *
   * Throws `invalid-dialog-state` when it is over, `not-ready`, `resource-not-available`.
   */
  unsubscribe(): Promise<void> {
    requireActive(this.connection)
    this.#requireAlive()
    if (this.state.is !== 'unsubscribing') this.scope.dispatch({ type: 'subscription.end', id: this.id })
    return this.when(() => (this.gone || this.state.is === 'terminated' ? done : undefined))
  }

  /**
   * Subscribes to something else in the same dialog, whose NOTIFYs are told apart by event and `id`. Throws
   * `invalid-dialog-state` while there is no dialog, `already-exists` for an event with that id which the dialog has already,
   * and as `connection.subscribe` does. RFC 6665 §4.5.1
   *
   * @example
   * const first = connection.subscribe(uri, { event: 'talk', id: '1' })
   * await first.notified()
   * const second = first.subscribe({ event: 'talk', id: '2' })
   */
  subscribe<Other extends string>(options: SubscribeOptions<Other>): Subscription<Other> {
    return joinDialog(this.scope, this, options, this.call)
  }

  /**
   * Adds these headers to every later message of the subscription until others are set, or `null`: SUBSCRIBE, its renewal and its
   * end, and our responses to NOTIFY (not with `requestsOnly`). Set in the turn of `connection.subscribe` they are in its first
   * SUBSCRIBE. Throws as `call.setStaticHeaders` does. IRTCSIPObject::SetAdditionalHeaderValues().
   */
  setStaticHeaders(headers: readonly HeaderPair[] | null, options: StaticHeaderOptions = {}): void {
    setStaticHeaders(this.scope, this, headers, options)
  }

  /** What `setStaticHeaders` has set, as pairs of name and value; empty without any. IRTCSIPObject::GetAdditionalHeaderValues(). */
  get staticHeaders(): readonly HeaderPair[] {
    return staticHeaders(this)
  }

  override [receive](event: EngineEvent): void {
    // The SUBSCRIBE hears what it hears, and before: the listeners of its owner may look at it.
    if (event.type === 'response' || event.type === 'error') this.#transaction?.[receive](event)
    if (event.type === 'response') this.settle()
    else if (event.type === 'state') {
      const notification = this.#latest && { notification: this.#latest }
      super[receive]({ ...event, state: { ...event.state, ...notification } as SubscriptionState })
    } else super[receive](event)
  }

  /** A NOTIFY came: told here first, then to those who listen to all events. It waits for its answer. */
  [receiveNotification](request: SipRequest, transaction: Id | undefined): Notification<Event> {
    const { scope, id } = this
    const notification = new Notification<Event>(request, response => {
      if (transaction === undefined) return
      scope.attempt(() => scope.dispatch({ type: 'subscription.answer', id, transaction, response }))
    })
    if (transaction === undefined) notification[settle]()
    this.#latest = notification
    notification[alone] = this.listeners('notifications') === 1
    this.emit('notifications', notification)
    this.settle()
    return notification
  }

  /** Hands on a further notifier. */
  [receiveFork](fork: Subscription<Event>): boolean {
    this.emit('forks', fork)
    return this.listeners('forks') > 0
  }

  [attach](part: Refresh | ClientTransaction): void {
    if (part.kind === 'refresh') this.#refresh = part
    else this.#transaction = part
  }

  #requireAlive(): void {
    requireOpen(this.connection)
    if (!this.gone && this.state.is !== 'terminated') return
    throw new SipError('invalid-dialog-state', 'the subscription is over')
  }

  #ended(): Outcome<never> {
    if (this.state.is !== 'terminated') return undefined
    return { error: this.state.error ?? new SipError('closed', 'the subscription ended without a NOTIFY') }
  }

  protected override final(): SubscriptionState<Event> {
    if (this.state.is === 'terminated') return this.state
    return { is: 'terminated', ...(this.#latest && { notification: this.#latest }) }
  }
}

/** A subscription in the dialog of a call, or of another subscription. */
export const joinDialog = <Event extends string>(
  scope: Scope,
  beside: Call | Subscription,
  options: SubscribeOptions<Event>,
  call?: Call,
): Subscription<Event> => {
  const { connection } = beside
  requireActive(connection)
  const subscription = outgoingSubscription(options)
  const handle = new Subscription<Event>(scope, scope.newId('subscription'), connection, options, call)
  return scope.open(handle as Subscription, {
    type: 'subscription.join',
    id: handle.id,
    beside: beside.id,
    subscription,
  }) as Subscription<Event>
}
