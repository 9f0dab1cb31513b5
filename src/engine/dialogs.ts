/** Dialogs of calls: making them, ending them, requests within them. RFC 3261 §12, §13.2.2.4, §15.1.1. */
import type { AnyActorLogic } from 'xstate'
import type { SipResponse } from '../message/types.ts'
import { type DialogRecord, uacDialog, uasDialog } from '../rules/dialog.ts'
import { dialogKey } from '../rules/match.ts'
import { draftWithin, type InDialog } from './draft-within.ts'
import type { AnyDialogEntry, CallEntry, DialogEntry, Entry, RequestEntry } from './entries.ts'
import { fromRegistration } from './register-draft.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import type { Sessions } from './sessions.ts'

export class Dialogs {
  readonly #runtime: Runtime
  readonly #requests: Requests
  readonly #sessions: Sessions
  readonly #logic: AnyActorLogic

  constructor(runtime: Runtime, requests: Requests, sessions: Sessions, logic: AnyActorLogic) {
    this.#runtime = runtime
    this.#requests = requests
    this.#sessions = sessions
    this.#logic = logic
  }

  /**
   * Effect `openDialog`: the dialog that a response to the INVITE makes, or confirms. §12.1. `unseen`: what the response
   * says of the session counts later, when it has its number (RFC 3262).
   */
  open(call: CallEntry, response: SipResponse, unseen = false): DialogEntry | undefined {
    const remoteTag = call.direction === 'outgoing' ? (response.toTag ?? '') : (response.fromTag ?? '')
    const success = response.status >= 200
    const known = call.dialogs.find(dialog => dialog.record().remoteTag === remoteTag)
    if (known && !success) {
      if (!unseen) this.#describe(call, known, response)
      return known
    }
    const record = known ? this.#confirmed(call, known.record(), response) : this.#record(call, response)
    const dialog = known ?? this.#add(call, record, success)
    if (!dialog) return undefined
    if (known) {
      // The ACK and BYE of this very step go by it already.
      known.confirming = record
      this.#runtime.post(known, { type: 'dialog.confirmed', record })
    }
    if (success) {
      call.dialog = dialog
      call.answer = response
    }
    if (success) {
      this.#runtime.post(call.expiry, { type: 'tu.stop' }, call)
      if (call.direction === 'incoming') this.#runtime.post(dialog.provisional, { type: 'tu.answered' }, call)
    }
    if (!known) this.#sessions.begin(dialog)
    if (!unseen) this.#describe(call, dialog, response)
    return dialog
  }

  /** Effect `endDialogs`. */
  end(call: CallEntry): void {
    for (const dialog of call.dialogs) this.close(dialog)
    this.#runtime.post(call.expiry, { type: 'tu.stop' }, call)
  }

  /** Ends the dialogs of a call that the 2xx did not take; all of them when there is none. §13.2.2.4, §8.1.3.4 */
  prune(call: CallEntry): void {
    if (call.dialogs.length === 0 || (call.dialogs.length === 1 && call.dialogs[0] === call.dialog)) return
    for (const dialog of call.dialogs.splice(0)) {
      if (dialog === call.dialog) call.dialogs.push(dialog)
      else this.close(dialog)
    }
  }

  /** Ends one dialog, and what stands beside it. */
  close(dialog: DialogEntry): void {
    const { call, session, sessionTimer, provisional, changes = [] } = dialog
    // A subscription keeps the dialog, and nothing else of the call. RFC 5057 §3
    if (dialog.usages?.length) dialog.over = true
    else this.#runtime.post(dialog, { type: 'dialog.ended' }, call)
    this.#runtime.post(session, { type: 'dialog.ended' }, call)
    this.#runtime.post(sessionTimer, { type: 'dialog.ended' }, call)
    this.#runtime.post(provisional, { type: 'tu.stop' }, call)
    for (const change of changes) this.#runtime.post(change, { type: 'dialog.ended' }, call)
  }

  #describe(call: CallEntry, dialog: DialogEntry, response: SipResponse): void {
    this.#sessions.observe(dialog, call.direction === 'outgoing' ? 'received' : 'sent', response)
  }

  /** A request within a dialog. §12.2.1.1 */
  request(owner: Entry, dialog: AnyDialogEntry, request: InDialog, id?: string): RequestEntry {
    const contactHost = dialog.kind === 'dialog' ? dialog.contactHost : undefined
    const draft = draftWithin(dialog.record(), { contactHost, ...request })
    const begun = dialog.kind === 'dialog' ? dialog.call : dialog
    // Whoever began it from a registration goes on under the name that this gave him, and over its flow.
    const first = 'call' in dialog ? dialog.call.request?.draft : undefined
    const { contact = 'own', contactUser, contactUriParams = '' } = begun.own ?? first ?? {}
    const named =
      draft.contact && (contact !== 'own' || contactUriParams || contactUser !== undefined)
        ? { ...draft, contact, contactUser, contactUriParams }
        : draft
    const by = begun.registration?.alive ? begun.registration : undefined
    const { place } = by ? fromRegistration(by, draft.nextHop, draft.method) : {}
    return this.#requests.start(owner, place ? { ...named, place } : named, dialog.numbering, id)
  }

  /** An early dialog by its 2xx: target and route are those of the 2xx. §13.2.2.4 */
  #confirmed(call: CallEntry, early: DialogRecord, response: SipResponse): DialogRecord {
    return call.direction === 'incoming'
      ? early
      : { ...this.#record(call, response), remoteSeq: early.remoteSeq }
  }

  #record(call: CallEntry, response: SipResponse): DialogRecord {
    return call.direction === 'outgoing'
      ? uacDialog(call.request!.sent!, response)
      : uasDialog(call.incoming!, response.toTag ?? '')
  }

  #add(call: CallEntry, record: DialogRecord, confirmed: boolean): DialogEntry | undefined {
    if (!confirmed && call.dialogs.length >= this.#runtime.limits.earlyDialogs) return undefined
    const { connection } = call
    const id = this.#runtime.newId('dialog')
    const { callId, localTag, remoteTag, localUri, remoteUri, remoteTarget, routeSet, secure } = record
    this.#runtime.born({
      type: 'dialog',
      id,
      call: call.id,
      connection: connection.id,
      dialog: { callId, localTag, remoteTag, localUri, remoteUri, remoteTarget, routeSet, secure },
      ...this.#runtime.caused,
    })
    const entry: DialogEntry = this.#runtime.spawn<DialogEntry>(
      {
        kind: 'dialog',
        id,
        connection,
        owner: call,
        key: dialogKey(callId, localTag, remoteTag),
        visible: true,
        call,
        // Each fork counts on from the INVITE by itself.
        numbering: call.dialogs.length === 0 ? call.numbering : { seq: call.numbering.seq },
        record: () => {
          const snapshot = entry.actor.getSnapshot()
          const { confirming } = entry
          return confirming && snapshot.matches('early')
            ? confirming
            : (snapshot.context.record as DialogRecord)
        },
      },
      this.#logic,
      { record, confirmed },
    )
    call.dialogs.push(entry)
    return entry
  }
}
