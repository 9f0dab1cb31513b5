/** Our subscriptions: sending SUBSCRIBE, the dialogs that NOTIFYs make, who else notifies. RFC 6665 §4.1, §4.3, §4.4.1. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { failureScope } from '../rules/calls.ts'
import { type DialogRecord, notifiedDialog, uacDialog } from '../rules/dialog.ts'
import { mayFork, subscribeHeaders } from '../rules/subscribe.ts'
import { eventOf, sameEvent, subscriptionStateOf } from '../rules/subscription-state.ts'
import { eventsFor } from './abilities.ts'
import type { OutgoingSubscription } from './border/subscriptions.ts'
import type { Credentials, Id } from './commands.ts'
import type { Dialogs } from './dialogs.ts'
import type {
  AnyDialogEntry,
  ConnectionEntry,
  EventDialogEntry,
  RequestEntry,
  SubscriptionEntry,
} from './entries.ts'
import type { EventDialogs } from './event-dialogs.ts'
import { outgoingDraft, registrationOf } from './outgoing.ts'
import { grantRefresh, stopRefresh } from './refreshes.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'

export interface SubscriptionParts {
  readonly runtime: Runtime
  readonly servers: ServerTransactions
  readonly requests: Requests
  readonly dialogs: Dialogs
  readonly eventDialogs: EventDialogs
}

type Beginning = Pick<SubscriptionEntry, 'asked' | 'party' | 'beside'> &
  Partial<Pick<SubscriptionEntry, 'owner' | 'numbering' | 'staticHeaders'>>

/** The largest Min-Expires of a 423 that is followed, in seconds. */
const maxMinExpires = 86_400

export class Subscriptions {
  readonly #parts: SubscriptionParts
  readonly #logics: { readonly subscription: AnyActorLogic; readonly refresh: AnyActorLogic }

  constructor(
    parts: SubscriptionParts,
    logics: { readonly subscription: AnyActorLogic; readonly refresh: AnyActorLogic },
  ) {
    this.#parts = parts
    this.#logics = logics
  }

  /** A NOTIFY for one that a profile has: nobody else answers it. */
  onOwned: (entry: SubscriptionEntry, notify: RequestInDialog & { answered?: boolean }) => void = () => {}

  open(connection: ConnectionEntry, id: Id, beginning: Beginning, notified = false): SubscriptionEntry {
    const { runtime } = this.#parts
    const { event, id: eventId, expires, autoRefresh } = beginning.asked
    return runtime.spawn<SubscriptionEntry>(
      {
        kind: 'subscription',
        id,
        connection,
        visible: true,
        event: { event, ...(eventId !== undefined && { id: eventId }) },
        tellsBody: !notified,
        numbering: { seq: 0 },
        begunAt: 0,
        retryAt: 0,
        notices: 0,
        forks: 0,
        ...beginning,
      },
      this.#logics.subscription,
      {
        timers: connection.timers,
        requested: expires,
        refreshes: autoRefresh,
        maxMinExpires,
        maxAttempts: runtime.limits.resubscriptions,
        seed: runtime.seed(),
        ...(notified && { notified }),
      },
    )
  }

  /** Effect `subscribe`: `expires` 0 ends it. */
  subscribe(entry: SubscriptionEntry, expires: number): void {
    const { runtime, dialogs } = this.#parts
    const { event, asked, beside } = entry
    const { accept = [], headers = [], contentType, body, credentials } = asked
    if (!entry.dialog && beside?.alive) this.#join(entry, beside)
    const id = runtime.newId('transaction')
    runtime.born({ type: 'transaction', id, owner: entry.id, method: 'SUBSCRIBE' })
    const content = entry.tellsBody ? { contentType, body } : {}
    entry.tellsBody = false
    const own = [...subscribeHeaders(event, accept, expires), ...eventsFor(entry.connection, headers)]
    const { dialog } = entry
    if (!dialog) {
      entry.request = this.#first(entry, own, content, id)
      return
    }
    const extra = [...own, ...headers]
    const known = [...(credentials ?? []), ...(entry.served ?? [])]
    const within = { method: 'SUBSCRIBE', extra, contact: true, credentials: known, ...content }
    entry.request = dialogs.request(entry, dialog, within, id)
  }

  /** The one that makes a dialog; after 423 the same once more. RFC 3261 §8.1.3.5 */
  #first(
    entry: SubscriptionEntry,
    own: readonly HeaderPair[],
    content: Pick<OutgoingSubscription, 'contentType' | 'body'> | object,
    id: Id,
  ): RequestEntry {
    const { runtime, requests, eventDialogs } = this.#parts
    const { asked, party, connection } = entry
    const { headers = [], credentials = [] } = asked
    if (!entry.draft) {
      const outgoing = { ...party!, method: 'SUBSCRIBE', headers, credentials, ...content }
      const draft = outgoingDraft(runtime, connection, outgoing)
      entry.draft = { contact: 'own', ...draft }
      // A NOTIFY may overtake the 2xx: it is found by what the SUBSCRIBE itself has of the dialog.
      eventDialogs.awaitBy(entry, entry.draft)
    }
    const { extra } = entry.draft
    return requests.start(entry, { ...entry.draft, extra: [...own, ...extra] }, entry.numbering, id)
  }

  /** Effect `settle`: the 2xx makes the dialog where no NOTIFY has, and moves the target of its own. §4.4.1 */
  settle(entry: SubscriptionEntry, response: SipResponse): void {
    const { dialog, request } = entry
    const served = [...(request?.auth?.answers.values() ?? [])].flatMap(({ space }) =>
      space.proxy || space.credentials.aka
        ? []
        : [{ ...space.credentials, realm: space.realm, only: 'user' } as const],
    )
    if (served.length > 0) entry.served = served as readonly Credentials[]
    if (!dialog) this.#enter(entry, uacDialog(request!.sent!, response))
    else if (dialog.record().remoteTag === response.toTag) this.#parts.eventDialogs.refreshed(entry, response)
  }

  /** The dialog that a NOTIFY makes: before the 2xx to its SUBSCRIBE, or as one of several notifiers. §4.3, §4.4.1 */
  dialogFor(notify: SipRequest): EventDialogEntry | undefined {
    const found = this.#parts.eventDialogs.awaiting(notify)
    const event = eventOf(notify)
    if (found?.kind !== 'subscription' || !event || !sameEvent(found.event, event)) return undefined
    const sent = found.request?.sent
    if (!sent || 'reply' in subscriptionStateOf(notify)) return undefined
    const record = notifiedDialog(sent, notify)
    return found.dialog ? this.#fork(found, record, notify) : this.#enter(found, record)
  }

  #join(entry: SubscriptionEntry, dialog: AnyDialogEntry): void {
    this.#parts.eventDialogs.enter(dialog, entry)
    entry.begunAt = this.#parts.runtime.platform.clock.now()
  }

  #enter(entry: SubscriptionEntry, record: DialogRecord): EventDialogEntry {
    const { eventDialogs } = this.#parts
    const { connection, numbering, draft, party } = entry
    const registration = registrationOf(this.#parts.runtime, party?.registration)
    const dialog = eventDialogs.open(connection, record, numbering, {
      ...(draft && { own: draft }),
      ...(registration && { registration }),
    })
    this.#join(entry, dialog)
    return dialog
  }

  #fork(first: SubscriptionEntry, record: DialogRecord, request: SipRequest): EventDialogEntry | undefined {
    const { runtime } = this.#parts
    const { asked, party, connection, draft, staticHeaders, numbering } = first
    const { forking = connection.options.forking } = asked
    if (forking === 'first' || asked.expires === 0) return undefined
    if (!mayFork(runtime.platform.clock.now() - first.begunAt, connection.timers)) return undefined
    if (first.forks >= runtime.limits.subscriptionForks) return undefined
    first.forks += 1
    const id = runtime.newId('subscription')
    runtime.born({ type: 'subscriptionFork', id, of: first.id, connection: connection.id, request })
    const beginning = { asked, party, owner: first, numbering: { seq: numbering.seq }, staticHeaders }
    const entry = this.open(connection, id, beginning, true)
    entry.draft = draft
    return this.#enter(entry, record)
  }

  /** Effect `tellNotification`: the application answers it, unless it is answered. */
  tell(entry: SubscriptionEntry, notify: RequestInDialog & { answered?: boolean }): void {
    if (entry.owner?.kind === 'profile') return this.onOwned(entry, notify)
    const { request, transaction, answered = false } = notify
    entry.notices += 1
    this.#parts.runtime.news({ type: 'notification', id: entry.id, transaction, request, answered })
  }

  /** Effect `answerNotify`. */
  answerNotify({ transaction }: RequestInDialog): void {
    const server = this.#parts.runtime.registry.get(transaction)
    if (server?.kind === 'server') this.#parts.servers.answer(server, { status: 200 })
  }

  /** Effect `refuseNotify`. */
  refuseNotify({ request, transaction }: RequestInDialog): void {
    const server = this.#parts.runtime.registry.get(transaction)
    const refusal = subscriptionStateOf(request)
    if (server?.kind === 'server' && 'reply' in refusal) this.#parts.servers.refuse(server, refusal)
  }

  /** Effect `grantRefresh`. */
  granted(entry: SubscriptionEntry, { expires, refreshes }: { expires: number; refreshes: boolean }): void {
    const { runtime } = this.#parts
    entry.expiresAt = runtime.platform.clock.now() + expires * 1000
    if (refreshes) grantRefresh(runtime, this.#logics.refresh, entry, expires)
  }

  /** Effect `stopRefresh`. */
  stopRefresh(entry: SubscriptionEntry): void {
    stopRefresh(this.#parts.runtime, entry)
    entry.expiresAt = undefined
  }

  /** Effect `leaveDialog`: what it sends next begins another. */
  leaveDialog(entry: SubscriptionEntry): void {
    const { eventDialogs } = this.#parts
    eventDialogs.awaitNoLonger(entry)
    eventDialogs.leave(entry)
    entry.dialog = entry.draft = entry.request = entry.served = undefined
    // The dialog of a call lives by itself; that of another subscription need not.
    if (entry.beside?.kind === 'eventDialog') entry.beside = undefined
    entry.numbering = { seq: 0 }
    entry.tellsBody = true
  }

  /** Effect `noteWait`. */
  noteWait(entry: SubscriptionEntry, seconds: number): void {
    entry.retryAt = this.#parts.runtime.platform.clock.now() + seconds * 1000
  }

  /** Effect `endDialog`: what else is in it ends too, when the answer says so. RFC 5057 §5.1 */
  endDialog({ dialog }: SubscriptionEntry, { status }: SipResponse): void {
    if (!dialog || failureScope(status, 'SUBSCRIBE') !== 'dialog') return
    if (dialog.kind === 'dialog') this.#parts.runtime.post(dialog.call, { type: 'tu.hangUp' })
    else this.#parts.runtime.post(dialog, { type: 'dialog.ended' })
  }

  /** Its connection closes. */
  endAll(connection: ConnectionEntry): void {
    for (const entry of this.#parts.runtime.registry.ofKind('subscription'))
      if (entry.connection === connection) this.#parts.runtime.post(entry, { type: 'tu.unsubscribe' })
  }

  /** True while one of them waits for its last NOTIFY. */
  holds(connection: ConnectionEntry): boolean {
    for (const entry of this.#parts.runtime.registry.ofKind('subscription'))
      if (entry.connection === connection && entry.actor.getSnapshot().value !== 'lapsed') return true
    return false
  }

  /** It has ended. */
  forget(entry: SubscriptionEntry): void {
    const { eventDialogs } = this.#parts
    eventDialogs.awaitNoLonger(entry)
    eventDialogs.leave(entry)
  }
}
