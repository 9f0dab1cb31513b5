/** What a call says by itself in each message, and what its peer may notify of unasked. Windows CE RTC; RFC 6665. */
import type { Observable } from 'rxjs'
import type { HeaderPair } from '../../message/types.ts'
import { checkEvents } from '../../rules/allow-events.ts'
import type { Notification } from '../notification.ts'
import { alone, receiveNotification, requireOpen } from '../scope.ts'
import { type StaticHeaderOptions, setStaticHeaders, staticHeaders } from '../static-headers.ts'
import { CallSession } from './call-session.ts'

/** What a call has to do with headers of its own and with NOTIFYs that nobody subscribed to. */
export abstract class CallNotifications extends CallSession {
  /**
   * NOTIFYs within the call for the packages of `allowDialogNotifications`. While nobody subscribes they are accepted.
   * IRTCSessionNotificationEvent of old.
   */
  get notifications$(): Observable<Notification> {
    return this.stream('notifications')
  }

  /**
   * Adds these headers to every later message of the call until others are set, or `null`: INVITE (also re-INVITE), ACK, PRACK,
   * UPDATE, BYE, CANCEL, requests of the dialog, and our responses but 100; with `requestsOnly` to no response. Set in the
   * turn of `connection.invite` they are in its first INVITE. The headers of a single message come before them.
   *
   * An `Allow-Events` given so is a header and no more: NOTIFYs of the peer then come up as requests on
   * `dialog.requests$`, and get 481 while nobody subscribes there. To have them taken use `allowDialogNotifications`.
   *
   * Throws `header-not-allowed` for what is the stack's (Via, To, From, Call-ID, CSeq, Contact, Route, Require, Content-Type …),
   * `argument` for what is no header (line breaks, more than 64 headers), `resource-not-available` when the call is over.
   * IRTCSIPObject::SetAdditionalHeaderValues().
   *
   * @example
   * call.setStaticHeaders([['Call-Info', '<https://example.com/alice.png>;purpose=icon']])
   */
  setStaticHeaders(headers: readonly HeaderPair[] | null, options: StaticHeaderOptions = {}): void {
    setStaticHeaders(this.scope, this, headers, options)
  }

  /** What `setStaticHeaders` has set, as pairs of name and value; empty without any. IRTCSIPObject::GetAdditionalHeaderValues(). */
  get staticHeaders(): readonly HeaderPair[] {
    return staticHeaders(this)
  }

  /**
   * Lets the peer notify of these event packages within the call, without a subscription: they are named in Allow-Events of
   * the INVITE, ACK, PRACK, UPDATE, BYE and CANCEL of the call and of our responses to INVITE, from the next one on. Their
   * NOTIFYs are in `notifications$`; one of another package gets 489. `null`: as the connection has it.
   *
   * Throws `argument` unless it is a list of 1 to 64 package names, or `null`; `resource-not-available` when the call is over.
   * IRTCClientSubscriber2::AllowDialogNotifications().
   *
   * @example
   * call.allowDialogNotifications(['talk', 'hold'])
   */
  allowDialogNotifications(events: readonly string[] | null): void {
    requireOpen(this.connection)
    if (events !== null) checkEvents(events)
    this.scope.dispatch({ type: 'events.allow', id: this.id, events })
  }

  /** Hands a NOTIFY to those who listen. */
  [receiveNotification](notification: Notification): void {
    notification[alone] = this.listeners('notifications') === 1
    this.emit('notifications', notification)
  }
}
