/**
 * Dialogs as places of subscriptions: those that a REFER makes by itself, and what keeps the dialog of a call when the
 * call has ended. RFC 6665 §4.5.1, RFC 5057 §3.
 */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import { type DialogRecord, refreshTarget } from '../rules/dialog.ts'
import { dialogKey } from '../rules/match.ts'
import { referredBy } from '../rules/refer.ts'
import { eventOf } from '../rules/subscription-state.ts'
import type {
  AnyDialogEntry,
  ConnectionEntry,
  EventDialogEntry,
  Numbering,
  OutgoingReferralEntry,
  ReferralEntry,
} from './entries.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'

export class EventDialogs {
  readonly #runtime: Runtime
  readonly #servers: ServerTransactions
  readonly #logic: AnyActorLogic

  constructor(runtime: Runtime, servers: ServerTransactions, logic: AnyActorLogic) {
    this.#runtime = runtime
    this.#servers = servers
    this.#logic = logic
  }

  /** A dialog without a call. */
  open(connection: ConnectionEntry, record: DialogRecord, numbering: Numbering): EventDialogEntry {
    const entry: EventDialogEntry = this.#runtime.spawn<EventDialogEntry>(
      {
        kind: 'eventDialog',
        id: this.#runtime.newId('dialog'),
        connection,
        key: dialogKey(record.callId, record.localTag, record.remoteTag),
        visible: false,
        numbering,
        record: () => entry.actor.getSnapshot().context.record as DialogRecord,
      },
      this.#logic,
      { record, confirmed: true },
    )
    return entry
  }

  /** A subscription begins in a dialog. */
  enter(dialog: AnyDialogEntry, referral: ReferralEntry): void {
    referral.dialog = dialog
    ;(dialog.referrals ??= []).push(referral)
  }

  /** A subscription has ended. The last one takes along a dialog that nothing else keeps. */
  leave(referral: ReferralEntry): void {
    const { dialog } = referral
    const at = dialog?.referrals?.indexOf(referral) ?? -1
    if (!dialog || at < 0) return
    dialog.referrals!.splice(at, 1)
    if (dialog.referrals!.length === 0 && (dialog.kind === 'eventDialog' || dialog.over))
      this.#runtime.post(dialog, { type: 'dialog.ended' })
  }

  /** A dialog is gone, whatever was in it. */
  gone(dialog: AnyDialogEntry): void {
    for (const referral of dialog.referrals ?? []) this.#runtime.post(referral, { type: 'dialog.ended' })
  }

  /** A NOTIFY goes to the subscription that it belongs to; false when there is none. RFC 3515 §2.4.6, RFC 6665 §4.4.1 */
  notified(dialog: AnyDialogEntry, { request, transaction }: RequestInDialog): boolean {
    const event = eventOf(request)
    const ours = (dialog.referrals ?? []).flatMap(entry =>
      entry.direction === 'outgoing' ? [{ entry, seq: entry.request?.seq ?? 0 }] : [],
    )
    const found = event?.event === 'refer' ? referredBy(ours, event.id) : undefined
    if (found) this.#runtime.post(found.entry, { type: 'wire.notify', request, transaction }, dialog)
    return found !== undefined
  }

  /** A request that belongs to nothing: a NOTIFY of no subscription, or one for a call that is over. §12.2.2 */
  declined({ transaction }: RequestInDialog): void {
    const server = this.#runtime.registry.get(transaction)
    if (server?.kind === 'server') this.#servers.answer(server, { status: 481 })
  }

  /** A REFER of ours was accepted: it has moved the remote target, perhaps. §12.2.1.2 */
  refreshed({ dialog, request }: OutgoingReferralEntry, response: Parameters<typeof refreshTarget>[1]): void {
    if (!dialog || !request) return
    const record = refreshTarget(dialog.record(), response)
    if (record !== dialog.record()) this.#runtime.post(dialog, { type: 'dialog.refreshed', record })
  }
}
