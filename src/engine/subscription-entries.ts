/** What stands beside the actors of our subscriptions. RFC 6665 §4.1. */
import type { StaticHeaders } from '../rules/static-headers.ts'
import type { EventName } from '../rules/subscription-state.ts'
import type { EntryBase, Numbering, RequestEntry } from './entries.ts'
import type { AnyDialogEntry } from './event-usages.ts'

/** A subscription of ours. */
export interface SubscriptionEntry extends EntryBase {
  readonly kind: 'subscription'
  /** As its SUBSCRIBE says it: NOTIFYs are told apart by it. §8.2.1 */
  readonly event: EventName
  numbering: Numbering
  /** The dialog of its NOTIFYs, once there is one. */
  dialog?: AnyDialogEntry | undefined
  request?: RequestEntry | undefined
  /** What it adds to its messages. */
  staticHeaders?: StaticHeaders | undefined
  /** By which a NOTIFY finds it that comes before the 2xx, or from a further notifier. */
  notifyKey?: string | undefined
}
