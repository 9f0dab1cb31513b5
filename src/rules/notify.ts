/** What a SUBSCRIBE asks of us, how much of it we grant, and what our NOTIFYs say. RFC 6665 §4.2, §8.2. */
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { failureScope } from './calls.ts'
import { defaultExpires, readSeconds } from './expiry.ts'
import { longestRetryAfter } from './recovery.ts'
import type { Refusal } from './respond.ts'
import { type EventName, eventOf, notifyHeaders } from './subscription-state.ts'

/** The state of a resource as one NOTIFY tells it. */
export interface NotifiedState {
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

/** Whether the subscriber may see the resource, or waits for somebody's leave. §4.1.3 */
export type Standing = 'pending' | 'active'

/** Why we end a subscription, and what follows from it for the subscriber. §4.1.3 */
export type EndReason =
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource'
  | 'invariant'

/** All of them. */
export const endReasons: readonly EndReason[] = [
  'deactivated',
  'probation',
  'rejected',
  'timeout',
  'giveup',
  'noresource',
  'invariant',
]

/** With which of them a time to wait makes sense. §4.1.3 */
export const mayWait = (reason: EndReason): boolean => reason === 'probation' || reason === 'giveup'

/** The end of a subscription. */
export interface Ending {
  readonly reason: EndReason
  /** Seconds after which the subscriber may try again. */
  readonly retryAfter?: number
}

/** What one NOTIFY says. */
export interface Notice extends NotifiedState {
  readonly standing: Standing
  /** It is the last one. */
  readonly ending?: Ending
}

/** What a SUBSCRIBE asks for. */
export interface Asked {
  readonly event: EventName
  /** Seconds, 3600 when it names none; 0 ends a subscription, or only asks once. §4.2.1.1 */
  readonly expires: number
}

/** How long a subscription lasts at most unless the application grants more: a day, in seconds. */
export const longestGrant = 86_400

/** Lifetimes from an hour up are never too brief. §4.2.1.1 */
const longEnough = 3600

const bad = (fault: string): Refusal => ({
  reply: { status: 400, reason: `Bad Request - ${fault}`, headers: [] },
})

/** What a SUBSCRIBE asks for, or why it cannot be had. `least`: the briefest lifetime that we grant. §4.2.1.1 */
export const askedOf = (subscribe: SipRequest, least = 0): Asked | Refusal => {
  const event = eventOf(subscribe)
  if (event === undefined) return bad('no readable Event')
  const written = subscribe.header('expires')
  const expires = written === undefined ? defaultExpires : readSeconds(written.trim())
  if (expires === undefined) return bad('Expires')
  if (expires > 0 && expires < least && expires < longEnough) {
    return { reply: { status: 423, headers: [['Min-Expires', String(Math.min(least, longEnough))]] } }
  }
  return { event, expires }
}

/** The media types that a SUBSCRIBE lists as those it reads; empty: those that its package says. §7.1 */
export const acceptsOf = (subscribe: SipRequest): readonly string[] =>
  (subscribe.parsed('accept') ?? []).map(({ value }) => value)

/** Seconds from a refused NOTIFY to the next at least: a subscriber that says 0 is not asked again with each answer. */
const leastPause = 5

/** Seconds after which a NOTIFY may be tried again that was refused for now; undefined: it has failed. §4.2.2 */
export const retryOf = (refusal: SipResponse): number | undefined => {
  if (failureScope(refusal.status, 'NOTIFY') !== 'transaction') return undefined
  const written = refusal.header('retry-after')
  // A comment or parameter may follow. RFC 3261 §20.33
  const asked = written === undefined ? undefined : readSeconds(written.trim().split(/[\s;(]/, 1)[0])
  return asked === undefined ? undefined : Math.min(Math.max(asked, leastPause), longestRetryAfter)
}

/** True when a refused NOTIFY says that its whole dialog is gone. RFC 5057 §5.1 */
export const losesDialog = (refusal: SipResponse): boolean =>
  failureScope(refusal.status, 'NOTIFY') === 'dialog'

/** Event and Subscription-State of a NOTIFY. `left`: seconds until the subscription is over. §4.2.2 */
export const noticeHeaders = (event: EventName, { standing, ending }: Notice, left: number): HeaderPair[] => {
  if (!ending) return notifyHeaders(event, { state: standing, expires: left })
  const { reason, retryAfter } = ending
  const headers = notifyHeaders(event, { state: 'terminated', reason })
  if (retryAfter === undefined) return headers
  return headers.map(([name, value]) =>
    name === 'Subscription-State' ? [name, `${value};retry-after=${retryAfter}`] : [name, value],
  )
}
