/** What stands beside the actors of REFER. RFC 3515. */
import type { SipRequest } from '../message/types.ts'
import type { OutgoingReferral } from './border/referrals.ts'
import type { OutgoingRequest } from './commands.ts'
import type { EntryBase, Numbering, RequestEntry, ServerEntry } from './entries.ts'
import type { AnyDialogEntry } from './event-usages.ts'

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
  notifyKey?: string | undefined
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
