/** REFERs of ours: sending them, the dialogs they make, what their NOTIFYs tell. RFC 3515, RFC 4488, RFC 3892. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { notifiedDialog, uacDialog } from '../rules/dialog.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { noticeOf, referTo } from '../rules/refer.ts'
import { replacesHeaders } from '../rules/replaces.ts'
import type { OutgoingReferral } from './border/referrals.ts'
import type { Id } from './commands.ts'
import type { Dialogs } from './dialogs.ts'
import type { Handlers } from './dispatch.ts'
import type { CallEntry, ConnectionEntry, EventDialogEntry, OutgoingReferralEntry } from './entries.ts'
import type { EventDialogs } from './event-dialogs.ts'
import { outgoingDraft } from './outgoing.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'

export interface ReferralParts {
  readonly runtime: Runtime
  readonly servers: ServerTransactions
  readonly requests: Requests
  readonly dialogs: Dialogs
  readonly eventDialogs: EventDialogs
}

export class Referrals {
  readonly #parts: ReferralParts
  readonly #logic: AnyActorLogic

  constructor(parts: ReferralParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  readonly commands: Handlers = {
    'referral.open': ({ id, call, referral }) => {
      const { connection, dialog } = this.#call(call)
      if (!dialog) throw new SipError('invalid-dialog-state', 'the call is not up')
      this.#begin(connection, id, referral, { dialog })
    },
    'referral.send': ({ id, connection, request, referral }) => {
      const entry = this.#parts.runtime.registry.get(connection)
      if (entry?.kind !== 'connection')
        throw new SipError('resource-not-available', `${connection} is closed`)
      this.#begin(entry, id, referral, { party: request })
    },
  }

  /** Effect `refer`. */
  refer(entry: OutgoingReferralEntry): void {
    const { requests, dialogs, eventDialogs, runtime } = this.#parts
    const { asked, dialog, connection, numbering, party } = entry
    const { contentType, body, credentials } = asked
    const extra = this.#headers(asked)
    if (dialog) {
      ;(dialog.referred ??= { sent: 0, received: 0 }).sent += 1
      eventDialogs.enter(dialog, entry)
      const within = { method: 'REFER', extra, contact: true, contentType, body, credentials }
      entry.request = dialogs.request(entry, dialog, within)
      return
    }
    const outgoing = { ...party!, method: 'REFER', headers: extra, contentType, body, credentials }
    const draft = outgoingDraft(runtime, connection, outgoing as Parameters<typeof outgoingDraft>[2])
    // A NOTIFY may overtake the 2xx: it is found by what the REFER itself has of the dialog.
    eventDialogs.awaitBy(entry, draft)
    entry.request = requests.start(entry, { ...draft, contact: 'own' }, numbering)
  }

  /** Effect `openDialog`: by the 2xx, where no NOTIFY has made it. RFC 6665 §4.4.1 */
  accepted(entry: OutgoingReferralEntry, response: SipResponse): void {
    const { eventDialogs } = this.#parts
    if (entry.dialog) return eventDialogs.refreshed(entry, response)
    this.#settle(entry, uacDialog(entry.request!.sent!, response))
  }

  /** The dialog that a NOTIFY makes which overtook the 2xx to its REFER. RFC 6665 §4.4.1 */
  dialogFor(notify: SipRequest): EventDialogEntry | undefined {
    const found = this.#parts.eventDialogs.awaiting(notify)
    if (found?.kind !== 'referral' || found.direction !== 'outgoing' || !found.request?.sent) return undefined
    return found.dialog ? undefined : this.#settle(found, notifiedDialog(found.request.sent, notify))
  }

  /** Effect `answerNotify`. */
  answerNotify({ transaction }: RequestInDialog): void {
    const server = this.#parts.runtime.registry.get(transaction)
    if (server?.kind === 'server') this.#parts.servers.answer(server, { status: 200 })
  }

  /** Effect `refuseNotify`. */
  refuseNotify({ request, transaction }: RequestInDialog): void {
    const server = this.#parts.runtime.registry.get(transaction)
    const refusal = noticeOf(request)
    if (server?.kind === 'server' && 'reply' in refusal) this.#parts.servers.refuse(server, refusal)
  }

  /** Effect `tellProgress`. */
  tellProgress({ id }: OutgoingReferralEntry, { request }: RequestInDialog): void {
    const notice = noticeOf(request)
    if ('line' in notice && notice.line)
      this.#parts.runtime.news({ type: 'progress', id, ...notice.line, request })
  }

  /** Effect `endUsage`: the peer has lost the dialog of the call. RFC 5057 §5.1 */
  endUsage({ dialog }: OutgoingReferralEntry): void {
    if (dialog?.kind === 'dialog') this.#parts.runtime.post(dialog.call, { type: 'tu.hangUp' })
  }

  /** It has ended. */
  forget(entry: OutgoingReferralEntry): void {
    const { eventDialogs } = this.#parts
    eventDialogs.awaitNoLonger(entry)
    eventDialogs.leave(entry)
  }

  #begin(
    connection: ConnectionEntry,
    id: Id,
    asked: OutgoingReferral,
    where: Pick<OutgoingReferralEntry, 'dialog' | 'party'>,
  ): void {
    if (!connection.actor.getSnapshot().matches('active'))
      throw new SipError('not-ready', 'the connection is not active')
    checkUserHeaders(asked.headers ?? [])
    this.#referTo(asked)
    this.#parts.runtime.spawn<OutgoingReferralEntry>(
      {
        kind: 'referral',
        direction: 'outgoing',
        id,
        connection,
        visible: true,
        asked,
        numbering: { seq: 0 },
        ...where,
      },
      this.#logic,
      { timers: connection.timers },
    )
  }

  #settle(entry: OutgoingReferralEntry, record: ReturnType<typeof uacDialog>): EventDialogEntry {
    const { eventDialogs } = this.#parts
    const dialog = eventDialogs.open(entry.connection, record, entry.numbering)
    eventDialogs.enter(dialog, entry)
    return dialog
  }

  #call(id: Id): CallEntry {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind !== 'call') throw new SipError('resource-not-available', `${id} is closed`)
    return entry
  }

  /** The place of that call is named by where its other party is now. RFC 5589 §7 */
  #referTo({ referTo: given, replacing }: OutgoingReferral): string {
    const dialog = replacing === undefined ? undefined : this.#call(replacing).dialog
    if (replacing !== undefined && !dialog)
      throw new SipError('invalid-dialog-state', 'the call to be replaced is not up')
    const record = dialog?.record()
    const value = record ? referTo(`<${record.remoteTarget}>`, replacesHeaders(record)) : referTo(given ?? '')
    if (value === undefined) throw new SipError('argument', 'Refer-To is no address')
    return value
  }

  #headers(asked: OutgoingReferral): HeaderPair[] {
    const { referredBy, subscription = true, headers = [] } = asked
    return [
      ['Refer-To', this.#referTo(asked)],
      ...(referredBy === undefined ? [] : [['Referred-By', referredBy] as const]),
      ...(subscription
        ? []
        : ([
            ['Refer-Sub', 'false'],
            ['Supported', 'norefersub'],
          ] as const)),
      ...headers,
    ]
  }
}
