/** What a connection subscribes to. RFC 6665 §4.1. */
import { isSips } from '../rules/secure.ts'
import { checkDialogContact, checkUri } from './check.ts'
import type { Connection } from './connection.ts'
import { type NotifierStreams, NotifyingConnection } from './connection-notifying.ts'
import { quietly } from './live.ts'
import type { Notification } from './notification.ts'
import { partiesFor } from './options.ts'
import { requireActive } from './scope.ts'
import { Subscription } from './subscription.ts'
import { outgoingSubscription, type SubscriptionRequest } from './subscription-options.ts'

/** Subscriptions outside dialogs. */
export abstract class SubscribingConnection<
  Streams extends NotifierStreams,
> extends NotifyingConnection<Streams> {
  /**
   * Subscribes to an event package of somebody. The SUBSCRIBE leaves at once, and the subscription renews itself.
   *
   * Throws `argument` for a URI, an event, a Contact or a lifetime that is none; `header-not-allowed`; `invalid-registration-state` when
   * `from` is a registration that is not active; `not-ready`; `resource-not-available`. RFC 6665
   *
   * @example
   * const presence = connection.subscribe('sip:bob@example.com', { event: 'presence', accept: 'application/pidf+xml' })
   * presence.notifications$.subscribe(({ parsed }) => show(parsed))
   */
  subscribe<Event extends string>(uri: string, options: SubscriptionRequest<Event>): Subscription<Event> {
    return this.#subscribe(uri, options, false)
  }

  /**
   * Asks for the present state, without a subscription that lasts (SUBSCRIBE with Expires 0). Settles with the NOTIFY, which is
   * accepted; rejects with `rejected` (and the response), `timeout` when none comes within 64·T1 of the answer, `transport` …
   * Throws as `subscribe` does. RFC 6665 §4.4.3
   *
   * @example
   * const { parsed } = await connection.fetch('sip:alice@example.com', { event: 'message-summary' })
   */
  fetch<Event extends string>(
    uri: string,
    options: Omit<SubscriptionRequest<Event>, 'expires' | 'autoRefresh' | 'forking'>,
  ): Promise<Notification<Event>> {
    return quietly(this.#subscribe(uri, options, true).notified())
  }

  #subscribe<Event extends string>(
    uri: string,
    options: SubscriptionRequest<Event>,
    fetched: boolean,
  ): Subscription<Event> {
    const connection = this as unknown as Connection
    requireActive(connection)
    checkUri(uri, 'the Request-URI')
    const subscription = outgoingSubscription(options, fetched)
    const { from, to, registration, contact } = options
    if (contact !== undefined) checkDialogContact(contact, isSips(uri))
    const parties = partiesFor({
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(registration !== undefined && { registration }),
    })
    const handle = new Subscription<Event>(this.scope, this.scope.newId('subscription'), connection, options)
    return this.scope.open(handle as Subscription, {
      type: 'subscription.open',
      id: handle.id,
      connection: this.id,
      request: { uri, ...parties, ...(contact !== undefined && { contact }) },
      subscription,
    }) as Subscription<Event>
  }
}
