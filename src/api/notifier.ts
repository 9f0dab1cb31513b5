/** A subscription of a peer's, and what we notify it of. RFC 6665 §4.2; CSIPNotifyDialogAssoc. */
import type { Observable, Subscription } from 'rxjs'
import type { EngineEvent } from '../engine/commands.ts'
import type { Source } from '../engine/ports.ts'
import type { NotifierState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, NameAddr, SipRequest } from '../message/types.ts'
import { acceptsOf, type EndReason, longestGrant, type NotifiedState } from '../rules/notify.ts'
import { eventOf } from '../rules/subscription-state.ts'
import type { Call } from './call/call.ts'
import { checkChoice, checkObject, checkParts, checkResponse } from './check.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import { Handle } from './live.ts'
import {
  checkEnding,
  checkGranted,
  checkNotified,
  type NotifierAcceptOptions,
  type NotifierPublishOptions,
  type NotifyOptions,
  type TerminateOptions,
} from './notifier-options.ts'
import { checkSource, follow } from './notifier-source.ts'
import { credentialList } from './options.ts'
import { abandon, alone, receive, requireActive, requireOpen, type Scope } from './scope.ts'
import type { ResponseOptions } from './server-transaction.ts'
import { type StaticHeaderOptions, setStaticHeaders, staticHeaders } from './static-headers.ts'

/** Seconds after which a subscriber may come again whose source has failed. */
const recovery = 60

/**
 * A subscription of a peer's. Answer it once with `accept`, `reject` or `publish`, within 60·T1 (30 s): then it is refused
 * with 480. Once accepted it is told the state of the resource at once, at each `notify`, and when the peer refreshes it or
 * ends it, all by itself; one NOTIFY at a time. It ends when its time is over, by `terminate`, or when a NOTIFY fails
 * (`errors$` tells why). Anybody may ask: look at `request`, or demand a password (`requireDigest`) first.
 *
 * @example
 * const connection = sip.connect({ events: ['message-summary'] })
 * connection.subscriptions$.subscribe(notifier => {
 *   notifier.publish(mailbox$, {
 *     contentType: 'application/simple-message-summary',
 *     format: ({ unread }) => `Messages-Waiting: ${unread > 0 ? 'yes' : 'no'}\r\n`
 *   })
 * })
 */
export class Notifier extends Handle<NotifierState> {
  /** Tells the handles apart. */
  readonly kind = 'notifier'
  /** The connection it lives on. */
  readonly connection: Connection
  /** The call in whose dialog it came. */
  readonly call: Call | undefined
  /** The SUBSCRIBE that began it. */
  readonly request: SipRequest
  /** Where that came from. */
  readonly from: Source
  /** The event package, as `presence`. */
  readonly event: string
  /** Tells several subscriptions to one package in one dialog apart. RFC 6665 §8.2.1 */
  readonly eventId: string | undefined
  /** Seconds that the peer asks for; 0: it asks once, and gets one NOTIFY. */
  readonly expires: number
  #decided: 'accepted' | 'rejected' | undefined
  #ended = false
  #source: Subscription | undefined;
  [alone] = false

  constructor(
    scope: Scope,
    connection: Connection,
    event: Extract<EngineEvent, { type: 'notifier' }>,
    call?: Call,
  ) {
    super(scope, event.id, { is: 'asked' })
    this.connection = connection
    this.call = call
    this.request = event.request
    this.from = event.from
    this.expires = event.expires
    const name = eventOf(event.request)
    this.event = name?.event ?? ''
    this.eventId = name?.id
  }

  /** The dialog of the call that it shares; `undefined` for one of its own, which has no handle. RFC 6665 §4.5.1 */
  get dialog(): Dialog | undefined {
    return this.call?.dialog
  }

  /** Who subscribes, as its From says. */
  get subscriber(): NameAddr {
    return this.request.from
  }

  /** Media types that the peer lists as those it reads; empty: those that its package says. */
  get accepts(): readonly string[] {
    return acceptsOf(this.request)
  }

  /** True until it is answered: `accept`, `reject` and `publish` are possible. */
  get canAnswer(): boolean {
    return !this.#decided && !this.gone && this.state.is === 'asked'
  }

  /**
   * Accepts it: 200, and a NOTIFY with this state of the resource at once (without a body when none is given; what follows
   * in the same turn is the next NOTIFY). Throws `invalid-transaction-state` when it was answered, `argument`,
   * `header-not-allowed`, `not-ready`, `resource-not-available`.
   */
  accept(options: NotifierAcceptOptions = {}): void {
    requireActive(this.connection)
    const { state = 'active', expires, headers, credentials } = checkObject(options, 'the options')
    checkChoice(state, 'state', ['active', 'pending'])
    checkParts({ ...(headers && { headers }) })
    const content = checkNotified(options)
    const acceptance = {
      standing: state,
      expires: checkGranted(expires, this.expires, longestGrant),
      content,
      ...(headers && { headers }),
      ...credentialList(credentials),
    }
    this.#requireAsked()
    this.scope.dispatch({ type: 'notifier.accept', id: this.id, acceptance })
    this.#decided = 'accepted'
  }

  /**
   * Refuses it, 300 to 699; default 403 Forbidden. Throws `invalid-transaction-state` when it was answered, `argument`,
   * `header-not-allowed`.
   */
  reject(status = 403, options: ResponseOptions = {}): void {
    requireOpen(this.connection)
    const response = checkResponse(status, options, 300, 699)
    this.#requireAsked()
    this.scope.dispatch({ type: 'notifier.reject', id: this.id, response })
    this.#decided = 'rejected'
  }

  /**
   * Adds these headers to every later message of the subscription until others are set, or `null`: NOTIFYs, and our responses to
   * SUBSCRIBE (not with `requestsOnly`). Throws as `call.setStaticHeaders` does. IRTCSIPObject::SetAdditionalHeaderValues().
   */
  setStaticHeaders(headers: readonly HeaderPair[] | null, options: StaticHeaderOptions = {}): void {
    setStaticHeaders(this.scope, this, headers, options)
  }

  /** What `setStaticHeaders` has set, as pairs of name and value; empty without any. IRTCSIPObject::GetAdditionalHeaderValues(). */
  get staticHeaders(): readonly HeaderPair[] {
    return staticHeaders(this)
  }

  /**
   * Tells a new state of the resource, the whole of it: while one NOTIFY waits for its answer only the latest is kept, and
   * goes out next. Throws `invalid-dialog-state` when it is not accepted, or over; `argument`; `not-ready`.
   *
   * @example
   * notifier.notify(pidf, { contentType: 'application/pidf+xml' })
   */
  notify(body: string | Uint8Array, options: NotifyOptions = {}): void {
    const { state, ...rest } = checkObject(options, 'the options')
    checkChoice(state, 'state', ['active'])
    this.#tell(checkNotified({ ...rest, body }), state === 'active')
  }

  /** Lets a `pending` subscriber see the resource, and tells it so with its present state. Throws as `notify` does. */
  activate(): void {
    this.#tell(undefined, true)
  }

  /**
   * Ends it by a last NOTIFY, with the present state unless another is given. What the peer does then depends on the reason:
   * it comes again at once (`deactivated`, `timeout`), after a while (`probation`, `giveup`, which may say `retryAfter`) or
   * not at all (`rejected`, `noresource`, `invariant`). Throws as `notify` does. RFC 6665 §4.1.3
   */
  terminate(reason: EndReason = 'noresource', options: TerminateOptions = {}): void {
    const ending = checkEnding(reason, options)
    const content = checkNotified(options)
    this.#requireHeld()
    const changed = Object.keys(content).length > 0
    this.scope.dispatch({
      type: 'notifier.terminate',
      id: this.id,
      ending,
      ...(changed && { content }),
    })
    this.#finish()
  }

  /**
   * Makes an observable the state of the resource: each value is a NOTIFY, the latest only while one is under way. A
   * subscription that nobody has answered is accepted, with what the observable gives at once. When it completes the
   * subscription ends by `noresource`; when it fails, or `format` does, by `probation` with a minute to wait, and `errors$`
   * tells why. The observable is left when the subscription ends, or by `unsubscribe` of what is returned; a second `publish`
   * takes the place of the first. Throws as `accept` and `notify` do.
   *
   * @example
   * notifier.publish(presence$, { contentType: 'application/pidf+xml' })
   */
  publish<Value>(source: Observable<Value>, options: NotifierPublishOptions<Value> = {}): Subscription {
    requireActive(this.connection)
    checkSource(source, options)
    const asked = this.canAnswer
    if (!asked) this.#requireHeld()
    const { format: _, ...given } = options
    this.#source?.unsubscribe()
    const subscription = follow(source, options, {
      open: asked ? content => this.accept({ ...given, ...content }) : undefined,
      tell: content => this.scope.attempt(() => this.#tell(content, false)),
      completed: () => this.scope.attempt(() => this.terminate('noresource')),
      failed: cause => {
        this.scope.attempt(() => this.terminate('probation', { retryAfter: recovery }))
        this.#fault(cause)
      },
    })
    if (!this.#ended) this.#source = subscription
    return subscription
  }

  #tell(content: NotifiedState | undefined, activate: boolean): void {
    requireActive(this.connection)
    this.#requireHeld()
    this.scope.dispatch({
      type: 'notifier.notify',
      id: this.id,
      ...(content && { content }),
      ...(activate && { activate }),
    })
  }

  #requireAsked(): void {
    if (this.canAnswer) return
    throw new SipError('invalid-transaction-state', 'the SUBSCRIBE was answered already')
  }

  #requireHeld(): void {
    const { is } = this.state
    const held = this.#decided === 'accepted' && !this.gone && !this.#ended
    if (held && is !== 'terminated' && is !== 'rejected') return
    throw new SipError('invalid-dialog-state', 'the subscription is not up')
  }

  /** The source of the application's has failed. */
  #fault(cause: unknown): void {
    const error = new SipError('resource-not-available', 'the source of the notified state has failed', {
      cause,
    })
    super[receive]({ type: 'error', id: this.id, error })
  }

  #finish(): void {
    this.#ended = true
    this.#source?.unsubscribe()
    this.#source = undefined
  }

  override [receive](event: EngineEvent): void {
    super[receive](event)
    const { is } = this.state
    if (this.gone || is === 'terminated' || is === 'rejected') this.#finish()
  }

  [abandon](): void {
    if (this[alone] && this.canAnswer) this.scope.attempt(() => this.reject(500))
  }

  protected override final(): NotifierState {
    const { is } = this.state
    return is === 'rejected' || is === 'terminated' ? this.state : { is: 'terminated' }
  }
}
