/** What a subscriber makes of the answers to SUBSCRIBE and of the NOTIFYs that come. RFC 6665 §4.1. */
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { clampExpires, refreshAt } from './expiry.ts'
import { defaultBackOff, fractionOf, longestRetryAfter, passes, retryAfterOf, waitAfter } from './recovery.ts'
import {
  type EventName,
  formatEvent,
  type SubscriptionState,
  subscriptionStateOf,
} from './subscription-state.ts'

/** The least lifetime that is believed, in seconds: a notifier that grants less is not asked twice a second. */
const leastGrant = 10

/** What the 2xx to a SUBSCRIBE grants, in seconds: never more than was asked for. §4.1.2.1 */
export const grantedBy = (response: SipResponse, requested: number): number =>
  clampExpires(response.parsed('expires') ?? requested, requested, { minGranted: leastGrant })

/** Seconds by which a NOTIFY may differ from what is known of the lifetime: it was on its way. */
const tolerance = 2

/**
 * The lifetime by a NOTIFY, in seconds; `undefined` when it says nothing new. `left`: what is left by what is known, if
 * anything is. §4.1.3
 */
export const adjustedBy = (
  notify: SubscriptionState,
  left: number | undefined,
  requested: number,
): number | undefined => {
  if (notify.state === 'terminated') return undefined
  const { expires } = notify
  if (left === undefined) return clampExpires(expires ?? requested, requested, { minGranted: leastGrant })
  if (expires === undefined || Math.abs(expires - left) <= tolerance) return undefined
  return clampExpires(expires, requested, { minGranted: leastGrant })
}

/** Seconds from a failed refresh to the next at least, whatever the notifier says, where there is that much time. */
const leastPause = 5

/**
 * Seconds until a refresh is tried again that failed for now: what the notifier says, else a fifth of what is left, so that
 * there is time for four more.
 */
export const refreshAgainAfter = (response: SipResponse | undefined, granted: number): number => {
  const share = (granted - refreshAt(granted)) / 5
  const asked = response && retryAfterOf(response)
  return asked === undefined ? share : Math.max(asked, Math.min(leastPause, share))
}

/** Whether a refused SUBSCRIBE is worth another one: its answer says when. RFC 3261 §20.33 */
export const saysWhen = (response: SipResponse): boolean =>
  passes(response) && retryAfterOf(response) !== undefined

/** Whether a further notifier of the same SUBSCRIBE may still come so many milliseconds after the first dialog: Timer N. §4.3 */
export const mayFork = (elapsed: number, timers: { readonly t1: number }): boolean =>
  elapsed <= 64 * timers.t1

const anew: ReadonlySet<string> = new Set(['deactivated', 'timeout'])
const later: ReadonlySet<string> = new Set(['probation', 'giveup'])
const never: ReadonlySet<string> = new Set(['rejected', 'noresource', 'invariant'])

/**
 * Seconds until a subscription that the notifier has terminated may begin anew; 0 at once, `undefined` never. Probation and
 * giveup without `retry-after` wait as after a failure. A reason that we do not know is an end, unless it says when. §4.1.3
 */
export const anewAfter = ({
  reason = '',
  retryAfter,
}: SubscriptionState): number | 'some time' | undefined => {
  if (anew.has(reason)) return 0
  if (never.has(reason)) return undefined
  const asked = retryAfter === undefined ? undefined : Math.min(retryAfter, longestRetryAfter)
  return asked ?? (later.has(reason) ? 'some time' : undefined)
}

/**
 * Seconds to wait before the attempt of that number, from 1: the first comes when the notifier says; those that follow
 * without a steady subscription in between take longer each time. `asked`: what the notifier wants at least.
 */
export const waitBefore = (attempt: number, asked: number | 'some time', seed: number): number => {
  const own = (failures: number): number => waitAfter(failures, fractionOf(seed, failures), defaultBackOff)
  const least = asked === 'some time' ? 0 : asked
  if (attempt > 1) return Math.max(least, own(attempt - 1))
  return asked === 'some time' ? own(1) : least
}

/** What a NOTIFY says of its subscription; one that cannot be read counts as active. */
export const stateIn = (notify: SipRequest): SubscriptionState => {
  const found = subscriptionStateOf(notify)
  return 'reply' in found ? { state: 'active' } : found
}

/** Event, Accept and Expires of a SUBSCRIBE. §8.2.1, §4.1.2.1 */
export const subscribeHeaders = (
  event: EventName,
  accept: readonly string[],
  expires: number,
): HeaderPair[] => [
  ['Event', formatEvent(event)],
  ...(accept.length === 0 ? [] : [['Accept', accept.join(', ')] as const]),
  ['Expires', String(expires)],
]
