/**
 * One event in, run to completion, all effects out, then the next event.
 *
 * Whatever enters the engine (a datagram, a timer, a command, a DNS answer) enters by `run`. Effects that concern other
 * actors are queued by `post`; what the application is to hear is collected and told when the step is over.
 */
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
} from 'xstate'
import type { SipError } from '../errors.ts'
import type { SipMessage } from '../message/types.ts'
import type { EngineEvent, Id } from './commands.ts'
import { fitOut, relay } from './compile/xstate-internals.ts'
import type { ConnectionEntry, Entry } from './entries.ts'
import type { Limits } from './limits.ts'
import type { Parking } from './parking.ts'
import type { Platform } from './ports.ts'
import { project } from './project.ts'
import { attach, entryOf, Registry } from './registry.ts'
import type { Tap } from './tap.ts'
import { Timers } from './timers.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const letters = new Array<number>(26).fill(0)

const same = (a: object, b: object): boolean => {
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(x)
  return keys.length === Object.keys(y).length && keys.every(key => x[key] === y[key])
}

const uncaused = {}

export class Runtime {
  readonly registry = new Registry()
  readonly timers: Timers
  readonly platform: Platform
  readonly limits: Limits
  readonly tap: Tap
  /** Set when the engine is put together. */
  parking!: Parking
  /** A connection has another state. */
  onConnection: (connection: ConnectionEntry) => void = () => {}
  #listener: (event: EngineEvent) => void = () => {}
  /** `by`: who sends it, where somebody watches. */
  readonly #queue: {
    source: Entry | undefined
    target: Entry
    event: AnyEventObject
    by: string | undefined
    /** The message that it comes of. */
    cause: SipMessage | undefined
  }[] = []
  /** The first of the queue that is not delivered yet. */
  #next = 0
  #running = false
  #telling = false
  #births: EngineEvent[] = []
  /** Who has `moved`. No Set: cleared after every step, it would keep what it held (see `churn-map.ts`). */
  #moved: Entry[] = []
  /** What each of them has moved by. */
  #causes: (SipMessage | undefined)[] = []
  /** The message that what happens now comes of. */
  #cause: SipMessage | undefined
  #news: EngineEvent[] = []
  #errors: EngineEvent[] = []
  #closed: EngineEvent[] = []
  #afterwards: (() => void)[] = []
  #ids = 0
  #spawning: Entry | undefined
  /** The time of the present run, once somebody has asked for it. */
  #time: number | undefined

  constructor(platform: Platform, limits: Limits, tap: Tap) {
    this.platform = platform
    this.limits = limits
    this.tap = tap
    this.timers = new Timers(platform.clock, (target, event, source) =>
      this.run(() => {
        const parked = target as unknown as Entry
        if (parked.kind === 'parked') this.#deliver(undefined, parked, event)
        else relay(source, target, event)
      }),
    )
  }

  /** A random token of 130 bits. */
  token(): string {
    const bytes = this.platform.random.bytes(26)
    for (let i = 0; i < 26; i++) letters[i] = alphabet.charCodeAt(bytes[i]! & 31)
    // In one piece: put together by `+=` it is a chain of 13 strings, which takes ten times as long and 400 bytes more.
    return String.fromCharCode.apply(String, letters)
  }

  /** What an actor is born with that may not roll dice itself. */
  seed(): number {
    return new DataView(this.platform.random.bytes(4).slice().buffer).getInt32(0)
  }

  newId(kind: string): Id {
    this.#ids += 1
    return `${kind}.${this.#ids}`
  }

  listen(listener: (event: EngineEvent) => void): void {
    this.#listener = listener
  }

  /** Runs a step to completion. What it throws is thrown on, after everything has settled. */
  run(step: () => void): void {
    if (this.#running) return step()
    this.#running = true
    try {
      step()
    } finally {
      try {
        this.#drain()
      } finally {
        this.#running = false
        this.#time = this.#cause = undefined
        if (this.tap.open) this.tap.settled()
        this.#tell()
      }
    }
  }

  /** Sends an event to an actor when the present one has finished. Nothing reaches an actor that has ended. */
  post(target: Entry | undefined, event: AnyEventObject, source?: Entry): void {
    if (!target) return
    const by = this.tap.open ? this.tap.posted(source, target, event) : undefined
    this.#queue.push({ source, target, event, by, cause: this.#cause })
  }

  /** The message that the present event comes of. */
  get cause(): SipMessage | undefined {
    return this.#cause
  }

  /** The same as part of an event. */
  get caused(): { readonly message?: SipMessage } {
    return this.#cause ? { message: this.#cause } : uncaused
  }

  /** What follows in this step comes of that message: the states that it brings about are told with it. */
  because(message: SipMessage): void {
    this.#cause = message
  }

  /** Makes the actor of an entry and starts it, as a child of the connection's actor. */
  spawn<E extends Entry>(entry: Omit<E, 'actor'>, logic: AnyActorLogic, input: object): E {
    const full = entry as E
    this.registry.add(full)
    this.#spawning = full
    const parent = (full.connection as Entry) === full ? undefined : full.connection.actor
    const birth = this.tap.open ? this.tap.birth(full, (logic as AnyStateMachine).id) : undefined
    full.actor = createActor(
      logic,
      parent ? { id: full.id, parent, input } : { id: full.id, input },
    ) as AnyActorRef
    attach(full.actor, full)
    if (!parent) fitOut(full.actor, this.tap)
    this.#spawning = undefined
    full.actor.start()
    if (birth) this.tap.end(birth, full.actor.getSnapshot())
    return full
  }

  /** An actor has moved: seen by every logic of the engine. `elsewhere`: into another state. */
  moved(self: AnyActorRef, elsewhere = true): void {
    // The first snapshot is made within the actor's constructor, before it can carry its entry.
    const entry = entryOf(self) ?? this.#spawning
    if (!entry) return
    if (elsewhere) {
      entry.since = this.#time ??= this.platform.clock.now()
      if (entry.kind === 'connection') this.onConnection(entry)
    }
    if (entry.visible && !entry.moved) {
      entry.moved = true
      this.#moved.push(entry)
      this.#causes.push(this.#cause)
    }
  }

  /** An actor has ended: nothing of it may stay. */
  forget(entry: Entry, reason?: 'connectionLost'): void {
    if (!entry.alive) return
    this.registry.remove(entry)
    this.timers.cancelAll(entry.kind === 'parked' ? (entry as unknown as AnyActorRef) : entry.actor)
    if (entry.kind === 'connection') this.timers.rest()
    if (entry.visible)
      this.#closed.push(reason ? { type: 'closed', id: entry.id, reason } : { type: 'closed', id: entry.id })
  }

  /** An object came to be: told before its first state. */
  born(event: EngineEvent): void {
    this.#births.push(event)
  }

  news(event: EngineEvent): void {
    this.#news.push(event)
  }

  error(id: Id, error: SipError): void {
    const message = error.response ?? this.#cause
    this.#errors.push(message ? { type: 'error', id, error, message } : { type: 'error', id, error })
  }

  /** Runs when the present step has settled, before the application is told. */
  afterwards(task: () => void): void {
    this.#afterwards.push(task)
  }

  /** Forgets what an object was about to be told: a lost connection is told by one state alone. */
  silence(entry: Entry): void {
    entry.moved = false
    this.#errors = this.#errors.filter(event => event.type !== 'error' || event.id !== entry.id)
  }

  #deliver(source: Entry | undefined, target: Entry, event: AnyEventObject): void {
    if (target.kind !== 'parked') return relay(source?.actor, target.actor, event)
    if (!this.parking.step(target, event)) return
    this.forget(target)
  }

  #drain(): void {
    for (;;) {
      const item = this.#queue[this.#next]
      if (item) {
        this.#next += 1
        this.#cause = item.cause
        if (item.by !== undefined && item.target.alive) this.tap.expect(item.event, item.by)
        if (item.target.alive) this.#deliver(item.source, item.target, item.event)
        continue
      }
      this.#queue.length = this.#next = 0
      const task = this.#afterwards.shift()
      if (!task) return
      this.#cause = undefined
      task()
    }
  }

  #tell(): void {
    if (this.#telling) return
    this.#telling = true
    try {
      // What listeners ask for runs at once and is told in the next round.
      while (this.#hasNews()) {
        const events = this.#births
        this.#births = []
        // News before states: whoever hears `confirmed` finds the answer there already.
        for (const event of this.#news) events.push(event)
        this.#news.length = 0
        for (let at = 0; at < this.#moved.length; at += 1) {
          const entry = this.#moved[at]!
          if (!entry.moved) continue
          entry.moved = false
          const state = project(entry)
          if (entry.told && same(entry.told, state)) continue
          entry.told = state
          const message = this.#causes[at]
          const { id } = entry
          events.push(message ? { type: 'state', id, state, message } : { type: 'state', id, state })
        }
        this.#moved.length = this.#causes.length = 0
        for (const list of [this.#errors, this.#closed]) {
          for (const event of list) events.push(event)
          list.length = 0
        }
        for (const event of events) this.#listener(event)
      }
    } finally {
      this.#telling = false
    }
  }

  #hasNews(): boolean {
    return (
      this.#births.length > 0 ||
      this.#moved.length > 0 ||
      this.#news.length > 0 ||
      this.#errors.length > 0 ||
      this.#closed.length > 0
    )
  }
}
