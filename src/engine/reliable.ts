/** Reliable provisional responses, ours and the peer's: effects of their machines. RFC 3262. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { Numbered } from '../../machines/dialog/reliable-provisional.ts'
import type { Prack } from '../../machines/dialog/reliable-receipt.ts'
import type { SipError } from '../errors.ts'
import { appendHeader } from '../message/derive.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import { sdpIn } from '../rules/body.ts'
import { errorForStatus, terminatesDialog } from '../rules/calls.ts'
import { firstRSeq, rackFor, rseqOf } from '../rules/reliable.ts'
import type { Dialogs } from './dialogs.ts'
import type { CallEntry, DialogEntry, ProvisionalEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'
import type { Sessions } from './sessions.ts'

export interface ReliableParts {
  readonly runtime: Runtime
  readonly servers: ServerTransactions
  readonly dialogs: Dialogs
  readonly sessions: Sessions
}

const sdpType = 'application/sdp'

export class Reliable {
  readonly #parts: ReliableParts
  readonly #logics: { readonly provisional: AnyActorLogic; readonly receipt: AnyActorLogic }

  constructor(
    parts: ReliableParts,
    logics: { readonly provisional: AnyActorLogic; readonly receipt: AnyActorLogic },
  ) {
    this.#parts = parts
    this.#logics = logics
  }

  /** Effect `respondReliably` of an incoming call. */
  respond(call: CallEntry, response: SipResponse): void {
    const { runtime, dialogs } = this.#parts
    const dialog = dialogs.open(call, response, true)
    if (!dialog) return
    dialog.provisional ??= this.#open(dialog, this.#logics.provisional, {
      owner: call.actor,
      timers: call.connection.timers,
      rseq: firstRSeq(runtime.platform.random.bytes(4)),
    })
    runtime.post(dialog.provisional, { type: 'tu.provisional', response }, call)
  }

  /** Effect `transmit`. */
  transmit({ dialog }: ProvisionalEntry, { response, rseq }: Numbered): void {
    const { runtime, sessions } = this.#parts
    const numbered = appendHeader(response, 'RSeq', String(rseq))
    sessions.observe(dialog, 'sent', numbered)
    runtime.post(dialog.call.server, { type: 'tu.provisional', response: numbered }, dialog.call)
  }

  /** Effect `acknowledge`: an offer in the PRACK is for the application to answer. §5 */
  acknowledge({ dialog }: ProvisionalEntry, { request, transaction }: RequestInDialog): void {
    const { runtime, sessions } = this.#parts
    const { id } = dialog.call
    // That of the INVITE may be unanswered yet.
    const before = sessions.standing(dialog)
    sessions.observe(dialog, 'received', request)
    runtime.news({ type: 'pracked', id, request })
    if (before !== 'received' && sessions.standing(dialog) === 'received')
      runtime.news({ type: 'prack', id, transaction, request })
    else this.#reply(transaction, 200)
  }

  /** Effect `refusePrack`. */
  refuse({ request, transaction }: RequestInDialog): void {
    this.#reply(transaction, request.parsed('rack') === undefined ? 400 : 481)
  }

  /** The answer to an offer that came in a PRACK; without one the PRACK is refused and the session as it was. */
  answer(transaction: string, answer: string | undefined): void {
    const { runtime, servers, sessions } = this.#parts
    const server = runtime.registry.get(transaction)
    const dialog = server?.kind === 'server' ? server.dialog : undefined
    if (server?.kind !== 'server' || dialog?.kind !== 'dialog') return
    if (answer === undefined) {
      sessions.withdraw(dialog)
      return servers.answer(server, { status: 488 })
    }
    const reply = { status: 200, contentType: sdpType, body: answer }
    const response = servers.build(server, reply)
    if (response) sessions.observe(dialog, 'sent', response)
    servers.answer(server, reply)
  }

  /** Effect `receiveReliably` of an outgoing call. */
  receive(call: CallEntry, response: SipResponse): void {
    const { runtime, dialogs, sessions } = this.#parts
    const dialog = dialogs.open(call, response, true)
    if (!dialog) return
    dialog.provisional ??= this.#open(dialog, this.#logics.receipt, {
      autoPrack: call.invite?.autoPrack ?? true,
    })
    // §5: to an INVITE without an offer the first reliable response may have one.
    const offer = !call.request!.sent!.body.length && sessions.standing(dialog) === 'none'
    runtime.post(
      dialog.provisional,
      {
        type: 'wire.reliable',
        response,
        rseq: rseqOf(response),
        offer: offer && sdpIn(response) !== undefined,
      },
      call,
    )
  }

  /** Effect `tell`. */
  tell({ dialog }: ProvisionalEntry, response: SipResponse): void {
    this.#parts.sessions.observe(dialog, 'received', response)
    this.#parts.runtime.news({ type: 'response', id: dialog.call.id, response })
  }

  /** Effect `prack`. */
  prack(entry: ProvisionalEntry, { response, rseq, body }: Prack): void {
    const { dialogs, sessions } = this.#parts
    const { dialog } = entry
    dialogs.request(entry, dialog, {
      method: 'PRACK',
      extra: [['RAck', rackFor(rseq, response)]],
      ...(body !== undefined && { contentType: sdpType, body }),
      credentials: dialog.call.invite?.credentials,
      sent: (request: SipRequest) => sessions.observe(dialog, 'sent', request),
    })
  }

  /** Effect `ask`. */
  ask({ dialog }: ProvisionalEntry, response: SipResponse, answer: boolean): void {
    const { id } = dialog.call
    this.#parts.runtime.news({ type: 'reliable', id, dialog: dialog.id, response, answer })
  }

  /** Effect `agree`. */
  agree({ dialog }: ProvisionalEntry, response: SipResponse): void {
    this.#parts.sessions.observe(dialog, 'received', response)
  }

  /** Effect `fail`: a PRACK was refused, or not answered. RFC 5057 §5.1 */
  fail(entry: ProvisionalEntry, { response, error }: { response?: SipResponse; error?: SipError }): void {
    const { runtime, sessions } = this.#parts
    const { dialog } = entry
    sessions.withdraw(dialog)
    runtime.error(dialog.call.id, response ? errorForStatus(response) : error!)
    if (!response || terminatesDialog(response.status, 'PRACK'))
      runtime.post(dialog.call, { type: 'tu.hangUp' }, entry)
  }

  #open(dialog: DialogEntry, logic: AnyActorLogic, input: object): ProvisionalEntry {
    const { runtime } = this.#parts
    const id = runtime.newId('provisional')
    const { connection } = dialog
    return runtime.spawn<ProvisionalEntry>(
      { kind: 'provisional', id, connection, owner: dialog, visible: false, dialog },
      logic,
      input,
    )
  }

  #reply(transaction: string, status: number): void {
    const { runtime, servers } = this.#parts
    const server = runtime.registry.get(transaction)
    if (server?.kind === 'server') servers.answer(server, { status })
  }
}
