/**
 * What stands beside the actors of a call: the call itself, its dialogs, and one for each concern within a dialog
 * (session, changes of it, its timer, reliable provisional responses, subscriptions).
 */
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { CSeq, HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import type { DialogRecord } from '../rules/dialog.ts'
import type { Described } from '../rules/offer-answer.ts'
import type { StaticHeaders } from '../rules/static-headers.ts'
import type { SessionChange } from './border/changes.ts'
import type { OutgoingInvite } from './commands.ts'
import type { Draft, EntryBase, Numbering, RequestEntry, ServerEntry, Way } from './entries.ts'
import type { EventUsage } from './event-usages.ts'
import type { IncomingReferralEntry } from './referral-entries.ts'
import type { RegistrationEntry } from './registration-entries.ts'

/** A 2xx acknowledged: the same bytes again for every repetition. §13.2.2.4 */
export interface Acknowledgement {
  readonly request: SipRequest
  readonly way: Way
}

export interface DialogEntry extends EntryBase {
  readonly kind: 'dialog'
  /** A surfaced call takes its dialog over. §13.2.2.4 */
  call: CallEntry
  readonly numbering: Numbering
  /** What is known of offer and answer, from the first description on. RFC 3264 */
  described?: DescribedDialog
  /** Their actor; made when the plain first exchange is not all. */
  session?: SessionEntry
  /** Changes of the session that are under way or wait, ours and the peer's. RFC 3261 §14, RFC 3311 */
  changes?: ChangeEntry[]
  /** When the peer wants or we asked for one. RFC 4028 */
  sessionTimer?: SessionTimerEntry
  /** Host and port that our Contact names since it was moved. */
  contactHost?: string
  /** Its reliable provisional responses. RFC 3262 */
  provisional?: ProvisionalEntry
  /** Subscriptions in it, ours and the peer's. RFC 6665 §4.5.1 */
  usages?: EventUsage[]
  /** How many REFERs of each side there were. */
  referred?: { sent: number; received: number }
  /** Its call has ended; it stays for what is still told in its subscriptions. RFC 5057 */
  over?: boolean
  /** What the 2xx makes of an early dialog, until its actor has heard of it. */
  confirming?: DialogRecord
  record(): DialogRecord
}

export interface CallEntry extends EntryBase {
  readonly kind: 'call'
  readonly direction: 'outgoing' | 'incoming'
  readonly numbering: Numbering
  readonly invite?: OutgoingInvite
  /** The offer, when it came later than the call. */
  described?: string
  /** Outgoing: the INVITE with its retries. */
  request?: RequestEntry
  /** Incoming: the INVITE's transaction, and the INVITE. */
  server?: ServerEntry
  readonly incoming?: SipRequest
  /** Incoming: the timer that its 2xx asks for. RFC 4028 */
  sessionExpires?: number
  readonly dialogs: DialogEntry[]
  /** The dialog that the 2xx made, and the 2xx. */
  dialog?: DialogEntry
  answer?: SipResponse
  /** By remote tag. */
  acknowledgements?: Map<string, Acknowledgement | 'on its way'>
  cancelHeaders?: readonly HeaderPair[] | undefined
  /** What it adds to its messages. */
  staticHeaders?: StaticHeaders | undefined
  /** Event packages that it takes NOTIFYs of unasked; absent: those of its connection. */
  allowedEvents?: readonly string[] | undefined
  /** The registration that it was made from, or came for. */
  registration?: RegistrationEntry | undefined
  /** Incoming: what our Contact is instead of the flow's. RFC 5626 §4.3, RFC 5627 §4.3 */
  own?: Pick<Draft, 'contact' | 'contactUser' | 'contactUriParams'>
  /** Incoming: the call whose place it takes when it is accepted. RFC 3891 */
  readonly replaces?: CallEntry | undefined
  /** Outgoing: the REFER of a peer that it was made for. RFC 3515 */
  referral?: IncomingReferralEntry
  /** The lifetime of an INVITE with Expires. §13.3.1 */
  expiry?: ExpiryEntry
  /** Tags of the further 2xx that have calls of their own. §13.2.2.4 */
  surfaced?: string[]
}

/** The offer/answer exchange of one dialog. RFC 3264 */
export interface SessionEntry extends EntryBase {
  readonly kind: 'session'
  readonly dialog: DialogEntry
}

/** What stands beside the offer/answer exchange of a dialog. */
export interface DescribedDialog {
  /** Whether the latest INVITE had an offer; `done`: a bare one was offered to. */
  invited: 'offer' | 'bare' | 'done'
  /** CSeq of the messages that the latest offer came in. */
  carrier: CSeq
  /** It came in the response. */
  response: boolean
  /** What has happened, while it has no actor: nothing, an offer, or that and its answer. */
  readonly heard: Described[]
}

/** A description that the media of a call was asked for. */
export interface DescriptionEntry extends EntryBase {
  readonly kind: 'description'
  readonly call: CallEntry
}

/** One change of a session by re-INVITE or UPDATE: ours, or the peer's. RFC 3261 §14, RFC 3311 */
export interface ChangeEntry extends EntryBase {
  readonly kind: 'change'
  readonly direction: 'outgoing' | 'incoming'
  readonly dialog: DialogEntry
  /** The session once more, as it is: ours for its timer, the peer's by its offer. */
  refreshes?: boolean
  /** Ours: what was asked for, and the request. */
  readonly change?: SessionChange
  /** Our description in force when media was asked for the next. */
  basis?: string | undefined
  request?: RequestEntry
  acknowledgements?: Map<string, Acknowledgement | 'on its way'>
  /** The peer's: its request with the transaction that waits, and our 2xx. */
  readonly incoming?: RequestInDialog
  response?: SipResponse
}

/** The timer of a session. RFC 4028 */
export interface SessionTimerEntry extends EntryBase {
  readonly kind: 'sessionTimer'
  readonly dialog: DialogEntry
}

/** The reliable provisional responses of one dialog. RFC 3262 */
export interface ProvisionalEntry extends EntryBase {
  readonly kind: 'provisional'
  readonly dialog: DialogEntry
}

/** The lifetime of an INVITE that waits for its answer. §13.3.1 */
export interface ExpiryEntry extends EntryBase {
  readonly kind: 'expiry'
}
