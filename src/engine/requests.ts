/**
 * Requests of ours on their way: effects of `client-request`. Locating and connecting a target, sending, cancelling.
 * RFC 3261 §8.1.2, §9.1, §18.1.1; RFC 3263.
 */
import type { AnyActorLogic, AnyEventObject } from 'xstate'
import type { TargetFailure } from '../../machines/client-request-setup.ts'
import type { Place } from '../../machines/effects.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { serialize } from '../message/serialize.ts'
import type { SipRequest, SipResponse, SipUri } from '../message/types.ts'
import { makeAck } from '../rules/ack.ts'
import { joinAllowEvents } from '../rules/allow-events.ts'
import { makeCancel } from '../rules/cancel.ts'
import { politeTargets } from '../rules/locate.ts'
import { clientKey } from '../rules/match.ts'
import { needsSips, secureHop } from '../rules/secure.ts'
import { accessNetworkOf } from './access-network.ts'
import { compose } from './compose.ts'
import type {
  ClientEntry,
  ConnectionEntry,
  Draft,
  Entry,
  LocalNames,
  Numbering,
  RequestEntry,
  Way,
} from './entries.ts'
import type { Flows } from './flows.ts'
import { nowhere } from './outgoing.ts'
import type { Target } from './ports.ts'
import type { Runtime } from './runtime.ts'
import type { SecurityAgreements } from './security-agreements.ts'
import { requestAdditions } from './static-headers.ts'
import { type Asking, type Found, Targets } from './targets.ts'

export interface ClientLogics {
  readonly request: AnyActorLogic
  readonly invite: AnyActorLogic
  readonly other: AnyActorLogic
}

/** Names that are as long as any, to measure a request before its flow is known. */
const sample: LocalNames = { host: '255.255.255.255', port: 65535, contact: 'sip:a@255.255.255.255:65535' }

const tooBig = (): SipError =>
  new SipError('not-supported', 'it is too big for UDP, and nothing else leads there (RFC 3428 §8)')
const lost = (uri: string): SipError => new SipError('resolving', `no proxy is left that takes ${uri}`)
const held = (): SipError => new SipError('could-not-connect', 'the network is suspended')

export class Requests {
  /** Told of each REGISTER that goes out. */
  onRegister: (entry: RequestEntry) => void = () => {}
  /** Credentials and agreements on security. Set when the engine is put together. */
  agreements!: SecurityAgreements
  readonly #runtime: Runtime
  readonly #flows: Flows
  readonly #logics: ClientLogics
  readonly #targets: Targets

  constructor(runtime: Runtime, flows: Flows, logics: ClientLogics) {
    this.#runtime = runtime
    this.#flows = flows
    this.#logics = logics
    this.#targets = new Targets(runtime)
  }

  /** Starts a request on behalf of `owner`; `id` when the application has an object for it. */
  start(owner: Entry, draft: Draft, numbering: Numbering, id?: string): RequestEntry {
    const { connection } = owner
    numbering.seq += 1
    return this.#runtime.spawn<RequestEntry>(
      {
        kind: 'request',
        id: id ?? this.#runtime.newId('request'),
        connection,
        owner,
        visible: id !== undefined,
        draft,
        numbering,
        seq: numbering.seq,
      },
      this.#logics.request,
      {
        owner: owner.actor,
        method: draft.method,
        timers: connection.timers,
        answersChallenges: !draft.probes && (connection.options.securityHandling ?? true),
        silence: this.#silence(connection),
      },
    )
  }

  /**
   * Effect `locate`. The answer never comes within the step that asks: whoever sends a request has its handle before a
   * packet leaves, wherever it goes.
   */
  locate(entry: RequestEntry): void {
    const later = (event: AnyEventObject): void => {
      void Promise.resolve().then(() => this.#runtime.run(() => this.#runtime.post(entry, event)))
    }
    const { nextHop, uri, place, polite } = entry.draft
    if (nextHop === nowhere) return later({ type: 'resolver.failed', error: lost(uri) })
    if (this.#isHeld(entry)) return later({ type: 'resolver.failed', error: held() })
    const located = (found: readonly Target[]): void => {
      const targets = polite ? politeTargets(found, this.#size(entry)) : found
      if (targets.length > 0 || found.length === 0) return later({ type: 'resolver.located', targets })
      later({ type: 'resolver.failed', error: tooBig() })
    }
    if (place) return located([place])
    const done: Found = {
      found: targets => {
        if (this.#isHeld(entry)) return later({ type: 'resolver.failed', error: held() })
        located(this.agreements.secured(entry.connection, nextHop, targets))
      },
      failed: error => later({ type: 'resolver.failed', error }),
    }
    const fresh = entry.draft.method === 'REGISTER'
    this.findTargets(entry.connection, secureHop(nextHop, uri), () => this.#size(entry), done, {
      fresh,
      wanted: () => entry.alive === true,
    })
  }

  /** Where a URI leads. */
  findTargets(
    connection: ConnectionEntry,
    uri: SipUri,
    size: () => number,
    done: Found,
    asking?: Asking,
  ): void {
    this.#targets.find(connection, uri, size, done, asking)
  }

  /** Effect `avoid`. RFC 3263 §4.3 */
  avoid(failure: TargetFailure): void {
    this.#targets.avoid(failure)
  }

  /** Effect `connect`. What is heard of an attempt that was left meanwhile, nobody is told. */
  connect(entry: RequestEntry, place: Place): void {
    const attempt = (entry.attempt ?? 0) + 1
    entry.attempt = attempt
    let settled = false
    const current = (): boolean => {
      settled = true
      return entry.attempt === attempt
    }
    this.#flows.reach(entry.connection, place as Target, {
      ready: (way, reused) => {
        if (!current()) return
        entry.way = way
        const verifies = this.agreements.prepare(entry)
        this.#runtime.post(entry, { type: 'flow.ready', reused, verifies })
      },
      failed: error => {
        if (current()) this.#runtime.post(entry, { type: 'flow.failed', error })
      },
    })
    if (!settled) this.#runtime.post(entry, { type: 'flow.opening' })
  }

  /** Effect `send`: a transaction of its own for this target. */
  send(entry: RequestEntry): void {
    const { connection, draft } = entry
    const way = entry.way!
    const local = this.#flows.names(connection, way, needsSips(draft.nextHop, draft.uri))
    entry.names ??= local
    this.agreements.authorise(entry)
    const branch = `z9hG4bK${this.#runtime.token()}`
    const { name } = way.flow.transport
    const access = accessNetworkOf(this.#runtime.platform.networks, connection, name, draft.nextHop.host)
    const added = requestAdditions(entry.owner, draft.method)
    const sent = compose(entry, local, name, branch, connection.options.userAgent, added, access)
    if (entry.sent === undefined) draft.sent?.(sent)
    entry.sent = sent
    const contact = entry.owner?.kind === 'registration' ? sent.header('contact') : undefined
    const value = contact === undefined ? undefined : parseNameAddr(contact)
    if (value && !isMalformed(value))
      this.#runtime.post(entry.owner, { type: 'request.sent', contact: value }, entry)
    if (entry.owner?.kind === 'change')
      this.#runtime.post(entry.owner, { type: 'request.sent', request: sent }, entry)
    if (draft.method === 'REGISTER') this.onRegister(entry)
    entry.transaction = this.#open(entry, sent, way, clientKey(branch, draft.method))
  }

  /** Effect `cancel`: a CANCEL on the way of its INVITE. */
  cancel(entry: RequestEntry): void {
    const { sent, way, connection, owner } = entry
    if (!sent || !way) return
    const given = owner?.kind === 'call' ? owner.cancelHeaders : undefined
    const headers = joinAllowEvents([...(given ?? []), ...requestAdditions(owner, 'CANCEL')])
    const request = makeCancel(sent, { headers })
    this.#open(connection, request, way, clientKey(sent.via.params.get('branch') ?? '', 'CANCEL'))
  }

  /** Effect `abandon`: the INVITE's transaction is given up. §9.1 */
  abandon(entry: RequestEntry): void {
    this.#runtime.post(entry.transaction, { type: 'tu.abandon' }, entry)
  }

  /** Effect `acknowledgeFailure` of an INVITE's transaction. §17.1.1.3 */
  acknowledgeFailure(entry: ClientEntry, response: SipResponse): void {
    const { owner } = entry
    const added = requestAdditions(owner?.kind === 'request' ? owner.owner : owner, 'ACK')
    this.#flows.send(entry.way, makeAck(entry.request, response, added), entry)
  }

  #open(owner: Entry, request: SipRequest, way: Way, key: string): ClientEntry {
    const { connection } = owner
    return this.#runtime.spawn<ClientEntry>(
      {
        kind: 'client',
        id: this.#runtime.newId('client'),
        connection,
        owner,
        key,
        visible: false,
        request,
        way: { ...way },
      },
      request.method === 'INVITE' ? this.#logics.invite : this.#logics.other,
      { owner: owner.actor, reliable: way.flow.transport.reliable, timers: connection.timers, request },
    )
  }

  /** Nothing new leaves while the network is held. */
  #isHeld({ connection }: RequestEntry): boolean {
    return connection.actor.getSnapshot().value === 'suspended'
  }

  #silence({ timers }: ConnectionEntry): number {
    const { silentTarget } = this.#runtime.limits
    return silentTarget === 0 ? 0 : Math.max(silentTarget, 8 * timers.t1)
  }

  #size(entry: RequestEntry): number {
    const { body = '' } = entry.draft
    const head = entry.draft.head(entry.seq, sample)
    let size = 400 + entry.draft.uri.length + body.length
    for (const [name, value] of head) size += name.length + value.length + 4
    for (const [name, value] of entry.draft.extra) size += name.length + value.length + 4
    const added = requestAdditions(entry.owner, entry.draft.method)
    for (const [name, value] of added) size += name.length + value.length + 4
    // Far from the limit an estimate will do; near it the request is built.
    if (size < 800) return size
    const request = compose(
      { ...entry, names: sample },
      sample,
      'UDP',
      `z9hG4bK${'x'.repeat(26)}`,
      entry.connection.options.userAgent,
      added,
    )
    return serialize(request).length
  }
}
