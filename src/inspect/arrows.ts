/**
 * Frames of one engine or several become arrows: each message once, with the transitions it caused at both ends.
 * A message that one engine sent and another received is one arrow: branch, CSeq, Call-ID and tags tell. Which message explains a
 * transition is told by the number of its cause.
 */
import type { Address, TransportName } from '../engine/ports.ts'
import type { SipMessage } from '../message/types.ts'
import { type Frame, type MalformedFrame, type MessageFrame, moved, type StepFrame } from './frame.ts'
import { isTransaction } from './names.ts'

/** One machine's way through one arrow. */
export interface Step {
  /** Name of the engine. */
  readonly party: string
  readonly machine: string
  readonly actor: string
  /** Absent at birth. */
  readonly from?: string
  readonly to: string
}

/** A message, what was no message, or machines that moved without one. */
export interface Arrow {
  /** Milliseconds of the clock when it was first seen. */
  readonly t: number
  /** Parties by name; absent where machines moved by themselves. */
  readonly between?: { readonly from: string; readonly to: string; readonly transport: TransportName }
  readonly message?: SipMessage
  /** Why it was no message. */
  readonly malformed?: string
  /** The same message has gone this way before. */
  readonly repeated: boolean
  /** It was seen to leave; it was seen to arrive. */
  readonly sent: boolean
  readonly arrived: boolean
  /** The party it went to is watched as well, so that it should have been seen to arrive. */
  readonly watched: boolean
  readonly steps: readonly Step[]
}

type Draft = { -readonly [Key in keyof Arrow]: Arrow[Key] } & {
  steps: Step[]
  touched: number
  /** Among those of the same time. */
  order: number
  /** Frames of the message by engine. */
  readonly ends: Map<string, { readonly direction: 'in' | 'out'; readonly actor: string | undefined }>
  key?: string
}

/** An engine that is watched, or a party known by its address only. */
export interface PartyOptions {
  readonly name: string
  readonly addresses: readonly Address[]
}

/** One engine as it is watched. */
interface Source {
  readonly owners: Map<string, string>
  /** Arrows by the number of their frame, and by that of the run to completion they were sent in; the latest last. */
  readonly arrows: Map<number, Draft>
  /** Transitions that the message of that number explains, which comes next. */
  readonly due: Map<number, StepFrame[]>
  /** Transitions that a message not yet sent will explain. */
  ahead: StepFrame[]
}

/** Arrows of one engine looked back at. */
const memory = 64
/** Arrows by message identity kept. */
const identities = 4096

const textOf = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const identityOf = (message: SipMessage): string => {
  const { seq, method } = message.cseq
  const what = message.kind === 'request' ? message.method : message.status
  const branch = message.via.params.get('branch') ?? ''
  return [what, seq, method, message.callId, branch, message.fromTag ?? '', message.toTag ?? ''].join(' ')
}

/** The frame that set off the run to completion. */
const rootOf = ({ cause, seq }: Frame): number => cause ?? seq

/** The same actor once, from where it was to where it is. */
const join = (steps: readonly Step[]): Step[] => {
  const joined = new Map<string, Step>()
  for (const step of steps) {
    const key = `${step.party} ${step.actor}`
    const before = joined.get(key)
    const from = before ? before.from : step.from
    joined.set(key, {
      party: step.party,
      machine: step.machine,
      actor: step.actor,
      to: step.to,
      ...(from === undefined ? {} : { from }),
    })
  }
  return [...joined.values()]
}

export class Arrows {
  readonly #names = new Map<string, string>()
  readonly #sources = new Map<string, Source>()
  readonly #open: Draft[] = []
  /** Frames pushed, and the places of those that wait. */
  #pushed = 0
  readonly #orders = new WeakMap<StepFrame, number>()
  readonly #byIdentity = new Map<string, Draft[]>()

  /** Says whose an address is. */
  name({ name, addresses }: PartyOptions): void {
    for (const address of addresses) this.#names.set(textOf(address), name)
  }

  /** Takes the next frame of the engine with that name. */
  push(party: string, frame: Frame): void {
    const source = this.#source(party)
    this.#pushed += 1
    if (frame.kind === 'step') {
      if (moved(frame)) this.#moved(party, source, frame)
    } else if (frame.kind === 'message') this.#message(party, source, frame)
    else this.#malformed(party, source, frame)
  }

  /** Arrows to which nothing was added after that time, in order; each is given once. */
  take(before = Number.POSITIVE_INFINITY): Arrow[] {
    for (const [party, source] of this.#sources) {
      const [first] = source.ahead
      if (first && first.t <= before) this.#runs(party, source.ahead.splice(0))
    }
    this.#open.sort((a, b) => a.t - b.t || a.order - b.order)
    const ready: Arrow[] = []
    while (this.#open[0] && this.#open[0].touched <= before) {
      const draft = this.#open.shift()!
      const watched = draft.between !== undefined && this.#sources.has(draft.between.to)
      ready.push({ ...draft, watched, steps: join(draft.steps) })
    }
    return ready
  }

  /** True while there are arrows that were not taken. */
  get pending(): boolean {
    return this.#open.length > 0 || [...this.#sources.values()].some(({ ahead }) => ahead.length > 0)
  }

  #source(party: string): Source {
    let source = this.#sources.get(party)
    if (!source) {
      source = { owners: new Map(), arrows: new Map(), due: new Map(), ahead: [] }
      this.#sources.set(party, source)
    }
    return source
  }

  #message(party: string, source: Source, frame: MessageFrame): void {
    this.#names.set(textOf(frame.local), party)
    const { direction, t, message, actor } = frame
    const key = identityOf(message)
    const draft = (direction === 'in' && this.#counterpart(key, party)) || this.#draft(party, frame, key)
    draft.ends.set(party, { direction, actor })
    draft.touched = Math.max(draft.touched, t)
    if (direction === 'in') {
      draft.arrived = true
      if (draft.between) draft.between = { ...draft.between, to: party }
    } else {
      draft.sent = true
      this.#claim(party, source, draft, frame)
      // What else this run brings belongs to its first message.
      if (!source.arrows.has(rootOf(frame))) this.#remember(source, rootOf(frame), draft)
    }
    this.#remember(source, frame.seq, draft)
    const due = source.due.get(frame.seq)
    source.due.delete(frame.seq)
    for (const step of due ?? []) this.#attach(party, draft, step)
  }

  /** The arrow that the other end drew when it sent this message. */
  #counterpart(key: string, party: string): Draft | undefined {
    return this.#byIdentity.get(key)?.findLast(({ arrived, ends }) => !arrived && !ends.has(party))
  }

  #draft(party: string, frame: MessageFrame, key: string): Draft {
    const { direction, remote, transport, t, message } = frame
    const address = textOf(remote)
    const other = this.#names.get(address) ?? address
    const [from, to] = direction === 'out' ? [party, other] : [other, party]
    const same = this.#byIdentity.get(key) ?? []
    const draft: Draft = {
      t,
      touched: t,
      order: this.#pushed,
      between: { from, to, transport },
      message,
      repeated: same.length > 0,
      sent: false,
      arrived: false,
      watched: false,
      steps: [],
      ends: new Map(),
      key,
    }
    this.#byIdentity.delete(key)
    this.#byIdentity.set(key, [...same, draft].slice(-memory))
    if (this.#byIdentity.size > identities) this.#byIdentity.delete(this.#byIdentity.keys().next().value!)
    this.#open.push(draft)
    return draft
  }

  #malformed(party: string, source: Source, frame: MalformedFrame): void {
    const { t, remote, transport, reason } = frame
    const from = this.#names.get(textOf(remote)) ?? textOf(remote)
    const between = { from, to: party, transport }
    this.#remember(source, frame.seq, this.#add({ t, between, malformed: reason, arrived: true }))
  }

  /** Each run to completion by itself, at its own time. */
  #runs(party: string, frames: readonly StepFrame[]): void {
    const runs = new Map<number, StepFrame[]>()
    for (const frame of frames) runs.set(rootOf(frame), [...(runs.get(rootOf(frame)) ?? []), frame])
    for (const run of runs.values()) this.#alone(party, run)
  }

  #alone(party: string, frames: readonly StepFrame[]): void {
    const draft = this.#add({ t: frames[0]!.t, order: this.#orders.get(frames[0]!) ?? this.#pushed })
    for (const frame of frames) this.#attach(party, draft, frame)
  }

  #add(what: Partial<Draft> & { t: number }): Draft {
    const rest = { repeated: false, sent: false, arrived: false, watched: false, steps: [], ends: new Map() }
    const draft: Draft = { ...rest, touched: what.t, order: this.#pushed, ...what }
    this.#open.push(draft)
    return draft
  }

  #remember({ arrows }: Source, seq: number, draft: Draft): void {
    arrows.set(seq, draft)
    if (arrows.size > memory) arrows.delete(arrows.keys().next().value!)
  }

  /** A message that leaves explains what its run did so far, and what led to it before: its actor serves those that moved. */
  #claim(party: string, source: Source, draft: Draft, frame: MessageFrame): void {
    const held = source.ahead.splice(0)
    const root = rootOf(frame)
    const actors = new Set(this.#line(source, frame.actor))
    const runs = new Set(held.filter(step => actors.has(step.actor)).map(rootOf))
    // A transaction whose time is up has sent nothing.
    const ended = ({ event, to }: StepFrame): boolean =>
      event.startsWith('xstate.after') && to === 'terminated'
    for (const step of held)
      if (rootOf(step) === root || (runs.has(rootOf(step)) && !ended(step))) this.#attach(party, draft, step)
      else source.ahead.push(step)
    // What led to nothing on the wire stands by itself, with all that it brought about.
    const over = new Set(source.ahead.filter(ended).map(rootOf))
    const left = source.ahead.splice(0)
    this.#runs(
      party,
      left.filter(step => over.has(rootOf(step))),
    )
    source.ahead.push(...left.filter(step => !over.has(rootOf(step))))
  }

  /** An actor and those that it serves, the nearest first. */
  #line({ owners }: Source, actor: string | undefined): string[] {
    const line: string[] = []
    for (let id = actor; id !== undefined && line.length < 8; id = owners.get(id)) line.push(id)
    return line
  }

  #moved(party: string, source: Source, frame: StepFrame): void {
    const { actor, owner, message, machine, seq, to } = frame
    if (owner) source.owners.set(actor, owner)
    const { arrows, due, ahead } = source
    const told = message === undefined ? undefined : arrows.get(message)
    const run = arrows.get(rootOf(frame))
    // A transaction stands beside what it sends, everything else beside what set it off.
    if (told && (isTransaction(machine) || !run)) this.#attach(party, told, frame)
    else if (message !== undefined && message > seq && (isTransaction(machine) || !run))
      due.set(message, [...(due.get(message) ?? []), frame])
    else if (run) this.#attach(party, run, frame)
    else {
      ahead.push(frame)
      this.#orders.set(frame, this.#pushed)
    }
    if (to === 'terminated') source.owners.delete(actor)
  }

  #attach(party: string, draft: Draft, { machine, actor, from, to, t }: StepFrame): void {
    draft.touched = Math.max(draft.touched, t)
    draft.steps.push({ party, machine, actor, to, ...(from === undefined ? {} : { from }) })
  }
}
