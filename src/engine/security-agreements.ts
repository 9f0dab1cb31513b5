/** Agreements on security with next hops: one actor each, and what requests carry of them. RFC 3329. */
import type { AnyActorLogic } from 'xstate'
import type { Proceeding } from '../../machines/security-agreement.ts'
import { SipError } from '../errors.ts'
import type { SipResponse, SipUri } from '../message/types.ts'
import {
  type Agreed,
  isEndless,
  offerHeaders,
  overTls,
  securityMechanisms,
  securityServer,
  verifyHeaders,
} from '../rules/security-agreement.ts'
import type { Acknowledgements } from './acknowledge.ts'
import type { Authenticator } from './authenticate.ts'
import type { ConnectionEntry, RequestEntry, SecurityEntry } from './entries.ts'
import type { Target } from './ports.ts'
import type { Runtime } from './runtime.ts'

/** `host:port` of a next hop, as events and the API name it. */
const hopOf = ({ host, port, params }: SipUri): string =>
  `${(params.get('maddr') ?? host).toLowerCase()}${port === undefined ? '' : `:${port}`}`

export class SecurityAgreements {
  readonly #runtime: Runtime
  readonly #authenticator: Authenticator
  readonly #acknowledgements: () => Acknowledgements
  readonly #logic: AnyActorLogic

  constructor(
    runtime: Runtime,
    authenticator: Authenticator,
    acknowledgements: () => Acknowledgements,
    logic: AnyActorLogic,
  ) {
    this.#runtime = runtime
    this.#authenticator = authenticator
    this.#acknowledgements = acknowledgements
    this.#logic = logic
  }

  /** Before a request goes out: what it is to carry. True when its 2xx will have to be looked at. */
  prepare(entry: RequestEntry): boolean {
    const authorised = this.#authenticator.prepare(entry)
    return this.#offer(entry) || authorised
  }

  /** The credentials for one more sending. */
  authorise(entry: RequestEntry): void {
    this.#authenticator.authorise(entry)
  }

  /** Our offer, or what was agreed on; true for an offer. */
  #offer(entry: RequestEntry): boolean {
    const { connection, draft } = entry
    const { securityAgreement: options, securityHandling = true } = connection.options
    if (!securityHandling || !(options || connection.agreements)) return false
    const agreement = options
      ? this.#agreementWith(connection, draft.nextHop)
      : this.#known(connection, draft.nextHop)
    if (!agreement) return false
    const agreed = this.#agreed(agreement)
    const offered = agreed === undefined && options !== undefined
    if (offered) this.#runtime.post(agreement, { type: 'security.offered' }, entry)
    const headers = agreed?.list
      ? verifyHeaders(agreed.list.lines)
      : options
        ? offerHeaders(options.mechanisms, options.require ?? false)
        : []
    entry.security = { agreement, headers, offered }
    return offered
  }

  /** Where a request goes when TLS was agreed on. §2.3.1 */
  secured(connection: ConnectionEntry, hop: SipUri, targets: readonly Target[]): readonly Target[] {
    const agreement = this.#known(connection, hop)
    return agreement && this.#agreed(agreement)?.mechanism === 'tls' ? overTls(targets) : targets
  }

  /** Effect `authenticate`: an agreement first, when the response wants one. §2.3.1 */
  challenged(entry: RequestEntry, response: SipResponse): void {
    const list = securityServer(response)
    if (!list) return this.#authenticator.authenticate(entry, response)
    entry.securityLists = (entry.securityLists ?? 0) + 1
    if (isEndless(entry.securityLists)) {
      const error = new SipError('forbidden', 'the next hop lists its security again and again', { response })
      return this.#runtime.post(entry, { type: 'credentials.refused', error })
    }
    const agreement = this.#agreementWith(entry.connection, entry.draft.nextHop)
    const { headers = [], offered = false } = entry.security ?? {}
    entry.security = { agreement, headers, offered, waiting: { response, final: false } }
    this.#runtime.post(agreement, { type: 'security.listed', request: entry.id, response, list }, entry)
  }

  /** Effect `verify`: a 2xx that has something to prove. */
  verify(entry: RequestEntry, response: SipResponse): void {
    const error = this.#authenticator.doubts(entry, response)
    if (error) return this.#refuse(entry, response, error)
    const { security } = entry
    if (!security?.offered) return this.#runtime.post(entry, { type: 'answer.good', response })
    security.waiting = { response, final: true }
    this.#runtime.post(security.agreement, { type: 'security.ignored', request: entry.id, response }, entry)
  }

  /** Effect `proceed` of an agreement: the request that waited goes on. */
  proceed(agreement: SecurityEntry, { request, mechanism }: Proceeding): void {
    const waiting = this.#waiting(request)
    if (!waiting) return
    const { entry, response, final } = waiting
    if (final) return this.#runtime.post(entry, { type: 'answer.good', response }, agreement)
    const challenges =
      response.header('www-authenticate') !== undefined || response.header('proxy-authenticate') !== undefined
    if (challenges) return this.#authenticator.authenticate(entry, response)
    const { targets, at } = entry.actor.getSnapshot().context as { targets: Target[]; at: number }
    this.#authenticator.again(entry, mechanism === 'tls' ? { targets: overTls(targets.slice(at)) } : {})
  }

  /** Effect `giveUp` of an agreement. */
  giveUp(agreement: SecurityEntry, { request, error }: { request: string; error: SipError }): void {
    const waiting = this.#waiting(request)
    if (!waiting) return
    const { entry, response, final } = waiting
    if (final) this.#refuse(entry, response, error)
    else this.#runtime.post(entry, { type: 'credentials.refused', error }, agreement)
  }

  /** Effect `announceAgreement`. */
  announce(agreement: SecurityEntry, { mechanism, list }: Agreed): void {
    const { hop, connection } = agreement
    this.#runtime.news({
      type: 'security',
      id: connection.id,
      hop,
      ...(mechanism !== undefined && list && { agreed: { mechanism, offered: list.lines } }),
    })
  }

  /** A 2xx that is not believed. That of an INVITE has made a dialog at the peer, which is ended. */
  #refuse(entry: RequestEntry, response: SipResponse, error: SipError): void {
    const { owner, draft } = entry
    if (draft.method === 'INVITE' && owner?.kind === 'call' && !draft.withinDialog)
      this.#acknowledgements().dismiss(owner, response)
    // That of a re-INVITE has changed the session there: its change ends the call.
    else if (draft.method === 'INVITE' && owner?.kind === 'change')
      this.#acknowledgements().acknowledge(owner, response)
    this.#runtime.post(entry, { type: 'answer.refused', error })
  }

  #waiting(request: string) {
    const entry = this.#runtime.registry.get(request)
    if (entry?.kind !== 'request' || !entry.security?.waiting) return undefined
    const { response, final } = entry.security.waiting
    entry.security.waiting = undefined
    return { entry, response, final }
  }

  /** What was agreed on; `undefined` when nothing is. */
  #agreed(agreement: SecurityEntry): Agreed | undefined {
    const snapshot = agreement.actor.getSnapshot()
    return snapshot.matches('agreed') ? (snapshot.context as Agreed) : undefined
  }

  #known(connection: ConnectionEntry, hop: SipUri): SecurityEntry | undefined {
    const known = connection.agreements?.get(hopOf(hop))
    return known?.alive ? known : undefined
  }

  #agreementWith(connection: ConnectionEntry, nextHop: SipUri): SecurityEntry {
    const known = this.#known(connection, nextHop)
    if (known) return known
    const hop = hopOf(nextHop)
    const { securityAgreement: options } = connection.options
    const agreements = (connection.agreements ??= new Map())
    const oldest = agreements.values().next().value
    if (oldest && agreements.size >= this.#runtime.limits.securityAgreements) {
      agreements.delete(oldest.hop)
      this.#runtime.post(oldest, { type: 'security.forgotten' })
    }
    const made = this.#runtime.spawn<SecurityEntry>(
      { kind: 'security', id: this.#runtime.newId('security'), connection, visible: false, hop },
      this.#logic,
      { mechanisms: options?.mechanisms ?? securityMechanisms, required: options?.require ?? false },
    )
    agreements.set(hop, made)
    return made
  }
}
