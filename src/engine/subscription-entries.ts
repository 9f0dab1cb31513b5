/** What stands beside the actors of our subscriptions. RFC 6665 §4.1. */
import type { StaticHeaders } from '../rules/static-headers.ts'
import type { EventName } from '../rules/subscription-state.ts'
import type { OutgoingSubscription, SubscriptionParty } from './border/subscriptions.ts'
import type { Credentials } from './commands.ts'
import type { Draft, EntryBase, Numbering, RefreshEntry, RequestEntry } from './entries.ts'
import type { AnyDialogEntry } from './event-usages.ts'

/** A subscription of ours. */
export interface SubscriptionEntry extends EntryBase {
  readonly kind: 'subscription'
  /** As its SUBSCRIBE says it: NOTIFYs are told apart by it. §8.2.1 */
  readonly event: EventName
  /** May be changed between two SUBSCRIBEs. */
  asked: OutgoingSubscription
  /** Its body has not gone out in the present dialog yet, or was changed. */
  tellsBody: boolean
  /** Whom it is sent to outside dialogs; absent when it was begun in the dialog of a call. */
  readonly party?: SubscriptionParty | undefined
  /** The dialog that it begins in, instead of one of its own. */
  beside?: AnyDialogEntry | undefined
  numbering: Numbering
  /** The first SUBSCRIBE of the present dialog: sent once more after 423. */
  draft?: Draft | undefined
  /** What the notifier has taken for its realm: good for its dialog, too, where nobody else may ask for it. */
  served?: readonly Credentials[] | undefined
  /** The dialog of its NOTIFYs, once there is one. */
  dialog?: AnyDialogEntry | undefined
  request?: RequestEntry | undefined
  refresh?: RefreshEntry | undefined
  /** Since when it has its dialog, in milliseconds of the clock. */
  begunAt: number
  /** When it is over, and when it begins anew, in milliseconds of the clock. */
  expiresAt?: number | undefined
  retryAt: number
  /** How many NOTIFYs have come. */
  notices: number
  /** What it adds to its messages. */
  staticHeaders?: StaticHeaders | undefined
  /** By which a NOTIFY finds it that comes before the 2xx, or from a further notifier; and how many of those there were. */
  notifyKey?: string | undefined
  forks: number
}
