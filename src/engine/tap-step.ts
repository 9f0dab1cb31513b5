/**
 * What a tap writes down while an engine runs. Little is done then: names are found and frames are made when somebody
 * asks for the frame, which for most of what a ring holds is never.
 */
import type { AnyActorRef, AnyEventObject, StateValue } from 'xstate'
import type {
  Frame,
  MalformedFrame,
  MessageFrame,
  RefusedGuard,
  SentEvent,
  StepFrame,
  TimerChange,
} from '../inspect/frame.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import type { SipMessage } from '../message/types.ts'

/** A frame that is made when it is asked for. */
export interface RecordedFrame {
  /** Its number. */
  readonly seq: number
  /** The frame, made anew by each call. */
  frame(): Frame
}

const names = new WeakMap<object, string>()

/** A state value as one word, nested states joined by dots. */
export const nameOf = (value: StateValue): string => {
  if (typeof value === 'string') return value
  let name = names.get(value)
  if (name === undefined) {
    name = Object.entries(value)
      .map(([key, inner]) => (inner === undefined ? key : `${key}.${nameOf(inner)}`))
      .join('+')
    names.set(value, name)
  }
  return name
}

/** `xstate.after.timerA.inviteClient.calling.repeating` is timerA of that state. */
export const timerName = (id: unknown): string => {
  const text = String(id)
  return text.startsWith('xstate.after.') ? text.slice('xstate.after.'.length) : text
}

const guardName = (guard: unknown): string => {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') return guard.name || '(anonymous)'
  return (guard as { type?: string } | undefined)?.type ?? '(anonymous)'
}

/** Parameters of XState's `raise` and `sendTo`, worked out. */
interface Sending {
  readonly event: AnyEventObject
  readonly id?: unknown
  readonly delay?: unknown
  readonly to?: AnyActorRef
}

/** A transition whose guard said no. */
export interface RefusedTransition {
  readonly guard?: unknown
  readonly target?: readonly { readonly id: string }[] | undefined
}

/** What happens in a step, three places each: which of these, and two values. */
export const note = { refused: 0, action: 1, sent: 2, timer: 3 } as const

/** One stack for the steps under way, which lie within each other: a step that is over takes its part away. */
export class Notes {
  readonly #all: unknown[] = []
  #top = 0

  get top(): number {
    return this.#top
  }

  add(kind: number, one: unknown, two: unknown): void {
    const all = this.#all
    const top = this.#top
    all[top] = kind
    all[top + 1] = one
    all[top + 2] = two
    this.#top = top + 3
  }

  /** All since then, and they are gone. */
  take(from: number): readonly unknown[] | undefined {
    const top = this.#top
    if (top <= from) return undefined
    this.#top = from
    return this.#all.slice(from, top)
  }

  /** An effect, an event to another actor, a timer armed or disarmed. */
  acted(type: string, params: unknown): void {
    if (!type.startsWith('xstate.')) return this.add(note.action, type, undefined)
    if (type === 'xstate.raise' || type === 'xstate.sendTo') {
      const { delay, id, event, to } = params as Sending
      if (typeof delay === 'number') this.add(note.timer, id ?? event.type, delay)
      else if (to) this.add(note.sent, to.id, event.type)
    } else if (type === 'xstate.cancel') {
      this.add(note.timer, (params as { sendId: unknown }).sendId, undefined)
    } else this.add(note.action, type, undefined)
  }

  refused({ guard, target }: RefusedTransition): void {
    this.add(note.refused, guard, target?.[0]?.id)
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** The frame of a step with what happened in it. */
const filled = (frame: Writable<StepFrame>, notes: readonly unknown[]): void => {
  const guards: RefusedGuard[] = []
  const actions: string[] = []
  const sent: SentEvent[] = []
  const timers: TimerChange[] = []
  for (let at = 0; at < notes.length; at += 3) {
    const [kind, one, two] = [notes[at], notes[at + 1], notes[at + 2]]
    if (kind === note.action) actions.push(one as string)
    else if (kind === note.sent) sent.push({ to: one as string, event: two as string })
    else if (kind === note.timer) {
      const timer = timerName(one)
      timers.push(two === undefined ? { timer } : { timer, delay: two as number })
    } else {
      const guard = guardName(one)
      guards.push(two === undefined ? { guard } : { guard, target: two as string })
    }
  }
  if (guards.length > 0) frame.guards = guards
  if (actions.length > 0) frame.actions = actions
  if (sent.length > 0) frame.sent = sent
  if (timers.length > 0) frame.timers = timers
}

/** An actor takes an event. Written to until the step is over. */
export class Step implements RecordedFrame {
  readonly seq: number
  readonly t: number
  /** 0: none. */
  readonly cause: number
  readonly actor: string
  readonly machine: string
  readonly parent: string | undefined
  readonly owner: string | undefined
  readonly event: string
  readonly source: string | undefined
  readonly from: StateValue | undefined
  /** Where its notes begin, while it is under way. */
  readonly base: number
  self: AnyActorRef | undefined
  to: StateValue = ''
  /** The states it has been in, when there were several, the last among them. */
  states: StateValue[] | undefined = undefined
  last: StateValue | undefined = undefined
  notes: readonly unknown[] | undefined = undefined
  message = 0
  ended = false

  constructor(
    seq: number,
    t: number,
    cause: number,
    actor: string,
    machine: string,
    parent: string | undefined,
    owner: string | undefined,
    event: string,
    source: string | undefined,
    from: StateValue | undefined,
    base: number,
    self: AnyActorRef | undefined,
  ) {
    this.seq = seq
    this.t = t
    this.cause = cause
    this.actor = actor
    this.machine = machine
    this.parent = parent
    this.owner = owner
    this.event = event
    this.source = source
    this.from = from
    this.base = base
    this.self = self
  }

  entered(value: StateValue): void {
    if (value === this.last) return
    if (this.last !== undefined) (this.states ??= [this.last]).push(value)
    this.last = value
  }

  frame(): StepFrame {
    const frame = { seq: this.seq, t: this.t } as Writable<StepFrame>
    if (this.cause > 0) frame.cause = this.cause
    frame.kind = 'step'
    frame.actor = this.actor
    frame.machine = this.machine
    if (this.parent !== undefined) frame.parent = this.parent
    if (this.owner !== undefined) frame.owner = this.owner
    frame.event = this.event
    if (this.source !== undefined) frame.source = this.source
    if (this.from !== undefined) frame.from = nameOf(this.from)
    frame.to = nameOf(this.to)
    const through = this.#through()
    if (through.length > 0) frame.through = through
    if (this.notes) filled(frame, this.notes)
    if (this.message > 0) frame.message = this.message
    if (this.ended) frame.ended = true
    return frame
  }

  #through(): string[] {
    const found: string[] = []
    for (const value of this.states ?? []) {
      const name = nameOf(value)
      if (found.at(-1) !== name) found.push(name)
    }
    return found.slice(0, -1)
  }
}

/** Something that was not a message: seldom, so the frame itself. */
export class Whole implements RecordedFrame {
  readonly #frame: MalformedFrame

  constructor(frame: MalformedFrame) {
    this.#frame = frame
  }

  get seq(): number {
    return this.#frame.seq
  }

  frame(): MalformedFrame {
    return this.#frame
  }
}

/** A message by its bytes, which stand in a larger piece. */
export class MessageRecord implements RecordedFrame {
  readonly seq: number
  readonly t: number
  readonly cause: number
  readonly direction: 'in' | 'out'
  readonly transport: MessageFrame['transport']
  readonly local: MessageFrame['local']
  readonly remote: MessageFrame['remote']
  readonly actor: string | undefined
  readonly piece: Uint8Array
  readonly start: number
  readonly end: number
  /** Let go when everybody has been told: in a ring it would be half of what it holds. */
  message: SipMessage | undefined

  constructor(
    seq: number,
    t: number,
    cause: number,
    direction: 'in' | 'out',
    transport: MessageFrame['transport'],
    local: MessageFrame['local'],
    remote: MessageFrame['remote'],
    actor: string | undefined,
    message: SipMessage,
    piece: Uint8Array,
    start: number,
    end: number,
  ) {
    this.seq = seq
    this.t = t
    this.cause = cause
    this.direction = direction
    this.transport = transport
    this.local = local
    this.remote = remote
    this.actor = actor
    this.message = message
    this.piece = piece
    this.start = start
    this.end = end
  }

  frame(): MessageFrame | MalformedFrame {
    const { seq, t, cause, direction, transport, local, remote, actor } = this
    const bytes = this.piece.slice(this.start, this.end)
    const head = { seq, t, ...(cause > 0 ? { cause } : {}) }
    const message = this.message ?? messageIn(bytes)
    if (!message)
      return { ...head, kind: 'malformed', transport, local, remote, reason: 'a message that cannot be read' }
    return {
      ...head,
      kind: 'message',
      direction,
      transport,
      local,
      remote,
      message,
      bytes,
      ...(actor === undefined ? {} : { actor }),
    }
  }
}

const messageIn = (bytes: Uint8Array): SipMessage | undefined => {
  const parsed = parse(bytes)
  return isMalformed(parsed) ? parsed.message : parsed
}

/** Copies of bytes, many in one piece of memory: each one by itself would cost more than all else here. */
export class Pieces {
  piece = new Uint8Array(0)
  start = 0
  end = 0

  /** `piece`, `start` and `end` tell where the copy is. */
  keep(bytes: Uint8Array): void {
    const { length } = bytes
    this.start = this.end
    if (this.start + length > this.piece.length) {
      this.piece = new Uint8Array(Math.max(65_536, length))
      this.start = 0
    }
    this.piece.set(bytes, this.start)
    this.end = this.start + length
  }
}
