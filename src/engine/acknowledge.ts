/** Acknowledging 2xx: one ACK for each dialog of an INVITE, the same again for every repetition. RFC 3261 §13.2.2.4 */
import type { SipError } from '../errors.ts'
import { createRequest } from '../message/create.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { credentialsOf } from '../rules/ack.ts'
import { sdpIn } from '../rules/body.ts'
import { type DialogRecord, uacDialog } from '../rules/dialog.ts'
import { secureHop } from '../rules/secure.ts'
import { topViaValue } from '../rules/via.ts'
import { declined } from '../sdp/decline.ts'
import { draftWithin } from './draft-within.ts'
import type { CallEntry, ChangeEntry, DialogEntry, Draft, LocalNames } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Target } from './ports.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import type { Sessions } from './sessions.ts'
import { requestAdditions } from './static-headers.ts'

export class Acknowledgements {
  readonly #runtime: Runtime
  readonly #flows: Flows
  readonly #requests: Requests
  readonly #sessions: Sessions

  constructor(runtime: Runtime, flows: Flows, requests: Requests, sessions: Sessions) {
    this.#runtime = runtime
    this.#flows = flows
    this.#requests = requests
    this.#sessions = sessions
  }

  /** Effect `acknowledge`: ACK for a 2xx, the same again for its repetitions. §13.2.2.4 */
  acknowledge(
    call: CallEntry | ChangeEntry,
    response: SipResponse,
    answer?: string,
    by?: DialogRecord,
  ): void {
    const tag = response.toTag ?? ''
    const before = call.acknowledgements?.get(tag)
    if (before === 'on its way') return
    if (before) {
      const { way, request } = before
      this.#flows.again(way, { ready: same => void this.#flows.send(same, request, call), failed: () => {} })
      return
    }
    const { sent } = call.request!
    const dialog =
      call.kind === 'change' ? call.dialog : call.dialogs.find(one => one.record().remoteTag === tag)
    const record = by ?? dialog?.record() ?? uacDialog(sent!, response)
    const unmet = answer === undefined ? this.#unanswered(sent!, response, dialog) : undefined
    const answering = unmet
      ? (host: string) => declined(unmet, host, dialog && this.#sessions.local(dialog))
      : () => answer
    this.#sendAck(call, record, sent!, tag, answering, dialog)
  }

  /** The offer in a 2xx that nobody answers: each needs an answer all the same. §13.2.1, §13.2.2.4 */
  #unanswered(
    invite: SipRequest,
    response: SipResponse,
    dialog: DialogEntry | undefined,
  ): string | undefined {
    const offers = dialog ? this.#sessions.isOfferedBy(dialog, response) : sdpIn(invite) === undefined
    return offers ? sdpIn(response) : undefined
  }

  /** Effect `dismiss`: a 2xx that nobody wants is acknowledged, then its dialog ended. §13.2.2.4 */
  dismiss(call: CallEntry, response: SipResponse): void {
    const known = call.acknowledgements?.has(response.toTag ?? '')
    // Its early dialog may have had another target and route. §13.2.2.4
    const record = uacDialog(call.request!.sent!, response)
    this.acknowledge(call, response, undefined, record)
    if (known) return
    this.#requests.start(
      call.connection,
      draftWithin(record, {
        method: 'BYE',
        extra: requestAdditions(call, 'BYE'),
        credentials: call.invite?.credentials,
      }),
      { seq: call.numbering.seq },
    )
  }

  #sendAck(
    call: CallEntry | ChangeEntry,
    record: DialogRecord,
    invite: SipRequest,
    tag: string,
    answer: (host: string) => string | undefined,
    dialog: DialogEntry | undefined,
  ): void {
    const { connection } = call
    const draft = draftWithin(record, { method: 'ACK' })
    // Until the name is resolved and the stream open, a repeated 2xx must not make a second ACK.
    const acknowledgements = (call.acknowledgements ??= new Map())
    acknowledgements.set(tag, 'on its way')
    const failed = (error: SipError): void => {
      acknowledgements.delete(tag)
      this.#runtime.error(call.kind === 'change' ? call.dialog.call.id : call.id, error)
    }
    // §18.4, RFC 3263 §4.3: a target that cannot be reached gives way to the next.
    const reach = ([target, ...others]: readonly Target[]): void =>
      this.#flows.reach(connection, target!, {
        ready: way => {
          const names = this.#flows.names(connection, way)
          const request = this.#ack(call, draft, invite, way.flow.transport.name, names, answer(names.host))
          acknowledgements.set(tag, { request, way: { ...way } })
          if (dialog) this.#sessions.observe(dialog, 'sent', request)
          this.#flows.send(way, request, call)
        },
        failed: error => (others.length > 0 ? reach(others) : failed(error)),
      })
    this.#requests.findTargets(connection, secureHop(draft.nextHop, draft.uri), () => 0, {
      found: reach,
      failed,
    })
  }

  #ack(
    call: CallEntry | ChangeEntry,
    draft: Draft,
    invite: SipRequest,
    transport: string,
    local: LocalNames,
    answer: string | undefined,
  ): SipRequest {
    const { userAgent } = call.connection.options
    const headers: HeaderPair[] = [
      ['Via', topViaValue(transport, local.host, local.port, `z9hG4bK${this.#runtime.token()}`)],
      ...draft.head(invite.cseq.seq, local),
      ...credentialsOf(invite),
    ]
    if (userAgent !== undefined) headers.push(['User-Agent', userAgent])
    headers.push(...requestAdditions(call, 'ACK'))
    if (answer === undefined) return createRequest({ method: 'ACK', uri: draft.uri, headers })
    headers.push(['Content-Type', 'application/sdp'])
    return createRequest({ method: 'ACK', uri: draft.uri, headers, body: answer })
  }
}
