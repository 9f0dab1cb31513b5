/** Server transactions: opening one for a request, and answering through it. RFC 3261 §8.2.6, §17.2. */
import type { AnyActorLogic } from 'xstate'
import type { SipRequest, SipResponse } from '../message/types.ts'
import { joinAllowEvents } from '../rules/allow-events.ts'
import { defaultPort } from '../rules/locate.ts'
import { mergeKey, requestKey } from '../rules/match.ts'
import { type Answer, type Refusal, respond } from '../rules/respond.ts'
import { responseTarget } from '../rules/via.ts'
import type { AnyDialogEntry, Entry, FlowEntry, ServerEntry, Way } from './entries.ts'
import type { Source } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { responseAdditions } from './static-headers.ts'

export interface Arrived {
  readonly request: SipRequest
  readonly way: Way
}

export interface Opening {
  /** The application answers it. Default false. */
  readonly visible?: boolean
  /** Tag to put into To; default a new one. */
  readonly toTag?: string | undefined
  /** The dialog that it came in: it hears when the answer is a 2xx. */
  readonly dialog?: AnyDialogEntry
  /** Whose request it is, when neither its owner nor its dialog tells. */
  readonly usage?: Entry | undefined
}

/** Where the response goes: back on the stream, or by Via. §18.2.2, RFC 3581 §4 */
export const wayBack = (flow: FlowEntry, request: SipRequest): Way => ({
  flow,
  to: flow.flow.remote ?? responseTarget(request, defaultPort(flow.transport.name)),
})

/** The same for the application: where the request came from, and as whom over TLS. */
export const sourceOf = ({ flow, to }: Way): Source => {
  const { identities } = flow.flow
  const { host, port } = to
  const { name: transport } = flow.transport
  return identities === undefined ? { host, port, transport } : { host, port, transport, identities }
}

export class ServerTransactions {
  readonly #runtime: Runtime
  readonly #logics: { readonly invite: AnyActorLogic; readonly other: AnyActorLogic }

  constructor(runtime: Runtime, logics: { readonly invite: AnyActorLogic; readonly other: AnyActorLogic }) {
    this.#runtime = runtime
    this.#logics = logics
  }

  /** Opens one; `owner` hears of its failure. */
  open(
    { request, way }: Arrived,
    owner: Entry,
    { visible = false, toTag, dialog, usage }: Opening = {},
  ): ServerEntry {
    const { connection } = owner
    const invite = request.method === 'INVITE'
    const merge = request.toTag === undefined ? mergeKey(request) : undefined
    connection.serverTransactions += 1
    const entry = this.#runtime.spawn<ServerEntry>(
      {
        kind: 'server',
        id: this.#runtime.newId('server'),
        connection,
        owner,
        key: requestKey(request),
        visible,
        invite,
        method: request.method,
        request,
        way,
        toTag: request.toTag ?? toTag ?? this.#runtime.token(),
        mergeKey: merge,
        dialog,
        usage,
      },
      invite ? this.#logics.invite : this.#logics.other,
      { owner: owner.actor, reliable: way.flow.transport.reliable, timers: connection.timers },
    )
    if (merge !== undefined) this.#runtime.registry.bind(merge, entry)
    return entry
  }

  /** Another transaction for the same request is alive: it came by two ways. §8.2.2.2 */
  isMerged(request: SipRequest): boolean {
    return request.toTag === undefined && this.#runtime.registry.find(mergeKey(request)) !== undefined
  }

  /** The response to the request of a transaction; none once it has had its final one. */
  build(entry: ServerEntry, answer: Answer): SipResponse | undefined {
    const { request, toTag } = entry
    if (!request) return undefined
    const added = responseAdditions(entry)
    if (added.length === 0) return respond(request, { ...answer, toTag })
    return respond(request, {
      ...answer,
      toTag,
      headers: joinAllowEvents([...(answer.headers ?? []), ...added]),
    })
  }

  /** The application is to answer it after all. */
  show(entry: ServerEntry): void {
    entry.visible = true
  }

  answer(entry: ServerEntry, answer: Answer): void {
    const response = this.build(entry, answer)
    if (!response) return
    const { status } = response
    const type = status < 200 ? 'tu.provisional' : entry.invite && status < 300 ? 'tu.success' : 'tu.final'
    const { dialog, request } = entry
    this.#runtime.post(entry, { type, response })
    if (dialog && status >= 200 && status < 300)
      this.#runtime.post(dialog, { type: 'dialog.accepted', request })
  }

  refuse(entry: ServerEntry, { reply }: Refusal): void {
    this.answer(entry, reply)
  }

  forget(entry: ServerEntry): void {
    entry.connection.serverTransactions -= 1
    if (entry.mergeKey !== undefined) this.#runtime.registry.unbind(entry.mergeKey, entry)
  }
}
