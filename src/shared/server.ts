/** The shared server over any pipes: one engine, and the applications that use it. */
import type { ConnectionOptions, EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import type { Clock } from '../engine/ports.ts'
import { isSipError, SipError } from '../errors.ts'
import { checkCapabilities, type MergedCapabilities } from '../rules/capabilities.ts'
import { type ApplicationOptions, Applications, announce, checkApplications } from './applications.ts'
import type { ClaimHook } from './claims.ts'
import { Common } from './common.ts'
import { deliveryOf, idsOf } from './deliveries.ts'
import { FrameReader, frameBytes } from './framing.ts'
import type { Owner } from './owner.ts'
import { Owners } from './owners.ts'
import type { Pipe } from './pipe.ts'
import {
  type ClientFrame,
  defaultWireLimits,
  isClientName,
  protocolVersion,
  type ServerFrame,
  type WireLimits,
} from './protocol.ts'
import { scopes as everyScope, type Scope } from './scopes.ts'
import { Session, type SessionParts } from './session.ts'
import { Standing } from './standing.ts'
import { isUnclaimed, UnclaimedRequests } from './unclaimed.ts'

/** Says what an application may do; throws `permission` for one that may not come at all. */
export type Access = (client: string, token: string | undefined) => readonly Scope[]

export interface SharedServerOptions {
  readonly engine: EnginePort
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>
  /** Default: everybody may do everything. */
  readonly access?: Access
  /** Applications that are known before they attach, and can be started. Default none. */
  readonly applications?: readonly ApplicationOptions[]
  /** Whose a request is that no object claims. Default: what the applications can do decides. */
  readonly claim?: ClaimHook
  readonly limits?: Partial<WireLimits>
  /** Whether the engine has a store of profiles. Default false. */
  readonly profiles?: boolean
  /** An application has started it, and another may take its place when it goes. Default false. */
  readonly started?: boolean
  /** T1 of the answer to what nobody answers, in milliseconds. Default 500. RFC 3261 §17.1.1.1 */
  readonly t1?: number
  /** Milliseconds in which a connection has to say who it is. Default 5,000. */
  readonly greetingTime?: number
  /** The applications have become more or fewer. */
  onSessions?(count: number): void
}

/** All that is shared comes of profiles. */
const maySeeProfiles = ({ scopes }: Session): boolean => scopes.some(scope => scope.startsWith('profile.'))

export class SharedServer {
  readonly owners = new Owners<Owner>()
  readonly standing = new Standing()
  readonly unclaimed: UnclaimedRequests
  readonly #options: SharedServerOptions
  readonly #limits: WireLimits
  readonly #sessions = new Set<Session>()
  readonly #greeting = new Set<Pipe>()
  readonly #common: Common
  /** Its own connections: what comes to them is unclaimed. */
  readonly #house: Owner = { take: event => void this.#unclaimed(event) }
  readonly #parts: SessionParts
  readonly #applications: Applications
  /** What was said last of what all can do. */
  #announced: MergedCapabilities | undefined
  #count = 0
  #closed = false
  #drained: (() => void) | undefined

  constructor(options: SharedServerOptions) {
    this.#options = options
    this.#limits = { ...defaultWireLimits, ...options.limits }
    const { engine, clock } = options
    this.#common = new Common(event => {
      if (!this.#unclaimed(event)) this.#broadcast(event)
    })
    this.#applications = new Applications({
      engine,
      owners: this.owners,
      known: checkApplications(options.applications),
      claimers: () => this.sessions,
      profileOf: id => this.standing.profileOf(id),
    })
    this.unclaimed = new UnclaimedRequests({
      engine,
      clock,
      owners: this.owners,
      applications: this.#applications,
      hook: options.claim,
      patience: 0.9 * 64 * (options.t1 ?? 500),
      claimers: () => this.sessions,
      networkOf: id => this.standing.networkOf(id),
    })
    this.#parts = {
      engine,
      owners: this.owners,
      limits: this.#limits,
      common: this.#common,
      networkOf: id => this.standing.networkOf(id),
      isActive: id => this.standing.isActive(id),
      ready: session => this.#applications.ready(session),
      announced: () => this.#announce(),
      answered: id => this.unclaimed.answered(id),
      ended: session => {
        this.#sessions.delete(session)
        this.#applications.gone(session)
        this.#announce()
        if (!session.looks) options.onSessions?.(this.sessions.length)
      },
    }
    engine.onEvent(event => this.#deliver(event))
    this.#announced = this.#applications.merged
  }

  /** The applications that are there, but for those that only look. */
  get sessions(): readonly Session[] {
    return [...this.#sessions].filter(({ looks }) => !looks)
  }

  /** Opens a connection of the server itself. */
  listen(options: ConnectionOptions): Id {
    const id = this.#options.engine.newId('connection')
    this.owners.give(id, this.#house)
    this.#options.engine.dispatch({ type: 'connection.open', id, options })
    if (this.#announced) announce(this.#options.engine, id, this.#announced)
    return id
  }

  /** An application wants to come in. */
  accept(pipe: Pipe): void {
    const reader = new FrameReader(this.#limits.frame)
    let session: Session | undefined
    const { clock, greetingTime = 5000 } = this.#options
    // Who has been sent away is heard no more, though it need not hang up.
    let left = false
    const leave = (error: SipError): void => {
      left = true
      this.#leave(pipe, error)
    }
    const timer = clock.setTimeout(() => leave(new SipError('timeout', 'no greeting came')), greetingTime)
    this.#greeting.add(pipe)
    const ungreet = (): void => {
      clock.clearTimeout(timer)
      this.#greeting.delete(pipe)
    }
    pipe.listen({
      received: bytes => {
        if (left) return
        try {
          for (const frame of reader.push(bytes)) {
            if (session) this.#take(session, frame as ClientFrame)
            else {
              ungreet()
              session = this.#greet(pipe, frame as ClientFrame)
            }
          }
        } catch (error) {
          ungreet()
          // The fault of one application is not to end the others.
          leave(
            isSipError(error)
              ? error
              : new SipError('malformed', 'a frame that makes no sense', { cause: error }),
          )
          session?.end()
        }
      },
      closed: () => {
        ungreet()
        session?.end()
      },
    })
  }

  /** Sends all applications away; what they had is ended. */
  close(): void {
    this.#closed = true
    for (const pipe of [...this.#greeting]) pipe.destroy()
    const error = new SipError('closed', 'the shared server ends')
    for (const session of [...this.#sessions]) session.leave(error)
    this.#closeProfiles()
    for (const id of [...this.owners.held(this.#house)])
      if (id.startsWith('connection.')) this.#options.engine.dispatch({ type: 'connection.close', id })
  }

  /** True while something is registered for profiles, whoever is there. */
  get keepsProfiles(): boolean {
    return [...this.owners.held(this.#common)].some(id => id.startsWith('registration.'))
  }

  /** Un-REGISTERs what is registered for profiles; its end is waited for as that of any object. */
  #closeProfiles(): void {
    if (!this.#options.profiles) return
    const { engine } = this.#options
    const request = engine.newId('request')
    this.owners.give(request, { take: () => this.owners.take(request) })
    try {
      engine.dispatch({ type: 'profiles.close', request })
    } catch (error) {
      // The store was never opened.
      this.owners.take(request)
      if (!isSipError(error)) throw error
    }
  }

  /** Settles when nobody has anything any more. */
  drained(): Promise<void> {
    return new Promise(resolve => {
      this.#drained = resolve
      this.#look()
    })
  }

  #look(): void {
    if (this.#drained && [...this.owners.held(this.#common)].length === this.owners.size) this.#drained()
  }

  #greet(pipe: Pipe, frame: ClientFrame): Session {
    if (frame?.is !== 'hello') throw new SipError('malformed', 'the first frame has to be a greeting')
    const { client, token, version, looks = false, capabilities, listens = false } = frame
    if (version !== protocolVersion)
      throw new SipError(
        'not-supported',
        `the server speaks version ${protocolVersion}, not ${String(version)}`,
      )
    if (!isClientName(client)) throw new SipError('argument', 'the name of the application is none')
    if (this.#closed) throw new SipError('closed', 'the shared server ends')
    const scopes = this.#options.access?.(client, token) ?? everyScope
    if ([...this.#sessions].some(other => other.client === client))
      throw new SipError('already-exists', `${client} is attached already`)
    if (capabilities !== undefined) checkCapabilities(capabilities)
    this.#count += 1
    const id = `s${this.#count}`
    const session = new Session({ id, client, scopes, looks, capabilities, listens }, pipe, this.#parts)
    this.#sessions.add(session)
    session.send({
      is: 'welcome',
      version: protocolVersion,
      session: session.id,
      scopes,
      profiles: this.#options.profiles === true,
      started: this.#options.started === true,
      now: this.#options.clock.now(),
    })
    if (maySeeProfiles(session)) for (const event of this.#common.story) session.send({ is: 'event', event })
    if (looks) return session
    this.#options.onSessions?.(this.sessions.length)
    this.#announce()
    if (listens) this.#applications.ready(session)
    return session
  }

  #take(session: Session, frame: ClientFrame): void {
    if (frame?.is !== 'status') return session.receive(frame)
    const status = this.standing.status(this.sessions, this.owners)
    session.send({ is: 'status', status })
  }

  #leave(pipe: Pipe, error: SipError): void {
    const goodbye: ServerFrame = { is: 'goodbye', error }
    pipe.send(frameBytes(goodbye, this.#limits.frame))
    pipe.end()
  }

  #deliver(event: EngineEvent): void {
    this.standing.note(event)
    const { to, makes, kept } = deliveryOf(event)
    if (to === 'everybody') {
      for (const id of idsOf(event, makes)) this.owners.give(id, this.#common)
      if (event.type === 'profileConnection' && this.#announced)
        announce(this.#options.engine, event.id, this.#announced)
      if (kept) this.#common.keep(event)
      this.#broadcast(event)
    } else this.owners.route(event)?.take(event)
    this.owners.settle(event)
    if (event.type === 'closed') this.unclaimed.answered(event.id)
    this.#look()
  }

  /** Says anew what all can do, where requests for all come. */
  #announce(): void {
    const { merged } = this.#applications
    if (JSON.stringify(merged) === JSON.stringify(this.#announced)) return
    this.#announced = merged
    for (const owner of [this.#house, this.#common])
      for (const id of [...this.owners.held(owner)])
        if (id.startsWith('connection.')) announce(this.#options.engine, id, merged)
  }

  #broadcast(event: EngineEvent): void {
    for (const session of [...this.#sessions]) if (maySeeProfiles(session)) session.take(event)
  }

  #unclaimed(event: EngineEvent): boolean {
    if (!isUnclaimed(event)) return false
    this.unclaimed.take(event)
    return true
  }
}
