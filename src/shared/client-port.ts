/**
 * The engine's port at the application's side of the wire. What can be known here is thrown here, by the same checks as
 * in the engine; what only the server knows comes back as an error on the object.
 */
import { checkArguments } from '../engine/command-checks.ts'
import type { Command, EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import { isSipError, SipError } from '../errors.ts'
import type { Frame } from '../inspect/frame.ts'
import type { ClientCapabilities } from '../rules/capabilities.ts'
import { deliveryOf, idsOf } from './deliveries.ts'
import { FrameReader, frameBytes } from './framing.ts'
import { Owners } from './owners.ts'
import type { Pipe } from './pipe.ts'
import {
  type ClientFrame,
  defaultWireLimits,
  ownId,
  protocolVersion,
  type ServerFrame,
  type ServerStatus,
  type WireLimits,
} from './protocol.ts'
import { type CommandRow, rowOf, type Scope } from './scopes.ts'
import { inOwnTime } from './time.ts'

export interface ClientOptions {
  readonly client: string
  readonly token?: string
  /** It only asks how things stand. */
  readonly looks?: boolean
  /** What it can do. */
  readonly capabilities?: ClientCapabilities
  readonly limits?: Partial<WireLimits>
  /** Our clock, in milliseconds. */
  now(): number
}

/** What is known here of a connection. */
interface Mirrored {
  state?: string
  readonly outboundProxy?: string | undefined
}

/** Everything that is here is ours. */
const us = {}

const gone = (): SipError => new SipError('closed', 'the shared server is gone, and with it what it held')

export class ClientPort implements EnginePort {
  readonly #options: ClientOptions
  readonly #limits: WireLimits
  readonly #objects = new Owners<object>()
  readonly #connections = new Map<Id, Mirrored>()
  readonly #tracers = new Set<(frame: Frame) => void>()
  /** What was told before anybody listened. */
  #early: EngineEvent[] = []
  #listener: (event: EngineEvent) => void = event => void this.#early.push(event)
  #profiles = false
  #started = false
  #capabilities: ClientCapabilities | undefined
  #listens = false
  #pipe: Pipe | undefined
  #session = ''
  #scopes: readonly Scope[] = []
  #ids = 0
  #shift = 0
  #greeted: ((error?: SipError) => void) | undefined
  readonly #asked: { resolve(status: ServerStatus): void; reject(error: SipError): void }[] = []
  /** Hears when the server is gone; what it held has been told by then. */
  onLost: (error: SipError) => void = () => {}

  constructor(options: ClientOptions) {
    this.#options = options
    this.#capabilities = options.capabilities
    this.#limits = { ...defaultWireLimits, ...options.limits }
  }

  get attached(): boolean {
    return this.#session !== ''
  }

  /** The server has a store of profiles. */
  get profiles(): boolean {
    return this.#profiles
  }

  /** The server, or the last there was, had been started by an application. */
  get started(): boolean {
    return this.#started
  }

  /** What this application may do. */
  get scopes(): readonly Scope[] {
    return this.#scopes
  }

  /** Greets the server. Rejects with what it says against us, and with `closed` when it says nothing. */
  attach(pipe: Pipe): Promise<void> {
    this.#pipe = pipe
    const reader = new FrameReader(this.#limits.frame)
    const greeted = new Promise<void>((resolve, reject) => {
      this.#greeted = error => {
        this.#greeted = undefined
        if (error) reject(error)
        else resolve()
      }
    })
    pipe.listen({
      received: bytes => this.#read(pipe, reader, bytes),
      closed: fault => {
        if (this.#pipe === pipe) this.#lose(new SipError('closed', fault ?? 'the shared server has gone'))
      },
    })
    const { client, token, looks } = this.#options
    const capabilities = this.#capabilities
    this.#send({
      is: 'hello',
      version: protocolVersion,
      client,
      ...(token !== undefined && { token }),
      ...(looks && { looks }),
      ...(capabilities && { capabilities }),
      ...(this.#listens && { listens: true }),
    })
    return greeted
  }

  /** Leaves the server, which ends what we have there. */
  detach(): void {
    const pipe = this.#pipe
    this.#forget()
    pipe?.end()
  }

  dispatch(command: Command): void {
    if (!this.attached) throw new SipError('not-ready', 'there is no shared server at present')
    const row = this.#check(command)
    const made = idsOf(command, row.makes)
    for (const id of made) this.#objects.give(id, us)
    const [lender] = idsOf(command, row.uses)
    for (const id of idsOf(command, row.lends))
      if (lender === undefined) this.#objects.give(id, us)
      else this.#objects.lend(id, lender)
    if (command.type === 'connection.open') {
      const { outboundProxy } = command.options
      this.#connections.set(command.id, { outboundProxy })
    }
    try {
      this.#send({ is: 'command', command })
    } catch (error) {
      for (const id of made) this.#forgetOne(id)
      throw error
    }
    for (const id of idsOf(command, row.ends)) this.#objects.take(id)
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#listener = listener
    // Not within the constructor that asks.
    const early = this.#early.splice(0)
    if (early.length > 0) void Promise.resolve().then(() => early.forEach(event => listener(event)))
  }

  trace(listener: (frame: Frame) => void): () => void {
    this.#need(['network.control'], 'the trace of the server')
    this.#tracers.add(listener)
    if (this.#tracers.size === 1) this.#send({ is: 'trace', on: true })
    return () => {
      if (!this.#tracers.delete(listener) || this.#tracers.size > 0 || !this.attached) return
      this.#send({ is: 'trace', on: false })
    }
  }

  record(recorder: Parameters<EnginePort['record']>[0]): () => void {
    return this.trace(frame => recorder({ seq: frame.seq, frame: () => frame }))
  }

  actors(): never {
    throw new SipError('not-supported', 'the actors are those of the shared server: see its inspector')
  }

  context(_actor: Id): never {
    throw new SipError('not-supported', 'the actors are those of the shared server: see its inspector')
  }

  newId(kind: string): Id {
    this.#ids += 1
    return ownId(kind, this.#session, this.#ids)
  }

  /** What the application can do from now on. */
  announce(capabilities: ClientCapabilities): void {
    if (!this.attached) throw new SipError('not-ready', 'there is no shared server at present')
    this.#send({ is: 'announce', capabilities })
    this.#capabilities = capabilities
  }

  listens(): void {
    if (this.#listens) return
    this.#listens = true
    if (this.attached) this.#send({ is: 'listens' })
  }

  /** Who and what the server has. */
  status(): Promise<ServerStatus> {
    if (!this.attached) return Promise.reject(gone())
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject })
      this.#send({ is: 'status' })
    })
  }

  /** What can be known here. Throws as the engine does. */
  #check(command: Command): CommandRow {
    const row = rowOf(command)
    if (!row) throw new SipError('not-supported', `the shared server knows no ${command.type}`)
    this.#need(row.needs, command.type)
    // Which way a registration goes, the server knows.
    checkArguments(command, (id, registration) =>
      registration === undefined
        ? this.#connections.get(id)?.outboundProxy
        : (this.#connections.get(id)?.outboundProxy ?? ''),
    )
    for (const id of idsOf(command, row.uses))
      if (!this.#objects.of(id)) throw new SipError('resource-not-available', `${id} is closed`)
    const [first] = idsOf(command, row.uses)
    const connection = first === undefined ? undefined : this.#connections.get(first)
    if (row.state !== undefined && connection?.state !== row.state)
      throw new SipError('not-ready', `the connection is not ${row.state}`)
    return row
  }

  #need(scopes: readonly Scope[], what: string): void {
    if (scopes.some(scope => this.#scopes.includes(scope))) return
    throw new SipError('permission', `${what} takes the scope ${scopes.join(' or ')}`)
  }

  #send(frame: ClientFrame): void {
    const pipe = this.#pipe
    if (!pipe) throw gone()
    const bytes = frameBytes(frame, this.#limits.frame)
    if (pipe.waiting > this.#limits.waiting)
      throw new SipError('in-use', 'the shared server does not take what it was sent')
    pipe.send(bytes)
  }

  #read(pipe: Pipe, reader: FrameReader, bytes: Uint8Array): void {
    for (const frame of this.#frames(pipe, reader, bytes)) {
      if (this.#pipe !== pipe) return
      this.#take(frame as ServerFrame)
    }
  }

  /** Of a stream that makes no sense nothing is kept. */
  *#frames(pipe: Pipe, reader: FrameReader, bytes: Uint8Array): Generator<unknown> {
    try {
      yield* reader.push(bytes)
    } catch (error) {
      if (!isSipError(error) || this.#pipe !== pipe) throw error
      pipe.destroy()
      this.#lose(error)
    }
  }

  #take(frame: ServerFrame): void {
    switch (frame.is) {
      case 'welcome':
        this.#session = frame.session
        this.#scopes = frame.scopes
        this.#profiles = frame.profiles
        this.#started = frame.started === true
        this.#shift = this.#options.now() - frame.now
        return this.#greeted?.()
      case 'event':
        return this.#tell(inOwnTime(frame.event, this.#shift))
      case 'refused':
        return this.#refused(frame)
      case 'traced':
        for (const tracer of this.#tracers) tracer(frame.frame)
        return
      case 'status':
        return this.#asked.shift()?.resolve(frame.status)
      case 'goodbye': {
        const pipe = this.#pipe
        this.#lose(frame.error)
        pipe?.end()
        return
      }
    }
  }

  #refused({ command, ended, error }: Extract<ServerFrame, { is: 'refused' }>): void {
    const { type, id, call, request } = command
    if (request !== undefined) return this.#tell({ type: 'profileDone', request, error })
    if (type === 'change.open' && id !== undefined && call !== undefined)
      return this.#tell({ type: 'changed', id: call, change: id, error })
    for (const one of ended.length > 0 ? ended : id === undefined ? [] : [id])
      this.#tell({ type: 'error', id: one, error })
    for (const one of ended) this.#tell({ type: 'closed', id: one })
  }

  #tell(event: EngineEvent): void {
    const { to, makes } = deliveryOf(event)
    if (to === 'everybody') for (const id of idsOf(event, makes)) this.#objects.give(id, us)
    else if (event.type === 'unbound')
      for (const id of [event.connection, event.event.id]) this.#objects.give(id, us)
    else this.#objects.route(event)
    if (event.type === 'profileConnection') this.#connections.set(event.id, {})
    if (event.type === 'state') {
      const connection = this.#connections.get(event.id)
      if (connection) connection.state = event.state.is
    }
    if (event.type === 'closed') this.#connections.delete(event.id)
    this.#objects.settle(event)
    this.#listener(event)
  }

  /** The server is gone, and with it all that we had there. */
  #lose(error: SipError): void {
    const connections = [...this.#connections.keys()]
    const others = [...this.#objects.held(us)].filter(id => !this.#connections.has(id))
    const greeted = this.#greeted
    const known = this.attached
    this.#forget()
    for (const id of [...others, ...connections]) {
      this.#listener({ type: 'error', id, error: gone() })
      this.#listener({ type: 'closed', id })
    }
    if (greeted) greeted(error)
    else if (known) this.onLost(error)
  }

  #forget(): void {
    this.#pipe = undefined
    this.#session = ''
    this.#scopes = []
    for (const { reject } of this.#asked.splice(0)) reject(gone())
    this.#tracers.clear()
    this.#connections.clear()
    for (const id of [...this.#objects.held(us)]) this.#objects.take(id)
  }

  #forgetOne(id: Id): void {
    this.#objects.take(id)
    this.#connections.delete(id)
  }
}
