/**
 * What may live in a dialog beside its call: subscriptions made by REFER or SUBSCRIBE, ours and the peer's. All are entered
 * in the dialog that they share, and it lives as long as the last of them. RFC 6665 §4.5.1, RFC 5057 §3.
 */
import type { DialogRecord } from '../rules/dialog.ts'
import type { DialogEntry } from './call-entries.ts'
import type { Draft, EntryBase, Numbering, RegistrationEntry } from './entries.ts'
import type { NotifierEntry } from './notifier-entries.ts'
import type { ReferralEntry } from './referral-entries.ts'
import type { SubscriptionEntry } from './subscription-entries.ts'

/** A subscription of any kind, at either end. */
export type EventUsage = ReferralEntry | SubscriptionEntry | NotifierEntry

/** A dialog that was made by REFER or SUBSCRIBE: it lives as long as its usages. RFC 6665 §4.5.1 */
export interface EventDialogEntry extends EntryBase {
  readonly kind: 'eventDialog'
  readonly numbering: Numbering
  usages?: EventUsage[]
  /** What our Contact is instead of the flow's, and the registration that it was begun from. RFC 5626 §4.3, RFC 5627 §4.3 */
  readonly own?: Pick<Draft, 'contact' | 'contactUser' | 'contactUriParams'>
  readonly registration?: RegistrationEntry
  /** How many REFERs of each side there were. */
  referred?: { sent: number; received: number }
  record(): DialogRecord
}

/** Any dialog that may carry a subscription. */
export type AnyDialogEntry = DialogEntry | EventDialogEntry
