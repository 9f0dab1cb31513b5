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

/** The longest sleep that every host understands; a later deadline is reached in several. */
const longestSleep = 0x7fff_ffff

export class Timers {
  readonly #clock: Clock
  readonly #deliver: Deliver
  readonly #queues = new TimerQueues()
  /** The timers of each actor: the first of a chain through `sibling`. */
  readonly #byActor = new Map<AnyActorRef, TimerEntry>()
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
    const first = this.#byActor.get(actor)
    if (first !== undefined) this.#cancelIn(first, id)
    const wait = Number.isNaN(delay) ? 0 : Math.max(0, delay)
    const entry = new TimerEntry(actor, id, this.#clock.now() + wait, wait, event, target, ++this.#armed)
    entry.sibling = first === undefined ? undefined : this.#byActor.get(actor)
    this.#byActor.set(actor, entry)
    this.#queues.insert(entry)
    this.#size++
    if (entry.deadline < this.#wakeAt) this.#sleepUntil(entry.deadline)
  }

  /** Disarms one timer; false if there is none of that name. */
  cancel(actor: AnyActorRef, id: string): boolean {
    const first = this.#byActor.get(actor)
    return first !== undefined && this.#cancelIn(first, id)
  }

  /** Disarms every timer that `actor` armed. */
  cancelAll(actor: AnyActorRef): void {
    let entry = this.#byActor.get(actor)
    if (entry === undefined) return
    this.#byActor.delete(actor)
    for (; entry !== undefined; entry = entry.sibling) {
      this.#queues.remove(entry)
      this.#size--
    }
  }

  /** Every armed timer, by actor; no order of time. */
  *[Symbol.iterator](): Generator<ArmedTimer, void> {
    for (const first of this.#byActor.values()) {
      for (let entry: TimerEntry | undefined = first; entry !== undefined; entry = entry.sibling) {
        const { actor, id: name, deadline, delay } = entry
        yield { actor, name, deadline, delay }
      }
    }
  }

  /** Disarms everything and gives the host timer back; later calls of `arm` do nothing. */
  close(): void {
    this.#closed = true
    for (const actor of [...this.#byActor.keys()]) this.cancelAll(actor)
    this.#sleepUntil(Infinity)
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
      if (entry.sibling === undefined) this.#byActor.delete(entry.actor)
      else this.#byActor.set(entry.actor, entry.sibling)
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
      this.#forget(due, this.#byActor.get(due.actor)!)
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
