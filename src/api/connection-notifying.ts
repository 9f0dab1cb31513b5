/** What peers subscribe to at a connection. RFC 6665 §4.2. */
import type { Observable } from 'rxjs'
import { type NotificationStreams, NotifiedConnection } from './connection-notifications.ts'
import type { Notifier } from './notifier.ts'
import { alone, receiveSubscription } from './scope.ts'

/** The streams of whoever notifies. */
export interface NotifierStreams extends NotificationStreams {
  subscriptions: Notifier
}

/** What a connection has to do with subscriptions of peers. */
export abstract class NotifyingConnection<
  Streams extends NotifierStreams,
> extends NotifiedConnection<Streams> {
  /**
   * Subscriptions of peers, outside dialogs and within calls, to the packages that the connection offers (`events` of its
   * options; any other package gets 489 with Allow-Events, whether anybody listens or not, and 405 when none is offered).
   * While nobody subscribes they are answered 480; when the only subscriber fails before it answered: 500. RFC 6665
   *
   * @example
   * connection.subscriptions$.subscribe(notifier => notifier.accept({ contentType: 'text/plain', body: 'fine' }))
   */
  get subscriptions$(): Observable<Notifier> {
    return this.stream('subscriptions')
  }

  /** Hands a subscription to those who listen; false when nobody does. */
  [receiveSubscription](notifier: Notifier): boolean {
    const listeners = this.listeners('subscriptions')
    if (listeners === 0) return false
    notifier[alone] = listeners === 1
    this.emit('subscriptions', notifier)
    return true
  }
}
