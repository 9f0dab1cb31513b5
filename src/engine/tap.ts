/** Where the engine can be watched. Closed, it costs one look at a boolean. */
import type { AnyEventObject, AnyMachineSnapshot, StateValue } from 'xstate'
import type { Frame } from '../inspect/frame.ts'
import type { Malformed, SipMessage } from '../message/types.ts'
import type { Entry, FlowEntry } from './entries.ts'
import type { Address, Clock } from './ports.ts'

type Bare = Frame extends infer F ? (F extends Frame ? Omit<F, 'seq' | 't'> : never) : never

/** A state value as one word, nested states joined by dots. */
export const nameOf = (value: StateValue): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([key, inner]) => (inner === undefined ? key : `${key}.${nameOf(inner)}`))
        .join('+')

export class Tap {
  readonly #clock: Clock
  readonly #listeners = new Set<(frame: Frame) => void>()
  #seq = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get open(): boolean {
    return this.#listeners.size > 0
  }

  attach(listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  message(
    direction: 'in' | 'out',
    flow: FlowEntry,
    remote: Address,
    message: SipMessage,
    actor?: string,
  ): void {
    this.#emit({
      kind: 'message',
      direction,
      transport: flow.transport.name,
      local: flow.flow.local,
      remote,
      message,
      ...(actor === undefined ? {} : { actor }),
    })
  }

  malformed(flow: FlowEntry, remote: Address, malformed: Malformed): void {
    this.#emit({
      kind: 'malformed',
      transport: flow.transport.name,
      local: flow.flow.local,
      remote,
      reason: malformed.reason,
    })
  }

  transition(
    entry: Entry,
    from: AnyMachineSnapshot | undefined,
    to: AnyMachineSnapshot,
    event: AnyEventObject,
  ): void {
    const before = from && nameOf(from.value)
    const after = nameOf(to.value)
    if (before === after) return
    this.#emit({
      kind: 'transition',
      actor: entry.id,
      machine: to.machine.id,
      ...(entry.owner ? { owner: entry.owner.id } : {}),
      event: event.type,
      ...(before === undefined ? {} : { from: before }),
      to: after,
    })
  }

  #emit(bare: Bare): void {
    this.#seq += 1
    const frame = { seq: this.#seq, t: this.#clock.now(), ...bare } as Frame
    for (const listener of this.#listeners) {
      try {
        listener(frame)
      } catch {
        // A watcher that throws is taken off: it may not disturb what it watches.
        this.#listeners.delete(listener)
      }
    }
  }
}
