/**
 * Dialogs as places of subscriptions: those that a REFER or SUBSCRIBE makes by itself, and what keeps the dialog of a call
 * when the call has ended. RFC 6665 §4.5.1, RFC 5057 §3.
 */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import { type DialogRecord, refreshTarget } from '../rules/dialog.ts'
import { dialogKey } from '../rules/match.ts'
import { steadyAfter } from '../rules/recovery.ts'
import { referredBy } from '../rules/refer.ts'
import { type EventName, eventOf, sameEvent } from '../rules/subscription-state.ts'
import { sameText } from '../rules/text.ts'
import type {
  AnyDialogEntry,
  ConnectionEntry,
  Draft,
  EventDialogEntry,
  EventUsage,
  LocalNames,
  Numbering,
  ServerEntry,
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

  /**
   * A NOTIFY in a dialog that belongs to no subscription there: true when somebody has taken it, and will answer. Set by
   * whoever takes such; by default nobody does.
   */
  unclaimed: (dialog: AnyDialogEntry, notify: RequestInDialog) => boolean = () => false

  /** A SUBSCRIBE in a dialog that begins another subscription there: false when nobody notifies of that. §4.5.1 */
  openNotifier: (server: ServerEntry, dialog: AnyDialogEntry) => boolean = () => false

  /** A dialog without a call: of a REFER or SUBSCRIBE, ours or the peer's. */
  open(
    connection: ConnectionEntry,
    record: DialogRecord,
    numbering: Numbering,
    own?: Pick<EventDialogEntry, 'own' | 'registration'>,
  ): EventDialogEntry {
    const entry: EventDialogEntry = this.#runtime.spawn<EventDialogEntry>(
      {
        kind: 'eventDialog',
        id: this.#runtime.newId('dialog'),
        connection,
        key: dialogKey(record.callId, record.localTag, record.remoteTag),
        visible: false,
        numbering,
        ...own,
        record: () => entry.actor.getSnapshot().context.record as DialogRecord,
      },
      this.#logic,
      { record, confirmed: true },
    )
    return entry
  }

  /** A subscription begins in a dialog. */
  enter(dialog: AnyDialogEntry, usage: EventUsage): void {
    usage.dialog = dialog
    ;(dialog.usages ??= []).push(usage)
  }

  /** A subscription has ended. The last one takes along a dialog that nothing else keeps. */
  leave(usage: EventUsage): void {
    const { dialog } = usage
    const at = dialog?.usages?.indexOf(usage) ?? -1
    if (!dialog || at < 0) return
    dialog.usages!.splice(at, 1)
    if (dialog.usages!.length === 0 && (dialog.kind === 'eventDialog' || dialog.over))
      this.#runtime.post(dialog, { type: 'dialog.ended' })
  }

  /** A dialog is gone, whatever was in it. */
  gone(dialog: AnyDialogEntry): void {
    for (const usage of dialog.usages ?? []) this.#runtime.post(usage, { type: 'dialog.ended' })
  }

  /** A NOTIFY goes to the subscription that it belongs to; false when there is none. RFC 3515 §2.4.6, RFC 6665 §4.4.1 */
  notified(dialog: AnyDialogEntry, { request, transaction }: RequestInDialog): boolean {
    const event = eventOf(request)
    const found = event && (this.#referred(dialog, event) ?? this.#subscribed(dialog, event))
    if (!found) return false
    const server = this.#runtime.registry.get(transaction)
    if (server?.kind === 'server') server.usage = found
    this.#runtime.post(found, { type: 'wire.notify', request, transaction, ...this.#known(found) }, dialog)
    return true
  }

  /** A SUBSCRIBE goes to the subscription that it refreshes or ends; false when there is none. RFC 6665 §4.4.1 */
  subscribed(dialog: AnyDialogEntry, { request, transaction }: RequestInDialog): boolean {
    const event = eventOf(request)
    const server = this.#runtime.registry.get(transaction)
    if (!event || server?.kind !== 'server') return false
    const found = dialog.usages?.find(usage => usage.kind === 'notifier' && sameEvent(usage.event, event))
    server.usage = found
    if (found) this.#runtime.post(found, { type: 'wire.subscribe', request, transaction }, dialog)
    else return this.openNotifier(server, dialog)
    return true
  }

  /** A request that belongs to nothing: a NOTIFY of no subscription, or one for a call that is over. §12.2.2 */
  declined({ transaction }: RequestInDialog): void {
    const server = this.#runtime.registry.get(transaction)
    if (server?.kind === 'server') this.#servers.answer(server, { status: 481 })
  }

  /** A REFER or SUBSCRIBE of ours was accepted: it has moved the remote target, perhaps. §12.2.1.2 */
  refreshed({ dialog }: EventUsage, response: SipResponse): void {
    if (!dialog) return
    const record = refreshTarget(dialog.record(), response)
    if (record !== dialog.record()) this.#runtime.post(dialog, { type: 'dialog.refreshed', record })
  }

  /** A NOTIFY that comes before the dialog of its own finds its subscription by what the draft says. RFC 6665 §4.4.1 */
  awaitBy(usage: EventUsage & { notifyKey?: string | undefined }, { head }: Draft): void {
    const given = new Map(head(0, anywhere))
    const from = given.get('From') ?? ''
    usage.notifyKey = awaited(given.get('Call-ID') ?? '', from.slice(from.lastIndexOf(';tag=') + 5))
    this.#runtime.registry.bind(usage.notifyKey, usage)
  }

  /** The REFER or SUBSCRIBE of ours that a NOTIFY comes for which is in no dialog yet. */
  awaiting(notify: SipRequest): EventUsage | undefined {
    const found = this.#runtime.registry.find(awaited(notify.callId, notify.toTag ?? ''))
    return found?.kind === 'referral' || found?.kind === 'subscription' ? found : undefined
  }

  /** No further NOTIFY makes a dialog for it. */
  awaitNoLonger(usage: EventUsage & { notifyKey?: string | undefined }): void {
    if (usage.notifyKey !== undefined) this.#runtime.registry.unbind(usage.notifyKey, usage)
    usage.notifyKey = undefined
  }

  #referred({ usages = [] }: AnyDialogEntry, { event, id }: EventName): EventUsage | undefined {
    if (!sameText(event, 'refer')) return undefined
    const ours = usages.flatMap(entry =>
      entry.kind === 'referral' && entry.direction === 'outgoing'
        ? [{ entry, seq: entry.request?.seq ?? 0 }]
        : [],
    )
    return referredBy(ours, id)?.entry
  }

  /** What is left of our subscription by what is known, in seconds, and whether it has lasted. */
  #known(usage: EventUsage): { readonly left?: number; readonly steady?: boolean } {
    if (usage.kind !== 'subscription') return {}
    const now = this.#runtime.platform.clock.now()
    const steady = now - usage.begunAt >= steadyAfter * 1000
    return usage.expiresAt === undefined ? { steady } : { steady, left: (usage.expiresAt - now) / 1000 }
  }

  #subscribed({ usages }: AnyDialogEntry, event: EventName): EventUsage | undefined {
    return usages?.find(usage => usage.kind === 'subscription' && sameEvent(usage.event, event))
  }
}

const anywhere: LocalNames = { host: '', port: 0, contact: 'sip:a@b' }

const awaited = (callId: string, localTag: string): string => `event ${callId} ${localTag}`
