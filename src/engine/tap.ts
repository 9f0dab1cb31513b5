/**
 * Where the engine can be watched. Closed, it costs one look at a boolean.
 *
 * XState's own inspection loses assignments, refused guards and what a step sent; here everything that an actor makes of
 * an event is put into one record, from what the logic is asked (`transition`), what it asks for (`actionExecutor`)
 * and the hooks of the compiler.
 */
import type { AnyActorRef, AnyActorScope, AnyEventObject, AnyMachineSnapshot } from 'xstate'
import type { Frame } from '../inspect/frame.ts'
import { serialize } from '../message/serialize.ts'
import type { Malformed, SipMessage } from '../message/types.ts'
import type { CompileHooks } from './compile/index.ts'
import type { Entry, FlowEntry } from './entries.ts'
import type { Address, Clock } from './ports.ts'
import {
  type Asked,
  closed,
  nameOf,
  noteAction,
  noteRefused,
  type OpenStep,
  type RefusedTransition,
} from './tap-step.ts'

const init = { type: 'xstate.init' } as const

export class Tap {
  /** The compiler's, for every logic of the engine: filled while somebody watches. */
  readonly hooks: CompileHooks = {}
  readonly #clock: Clock
  readonly #listeners = new Set<(frame: Frame) => void>()
  /** Steps under way, the innermost last: an actor may speak to another within its step. */
  readonly #open: OpenStep[] = []
  /** Frames in order of their numbers, until the outermost step is over. */
  #frames: Frame[] = []
  /** Who sent the events that are on their way. */
  #sources = new WeakMap<AnyEventObject, string>()
  #cause: number | undefined
  #seq = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get open(): boolean {
    return this.#listeners.size > 0
  }

  /** Number of the last frame that is complete; frames to come have higher ones. */
  get seq(): number {
    return (this.#open[0]?.seq ?? this.#seq + 1) - 1
  }

  attach(listener: (frame: Frame) => void): () => void {
    // A listener of its own each time, even for the same function.
    const own = (frame: Frame): void => listener(frame)
    this.#listeners.add(own)
    this.hooks.refused = (self, _event, transition) => this.#refused(self, transition)
    this.hooks.assigned = (self, name) => this.#action(self, name)
    this.hooks.microstep = (scope, _event, snapshot) => this.#microstep(scope.self, snapshot)
    return () => this.#detach(own)
  }

  /** A run to completion is over: what comes next has another cause. */
  settled(): void {
    this.#cause = undefined
  }

  message(
    direction: 'in' | 'out',
    flow: FlowEntry,
    remote: Address,
    message: SipMessage,
    bytes: Uint8Array | undefined,
    actor?: string,
  ): void {
    const seq = this.#number()
    const step = this.#open.at(-1)
    if (step) step.message ??= seq
    this.#add({
      seq,
      t: this.#clock.now(),
      ...this.#because(seq),
      kind: 'message',
      direction,
      transport: flow.transport.name,
      local: flow.flow.local,
      remote,
      message,
      // Both sides reuse their buffers.
      bytes: bytes?.slice() ?? serialize(message).slice(),
      ...(actor === undefined ? {} : { actor }),
    })
  }

  malformed(flow: FlowEntry, remote: Address, malformed: Malformed): void {
    const seq = this.#number()
    this.#add({
      seq,
      t: this.#clock.now(),
      ...this.#because(seq),
      kind: 'malformed',
      transport: flow.transport.name,
      local: flow.flow.local,
      remote,
      reason: malformed.reason,
    })
  }

  /** An event is on its way: whoever takes it shall know the sender. */
  relayed(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void {
    if (source !== undefined && source !== target) this.#sources.set(event, source.id)
  }

  /** The engine sends an event for an actor: it is delivered when the present step is over. */
  posted(source: Entry | undefined, target: Entry, event: AnyEventObject): void {
    const step = this.#open.at(-1)
    const from = step?.actor ?? source?.id
    if (from !== undefined) this.#sources.set(event, from)
    if (step) (step.sent ??= []).push({ to: target.id, event: event.type })
  }

  /** An actor is about to take an event. Give what it returns to `during`. */
  step(
    entry: Entry | undefined,
    self: AnyActorRef,
    from: AnyMachineSnapshot,
    event: AnyEventObject,
  ): OpenStep | undefined {
    return entry && this.#begin(entry, self, from.machine.id, from, event)
  }

  /** An actor is about to be made; its entry effects are performed before `born`. */
  birth(entry: Entry, machine: string): OpenStep {
    return this.#begin(entry, undefined, machine, undefined, init)
  }

  /** The birth under way, once there is an actor. */
  birthOf(self: AnyActorRef): OpenStep | undefined {
    const step = this.#open.at(-1)
    if (step?.event !== init.type || step.self) return undefined
    step.self = self
    return step
  }

  /** Performs a step and closes it. */
  during(step: OpenStep, before: AnyMachineSnapshot, perform: () => AnyMachineSnapshot): AnyMachineSnapshot {
    let after = before
    try {
      after = perform()
      return after
    } finally {
      this.end(step, after)
    }
  }

  #begin(
    entry: Entry,
    self: AnyActorRef | undefined,
    machine: string,
    from: AnyMachineSnapshot | undefined,
    event: AnyEventObject,
  ): OpenStep {
    const seq = this.#number()
    const source = this.#sources.get(event)
    const step = {
      seq,
      t: this.#clock.now(),
      ...this.#because(seq),
      kind: 'step',
      actor: entry.id,
      machine,
      ...(from === undefined && entry !== entry.connection ? { parent: entry.connection.id } : {}),
      ...(entry.owner ? { owner: entry.owner.id } : {}),
      event: event.type,
      ...(source === undefined ? {} : { source }),
      ...(from === undefined ? {} : { from: nameOf(from.value) }),
      to: '',
      self,
      states: [],
    } as OpenStep
    this.#open.push(step)
    this.#add(step)
    return step
  }

  /** The step is over. */
  end(step: OpenStep, to: AnyMachineSnapshot): void {
    while (this.#open.length > 0 && this.#open.pop() !== step);
    step.to = nameOf(to.value)
    if (to.status !== 'active') step.ended = true
    if (step.states.length > 1) step.through = step.states.slice(0, -1)
    this.#flush()
  }

  /** The scope of an actor, with an ear for what its logic asks for. */
  listenTo(scope: AnyActorScope, step: OpenStep): AnyActorScope {
    return {
      ...scope,
      actionExecutor: action => {
        noteAction(step, action as Asked)
        return scope.actionExecutor(action)
      },
    }
  }

  #refused(self: AnyActorRef, transition: RefusedTransition): void {
    const step = this.#of(self)
    if (step) noteRefused(step, transition)
  }

  #action(self: AnyActorRef, name: string): void {
    const step = this.#of(self)
    if (step) (step.actions ??= []).push(name)
  }

  #microstep(self: AnyActorRef, snapshot: AnyMachineSnapshot): void {
    const states = this.#of(self)?.states
    const name = nameOf(snapshot.value)
    if (states && states.at(-1) !== name) states.push(name)
  }

  #of(self: AnyActorRef): OpenStep | undefined {
    const step = this.#open.at(-1)
    return step && (step.self === undefined || step.self === self) ? step : undefined
  }

  #number(): number {
    this.#seq += 1
    return this.#seq
  }

  /** The first frame of a run is the cause of all others. */
  #because(seq: number): { readonly cause?: number } {
    if (this.#cause !== undefined) return { cause: this.#cause }
    this.#cause = seq
    return {}
  }

  #add(frame: Frame): void {
    this.#frames.push(frame)
    this.#flush()
  }

  /** A step is complete only when it is over, and frames are told in the order of their numbers. */
  #flush(): void {
    if (this.#open.length > 0) return
    const frames = this.#frames
    this.#frames = []
    for (const frame of frames) this.#tell('states' in frame ? closed(frame as OpenStep) : frame)
  }

  #tell(frame: Frame): void {
    for (const listener of this.#listeners) {
      try {
        listener(frame)
      } catch {
        // A watcher that throws is taken off: it may not disturb what it watches.
        this.#detach(listener)
      }
    }
  }

  #detach(listener: (frame: Frame) => void): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    for (const name of ['refused', 'assigned', 'microstep'] as const) this.hooks[name] = undefined
    this.#open.length = 0
    this.#frames = []
    this.#sources = new WeakMap()
    this.#cause = undefined
  }
}
