/** What stands beside the actors of REFER, and of dialogs that no INVITE made. RFC 3515, RFC 6665 §4. */
import type { SipRequest } from '../message/types.ts'
import type { DialogRecord } from '../rules/dialog.ts'
import type { OutgoingReferral } from './border/referrals.ts'
import type { DialogEntry } from './call-entries.ts'
import type { OutgoingRequest } from './commands.ts'
import type { EntryBase, Numbering, RequestEntry, ServerEntry } from './entries.ts'

/** A dialog that was made by REFER: it lives as long as its subscriptions. RFC 6665 §4.5.1 */
export interface EventDialogEntry extends EntryBase {
  readonly kind: 'eventDialog'
  readonly numbering: Numbering
  referrals?: ReferralEntry[]
  referred?: { sent: number; received: number }
  record(): DialogRecord
}

/** Any dialog that may carry a subscription. */
export type AnyDialogEntry = DialogEntry | EventDialogEntry

/** A REFER of ours with its implicit subscription. */
export interface OutgoingReferralEntry extends EntryBase {
  readonly kind: 'referral'
  readonly direction: 'outgoing'
  readonly asked: OutgoingReferral
  /** Whom it is sent to, when it goes outside dialogs. */
  readonly party?: Pick<OutgoingRequest, 'uri' | 'from' | 'to' | 'registration'>
  readonly numbering: Numbering
  /** The dialog of its NOTIFYs, once there is one. */
  dialog?: AnyDialogEntry
  request?: RequestEntry
  /** By which a NOTIFY finds it that comes before the 2xx. */
  notifyKey?: string
}

/** A REFER of the peer's. */
export interface IncomingReferralEntry extends EntryBase {
  readonly kind: 'referral'
  readonly direction: 'incoming'
  readonly incoming: SipRequest
  readonly server: ServerEntry
  /** Its NOTIFYs carry an id: it is not the first in its dialog. RFC 3515 §2.4.6 */
  readonly numbered: boolean
  dialog?: AnyDialogEntry
  /** When its subscription is over, in milliseconds of the clock. */
  expiresAt: number
}

export type ReferralEntry = OutgoingReferralEntry | IncomingReferralEntry
