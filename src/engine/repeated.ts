/** Stand-alone requests that are repeated before what they asked for expires: the effects of their machine. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import { longName } from '../message/names.ts'
import type { HeaderPair } from '../message/types.ts'
import { readSeconds } from '../rules/expiry.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import type { RefreshElements } from './border/registrations.ts'
import type { Id, OutgoingRequest } from './commands.ts'
import type { ConnectionEntry, RefreshEntry, RepeatedEntry } from './entries.ts'
import { outgoingDraft } from './outgoing.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

/** Seconds that the headers ask for. */
const requestedIn = (headers: readonly HeaderPair[] = []): number | undefined =>
  readSeconds(headers.find(([name]) => longName(name) === 'expires')?.[1].trim())

export class Repeated {
  readonly #runtime: Runtime
  readonly #requests: Requests
  readonly #logics: { readonly repeated: AnyActorLogic; readonly refresh: AnyActorLogic }

  constructor(
    runtime: Runtime,
    requests: Requests,
    logics: { readonly repeated: AnyActorLogic; readonly refresh: AnyActorLogic },
  ) {
    this.#runtime = runtime
    this.#requests = requests
    this.#logics = logics
  }

  /** A request with the wish to be repeated. */
  open(connection: ConnectionEntry, id: Id, outgoing: OutgoingRequest): void {
    const runtime = this.#runtime
    const requested = requestedIn(outgoing.headers)
    // The one needs the other: the refresh has its place before it has its actor.
    const refresh = { kind: 'refresh', id: outgoing.refresh!.id, connection, visible: true } as RefreshEntry
    const entry = {
      kind: 'repeated',
      id: runtime.newId('repeated'),
      connection,
      visible: false,
      requestId: id,
      outgoing,
      draft: outgoingDraft(runtime, connection, outgoing),
      numbering: { seq: 0 },
      refresh,
    } as unknown as RepeatedEntry
    runtime.spawn<RepeatedEntry>(entry, this.#logics.repeated, requested === undefined ? {} : { requested })
    Object.assign(refresh, { owner: entry })
    runtime.spawn<RefreshEntry>(refresh, this.#logics.refresh, { owner: entry.actor })
  }

  /** Effect `request`: the first one has the application's own id. */
  request(entry: RepeatedEntry): void {
    const { draft, outgoing, numbering, refresh } = entry
    if (numbering.seq > 0) {
      entry.requestId = this.#runtime.newId('transaction')
      const { method } = draft
      this.#runtime.born({ type: 'transaction', id: entry.requestId, owner: refresh.id, method })
    }
    const { headers: extra = [], contentType, body } = outgoing
    this.#requests.start(entry, { ...draft, extra, contentType, body }, numbering, entry.requestId)
  }

  /** Effect `grantRefresh`. */
  granted(entry: RepeatedEntry, expires: number): void {
    const { refresh, outgoing } = entry
    this.#runtime.post(refresh, { type: 'refresh.granted', expires }, entry)
    const seconds = outgoing.refresh?.interval
    if (seconds !== undefined) this.#runtime.post(refresh, { type: 'tu.interval', seconds }, entry)
  }

  /** Effect `stopRefresh`. */
  stop(entry: RepeatedEntry): void {
    this.#runtime.post(entry.refresh, { type: 'refresh.stop' }, entry)
  }

  /** Command `refresh.update`: what is given takes the place of what was. */
  update(entry: RepeatedEntry, { headers, contentType, body }: RefreshElements): void {
    if (!entry.actor.getSnapshot().matches('active'))
      throw new SipError('request-pending', 'a repetition of the request is under way')
    entry.outgoing = {
      ...entry.outgoing,
      ...(headers && { headers: checkUserHeaders(headers) }),
      ...(contentType !== undefined && { contentType }),
      ...(body !== undefined && { body }),
    }
    this.#runtime.post(entry, { type: 'tu.update' })
  }
}
