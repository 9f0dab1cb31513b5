/**
 * Where the engine can be watched. Closed, it costs one look at a boolean.
 *
 * XState's own inspection loses assignments, refused guards and what a step sent; here everything that an actor makes of
 * an event is put into one record, from what the logic is asked (`transition`) and the hooks of the compiler.
 */
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot, StateValue } from 'xstate'
import type { Frame } from '../inspect/frame.ts'
import { serialize } from '../message/serialize.ts'
import type { Malformed, SipMessage } from '../message/types.ts'
import type { CompileHooks } from './compile/index.ts'
import type { Entry, FlowEntry } from './entries.ts'
import type { Address, Clock } from './ports.ts'
import {
  MessageRecord,
  Notes,
  note,
  Pieces,
  type RecordedFrame,
  type RefusedTransition,
  Step,
  Whole,
} from './tap-step.ts'

const init = { type: 'xstate.init' } as const

export class Tap {
  /** The compiler's, for every logic of the engine: filled while somebody watches. */
  readonly hooks: CompileHooks = {}
  /** Somebody watches. */
  open = false
  /** Somebody reads every frame as it comes: then also shown is what the engine else does without an actor. */
  read = false
  readonly #clock: Clock
  readonly #listeners = new Set<(frame: Frame) => void>()
  readonly #recorders = new Set<(recorded: RecordedFrame) => void>()
  /** Steps under way, the innermost last: an actor may speak to another within its step. */
  readonly #open: Step[] = []
  readonly #notes = new Notes()
  readonly #pieces = new Pieces()
  /** Records in order of their numbers, until the outermost step is over. Arrays are used again. */
  #records: (RecordedFrame | undefined)[] = []
  #spare: (RecordedFrame | undefined)[] | undefined
  #count = 0
  /** The event that is delivered next, and who has sent it. */
  #event: AnyEventObject | undefined
  #source = ''
  /** The same of those that wait behind an actor that is busy: seldom. */
  #waiting: WeakMap<AnyEventObject, string> | undefined
  /** The frame that set off the present run; 0: none yet. */
  #cause = 0
  #seq = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Number of the last frame that is complete; frames to come have higher ones. */
  get seq(): number {
    return (this.#open[0]?.seq ?? this.#seq + 1) - 1
  }

  attach(listener: (frame: Frame) => void): () => void {
    // A listener of its own each time, even for the same function.
    const own = (frame: Frame): void => listener(frame)
    this.#listeners.add(own)
    return this.#attached(this.#listeners, own)
  }

  /** The same for who keeps frames that nobody may ever ask for. */
  record(recorder: (recorded: RecordedFrame) => void): () => void {
    const own = (recorded: RecordedFrame): void => recorder(recorded)
    this.#recorders.add(own)
    return this.#attached(this.#recorders, own)
  }

  #attached<T>(all: Set<T>, own: T): () => void {
    this.open = true
    this.read = this.#listeners.size > 0
    this.hooks.refused = (self, _event, transition) => this.#refused(self, transition)
    this.hooks.assigned = (self, name) => this.#assigned(self, name)
    this.hooks.acted = (self, type, params) => this.#acted(self, type, params)
    this.hooks.entered = (self, value) => this.#entered(self, value)
    return () => this.#detach(all, own)
  }

  /** A run to completion is over: what comes next has another cause. */
  settled(): void {
    this.#cause = 0
    this.#event = undefined
  }

  message(
    direction: 'in' | 'out',
    { transport, flow }: FlowEntry,
    remote: Address,
    message: SipMessage,
    bytes: Uint8Array | undefined,
    actor?: string,
  ): void {
    const seq = this.#number()
    const step = this.#top()
    if (step?.message === 0) step.message = seq
    // Both sides reuse their buffers.
    this.#pieces.keep(bytes ?? serialize(message))
    const { piece, start, end } = this.#pieces
    const { name } = transport
    const [t, cause] = [this.#clock.now(), this.#because(seq)]
    this.#add(
      new MessageRecord(
        seq,
        t,
        cause,
        direction,
        name,
        flow.local,
        remote,
        actor,
        message,
        piece,
        start,
        end,
      ),
    )
  }

  malformed(flow: FlowEntry, remote: Address, malformed: Malformed): void {
    const seq = this.#number()
    const cause = this.#because(seq)
    this.#add(
      new Whole({
        seq,
        t: this.#clock.now(),
        ...(cause > 0 ? { cause } : {}),
        kind: 'malformed',
        transport: flow.transport.name,
        local: flow.flow.local,
        remote,
        reason: malformed.reason,
      }),
    )
  }

  /** An event is on its way: whoever takes it shall know the sender. */
  relayed(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void {
    if (source !== undefined && source !== target) this.expect(event, source.id)
  }

  /** The next event that is delivered, and its sender. */
  expect(event: AnyEventObject, source: string): void {
    if (this.#event !== undefined && this.#event !== event)
      (this.#waiting ??= new WeakMap()).set(this.#event, this.#source)
    this.#event = event
    this.#source = source
  }

  /** The engine sends an event for an actor: it is delivered when the present step is over. Tells who sends it. */
  posted(source: Entry | undefined, target: Entry, event: AnyEventObject): string | undefined {
    const step = this.#top()
    if (step) this.#notes.add(note.sent, target.id, event.type)
    return step?.actor ?? source?.id
  }

  /** An actor is about to take an event: `end` has to follow. */
  step(
    entry: Entry | undefined,
    self: AnyActorRef,
    from: AnyMachineSnapshot,
    event: AnyEventObject,
  ): Step | undefined {
    return entry && this.#begin(entry, self, from.machine.id, from.value, event)
  }

  /** An actor is about to be made; its entry effects are performed before `born`. */
  birth(entry: Entry, machine: string): Step {
    return this.#begin(entry, undefined, machine, undefined, init)
  }

  /** There is an actor for the birth under way. */
  birthOf(self: AnyActorRef): void {
    const step = this.#top()
    if (step?.event === init.type && !step.self) step.self = self
  }

  #begin(
    entry: Entry,
    self: AnyActorRef | undefined,
    machine: string,
    from: StateValue | undefined,
    event: AnyEventObject,
  ): Step {
    const seq = this.#number()
    const parent = from === undefined && entry !== entry.connection ? entry.connection.id : undefined
    const step = new Step(
      seq,
      this.#clock.now(),
      this.#because(seq),
      entry.id,
      machine,
      parent,
      entry.owner?.id,
      event.type,
      this.#senderOf(event),
      from,
      this.#notes.top,
      self,
    )
    this.#open.push(step)
    this.#records[this.#count++] = step
    return step
  }

  /** The step is over. */
  end(step: Step, to: AnyMachineSnapshot): void {
    while (this.#open.length > 0 && this.#open.pop() !== step);
    step.to = to.value
    step.ended = to.status !== 'active'
    step.notes = this.#notes.take(step.base)
    // A ring that holds the step shall not hold the actor.
    step.self = undefined
    this.#flush()
  }

  #refused(self: AnyActorRef, transition: RefusedTransition): void {
    if (this.#isOf(self)) this.#notes.refused(transition)
  }

  #assigned(self: AnyActorRef, name: string): void {
    if (this.#isOf(self)) this.#notes.add(note.action, name, undefined)
  }

  #acted(self: AnyActorRef, type: string, params: unknown): void {
    if (this.#isOf(self)) this.#notes.acted(type, params)
  }

  #entered(self: AnyActorRef, value: StateValue): void {
    if (this.#isOf(self)) this.#top()!.entered(value)
  }

  #top(): Step | undefined {
    return this.#open[this.#open.length - 1]
  }

  #isOf(self: AnyActorRef): boolean {
    const step = this.#top()
    return step !== undefined && (step.self === undefined || step.self === self)
  }

  #senderOf(event: AnyEventObject): string | undefined {
    if (event === this.#event) {
      this.#event = undefined
      return this.#source
    }
    return this.#waiting?.get(event)
  }

  #number(): number {
    this.#seq += 1
    return this.#seq
  }

  /** The first frame of a run is the cause of all others. */
  #because(seq: number): number {
    if (this.#cause > 0) return this.#cause
    this.#cause = seq
    return 0
  }

  #add(record: RecordedFrame): void {
    this.#records[this.#count++] = record
    this.#flush()
  }

  /** A step is complete only when it is over, and frames are told in the order of their numbers. */
  #flush(): void {
    if (this.#open.length > 0) return
    const [records, count] = [this.#records, this.#count]
    // A listener may set off more.
    this.#records = this.#spare ?? []
    this.#spare = undefined
    this.#count = 0
    for (let at = 0; at < count; at++) {
      this.#tell(records[at]!)
      records[at] = undefined
    }
    this.#spare = records
  }

  #tell(record: RecordedFrame): void {
    if (this.read) {
      const frame = record.frame()
      for (const listener of this.#listeners) this.#call(this.#listeners, listener, frame)
    }
    for (const recorder of this.#recorders) this.#call(this.#recorders, recorder, record)
    if (record instanceof MessageRecord) record.message = undefined
  }

  #call<T>(all: Set<(told: T) => void>, one: (told: T) => void, told: T): void {
    try {
      one(told)
    } catch {
      // A watcher that throws is taken off: it may not disturb what it watches.
      this.#detach(all, one)
    }
  }

  #detach<T>(all: Set<T>, one: T): void {
    all.delete(one)
    this.read = this.#listeners.size > 0
    this.open = this.read || this.#recorders.size > 0
    if (this.open) return
    for (const name of ['refused', 'assigned', 'acted', 'entered'] as const) this.hooks[name] = undefined
    this.#open.length = 0
    this.#notes.take(0)
    this.#records = []
    this.#count = 0
    this.settled()
    this.#waiting = undefined
  }
}
