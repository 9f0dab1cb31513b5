/** Dialogs of calls: making them, acknowledging in them, requests within them. RFC 3261 §12, §13.2.2.4, §15.1.1. */
import type { AnyActorLogic } from 'xstate'
import type { SipError } from '../errors.ts'
import { createRequest } from '../message/create.ts'
import { isMalformed } from '../message/malformed.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { credentialsOf } from '../rules/ack.ts'
import { type DialogRecord, dialogRequest, uacDialog, uasDialog } from '../rules/dialog.ts'
import { dialogKey } from '../rules/match.ts'
import { topViaValue } from '../rules/via.ts'
import type { Credentials } from './commands.ts'
import type { CallEntry, ConnectionEntry, DialogEntry, Draft, Entry, RequestEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

interface InDialog {
  readonly method: string
  readonly extra?: readonly HeaderPair[] | undefined
  readonly contact?: boolean
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly credentials?: readonly Credentials[] | undefined
}

export class Dialogs {
  readonly #runtime: Runtime
  readonly #flows: Flows
  readonly #requests: Requests
  readonly #logic: AnyActorLogic

  constructor(runtime: Runtime, flows: Flows, requests: Requests, logic: AnyActorLogic) {
    this.#runtime = runtime
    this.#flows = flows
    this.#requests = requests
    this.#logic = logic
  }

  /** Effect `openDialog`: the dialog that a response to the INVITE makes, or confirms. §12.1 */
  open(call: CallEntry, response: SipResponse): void {
    const remoteTag = call.direction === 'outgoing' ? (response.toTag ?? '') : (response.fromTag ?? '')
    const success = response.status >= 200
    const known = call.dialogs.find(dialog => dialog.record().remoteTag === remoteTag)
    if (known && !success) return
    const record = known ? this.#confirmed(call, known.record(), response) : this.#record(call, response)
    const dialog = known ?? this.#add(call, record, success)
    if (!dialog) return
    if (known) {
      // The ACK and BYE of this very step go by it already.
      known.confirming = record
      this.#runtime.post(known, { type: 'dialog.confirmed', record })
    }
    if (success) {
      call.dialog = dialog
      call.answer = response
    }
  }

  /** Effect `endDialogs`. */
  end(call: CallEntry): void {
    for (const dialog of call.dialogs) this.#runtime.post(dialog, { type: 'dialog.ended' }, call)
  }

  /** Effect `acknowledge`: ACK for a 2xx, the same again for its repetitions. §13.2.2.4 */
  acknowledge(call: CallEntry, response: SipResponse, answer?: string): void {
    const tag = response.toTag ?? ''
    const before = call.acknowledgements?.get(tag)
    if (before === 'on its way') return
    if (before) {
      const { way, request } = before
      this.#flows.again(way, { ready: same => void this.#flows.send(same, request, call), failed: () => {} })
      return
    }
    const { sent } = call.request!
    const record =
      call.dialogs.find(dialog => dialog.record().remoteTag === tag)?.record() ?? uacDialog(sent!, response)
    this.#sendAck(call, record, sent!, tag, answer)
  }

  /** Effect `dismiss`: a 2xx that nobody wants is acknowledged, then its dialog ended. §13.2.2.4 */
  dismiss(call: CallEntry, response: SipResponse): void {
    const known = call.acknowledgements?.has(response.toTag ?? '')
    this.acknowledge(call, response)
    if (known) return
    const record = uacDialog(call.request!.sent!, response)
    this.#requests.start(
      call.connection,
      this.draft(record, { method: 'BYE', credentials: call.invite?.credentials }),
      { seq: call.numbering.seq },
    )
  }

  /** A request within a dialog. §12.2.1.1 */
  request(owner: Entry, dialog: DialogEntry, request: InDialog, id?: string): RequestEntry {
    return this.#requests.start(owner, this.draft(dialog.record(), request), dialog.numbering, id)
  }

  draft(
    record: DialogRecord,
    { method, extra = [], contact, contentType, body, credentials = [] }: InDialog,
  ): Draft {
    const { uri, nextHop } = dialogRequest(record, { method, seq: 0 })
    const hop = parseUri(nextHop)
    // A peer's Contact or Record-Route was checked when the dialog was made; what is no SIP URI leads nowhere.
    const target = !isMalformed(hop) && isSipUri(hop) ? hop : unreachable
    return {
      method,
      uri,
      nextHop: target,
      head: seq => dialogRequest(record, { method, seq }).headers,
      ...(contact ? { contact: 'own' } : {}),
      extra,
      contentType,
      body,
      credentials,
    }
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

  #sendAck(
    call: CallEntry,
    record: DialogRecord,
    invite: SipRequest,
    tag: string,
    answer: string | undefined,
  ): void {
    const { connection } = call
    const draft = this.draft(record, { method: 'ACK' })
    // Until the name is resolved and the stream open, a repeated 2xx must not make a second ACK.
    const acknowledgements = (call.acknowledgements ??= new Map())
    acknowledgements.set(tag, 'on its way')
    const failed = (error: SipError): void => {
      acknowledgements.delete(tag)
      this.#runtime.error(call.id, error)
    }
    this.#requests.findTargets(connection, draft.nextHop, () => 0, {
      found: targets =>
        this.#flows.reach(connection, targets[0]!, {
          ready: way => {
            const request = this.#ack(
              connection,
              draft,
              invite,
              way.flow.transport.name,
              this.#flows.names(connection, way),
              answer,
            )
            acknowledgements.set(tag, { request, way: { ...way } })
            this.#flows.send(way, request, call)
          },
          failed,
        }),
      failed,
    })
  }

  #ack(
    connection: ConnectionEntry,
    draft: Draft,
    invite: SipRequest,
    transport: string,
    local: { host: string; port: number; contact: string },
    answer: string | undefined,
  ): SipRequest {
    const headers: HeaderPair[] = [
      ['Via', topViaValue(transport, local.host, local.port, `z9hG4bK${this.#runtime.token()}`)],
      ...draft.head(invite.cseq.seq, local),
      ...credentialsOf(invite),
    ]
    if (connection.options.userAgent !== undefined) headers.push(['User-Agent', connection.options.userAgent])
    if (answer === undefined) return createRequest({ method: 'ACK', uri: draft.uri, headers })
    headers.push(['Content-Type', 'application/sdp'])
    return createRequest({ method: 'ACK', uri: draft.uri, headers, body: answer })
  }
}

/** A name that no resolver knows (RFC 2606 §2). */
const unreachable = { scheme: 'sip', host: 'unknown.invalid', params: new Map(), headers: new Map() } as const
