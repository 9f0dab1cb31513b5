/**
 * Walks a machine as far as it goes: every state that its events lead to, and every event in each of them.
 *
 * The events of `after` are passed in like any other. Numbers that grow without end are told apart only roughly.
 */
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  createActor,
  getInitialMicrosteps,
  type InspectionEvent,
  SimulatedClock,
  type StateValue,
} from 'xstate'
import { getAdjacencyMap } from 'xstate/graph'
import { nobody } from '../support/steps.ts'
import { type Subject, timerEvents } from '../support/subjects.ts'

/** What one event did in one state. */
export interface Arrow {
  readonly from: AnyMachineSnapshot
  readonly event: AnyEventObject
  readonly to: AnyMachineSnapshot
  /** The transitions that were taken, by name; none: the event was refused. */
  readonly taken: readonly string[]
}

export interface Exploration {
  readonly arrows: readonly Arrow[]
  /** The states that were seen, those in passing too. */
  readonly states: ReadonlySet<string>
  readonly transitions: ReadonlySet<string>
  /** Paths that no event leads to an end. */
  readonly deadEnds: readonly StateValue[]
}

type Transitions = Extract<InspectionEvent, { type: '@xstate.microstep' }>['_transitions']

const everyNode = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(everyNode),
]

const nameOf = (source: AnyStateNode, type: string, index: number): string =>
  `${source.id} on ${type || 'always'} [${index}]`

const namesOf = (transitions: Transitions): string[] =>
  transitions
    // The step into the first state is one without transition of its own.
    .filter(({ source, eventType }) => eventType === '' || source.transitions.has(eventType))
    .map(taken => {
      const all = taken.eventType === '' ? taken.source.always : taken.source.transitions.get(taken.eventType)
      return nameOf(taken.source, taken.eventType, all?.indexOf(taken as never) ?? -1)
    })

/** Every state of a machine but those that only hold others. */
export const statesOf = (machine: AnyStateMachine): string[] =>
  everyNode(machine.root)
    .filter(node => Object.keys(node.states).length === 0)
    .map(node => node.id)

/** Every transition of a machine by name. */
export const transitionsOf = (machine: AnyStateMachine): string[] =>
  everyNode(machine.root).flatMap(node => [
    ...[...node.transitions].flatMap(([type, all]) => all.map((_, index) => nameOf(node, type, index))),
    ...(node.always ?? []).map((_, index) => nameOf(node, '', index)),
  ])

/** Numbers to the power of two, messages and actors not at all, plain records by their numbers. */
const rough = (value: unknown): unknown => {
  if (typeof value === 'number') return value < 8 ? value : Math.min(20, 8 + Math.floor(Math.log2(value)))
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return 'set'
  return Object.values(value).map(part => (typeof part === 'number' ? rough(part) : 'set'))
}

const keyOf = ({ value, status, context }: AnyMachineSnapshot): string =>
  JSON.stringify([value, status, Object.entries(context ?? {}).map(([key, part]) => [key, rough(part)])])

/** The leaves of a configuration. */
export const leavesOf = (machine: AnyStateMachine, value: StateValue): string[] => {
  const walk = (node: AnyStateNode, part: StateValue | undefined): string[] => {
    const inside = typeof part === 'string' ? { [part]: undefined } : (part ?? {})
    const found = Object.entries(inside).flatMap(([key, rest]) => walk(node.states[key]!, rest))
    return found.length > 0 ? found : [node.id]
  }
  return walk(machine.root, value)
}

export const explore = ({ machine, input, events }: Subject): Exploration => {
  const states = new Set<string>()
  const transitions = new Set<string>()
  let taken: string[] = []
  const inspect = (seen: InspectionEvent): void => {
    if (seen.type !== '@xstate.microstep') return
    const { value } = seen.snapshot as AnyMachineSnapshot
    for (const id of leavesOf(machine, value)) states.add(id)
    taken.push(...namesOf(seen._transitions))
  }
  const quietly = { inspect, clock: new SimulatedClock() }
  for (const [{ value }] of getInitialMicrosteps(machine, input(nobody) as never)) {
    for (const id of leavesOf(machine, value)) states.add(id)
  }
  createActor(machine, { input: input(nobody) as never, ...quietly }).start()
  for (const name of taken) transitions.add(name)

  const alphabet = [...events, ...timerEvents(machine)]
  const numbers = new Map(alphabet.map((event, index) => [event, index]))
  const map = getAdjacencyMap(machine, {
    events: alphabet as never,
    input: input(nobody) as never,
    serializeState: (state: unknown) => keyOf(state as AnyMachineSnapshot),
    serializeEvent: (event: AnyEventObject) => String(numbers.get(event) ?? event.type),
    stopWhen: (state: unknown) => (state as AnyMachineSnapshot).status !== 'active',
    limit: 20_000,
  } as never)

  const arrows: Arrow[] = []
  const before = new Map<string, Set<string>>()
  const ends: string[] = []
  for (const { state } of Object.values(map)) {
    const from = state as AnyMachineSnapshot
    for (const id of leavesOf(machine, from.value)) states.add(id)
    if (from.status !== 'active') {
      ends.push(keyOf(from))
      continue
    }
    for (const event of alphabet) {
      const actor = createActor(machine, { snapshot: from as never, ...quietly }).start()
      taken = []
      actor.send(event as never)
      const to = actor.getSnapshot() as AnyMachineSnapshot
      actor.stop()
      for (const name of taken) transitions.add(name)
      arrows.push({ from, event, to, taken })
      const into = before.get(keyOf(to)) ?? new Set<string>()
      before.set(keyOf(to), into.add(keyOf(from)))
    }
  }

  const ending = new Set(ends)
  for (const end of ending) for (const earlier of before.get(end) ?? []) ending.add(earlier)
  const deadEnds = Object.values(map)
    .filter(({ state }) => !ending.has(keyOf(state as AnyMachineSnapshot)))
    .map(({ state }) => (state as AnyMachineSnapshot).value)
  return { arrows, states, transitions, deadEnds }
}
