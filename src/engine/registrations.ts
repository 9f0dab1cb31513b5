/** Registrations and their refreshes: opening them, and the effects of their machines. RFC 3261 §10.2, RFC 5626. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import type { NameAddr } from '../message/types.ts'
import { formatUri, isSipUri } from '../message/uri.ts'
import { defaultBackOff, steadyAfter } from '../rules/recovery.ts'
import type { Registered } from '../rules/registered.ts'
import { uriOf } from '../rules/route-set.ts'
import type { Command, Id, RegistrationOptions } from './commands.ts'
import { stopActor } from './compile/xstate-internals.ts'
import type {
  ConnectionEntry,
  FlowEntry,
  ProfileEntry,
  ProfileShare,
  RegistrationEntry,
  RequestEntry,
} from './entries.ts'
import type { KeepAlives } from './keep-alives.ts'
import { notReachableBy, reachableBy } from './own-contact.ts'
import { Pacer } from './pacer.ts'
import type { Beginning } from './profile-bindings.ts'
import type { Profiles } from './profiles.ts'
import { grantRefresh, stopRefresh } from './refreshes.ts'
import { instanceOf, keepAliveWish, nextHopOf, registerDraft } from './register-draft.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

type Open = Extract<Command, { type: 'registration.open' }>

/** Temporary GRUUs that are kept of one registration; the oldest go first. */
const gruusKept = 16

const none: readonly string[] = []

/** Whether a registrar can reach it by no other flow. RFC 5626 §4, RFC 7118 §5 */
const needsFlow = (entry: RegistrationEntry): boolean => {
  const { options, connection, way } = entry
  const { outbound = options.regId !== undefined } = options
  const wish = keepAliveWish(entry)
  const listener = way && connection.listeners.get(way.flow.transport.name)
  return outbound || (wish !== undefined && wish.by !== 'off') || listener?.local.port === 0
}

/** The URI of the Contact that the registrar has just confirmed, as we wrote it. */
const boundTo = ({ actor }: RegistrationEntry): string | undefined => {
  const { contact } = actor.getSnapshot().context as { readonly contact?: NameAddr }
  return contact && isSipUri(contact.uri) ? formatUri(contact.uri) : undefined
}

export class Registrations {
  readonly #runtime: Runtime
  readonly #requests: Requests
  readonly #logics: { readonly registration: AnyActorLogic; readonly refresh: AnyActorLogic }
  readonly #pacer: Pacer
  /** Set when the engine is put together. */
  keepAlives!: KeepAlives
  /** Those of profiles tell them what becomes of them. Set where there are profiles. */
  profiles?: Profiles
  /** The store is to know a CSeq number before it is used. */
  reserve: (entry: RegistrationEntry, go: () => void) => void = (_entry, go) => go()
  readonly #instance: string | undefined
  #madeUp: string | undefined

  constructor(
    runtime: Runtime,
    requests: Requests,
    logics: { readonly registration: AnyActorLogic; readonly refresh: AnyActorLogic },
    instance: string | undefined,
  ) {
    this.#instance = instance
    this.#runtime = runtime
    this.#requests = requests
    this.#logics = logics
    this.#pacer = new Pacer(runtime)
    requests.onRegister = entry => this.#sent(entry)
  }

  open(connection: ConnectionEntry, { id, options }: Open): void {
    const entry = this.#spawn(connection, id, options, {})
    if (options.group !== undefined) this.#join(entry, options.group)
    this.#runtime.post(entry, { type: 'tu.register' })
  }

  /** That of a profile, which may go on where another engine has left it. */
  openFor(
    owner: ProfileEntry,
    connection: ConnectionEntry,
    id: Id,
    options: RegistrationOptions,
    { callId, seq, boundTo }: Beginning,
    share: ProfileShare,
  ): RegistrationEntry {
    const entry = this.#spawn(connection, id, options, { owner, callId, numbering: { seq }, share })
    entry.boundTo = boundTo
    this.#runtime.post(entry, { type: 'tu.register' })
    return entry
  }

  #spawn(
    connection: ConnectionEntry,
    id: Id,
    options: RegistrationOptions,
    given: Partial<Pick<RegistrationEntry, 'owner' | 'callId' | 'numbering' | 'share'>>,
  ): RegistrationEntry {
    const { outbound = options.regId !== undefined, recover = outbound } = options
    return this.#runtime.spawn<RegistrationEntry>(
      {
        kind: 'registration',
        id,
        connection,
        visible: true,
        options,
        callId: this.#runtime.token(),
        fromTag: this.#runtime.token(),
        numbering: { seq: 0 },
        serviceRoute: none,
        registrarExpiresAt: 0,
        registeredAt: 0,
        retryAt: 0,
        temporaryGruus: none,
        left: none,
        up: false,
        ...given,
      },
      this.#logics.registration,
      {
        aor: options.aor,
        ...(options.expires === undefined ? {} : { requested: options.expires }),
        minGranted: options.minGrantedExpires ?? 30,
        ...(given.share && { contactUser: given.share.contactUser }),
        maxMinExpires: options.maxMinExpires ?? 86_400,
        refreshes: options.refresh ?? true,
        outbound,
        recovers: recover !== false,
        backOff: typeof recover === 'object' ? { ...defaultBackOff, ...recover } : defaultBackOff,
        seed: this.#runtime.seed(),
      },
    )
  }

  /** A further flow beside those that there are. */
  #join(entry: RegistrationEntry, id: Id): void {
    const first = this.#runtime.registry.get(id)
    if (first?.kind !== 'registration') return
    entry.group = first.group ??= [first]
    entry.group.push(entry)
    this.#stands(first, first.up)
  }

  /** How a flow stands is known to the others of its registration. RFC 5626 §4.5 */
  #stands(entry: RegistrationEntry, up: boolean): void {
    entry.up = up
    for (const one of entry.group ?? []) {
      const company = entry.group!.some(other => other !== one && other.alive === true && other.up)
      this.#runtime.post(one, { type: 'flow.accompanied', up: company }, entry)
    }
  }

  /** Effect `joinQueue`. */
  joinQueue(entry: RegistrationEntry): void {
    const renews = entry.actor.getSnapshot().context.binding !== undefined
    if (this.#pacer.join(entry, this.#target(entry), renews)) return
    const error = new SipError('in-use', 'too many registrations wait for their turn')
    this.#runtime.post(entry, { type: 'transaction.failed', error })
  }

  /** Effect `leaveQueue`. */
  leaveQueue(entry: RegistrationEntry): void {
    this.#pacer.leave(entry)
  }

  /** Effect `noteWait`. */
  noteWait(entry: RegistrationEntry, seconds: number): void {
    entry.retryAt = this.#runtime.platform.clock.now() + seconds * 1000
    this.#stands(entry, false)
  }

  /** Effect `register`: `expires` 0 ends the binding. */
  register(entry: RegistrationEntry, expires: number | undefined, outbound: boolean): void {
    this.#pacer.spent(this.#target(entry))
    if (!entry.share) return this.#start(entry, expires, outbound)
    this.reserve(entry, () => {
      if (entry.alive) this.#start(entry, expires, outbound)
    })
  }

  #start(entry: RegistrationEntry, expires: number | undefined, outbound: boolean): void {
    const draft = registerDraft(entry, {
      expires,
      outbound,
      instance:
        entry.options.instanceId ??
        this.#instance ??
        (this.#madeUp ??= instanceOf(this.#runtime.platform.random)),
    })
    const id = this.#runtime.newId('transaction')
    this.#runtime.born({ type: 'transaction', id, owner: entry.id, method: 'REGISTER' })
    entry.left = none
    this.#requests.start(entry, draft, entry.numbering, id)
  }

  /** Effect `announceGrant`. */
  granted(entry: RegistrationEntry, registered: Registered): void {
    const { granted, registrarExpires, belowMinimum, serviceRoute, temporaryGruu } = registered
    const now = this.#runtime.platform.clock.now()
    entry.registrarExpiresAt = now + registrarExpires * 1000
    entry.registeredAt = now
    entry.serviceRoute = serviceRoute
    if (entry.way) {
      const { to, flow } = entry.way
      entry.place = { ...to, transport: flow.transport.name }
    }
    entry.boundTo = boundTo(entry)
    this.#stands(entry, true)
    if (registered.outbound || entry.options.gruu || entry.share) reachableBy(entry)
    this.keepAlives.granted(entry, registered)
    if (temporaryGruu !== undefined && !entry.temporaryGruus.includes(temporaryGruu)) {
      entry.temporaryGruus = [...entry.temporaryGruus, temporaryGruu].slice(-gruusKept)
    }
    if (belowMinimum) {
      this.#runtime.news({
        type: 'grantedBelowMinimum',
        id: entry.id,
        granted: registrarExpires,
        used: granted,
        ...this.#runtime.caused,
      })
    }
    if (entry.share) this.profiles?.granted(entry, registered)
  }

  /** Its next REGISTER, which goes at once, takes these Contacts back. RFC 3261 §10.2.2 */
  takeBack(entry: RegistrationEntry, left: readonly string[]): void {
    entry.left = left
    this.#runtime.post(entry, { type: 'tu.update' })
  }

  /** Effect `grantRefresh`: the refresh goes on from here; made when there is none. */
  grantRefresh(entry: RegistrationEntry, expires: number): void {
    grantRefresh(this.#runtime, this.#logics.refresh, entry, expires)
  }

  /** Effect `stopRefresh`: the binding is no more. */
  stopRefresh(entry: RegistrationEntry): void {
    stopRefresh(this.#runtime, entry)
    entry.temporaryGruus = none
    entry.place = undefined
    entry.boundTo = undefined
    this.#stands(entry, false)
    notReachableBy(entry)
    this.keepAlives.leave(entry)
  }

  /** The registrar has cut its lifetime: it is renewed within that. RFC 3680 §5.1 */
  shorten(entry: RegistrationEntry, seconds: number): void {
    if (entry.refresh?.alive)
      this.#runtime.post(entry.refresh, { type: 'refresh.granted', expires: seconds }, entry)
  }

  /** A stream is gone: bindings that can only be reached by it are as good as gone, too. */
  streamGone(flow: FlowEntry): void {
    for (const entry of this.#runtime.registry.ofKind('registration')) {
      if (entry.way?.flow === flow && needsFlow(entry)) this.flowDied(entry)
    }
  }

  /** The flow that a binding was made by is gone: for whoever watches flows. RFC 5626 §4.4 */
  flowDied(entry: RegistrationEntry): void {
    const lived = this.#runtime.platform.clock.now() - entry.registeredAt
    // Its next request looks for a place anew.
    entry.place = undefined
    this.#stands(entry, false)
    this.#runtime.post(entry, { type: 'flow.died', steady: lived >= steadyAfter * 1000 })
  }

  /** It is dropped, in whatever state. */
  forget(entry: RegistrationEntry): void {
    this.#pacer.leave(entry)
    this.keepAlives.leave(entry)
    notReachableBy(entry)
    const at = entry.group?.indexOf(entry) ?? -1
    if (at >= 0) entry.group!.splice(at, 1)
    if (entry.share) this.profiles?.gone(entry)
  }

  /** It is given up, and the registrar is not told. */
  abandon(entry: RegistrationEntry): void {
    if (entry.refresh) {
      this.#runtime.forget(entry.refresh)
      stopActor(entry.refresh.actor)
    }
    this.forget(entry)
    this.#runtime.forget(entry)
    stopActor(entry.actor)
  }

  /** A REGISTER goes out to one target, whoever made it. */
  #sent(request: RequestEntry): void {
    const { owner, draft } = request
    if (owner?.kind === 'registration') owner.way = request.way
    const first = request.transaction === undefined && owner?.kind === 'registration'
    if (!first) this.#pacer.spent(hostOf(draft.nextHop))
  }

  #target(entry: RegistrationEntry): string {
    return hostOf(uriOf(nextHopOf(entry))!)
  }
}

const hostOf = ({ host, port }: { readonly host: string; readonly port?: number | undefined }): string =>
  `${host.toLowerCase()}:${port ?? ''}`
