/** Takes NOTIFYs to the subscriptions that they belong to, and makes those of further notifiers. RFC 6665 §4.1.3, §4.3. */
import type { EngineEvent } from '../engine/commands.ts'
import type { SipEvent } from './events.ts'
import { settle } from './notification.ts'
import { receiveNotification, type Scope } from './scope.ts'
import { inheritStaticHeaders } from './static-headers.ts'
import { receiveFork, Subscription } from './subscription.ts'

type Of<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>
type Publish = () => ((event: SipEvent) => void) | undefined

/** A NOTIFY; accepted when all have heard of it and none has answered. */
export const onNotification = (
  scope: Scope,
  publish: Publish,
  { id, transaction, request: message, answered }: Of<'notification'>,
): void => {
  const subscription = scope.handles.get(id)
  if (!(subscription instanceof Subscription)) return
  const notification = subscription[receiveNotification](message, answered ? undefined : transaction)
  publish()?.({ type: 'subscriptionNotification', source: 'rtc', subscription, notification, message })
  notification[settle]()
}

/** A further notifier; unsubscribed from when nobody listens. */
export const onSubscriptionFork = (scope: Scope, { id, of }: Of<'subscriptionFork'>): void => {
  const first = scope.handles.get(of)
  if (!(first instanceof Subscription)) return
  const { event, eventId, connection } = first
  const fork = new Subscription(scope, id, connection, { event, id: eventId })
  scope.handles.set(id, fork)
  inheritStaticHeaders(first, fork)
  if (!first[receiveFork](fork)) scope.attempt(() => scope.dispatch({ type: 'subscription.end', id }))
}
