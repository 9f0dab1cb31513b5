/**
 * One application at the shared server: what it says is checked and carried out, what concerns its objects is told to it.
 * When it is gone, what it had is ended in order, and questions about it are answered for it until all is over.
 */
import type { Command, EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import { isSipError, SipError } from '../errors.ts'
import { type ClientCapabilities, checkCapabilities } from '../rules/capabilities.ts'
import { isOnNetwork } from '../rules/network.ts'
import type { Claimer } from './claims.ts'
import { idsOf, overWith } from './deliveries.ts'
import { frameBytes } from './framing.ts'
import type { Owner } from './owner.ts'
import type { Owners } from './owners.ts'
import type { Pipe } from './pipe.ts'
import {
  type ClientFrame,
  isOwnId,
  type RefusedCommand,
  type ServerFrame,
  type WireLimits,
} from './protocol.ts'
import { refusalOf } from './refusals.ts'
import { type CommandRow, rowOf, type Scope } from './scopes.ts'
import { checkShape } from './shape.ts'

export interface SessionParts {
  readonly engine: EnginePort
  readonly owners: Owners<Owner>
  readonly limits: WireLimits
  /** Who has what all applications share. */
  readonly common: Owner
  networkOf(connection: Id): string
  isActive(connection: Id): boolean
  /** A request that came has been dealt with. */
  answered(id: Id): void
  /** It may be able to take what waits for it. */
  ready(session: Session): void
  /** It can do something else than before. */
  announced(): void
  /** The session has ended. */
  ended(session: Session): void
}

/** Commands that no application may give for an object that all share. */
const ofOwners = /^(?:connection|registration)\.(?!open)/

/** States of a line in which it uses no profile. */
const idle: ReadonlySet<string> = new Set(['stopped', 'failed'])

export class Session implements Claimer {
  readonly id: string
  readonly client: string
  readonly scopes: readonly Scope[]
  /** It only looks: it keeps no server alive and gets no requests. */
  readonly looks: boolean
  readonly #parts: SessionParts
  readonly #pipe: Pipe
  /** Its connections. */
  readonly #connections = new Set<Id>()
  /** The profile of each of its uses and lines. */
  readonly #uses = new Map<Id, Id>()
  /** What ends an object that does not end with a connection of ours. */
  readonly #undo = new Map<Id, readonly Command[]>()
  /** What it says it can do; undefined: whatever comes. */
  capabilities: ClientCapabilities | undefined
  #listens: boolean
  #usesProfiles = false
  #untrace: (() => void) | undefined
  #alive = true

  constructor(
    {
      id,
      client,
      scopes,
      looks,
      capabilities,
      listens,
    }: Pick<Session, 'id' | 'client' | 'scopes' | 'looks' | 'capabilities'> & { readonly listens: boolean },
    pipe: Pipe,
    parts: SessionParts,
  ) {
    this.id = id
    this.client = client
    this.scopes = scopes
    this.looks = looks
    this.capabilities = capabilities
    this.#listens = listens
    this.#pipe = pipe
    this.#parts = parts
  }

  get networks(): readonly string[] {
    return [...this.#connections].map(id => this.#parts.networkOf(id))
  }

  isReady(connection: Id): boolean {
    const { networkOf, isActive, owners, common } = this.#parts
    const networkId = networkOf(connection)
    return (
      this.#listens ||
      (this.#usesProfiles && owners.of(connection) === common) ||
      [...this.#connections].some(id => isOnNetwork(networkOf(id), networkId) && isActive(id))
    )
  }

  uses(profile: Id): boolean {
    return [...this.#uses.values()].includes(profile)
  }

  /** Tells it what concerns it. */
  take(event: EngineEvent): void {
    for (const id of overWith(event)) {
      this.#connections.delete(id)
      this.#undo.delete(id)
      this.#uses.delete(id)
    }
    if (event.type === 'line') this.#uses.set(event.id, event.profile)
    else if (event.type === 'state' && idle.has(event.state.is)) this.#uses.delete(event.id)
    if (!this.#alive) return this.#answerFor(event)
    this.send({ is: 'event', event })
    if (event.type === 'state' && event.state.is === 'active' && this.#connections.has(event.id))
      this.#parts.ready(this)
  }

  adopt(birth: EngineEvent, networkId: string): void {
    if (!('connection' in birth) || !('id' in birth)) return this.take(birth)
    const refusal = refusalOf(birth, 480)
    // What has been answered since is ended otherwise.
    if (refusal) this.#undo.set(birth.id, [refusal, { type: 'call.hangUp', id: birth.id }])
    const { networkOf } = this.#parts
    const connections = [...this.#connections]
    const own = connections.find(id => networkOf(id) === networkId)
    if (own !== undefined) return this.take({ ...birth, connection: own } as EngineEvent)
    if (this.#parts.owners.of(birth.connection) === this.#parts.common) return this.take(birth)
    const anywhere = connections.find(id => isOnNetwork(networkOf(id), networkId))
    if (anywhere !== undefined) return this.take({ ...birth, connection: anywhere } as EngineEvent)
    if (birth.type !== 'request' && birth.type !== 'call') return void this.#attempt(refusal)
    this.take({ type: 'unbound', connection: birth.connection, networkId, event: birth })
  }

  /** A frame of the application. What comes after its end would make objects that nobody ends. */
  receive(frame: ClientFrame): void {
    if (!this.#alive) return
    if (frame.is === 'command') this.#carryOut(frame.command)
    else if (frame.is === 'trace') this.#trace(frame.on)
    else if (frame.is === 'listens') {
      this.#listens = true
      this.#parts.ready(this)
    } else if (frame.is === 'announce') {
      this.capabilities = checkCapabilities(frame.capabilities)
      this.#parts.announced()
    }
  }

  /** Rule for the slow: who lets more wait than the limit is cut off, and what it had is ended as if it had died. */
  send(frame: ServerFrame): void {
    if (!this.#alive) return
    if (this.#pipe.waiting > this.#parts.limits.waiting) {
      this.#pipe.destroy()
      return this.end()
    }
    let bytes: Uint8Array
    try {
      bytes = frameBytes(frame, this.#parts.limits.frame)
    } catch (error) {
      // A frame of a trace more or less; anything else it would wait for in vain.
      if (frame.is === 'traced') return
      return this.leave(refusal(error))
    }
    this.#pipe.send(bytes)
  }

  /** Sends it away. */
  leave(error: SipError): void {
    this.send({ is: 'goodbye', error })
    this.#pipe.end()
    this.end()
  }

  /** The application is gone: what it has is ended in order. */
  end(): void {
    if (!this.#alive) return
    this.#alive = false
    this.#trace(false)
    this.#parts.ended(this)
    for (const commands of [...this.#undo.values()].reverse())
      commands.find(command => this.#attempt(command))
    for (const id of [...this.#connections]) this.#attempt({ type: 'connection.close', id })
  }

  #carryOut(command: Command): void {
    const { engine, owners } = this.#parts
    const row = typeof command?.type === 'string' ? rowOf(command) : undefined
    const made = row ? idsOf(command, row.makes) : []
    let given: readonly Id[] = []
    try {
      if (!row) throw new SipError('not-supported', 'the shared server does not know this command')
      this.#check(command, row)
      given = this.#give(command, row)
      this.#note(command, row, made)
      engine.dispatch(command)
      for (const id of idsOf(command, row.ends)) {
        owners.take(id)
        this.#undo.delete(id)
        this.#uses.delete(id)
      }
      for (const id of idsOf(command, row.uses)) this.#parts.answered(id)
      if (command.type !== 'profile.enable' && command.type !== 'line.open') return
      this.#usesProfiles = true
      if (command.type === 'profile.enable') this.#uses.set(command.id, command.profile)
      this.#parts.ready(this)
    } catch (error) {
      for (const id of given) this.#forget(id)
      this.send({ is: 'refused', command: nameOf(command), ended: made, error: refusal(error) })
    }
  }

  /** What it makes and names is its own from now on. */
  #give(command: Command, row: CommandRow): readonly Id[] {
    const { owners } = this.#parts
    const made = idsOf(command, row.makes)
    const lent = idsOf(command, row.lends)
    const [lender] = idsOf(command, row.uses)
    for (const id of made) owners.give(id, this)
    for (const id of lent)
      if (lender === undefined) owners.give(id, this)
      else owners.lend(id, lender)
    return [...made, ...lent]
  }

  /** Throws what an application of its rights and objects may not do. */
  #check(command: Command, row: CommandRow): void {
    const { owners, common } = this.#parts
    if (!row.needs.some(scope => this.scopes.includes(scope)))
      throw new SipError('permission', `${command.type} takes the scope ${row.needs.join(' or ')}`)
    checkShape(command, row)
    const made = [...idsOf(command, row.makes), ...idsOf(command, row.lends)]
    if (new Set(made).size < made.length) throw new SipError('argument', 'two objects have one id')
    for (const id of made) {
      if (!isOwnId(id, this.id)) throw new SipError('permission', `${id} is no id of this session`)
      if (owners.of(id)) throw new SipError('already-exists', `there is a ${id}`)
    }
    for (const id of idsOf(command, row.uses)) {
      const owner = owners.of(id)
      if (owner === common && ofOwners.test(command.type))
        throw new SipError('permission', `${id} belongs to all applications`)
      if (owner !== this && owner !== common) throw new SipError('resource-not-available', `${id} is closed`)
    }
    for (const id of idsOf(command, row.names)) {
      const owner = owners.of(id)
      if (owner !== undefined && owner !== this)
        throw new SipError('permission', `${id} is another application's`)
    }
  }

  /** How it is undone when the application is gone, where no connection of its own does it. */
  #note(command: Command, { undo }: CommandRow, made: readonly Id[]): void {
    const [id] = made
    if (id === undefined) return
    if (command.type === 'connection.open') this.#connections.add(id)
    else if (undo !== undefined) {
      const shared = !('connection' in command) || !this.#connections.has(command.connection)
      if (shared) this.#undo.set(id, [undo(id)])
    }
  }

  #forget(id: Id): void {
    this.#parts.owners.take(id)
    this.#connections.delete(id)
    this.#undo.delete(id)
  }

  #trace(on: boolean): void {
    this.#untrace?.()
    this.#untrace = undefined
    if (!on || !this.scopes.includes('network.control')) return
    this.#untrace = this.#parts.engine.trace(frame => this.send({ is: 'traced', frame }))
  }

  /** Nobody is there who could. */
  #answerFor(event: EngineEvent): void {
    this.#attempt(refusalOf(event, 480))
  }

  /** False for what is over already, or past that point. */
  #attempt(command: Command | undefined): boolean {
    if (!command) return false
    try {
      this.#parts.engine.dispatch(command)
      for (const id of idsOf(command, rowOf(command)?.ends)) this.#parts.owners.take(id)
      return true
    } catch (error) {
      if (!isSipError(error)) throw error
      return false
    }
  }
}

/** What a refusal says of the command: enough to know whom to tell. */
const nameOf = (command: Command): RefusedCommand => {
  const { type, id, call, request } = (command ?? {}) as Record<string, unknown>
  return {
    type: String(type),
    ...(typeof id === 'string' && { id }),
    ...(typeof call === 'string' && { call }),
    ...(typeof request === 'string' && { request }),
  }
}

/** A command of the wrong shape fails somewhere within; that is the application's fault and no secret. */
const refusal = (error: unknown): SipError =>
  isSipError(error)
    ? error
    : new SipError('argument', 'the command is not of the right shape', { cause: error })
