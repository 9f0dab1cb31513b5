/**
 * The pace of REGISTERs: so many a second to each target, over all connections of an engine. What waits is an actor in
 * its state `queued`, which gets `pacer.go` when its turn has come. When turns are is decided in `rules/pace.ts`.
 */
import { given, spend, turnOf, unpaced, waitFor } from '../rules/pace.ts'
import { type Line, Queue, type RegistrationEntry, type Ticket } from './registration-entries.ts'
import type { Runtime } from './runtime.ts'

const go = { type: 'pacer.go' } as const
const timer = 'pacer'
/** Idle lines that are kept before the stale ones are forgotten. */
const fewLines = 64

export class Pacer {
  readonly #runtime: Runtime
  readonly #lines = new Map<string, Line>()
  #waiting = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Gets in line; false when too many wait already. `renews`: the registrar knows the binding. */
  join(entry: RegistrationEntry, key: string, renews: boolean): boolean {
    if (this.#waiting >= this.#runtime.limits.waitingRegisters) return false
    const line = this.#lines.get(key) ?? this.#open(key)
    const ticket: Ticket = { entry, line, renews }
    entry.ticket = ticket
    ;(renews ? line.renewals : line.others).add(ticket)
    line.waiting += 1
    this.#waiting += 1
    if (!line.head) this.#advance(line)
    return true
  }

  /** Leaves the line: its turn has come, or it has given up. */
  leave(entry: RegistrationEntry): void {
    const { ticket } = entry
    if (!ticket) return
    const { line } = ticket
    entry.ticket = undefined
    line.waiting -= 1
    this.#waiting -= 1
    if (line.head !== ticket) return
    this.#runtime.timers.cancel(entry.actor, timer)
    line.head = undefined
    // When it left to register, that counts first.
    this.#runtime.afterwards(() => {
      if (!line.head) this.#advance(line)
    })
  }

  /** A REGISTER goes out. One that had no turn of its own (a challenge answered, a 423 followed) delays the next. */
  spent(key: string): void {
    const line = this.#lines.get(key) ?? this.#open(key)
    const { clock } = this.#runtime.platform
    line.pace = spend(line.pace, clock.now(), this.#runtime.limits.registersPerSecond)
    if (line.head) this.#arm(line, line.head)
  }

  #open(key: string): Line {
    if (this.#lines.size >= fewLines) this.#sweep()
    const line: Line = { key, pace: unpaced, renewals: new Queue(), others: new Queue(), waiting: 0 }
    this.#lines.set(key, line)
    return line
  }

  #sweep(): void {
    const now = this.#runtime.platform.clock.now()
    for (const [key, line] of this.#lines) {
      if (line.waiting === 0 && waitFor(line.pace, now) === 0) this.#lines.delete(key)
    }
  }

  #advance(line: Line): void {
    const renewals = line.renewals.first()
    const others = line.others.first()
    const turn = turnOf(line.pace, { renewals: renewals !== undefined, others: others !== undefined })
    const ticket = turn === 'renewal' ? renewals : others
    if (!ticket) return
    line.pace = given(line.pace, turn)
    line.head = ticket
    this.#arm(line, ticket)
  }

  #arm(line: Line, { entry }: Ticket): void {
    const wait = waitFor(line.pace, this.#runtime.platform.clock.now())
    if (wait > 0) this.#runtime.timers.arm(entry.actor, timer, wait, go)
    else this.#runtime.post(entry, go)
  }
}
