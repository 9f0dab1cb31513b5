/**
 * What a trace says, kept up to date frame by frame: flows, ladders, actors, causes, findings. Page and terminal both
 * show this and nothing of their own. Pure: no clock, no platform.
 */
import { ActorLog } from './actor-log.ts'
import { Correlation } from './correlation.ts'
import { Findings } from './findings.ts'
import type { ActorRecord, Frame, StepFrame } from './frame.ts'
import { ladderOf } from './ladder-view.ts'
import { Ring } from './ring.ts'
import { searchIn } from './search.ts'
import { trackSession } from './session-track.ts'
import { summaryOf } from './summary.ts'
import type { ActorDetail, ActorsView, Finding, FlowSummary, LadderView, Why } from './views.ts'

/** How much a model holds. */
export interface TraceModelOptions {
  /** Most frames held, the newest; default 100,000. */
  readonly capacity?: number
}

/** A trace that grows, and everything that is shown of it. */
export class TraceModel {
  readonly #ring: Ring<Frame>
  readonly #actors = new Map<string, ActorLog>()
  readonly #correlation = new Correlation()
  readonly #findings = new Findings()
  /** Told of before their owners. */
  readonly #orphans: ActorLog[] = []
  #lost = 0

  constructor({ capacity }: TraceModelOptions = {}) {
    this.#ring = new Ring(capacity)
  }

  /** Number of the oldest frame held; 0 without any. */
  get first(): number {
    return this.#ring.first
  }

  /** Number of the newest frame; 0 without any. */
  get last(): number {
    return this.#ring.last
  }

  /** Frames held. */
  get length(): number {
    return this.#ring.length
  }

  /** Frames that were pushed out of the ring or never came. */
  get dropped(): number {
    return this.#ring.dropped + this.#lost
  }

  /** Takes the next frames. One whose number does not rise is ignored. */
  append(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const { last } = this.#ring
      if (frame.seq <= last) continue
      if (last > 0) this.#lost += frame.seq - last - 1
      const old = this.#ring.push(frame)
      if (old) this.#drop(old)
      this.#take(frame)
    }
  }

  /**
   * Tells who is alive after the frame of that number, for a watcher who comes late. Frames before it that are still
   * there are appended first.
   */
  seed(actors: readonly ActorRecord[], seq: number): void {
    const made: ActorLog[] = []
    for (const record of actors) {
      const known = this.#actors.get(record.id)
      if (known) known.complete(record)
      else {
        const log = ActorLog.recorded(record)
        this.#actors.set(record.id, log)
        made.push(log)
      }
    }
    const t = this.#ring.get(seq)?.t
    // Owners may come after those they own, also in a later piece.
    for (const log of [...this.#orphans.splice(0), ...made])
      if (log.owner === undefined || this.#actors.has(log.owner))
        this.#settle(log, { seq, t: t ?? log.since })
      else this.#orphans.push(log)
  }

  /** Gives an actor its owner and its flow. */
  #settle(log: ActorLog, frame: { readonly seq: number; readonly t: number; readonly cause?: number }): void {
    if (log.settled) return
    log.settled = true
    const owner = log.owner === undefined ? undefined : this.#actors.get(log.owner)
    if (owner) {
      this.#settle(owner, frame)
      owner.serving ??= new Set()
      owner.serving.add(log)
    }
    this.#correlation.born(log, frame, owner)
    if (log.flow) log.flow.alive += 1
  }

  #take(frame: Frame): void {
    if (frame.kind === 'step') {
      let log = this.#actors.get(frame.actor)
      if (!log) {
        log = ActorLog.begun(frame)
        this.#actors.set(frame.actor, log)
        this.#settle(log, frame)
      }
      log.add(frame)
      if (frame.ended && log.flow) log.flow.alive -= 1
      this.#correlation.step(frame, log)
      if (log.flow && log.machine === 'dialog' && frame.to === 'confirmed') log.flow.confirmed = true
      this.#findings.step(frame, log)
    } else if (frame.kind === 'message') {
      const log = frame.actor === undefined ? undefined : this.#actors.get(frame.actor)
      const leg = this.#correlation.message(frame, log)
      trackSession(frame, leg)
      this.#findings.message(frame, leg)
    } else {
      const flow = this.#correlation.malformed(frame)
      this.#findings.malformed(frame, flow)
    }
    this.#findings.tick(frame)
  }

  #drop(frame: Frame): void {
    const log = frame.kind === 'step' ? this.#actors.get(frame.actor) : undefined
    const gone = log !== undefined && !log.drop()
    this.#correlation.drop(frame, log)
    if (!gone) return
    this.#actors.delete(log.id)
    log.flow?.actors.delete(log)
    const owner = log.owner === undefined ? undefined : this.#actors.get(log.owner)
    owner?.serving?.delete(log)
  }

  /** The frame of that number, while it is held. */
  frame(seq: number): Frame | undefined {
    return this.#ring.get(seq)
  }

  /** Frames numbered `from` to `to`, both included. */
  frames(from = 0, to?: number): Iterable<Frame> {
    return this.#ring.between(from, to)
  }

  /** Every flow, the latest first. */
  flows(): readonly FlowSummary[] {
    return [...this.#correlation.flows.values()]
      .filter(({ legs, actors }) => legs.length > 0 || actors.size > 0)
      .map(summaryOf)
      .sort((a, b) => b.firstSeq - a.firstSeq)
  }

  /** Id of the flow that a frame belongs to. */
  flowOf(seq: number): string | undefined {
    const frame = this.#ring.get(seq)
    if (!frame || frame.kind === 'malformed') return undefined
    if (frame.kind === 'step') return this.#actors.get(frame.actor)?.flow?.id
    return this.#correlation.leg(frame.message.callId)?.flow.id
  }

  /** The ladder of a flow; empty when there is none of that id. */
  ladder(flow: string): LadderView {
    const found = this.#correlation.flow(flow)
    return ladderOf(found, {
      first: this.first,
      findings: found ? this.#findings.list(this.first, found) : [],
      missing: found ? this.#findings.missing(found.legs) : [],
      logOf: id => this.#actors.get(id),
    })
  }

  /** Time of the engine's clock at a frame; of the nearest before when it is not held. */
  timeAt(seq: number): number {
    const place = this.#ring.place(seq)
    const frame = this.#ring.at(place)
    return (frame?.seq === seq ? frame : (this.#ring.at(place - 1) ?? frame))?.t ?? 0
  }

  /** Every actor alive when the frame of that number was over. */
  actorsAt(seq: number): ActorsView {
    const actors = []
    for (const log of this.#actors.values()) if (log.alive(seq)) actors.push(log.at(seq))
    return { seq, t: this.timeAt(seq), actors }
  }

  /** One actor when the frame of that number was over; `undefined` when nothing is known of it. */
  actor(id: string, seq = this.last): ActorDetail | undefined {
    const log = this.#actors.get(id)
    return log && log.born <= seq ? log.detail(seq, this.timeAt(seq)) : undefined
  }

  /** Why a message was sent, or what came of it: the run to completion that it stands in, step by step. */
  why(seq: number): Why {
    const frame = this.#ring.get(seq)
    if (!frame) return { steps: [] }
    const root = frame.cause ?? frame.seq
    const steps: StepFrame[] = []
    for (const one of this.#ring.between(root)) {
      if (one.seq !== root && one.cause !== root) break
      if (one.kind === 'step') steps.push(one)
    }
    const cause = this.#ring.get(root)
    return cause?.kind === 'message' ? { cause, steps } : { steps }
  }

  /** What a reader should look at, the oldest first. */
  findings(): readonly Finding[] {
    return this.#findings.list(this.first)
  }

  /** Numbers of the frames in which every word of the query stands, the oldest first. */
  search(query: string): readonly number[] {
    return searchIn(this.#ring.between(0), query)
  }
}
