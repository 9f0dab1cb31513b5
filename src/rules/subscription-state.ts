/** What a NOTIFY says of the subscription it belongs to. RFC 6665 §4.1.3, §8.2.1, §8.2.3. */
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { readSeconds } from './expiry.ts'
import type { Refusal } from './respond.ts'

/** Subscription-State, taken apart. */
export interface SubscriptionState {
  /** `active`, `pending`, `terminated` or an extension, in lower case. An extension counts as active. §4.1.3 */
  readonly state: string
  /** Seconds that are left. */
  readonly expires?: number
  /** Why it is terminated, in lower case. */
  readonly reason?: string
  /** Seconds to wait before the next attempt. */
  readonly retryAfter?: number
}

/** The package that a SUBSCRIBE or NOTIFY is about, and which of several subscriptions to it. */
export interface EventName {
  readonly event: string
  readonly id?: string
}

/** Byte by byte, both: a NOTIFY belongs to the SUBSCRIBE that said the same. §8.2.1 */
export const sameEvent = (one: EventName, other: EventName): boolean =>
  one.event === other.event && one.id === other.id

/** The package of a request, as it is written; `undefined` without a readable Event. */
export const eventOf = (request: SipRequest): EventName | undefined => {
  const event = request.parsed('event')
  if (event === undefined) return undefined
  const id = event.params.get('id')
  return { event: event.value, ...(id !== undefined && { id }) }
}

/** Both headers are mandatory in a NOTIFY; without one of them it is refused. */
export const subscriptionStateOf = (notify: SipRequest): SubscriptionState | Refusal => {
  const header = notify.parsed('subscription-state')
  if (header === undefined || eventOf(notify) === undefined) {
    const missing = header === undefined ? 'Subscription-State' : 'Event'
    return { reply: { status: 400, reason: `Bad Request - no readable ${missing}`, headers: [] } }
  }
  const { value, params } = header
  const expires = readSeconds(params.get('expires'))
  const retryAfter = readSeconds(params.get('retry-after'))
  const reason = params.get('reason')?.toLowerCase()
  return {
    state: value.toLowerCase(),
    ...(expires !== undefined && { expires }),
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}

/** Event as text. §8.2.1 */
export const formatEvent = ({ event, id }: EventName): string =>
  id === undefined ? event : `${event};id=${id}`

/** Event and Subscription-State of a NOTIFY of ours. */
export const notifyHeaders = (name: EventName, subscription: SubscriptionState): HeaderPair[] => {
  const { state, expires, reason } = subscription
  const left = expires === undefined || state === 'terminated' ? '' : `;expires=${expires}`
  return [
    ['Event', formatEvent(name)],
    ['Subscription-State', `${state}${left}${reason === undefined ? '' : `;reason=${reason}`}`],
  ]
}
