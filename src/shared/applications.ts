/**
 * The applications that could have a request: those that are attached and those that can be started, with what each can do. A
 * request for one that has to be started waits here until it is ready.
 */
import { ChurnMap } from '../churn-map.ts'
import type { EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import { isSipError, SipError } from '../errors.ts'
import {
  type ClientCapabilities,
  checkCapabilities,
  type MergedCapabilities,
  mergeCapabilities,
} from '../rules/capabilities.ts'
import { isOnNetwork } from '../rules/network.ts'
import type { ClientVerdicts, ResolvableClient } from '../rules/resolve-client.ts'
import type { Birth, Claim, Claimer, Unclaimed } from './claims.ts'
import type { Owner } from './owner.ts'
import type { Owners } from './owners.ts'
import { isClientName } from './protocol.ts'

/**
 * What code says of a request, where a document is not enough. Each is asked once for each request; one that throws says no.
 * CSIPResolvedClient2
 */
export interface ClientMatcher {
  /** The caller's Accept-Contact means it. MatchAcceptContactsL() */
  acceptContact?(unclaimed: Unclaimed): boolean
  /** The event of a SUBSCRIBE, NOTIFY or PUBLISH is its own. MatchEventL() */
  event?(unclaimed: Unclaimed): boolean
  /** False: it does not take this request. MatchRequestL() */
  request?(unclaimed: Unclaimed): boolean
}

/** An application that the server knows before it attaches. */
export interface ApplicationOptions {
  /** Its name, as in `attachSip({ clientId })`. */
  readonly client: string
  /** What it can do, until it says so itself. Default: it takes whatever comes. */
  readonly capabilities?: ClientCapabilities
  readonly match?: ClientMatcher
  /**
   * Starts it, for a request that is its own while it is not attached: once, however many there are. The requests wait until it
   * has a connection on their network, or listens to `unboundRequests$`. When this throws, when the promise rejects, and after
   * 0.9·64·T1, the peer gets 480. Default: it is not started. CSIPResolvedClient2::ConnectL()
   */
  launch?(unclaimed: Unclaimed): void | Promise<void>
}

export interface ApplicationsParts {
  readonly engine: Pick<EnginePort, 'dispatch' | 'newId'>
  readonly owners: Owners<Owner>
  readonly known: readonly ApplicationOptions[]
  claimers(): readonly Claimer[]
  /** The profile that a registration is made for. */
  profileOf(registration: Id): Id | undefined
}

/** One that is attached, or can be started. */
type Able = ApplicationOptions & { readonly claimer?: Claimer }

/** A request of which it is not known yet whose it is. */
interface Pending {
  readonly id: Id
  readonly connection: Id
  readonly unclaimed: Unclaimed
  readonly settle: (claim: Claim) => void
  /** The application that is being started for it. */
  awaits?: string | undefined
}

export class Applications {
  readonly #parts: ApplicationsParts
  readonly #pending = new ChurnMap<Pending>()
  /** What waits for those that are being started, in the order in which it came. */
  readonly #starting = new Map<string, Pending[]>()

  constructor(parts: ApplicationsParts) {
    this.#parts = parts
  }

  /** What they can do together; undefined when nobody has said. */
  get merged(): MergedCapabilities | undefined {
    return mergeCapabilities(this.#able().map(({ capabilities }) => capabilities))
  }

  /** Looks for the one that is to have a request. Returns the way to give up. */
  resolve(birth: Birth, unclaimed: Unclaimed, settle: (claim: Claim) => void): () => void {
    const { engine, owners } = this.#parts
    const id = engine.newId('resolver')
    const { connection, request } = birth
    this.#pending.set(id, { id, connection, unclaimed, settle })
    owners.give(id, { take: event => this.#heard(event) })
    const replaced =
      'replaces' in birth && birth.replaces !== undefined ? owners.of(birth.replaces) : undefined
    const owner = this.#parts.claimers().find(claimer => claimer === replaced)
    const registration = 'registration' in birth ? birth.registration : undefined
    const profile = registration === undefined ? undefined : this.#parts.profileOf(registration)
    const clients = this.#able().map(able => this.#asked(able, unclaimed, profile))
    try {
      engine.dispatch({
        type: 'resolver.open',
        id,
        connection,
        request,
        clients,
        ...(owner && { owner: owner.client }),
      })
    } catch (error) {
      // The connection has just gone.
      if (!isSipError(error)) throw error
      this.#over(id)?.settle({ status: 480 })
    }
    return () => {
      if (!this.#over(id)) return
      engine.dispatch({ type: 'resolver.cancel', id })
    }
  }

  /** An application can take what waits for it. */
  ready(claimer: Claimer): void {
    for (const { id, connection } of [...(this.#starting.get(claimer.client) ?? [])])
      if (claimer.isReady(connection)) this.#parts.engine.dispatch({ type: 'resolver.ready', id })
  }

  /** One that was started has gone before it was ready. */
  gone({ client }: Claimer): void {
    this.#failed(client)
  }

  /** In the order in which they were made known: those of the options first. */
  #able(): readonly Able[] {
    const { known, claimers } = this.#parts
    const attached = claimers().filter(({ scopes }) => scopes.includes('send'))
    const named = known.flatMap(options => {
      const claimer = attached.find(({ client }) => client === options.client)
      if (!claimer) return options.launch ? [options] : []
      return [{ ...options, ...(claimer.capabilities && { capabilities: claimer.capabilities }), claimer }]
    })
    const others = attached.filter(({ client }) => known.every(options => options.client !== client))
    return [
      ...named,
      ...others.map(claimer => ({
        client: claimer.client,
        ...(claimer.capabilities && { capabilities: claimer.capabilities }),
        claimer,
      })),
    ]
  }

  #asked(able: Able, unclaimed: Unclaimed, profile: Id | undefined): ResolvableClient {
    const { client, capabilities, claimer, match } = able
    return {
      client,
      // One that was started and is not ready yet is waited for.
      attached: claimer !== undefined && !this.#starting.has(client),
      ...(profile !== undefined && claimer?.uses(profile) && { uses: true }),
      here: claimer?.networks.some(network => isOnNetwork(network, unclaimed.networkId)) === true,
      ...(capabilities && { capabilities }),
      ...(match && { verdicts: verdictsOf(match, unclaimed) }),
    }
  }

  #heard(event: EngineEvent): void {
    if (event.type === 'launch') return this.#launch(event.id, event.client)
    if (event.type !== 'resolved' && event.type !== 'unresolved') return
    const pending = this.#over(event.id)
    if (event.type === 'resolved') pending?.settle({ client: event.client })
    else pending?.settle(event.refusal.reply)
  }

  /** Starts an application once, however many wait for it. */
  #launch(id: Id, client: string): void {
    const pending = this.#pending.get(id)
    const options = this.#parts.known.find(known => known.client === client)
    if (!pending || !options?.launch) return
    pending.awaits = client
    const waiting = this.#starting.get(client)
    if (waiting) {
      waiting.push(pending)
      const claimer = this.#parts.claimers().find(one => one.client === client)
      return claimer && this.ready(claimer)
    }
    this.#starting.set(client, [pending])
    const failed = (): void => this.#failed(client)
    try {
      const started = options.launch(pending.unclaimed)
      if (started instanceof Promise) started.catch(failed)
    } catch {
      failed()
    }
  }

  #failed(client: string): void {
    for (const { id } of [...(this.#starting.get(client) ?? [])])
      this.#parts.engine.dispatch({ type: 'resolver.failed', id })
  }

  /** Nothing follows. */
  #over(id: Id): Pending | undefined {
    const pending = this.#pending.get(id)
    if (!pending) return undefined
    this.#pending.delete(id)
    this.#parts.owners.take(id)
    const waiting = pending.awaits === undefined ? undefined : this.#starting.get(pending.awaits)
    waiting?.splice(waiting.indexOf(pending), 1)
    // Whoever is meant next may be started again.
    if (waiting?.length === 0) this.#starting.delete(pending.awaits!)
    return pending
  }
}

const verdictsOf = (match: ClientMatcher, unclaimed: Unclaimed): ClientVerdicts => {
  const ask = (name: keyof ClientMatcher): Partial<ClientVerdicts> => {
    if (!match[name]) return {}
    try {
      return { [name]: match[name](unclaimed) === true }
    } catch {
      return { [name]: false }
    }
  }
  return { ...ask('acceptContact'), ...ask('event'), ...ask('request') }
}

/** Throws `argument` for names that are none or stand twice, and for documents that make no sense. */
export const checkApplications = (
  given: readonly ApplicationOptions[] = [],
): readonly ApplicationOptions[] => {
  const names = new Set<string>()
  for (const { client, capabilities } of given) {
    if (!isClientName(client)) throw new SipError('argument', 'the name of an application is none')
    if (names.has(client)) throw new SipError('argument', `${client} stands twice among the applications`)
    names.add(client)
    if (capabilities !== undefined) checkCapabilities(capabilities, `the capabilities of ${client}`)
  }
  return given
}

/** Tells a connection of the server what all can do. One that is just closing need not know. */
export const announce = (
  engine: Pick<EnginePort, 'dispatch'>,
  id: Id,
  capabilities: MergedCapabilities | undefined,
): void => {
  try {
    engine.dispatch({ type: 'connection.announce', id, ...(capabilities && { capabilities }) })
  } catch (error) {
    if (!isSipError(error)) throw error
  }
}
