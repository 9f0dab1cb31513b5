/** Subscriptions in the dialog of a call. RFC 6665 §4.5.1, RFC 5057. */
import { joinDialog, type Subscription } from '../subscription.ts'
import type { SubscribeOptions } from '../subscription-options.ts'
import type { Call } from './call.ts'
import { CallNotifications } from './call-notifications.ts'

/** What a call subscribes to. */
export abstract class CallSubscriptions extends CallNotifications {
  /**
   * Subscribes to an event package of the peer in the dialog of the call, which stays for it when the call is over. Several to
   * one package have an `id` each.
   *
   * Throws `invalid-dialog-state` while there is no dialog, `already-exists` for an event with that id which the dialog has
   * already, and as `connection.subscribe` does. RFC 6665 §4.5.1
   *
   * @example
   * const talking = call.subscribe({ event: 'talk' })
   */
  subscribe<Event extends string>(options: SubscribeOptions<Event>): Subscription<Event> {
    const call = this as unknown as Call
    return joinDialog(this.scope, call, options, call)
  }
}
