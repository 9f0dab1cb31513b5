/** Subscriptions on a line. CSubConSIPSubscribeParamSet, CSubConSIPNotificationEvent. */
import type { Observable } from 'rxjs'
import type { Id } from '../../engine/commands.ts'
import type { LineSessionState } from '../../engine/states.ts'
import { isSuccess } from '../../rules/calls.ts'
import type { Notification } from '../notification.ts'
import type { CredentialsOption } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { Subscription } from '../subscription.ts'
import type { Line } from './line.ts'
import { notificationEvent, responseEvent } from './line-event.ts'
import { type LineSubscribeOptions, withoutCredentials } from './line-options.ts'
import { carries, LineSession } from './line-session.ts'

/** A subscription on a line, with the latest NOTIFY once there is one. */
export type LineSubscriptionState<Event extends string = string> = LineSessionState & {
  readonly notification?: Notification<Event>
}

/**
 * A subscription on a line, made by `line.subscribe`: the SUBSCRIBE has left. It is established by the 2xx, or by the first
 * NOTIFY; NOTIFYs are answered by themselves, and it is renewed unless it was made with `autoRefresh: false`.
 *
 * @example
 * const waiting = line.subscribe({ requestUri: 'sip:alice@example.com', event: 'message-summary' })
 * waiting.notifications$.subscribe(({ body }) => show(body))
 * await waiting.stop()
 */
export class LineSubscription<Event extends string = string> extends LineSession {
  /** Tells the handles apart. */
  readonly kind = 'lineSubscription'
  /** The subscription itself, with all that a line does not show: its refresh, its forks, another one in its dialog. */
  readonly subscription: Subscription<Event>
  /** What it was made with, but for the credentials. */
  readonly options: LineSubscribeOptions<Event>
  #ending = false

  constructor(
    scope: Scope,
    line: Line,
    subscription: Subscription<Event>,
    options: LineSubscribeOptions<Event>,
  ) {
    super(scope, subscription.id, line)
    this.subscription = subscription
    this.options = withoutCredentials(options)
    this.#follow()
  }

  /** What it is now, with the latest NOTIFY. */
  override get state(): LineSubscriptionState<Event> {
    const { notification } = this
    return notification ? { ...super.state, notification } : super.state
  }

  /** The latest NOTIFY. */
  get notification(): Notification<Event> | undefined {
    // Asked for by the first state already, before there is a subscription.
    return this.subscription?.notification
  }

  /**
   * Each NOTIFY but the last one after `stop`. Accepted by itself unless a callback answers it in its turn: see
   * `subscription.notifications$`. Hot; completes at the end.
   */
  get notifications$(): Observable<Notification<Event>> {
    return this.stream('notifications') as Observable<Notification<Event>>
  }

  /**
   * Subscribes once more with these credentials, after this one was denied for want of them (`realms`): a new session. Throws
   * `not-ready` when that is not so, `argument`, and as `line.subscribe` does.
   */
  retryWith(credentials: CredentialsOption): LineSubscription<Event> {
    return this.line.subscribe({ ...this.options, credentials: this.again(credentials) })
  }

  #follow(): void {
    const { subscription } = this
    subscription.transaction?.responses$.subscribe(response => {
      this.tell(responseEvent(response))
      if (isSuccess(response.status)) this.become({ is: 'established' })
    })
    const show = (): void => {
      const { state } = subscription
      if (state.is === 'pending' || state.is === 'active') this.become({ is: 'established' })
      else if (state.is === 'terminated') {
        this.finish(this.#ending ? 'local' : state.error ? byOf(state.error.code) : 'remote', state.error)
      }
    }
    subscription.notifications$.subscribe(notification => {
      if (this.#ending) return
      this.tell(notificationEvent(notification.body, notification.message))
      this.emit('notifications', notification)
    })
    subscription.state$.subscribe({ next: show, complete: show })
  }

  override [carries](id: Id): boolean {
    return super[carries](id) || id === this.subscription.transaction?.id
  }

  protected override end(): void {
    this.#ending = true
    void this.subscription.unsubscribe()
  }
}

/** Whose doing a failure is. */
const byOf = (code: string): 'remote' | 'network' =>
  code === 'rejected' || code === 'forbidden' || code === 'terminated-with-response' ? 'remote' : 'network'
