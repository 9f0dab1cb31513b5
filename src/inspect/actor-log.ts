/** The life of one actor as far as its frames are held: its state at any of their numbers, without a replay of others. */

import type { Flow } from './flow.ts'
import type { ActorRecord, ActorTimer, StepFrame } from './frame.ts'
import type { ActorAt, ActorDetail, StateTime } from './views.ts'

/** Where an actor stood before the first step that is held. */
interface Base {
  state: string
  since: number
  timers: readonly ActorTimer[]
}

const after = 'xstate.after.'

/** Timers after a step. */
const timed = (timers: readonly ActorTimer[], { event, t, timers: changes, ended }: StepFrame) => {
  if (ended) return []
  const fired = event.startsWith(after) ? event.slice(after.length) : undefined
  if (!changes && fired === undefined) return timers
  let armed = timers.filter(({ name }) => name !== fired)
  for (const { timer, delay } of changes ?? []) {
    armed = armed.filter(({ name }) => name !== timer)
    if (delay !== undefined) armed.push({ name: timer, deadline: t + delay, delay })
  }
  return armed
}

/** One actor, from its birth or from where the ring begins. */
export class ActorLog {
  readonly id: string
  readonly machine: string
  parent: string | undefined
  owner: string | undefined
  /** Number of the frame of its birth; 0 when it is older than what is held. */
  readonly born: number
  /** Number of the frame of its end. */
  ended: number | undefined
  flow: Flow | undefined
  /** Its owner and its flow are found. */
  settled = false
  /** Those that serve it. */
  serving: Set<ActorLog> | undefined
  readonly #base: Base
  readonly #steps: StepFrame[] = []
  #head = 0

  constructor(id: string, machine: string, born: number, base: Base) {
    this.id = id
    this.machine = machine
    this.born = born
    this.#base = base
  }

  /** From its first step that is known. */
  static begun({ actor, machine, parent, owner, from, seq, t }: StepFrame): ActorLog {
    const base = { state: from ?? '', since: t, timers: [] }
    const log = new ActorLog(actor, machine, from === undefined ? seq : 0, base)
    log.parent = parent
    log.owner = owner
    return log
  }

  /** From the record of an actor that was alive before the first frame that is held. */
  static recorded({ id, machine, parent, owner, state, since, timers }: ActorRecord): ActorLog {
    const log = new ActorLog(id, machine, 0, { state, since, timers })
    log.parent = parent
    log.owner = owner
    return log
  }

  /** Completes what the frames that are held could not tell of an actor that is older. */
  complete({ parent, owner, since, timers }: ActorRecord): void {
    this.parent ??= parent
    this.owner ??= owner
    if (this.born > 0) return
    const moved = this.#held().some(({ from, to }) => from !== to)
    if (!moved) this.#base.since = since
    const touched = new Set(this.#held().flatMap(step => step.timers?.map(({ timer }) => timer) ?? []))
    const known = new Set(this.#base.timers.map(({ name }) => name))
    const older = timers.filter(({ name }) => !touched.has(name) && !known.has(name))
    this.#base.timers = [...this.#base.timers, ...older]
  }

  add(frame: StepFrame): void {
    this.owner ??= frame.owner
    this.#steps.push(frame)
    if (frame.ended) this.ended = frame.seq
  }

  /** Lets go of its oldest step, which the ring dropped. @returns false when nothing of it is left */
  drop(): boolean {
    const step = this.#steps[this.#head]
    if (!step) return this.ended === undefined
    const base = this.#base
    base.timers = timed(base.timers, step)
    if (step.from !== step.to) base.since = step.t
    base.state = step.to
    this.#steps[this.#head++] = undefined as never
    if (this.#head > 64 && this.#head * 2 > this.#steps.length) {
      this.#steps.splice(0, this.#head)
      this.#head = 0
    }
    return !step.ended
  }

  #held(): readonly StepFrame[] {
    return this.#head === 0 ? this.#steps : this.#steps.slice(this.#head)
  }

  /** Steps held up to that number. */
  steps(seq = Number.POSITIVE_INFINITY): readonly StepFrame[] {
    return this.#steps.slice(this.#head, this.#place(seq) + 1)
  }

  /** Index of its last step up to that number; before the first when there is none. */
  #place(seq: number): number {
    let [low, high] = [this.#head, this.#steps.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#steps[middle]!.seq <= seq) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Alive when the frame of that number was over. */
  alive(seq: number): boolean {
    return this.born <= seq && (this.ended === undefined || this.ended > seq)
  }

  /** Its state now. */
  get state(): string {
    return this.#steps.at(-1)?.to ?? this.#base.state
  }

  /** Milliseconds of the clock since when it is in its state. */
  get since(): number {
    return this.#since(this.#steps.length - 1)
  }

  #since(place: number): number {
    for (let at = place; at >= this.#head; at -= 1) {
      const { from, to, t } = this.#steps[at]!
      if (from !== to) return t
    }
    return this.#base.since
  }

  /** How it stood when the frame of that number was over. */
  at(seq: number): ActorAt {
    const place = this.#place(seq)
    return {
      id: this.id,
      machine: this.machine,
      ...(this.parent === undefined ? {} : { parent: this.parent }),
      ...(this.owner === undefined ? {} : { owner: this.owner }),
      state: place < this.#head ? this.#base.state : this.#steps[place]!.to,
      since: this.#since(place),
      ...(this.flow ? { flow: this.flow.id } : {}),
    }
  }

  /** Everything about it at that number; `t` is the time then. */
  detail(seq: number, t: number): ActorDetail {
    const steps = this.steps(seq)
    let { timers } = this.#base
    for (const step of steps) timers = timed(timers, step)
    const path = [
      ...(this.born === 0
        ? [{ state: this.#base.state, seq: steps[0]?.seq ?? seq, t: this.#base.since }]
        : []),
      ...steps
        .filter(({ from, to }) => from !== to)
        .map(({ to, seq: at, t: when }) => ({ state: to, seq: at, t: when })),
    ]
    const ended = this.ended !== undefined && this.ended <= seq
    const until = ended ? steps.at(-1)!.t : t
    return {
      ...this.at(seq),
      ended,
      served: [...(this.serving ?? [])].filter(log => log.alive(seq)).map(({ id }) => id),
      path,
      times: timesOf(path, until),
      timers: [...timers].sort((a, b) => a.deadline - b.deadline),
      steps,
      refused: steps.findLast(({ guards }) => guards !== undefined)?.guards ?? [],
      messages: [...new Set(steps.flatMap(({ message }) => (message === undefined ? [] : [message])))],
    }
  }
}

const timesOf = (path: ActorDetail['path'], until: number): StateTime[] => {
  const times = new Map<string, { milliseconds: number; visits: number }>()
  path.forEach(({ state, t }, index) => {
    const time = times.get(state) ?? { milliseconds: 0, visits: 0 }
    time.milliseconds += Math.max(0, (path[index + 1]?.t ?? until) - t)
    time.visits += 1
    times.set(state, time)
  })
  return [...times].map(([state, time]) => ({ state, ...time }))
}
