/**
 * The timers of all actors of one engine, on one host timer.
 *
 * Deadlines are exact; timers that fall due at the same instant fire in the order of arming. One timer an actor and
 * name: arming it again replaces it. Who keeps the order of deadlines is `timer-queues.ts`.
 */
import type { AnyActorRef, AnyEventObject } from 'xstate'
import type { Clock } from './ports.ts'
import { TimerEntry, TimerQueues } from './timer-queues.ts'

/** An armed timer as others see it: the visualizer's countdowns, tests under virtual time. */
export interface ArmedTimer {
  /** Who armed it, and may cancel it. */
  readonly actor: AnyActorRef
  /** The id it was armed under; for an `after` transition XState's `xstate.after.<delay>.<state>`. */
  readonly name: string
  /** When it fires, on the engine's clock; `Infinity` for never. */
  readonly deadline: number
  /** What it was armed with, in milliseconds. */
  readonly delay: number
}

/** Gives an event to `target`; `source` is the actor that armed the timer. */
export type Deliver = (target: AnyActorRef, event: AnyEventObject, source: AnyActorRef) => void

/** An actor with its timers. */
type Holder = Record<symbol, TimerEntry | undefined>

/** The longest sleep that every host understands; a later deadline is reached in several. */
const longestSleep = 0x7fff_ffff

export class Timers {
  readonly #clock: Clock
  readonly #deliver: Deliver
  readonly #queues = new TimerQueues()
  /**
   * Where an actor keeps the first of its timers, a chain through `sibling`. On the actor itself and not in a Map: that
   * saves the look-ups, and V8 keeps every outgrown table of a Map whose few entries come and go fast linked to the
   * next, and with it ended actors until a full collection (a fifth of a whole call).
   */
  readonly #key = Symbol('timers')
  #size = 0
  #armed = 0
  #closed = false
  #host: unknown
  /** When the host wakes us; `-Infinity` while firing, because the next sleep is worked out afterwards. */
  #wakeAt = Infinity

  constructor(clock: Clock, deliver: Deliver) {
    this.#clock = clock
    this.#deliver = deliver
  }

  /** How many timers are armed. */
  get size(): number {
    return this.#size
  }

  /**
   * Sends `event` to `target` (by default `actor` itself) after `delay` milliseconds.
   *
   * Never fires inside this call: 0, a negative delay and NaN mean the next turn of the clock. `Infinity` means never;
   * such a timer is armed, listed and can be cancelled. After `close` nothing is armed any more.
   */
  arm(
    actor: AnyActorRef,
    id: string,
    delay: number,
    event: AnyEventObject,
    target: AnyActorRef = actor,
  ): void {
    if (this.#closed) return
    const first = this.#firstOf(actor)
    if (first !== undefined) this.#cancelIn(first, id)
    const wait = Number.isNaN(delay) ? 0 : Math.max(0, delay)
    const entry = new TimerEntry(actor, id, this.#clock.now() + wait, wait, event, target, ++this.#armed)
    entry.sibling = first === undefined ? undefined : this.#firstOf(actor)
    this.#keep(actor, entry)
    this.#queues.insert(entry)
    this.#size++
    if (entry.deadline < this.#wakeAt) this.#sleepUntil(entry.deadline)
  }

  /** Disarms one timer; false if there is none of that name. */
  cancel(actor: AnyActorRef, id: string): boolean {
    const first = this.#firstOf(actor)
    return first !== undefined && this.#cancelIn(first, id)
  }

  /**
   * Hands the timers of one actor to another, deadlines and all: for what goes on without its actor. Of two with the
   * same name that of `to` goes.
   */
  move(from: AnyActorRef, to: AnyActorRef): void {
    let entry = this.#firstOf(from)
    this.#keep(from, undefined)
    while (entry !== undefined) {
      const next: TimerEntry | undefined = entry.sibling
      this.cancel(to, entry.id)
      entry.actor = to
      if (entry.target === from) entry.target = to
      entry.sibling = this.#firstOf(to)
      this.#keep(to, entry)
      entry = next
    }
  }

  /** Disarms every timer that `actor` armed. */
  cancelAll(actor: AnyActorRef): void {
    let entry = this.#firstOf(actor)
    if (entry === undefined) return
    this.#keep(actor, undefined)
    for (; entry !== undefined; entry = entry.sibling) {
      this.#queues.remove(entry)
      this.#size--
    }
  }

  /** Every armed timer, in no particular order. */
  *[Symbol.iterator](): Generator<ArmedTimer, void> {
    for (const { actor, id: name, deadline, delay } of this.#queues) yield { actor, name, deadline, delay }
  }

  /** Gives the host timer back when nothing is armed: an idle engine keeps no process alive. */
  rest(): void {
    if (this.#size === 0 && this.#host !== undefined) this.#sleepUntil(Infinity)
  }

  /** Disarms everything and gives the host timer back; later calls of `arm` do nothing. */
  close(): void {
    this.#closed = true
    for (const entry of [...this.#queues]) this.cancelAll(entry.actor)
    this.#sleepUntil(Infinity)
  }

  #firstOf(actor: object): TimerEntry | undefined {
    return (actor as Holder)[this.#key]
  }

  #keep(actor: object, first: TimerEntry | undefined): void {
    ;(actor as Holder)[this.#key] = first
  }

  #cancelIn(first: TimerEntry, id: string): boolean {
    for (let entry: TimerEntry | undefined = first; entry !== undefined; entry = entry.sibling) {
      if (entry.id !== id) continue
      this.#queues.remove(entry)
      this.#forget(entry, first)
      return true
    }
    return false
  }

  #forget(entry: TimerEntry, first: TimerEntry): void {
    this.#size--
    if (first === entry) {
      this.#keep(entry.actor, entry.sibling)
      return
    }
    let before = first
    while (before.sibling !== entry) before = before.sibling!
    before.sibling = entry.sibling
  }

  readonly #wake = (): void => {
    this.#host = undefined
    this.#wakeAt = -Infinity
    const failures: unknown[] = []
    const now = this.#clock.now()
    // What is armed while firing waits for the next turn, so a timer of 0 ms that re-arms itself cannot hold the host.
    const last = this.#armed
    for (let due = this.#queues.shift(now, last); due !== undefined; due = this.#queues.shift(now, last)) {
      this.#forget(due, this.#firstOf(due.actor)!)
      try {
        this.#deliver(due.target, due.event, due.actor)
      } catch (error) {
        failures.push(error)
      }
    }
    this.#sleepUntil(this.#closed ? Infinity : this.#queues.nextDeadline())
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} timers failed`)
    if (failures.length === 1) throw failures[0]
  }

  #sleepUntil(deadline: number): void {
    if (this.#host !== undefined) this.#clock.clearTimeout(this.#host)
    this.#wakeAt = deadline
    this.#host =
      deadline === Infinity
        ? undefined
        : this.#clock.setTimeout(
            this.#wake,
            Math.min(Math.max(0, deadline - this.#clock.now()), longestSleep),
          )
  }
}
