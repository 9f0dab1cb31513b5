/** The public states of a subscription of ours. RFC 6665 §4.1. */
import type { AnyMachineSnapshot } from 'xstate'
import type { SubscriptionEnd } from '../../machines/dialog/subscription.ts'
import type { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import type { SubscriptionEntry } from './subscription-entries.ts'

/** `notifyWait → pending → active → terminated`; `resubscribing` in between where it begins anew. CSIPSubscribeDialogAssoc. */
export type SubscriptionState =
  | {
      /** The SUBSCRIBE is out, and no NOTIFY has come. */
      readonly is: 'notifyWait'
      /** It begins anew, for that time. */
      readonly attempt?: number
    }
  | {
      /** `pending`: the notifier has not decided yet whether we may know. */
      readonly is: 'pending' | 'active'
      /** The lifetime that was granted, in seconds. */
      readonly granted: number
      /** When it is over unless it is renewed, in milliseconds of the platform's clock. */
      readonly expiresAt: number
      /** How many NOTIFYs have come: each is a state of its own. */
      readonly notices: number
    }
  | {
      /** The notifier has ended it for now; it begins anew. */
      readonly is: 'resubscribing'
      /** Number of the attempt that comes next, from 1. */
      readonly attempt: number
      /** When it comes, in milliseconds of the platform's clock. */
      readonly retryAt: number
    }
  /** We have unsubscribed, and the last NOTIFY has not come. */
  | { readonly is: 'unsubscribing' }
  | {
      readonly is: 'terminated'
      /** As the last NOTIFY has it, in lower case; `timeout` when its time was over. */
      readonly reason?: string
      /** Seconds that the notifier asks to wait before another attempt. */
      readonly retryAfter?: number
      /** What refused it, first or later. */
      readonly response?: SipResponse
      readonly error?: SipError
      readonly notices?: number
    }

type Region = 'notice' | 'request' | 'life' | 'age'

/** Read from a snapshot of the machine `subscription`. */
export const subscriptionState = (
  { value, context }: AnyMachineSnapshot,
  { expiresAt = 0, retryAt, notices }: SubscriptionEntry,
): SubscriptionState => {
  if (typeof value !== 'string') {
    if (value.live === undefined) return { is: 'resubscribing', attempt: context.attempts as number, retryAt }
    const { notice } = value.live as Record<Region, unknown>
    if (notice === 'pending' || notice === 'active')
      return { is: notice, granted: context.granted as number, expiresAt, notices }
    return context.attempts > 0 ? { is: 'notifyWait', attempt: context.attempts } : { is: 'notifyWait' }
  }
  if (value === 'leaving') return { is: 'unsubscribing' }
  return { is: 'terminated', ...(context.end as SubscriptionEnd), notices }
}
