/** What peers may notify a connection of unasked, within calls and outside. Windows CE RTC; RFC 6665. */
import type { Observable } from 'rxjs'
import { checkEvents } from '../rules/allow-events.ts'
import type { NetworkStreams } from './connection-network.ts'
import { PublishingConnection } from './connection-publishing.ts'
import type { Notification } from './notification.ts'
import { alone, receiveNotification, requireOpen } from './scope.ts'

/** The streams that tell of NOTIFYs without a subscription. */
export interface NotificationStreams extends NetworkStreams {
  unsolicitedNotifications: Notification
}

/** What a connection has to do with NOTIFYs that nobody subscribed to. */
export abstract class NotifiedConnection<
  Streams extends NotificationStreams,
> extends PublishingConnection<Streams> {
  /**
   * NOTIFYs outside dialogs, such as a message-summary that a registrar sends by itself, when the connection takes them
   * (`unsolicitedNotifications: true` of its options; else they get 481). While nobody subscribes they are accepted. Anybody
   * can send one: look at `message`. IRTCUnsolicitedNotificationEvent of old.
   */
  get unsolicitedNotifications$(): Observable<Notification> {
    return this.stream('unsolicitedNotifications')
  }

  /**
   * Lets peers notify of these event packages within calls, without a subscription: for all calls that have no list of their
   * own, from their next message on; see `call.allowDialogNotifications`. `null`: no longer. Throws `argument` unless it is
   * a list of 1 to 64 package names, or `null`; `resource-not-available`. IRTCClientSubscriber2::AllowDialogNotifications().
   *
   * @example
   * connection.allowDialogNotifications(['talk', 'hold', 'message-summary'])
   */
  allowDialogNotifications(events: readonly string[] | null): void {
    requireOpen(this)
    if (events !== null) checkEvents(events)
    this.scope.dispatch({ type: 'events.allow', id: this.id, events })
  }

  /** Hands a NOTIFY to those who listen. */
  [receiveNotification](notification: Notification): void {
    notification[alone] = this.listeners('unsolicitedNotifications') === 1
    this.emit('unsolicitedNotifications', notification)
  }
}
