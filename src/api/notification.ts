/** What a NOTIFY told: of a subscription, within a call that allows its package, or unasked. RFC 6665 §4.1.3. */
import type { OutgoingResponse } from '../engine/commands.ts'
import { SipError } from '../errors.ts'
import type { Malformed, SipRequest } from '../message/types.ts'
import { type EventBody, parseBody } from '../packages/registry.ts'
import { eventOf, subscriptionStateOf } from '../rules/subscription-state.ts'
import { checkResponse } from './check.ts'
import { abandon, alone } from './scope.ts'
import type { ResponseOptions } from './server-transaction.ts'

/** The method by which a NOTIFY gets its 200 when nobody has answered it. */
export const settle: unique symbol = Symbol('settle')

/** What may accompany the refusal of a NOTIFY. */
export type NotificationRefusal = Omit<ResponseOptions, 'body' | 'contentType'>

/**
 * A NOTIFY. Answer it by `accept` or `reject` while the callback runs that gets it, before its first `await`; else it is
 * accepted when the callbacks have returned, as it is when nobody subscribes. When the only subscriber throws before it
 * answered, the NOTIFY gets 500. IRTCSubscriptionNotificationEvent of old.
 *
 * @example
 * call.notifications$.subscribe(notification => {
 *   if (notification.event === 'talk') answer()
 *   else notification.reject(403)
 * })
 */
export class Notification<Event extends string = string> {
  /** The NOTIFY. */
  readonly message: SipRequest
  readonly #respond: (response: OutgoingResponse) => void
  #answered = false
  #parsed: { readonly body: EventBody<Event> | Malformed | undefined } | undefined;
  [alone] = false

  constructor(message: SipRequest, respond: (response: OutgoingResponse) => void) {
    this.message = message
    this.#respond = respond
  }

  /** The event package, as it is written. */
  get event(): Event {
    return (eventOf(this.message)?.event ?? '') as Event
  }

  /** Which of several subscriptions to the package, when the NOTIFY says it. */
  get eventId(): string | undefined {
    return eventOf(this.message)?.id
  }

  /**
   * Subscription-State: `active`, `pending`, `terminated` or an extension, in lower case. `active` where there is none, as in
   * calls that allow notifications.
   */
  get state(): string {
    return this.#subscription?.state ?? 'active'
  }

  /** Why the subscription is terminated, in lower case. */
  get reason(): string | undefined {
    return this.#subscription?.reason
  }

  /** The body as text; empty when there is none. `message.body` has its bytes. */
  get body(): string {
    return this.message.text
  }

  /** Media type of the body. */
  get contentType(): string | undefined {
    return this.message.header('content-type')
  }

  /**
   * The body as the package's own type. `undefined`: there is none, or the package is not read (`sipactor/packages` says
   * which are); a `Malformed`: it is not what its type says.
   */
  get parsed(): EventBody<Event> | Malformed | undefined {
    this.#parsed ??= { body: parseBody(this.event, this.contentType, this.message.body) }
    return this.#parsed.body
  }

  /** True until it is answered. */
  get canAnswer(): boolean {
    return !this.#answered
  }

  /** 200, with a body when one is given. Throws `invalid-transaction-state` when it was answered, `argument`. */
  accept(body?: string | Uint8Array, contentType?: string): void {
    const content = { ...(body !== undefined && { body }), ...(contentType !== undefined && { contentType }) }
    this.#answer(checkResponse(200, content, 200, 200))
  }

  /**
   * Refuses it, 300 to 699; default 488. Whoever sent it may take its subscription for ended (RFC 5057 §5.1). Throws
   * `invalid-transaction-state` when it was answered, `argument`, `header-not-allowed`.
   */
  reject(status = 488, options: NotificationRefusal = {}): void {
    this.#answer(checkResponse(status, options, 300, 699))
  }

  [settle](): void {
    if (this.canAnswer) this.accept()
  }

  [abandon](): void {
    if (this[alone] && this.canAnswer) this.reject(500)
  }

  get #subscription() {
    const state = subscriptionStateOf(this.message)
    return 'reply' in state ? undefined : state
  }

  #answer(response: OutgoingResponse): void {
    if (this.#answered) throw new SipError('invalid-transaction-state', 'the NOTIFY has been answered')
    this.#respond(response)
    this.#answered = true
  }
}
