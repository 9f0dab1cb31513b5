/**
 * What stands beside the actors of a call: the call itself, its dialogs, and one for each concern within a dialog
 * (session, changes of it, its timer, reliable provisional responses, referrals).
 */
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import type { DialogRecord } from '../rules/dialog.ts'
import type { OutgoingInvite } from './commands.ts'
import type { EntryBase, Numbering, RequestEntry, ServerEntry, Way } from './entries.ts'

/** A 2xx acknowledged: the same bytes again for every repetition. §13.2.2.4 */
export interface Acknowledgement {
  readonly request: SipRequest
  readonly way: Way
}

export interface DialogEntry extends EntryBase {
  readonly kind: 'dialog'
  readonly call: CallEntry
  readonly numbering: Numbering
  /** What was offered and answered in it; made with the first description. RFC 3264 */
  session?: SessionEntry
  /** Changes of the session that are under way or wait, ours and the peer's. RFC 3261 §14, RFC 3311 */
  changes?: ChangeEntry[]
  /** When the peer wants or we asked for one. RFC 4028 */
  sessionTimer?: SessionTimerEntry
  /** Its reliable provisional responses. RFC 3262 */
  provisional?: ProvisionalEntry
  /** What the 2xx makes of an early dialog, until its actor has heard of it. */
  confirming?: DialogRecord
  record(): DialogRecord
}

export interface CallEntry extends EntryBase {
  readonly kind: 'call'
  readonly direction: 'outgoing' | 'incoming'
  readonly numbering: Numbering
  readonly invite?: OutgoingInvite
  /** Outgoing: the INVITE with its retries. */
  request?: RequestEntry
  /** Incoming: the INVITE's transaction, and the INVITE. */
  server?: ServerEntry
  readonly incoming?: SipRequest
  readonly dialogs: DialogEntry[]
  /** The dialog that the 2xx made, and the 2xx. */
  dialog?: DialogEntry
  answer?: SipResponse
  /** By remote tag. */
  acknowledgements?: Map<string, Acknowledgement | 'on its way'>
  cancelHeaders?: readonly HeaderPair[] | undefined
}

/** The offer/answer exchange of one dialog. RFC 3264 */
export interface SessionEntry extends EntryBase {
  readonly kind: 'session'
  readonly dialog: DialogEntry
  /** Whether the latest INVITE had an offer; `done`: a bare one was offered to. */
  invited: 'offer' | 'bare' | 'done'
  /** Method of the exchange of messages that the latest offer came in. */
  carrier: string
}

/** One change of a session by re-INVITE or UPDATE: ours, or the peer's. RFC 3261 §14, RFC 3311 */
export interface ChangeEntry extends EntryBase {
  readonly kind: 'change'
  readonly direction: 'outgoing' | 'incoming'
  readonly dialog: DialogEntry
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

/** A REFER with its implicit subscription: ours, or the peer's. RFC 3515 */
export interface ReferralEntry extends EntryBase {
  readonly kind: 'referral'
  readonly direction: 'outgoing' | 'incoming'
}
