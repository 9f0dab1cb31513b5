/** What belongs together: the legs of a call, a registration, a request by itself. */
import type { ActorLog } from './actor-log.ts'
import type { MalformedFrame, MessageFrame } from './frame.ts'
import type { FlowKind, FlowSummary, LegSummary } from './views.ts'

/** The messages of one Call-ID. */
export interface Leg {
  readonly id: string
  readonly direction: 'in' | 'out'
  flow: Flow
  /** The request that it began with, or the first message that is known. */
  readonly opening: MessageFrame
  joinedBy?: NonNullable<LegSummary['joinedBy']>
  /** Messages that are held, in order; those before `head` are dropped. */
  readonly messages: MessageFrame[]
  head: number
  /** Direction of the last description offered. */
  offered?: string
}

/** Legs and actors that were found to belong together. The older takes in the younger. */
export class Flow {
  readonly id: string
  readonly firstSeq: number
  readonly began: number
  kind: FlowKind = 'other'
  lastSeq: number
  touched: number
  readonly legs: Leg[] = []
  readonly actors = new Set<ActorLog>()
  readonly malformed: MalformedFrame[] = []
  readonly methods = new Set<string>()
  /** Messages in all, also those that the ring has dropped. */
  messages = 0
  failures = 0
  findings = 0
  /** Frames that are held. */
  held = 0
  alive = 0
  /** A dialog of it was confirmed; its media is on hold. */
  confirmed = false
  onHold = false
  /** Its line in the list, until something changes. */
  summary: FlowSummary | undefined
  /** What the flow was taken into. */
  into: Flow | undefined

  constructor(id: string, seq: number, t: number) {
    this.id = id
    this.firstSeq = seq
    this.lastSeq = seq
    this.began = t
    this.touched = t
  }

  /** This flow, or the one that has taken it in. */
  get whole(): Flow {
    return this.into ? this.into.whole : this
  }

  touch(seq: number, t: number): void {
    this.held += 1
    this.summary = undefined
    this.lastSeq = seq
    this.touched = t
  }

  /** Takes in all that is in a younger flow. */
  absorb(other: Flow): void {
    for (const leg of other.legs) {
      leg.flow = this
      this.legs.push(leg)
    }
    for (const actor of other.actors) {
      actor.flow = this
      this.actors.add(actor)
    }
    for (const method of other.methods) this.methods.add(method)
    this.malformed.push(...other.malformed)
    this.kind = stronger(this.kind, other.kind)
    this.messages += other.messages
    this.failures += other.failures
    this.findings += other.findings
    this.held += other.held
    this.alive += other.alive
    this.confirmed ||= other.confirmed
    this.onHold ||= other.onHold
    this.summary = undefined
    this.lastSeq = Math.max(this.lastSeq, other.lastSeq)
    this.touched = Math.max(this.touched, other.touched)
    other.into = this
  }
}

const strength: readonly FlowKind[] = [
  'other',
  'message',
  'publication',
  'subscription',
  'registration',
  'call',
]

export const stronger = (a: FlowKind, b: FlowKind): FlowKind =>
  strength.indexOf(a) >= strength.indexOf(b) ? a : b
