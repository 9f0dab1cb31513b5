/**
 * The ways in which machines are walked twice, interpreted and compiled. All throw a `Difference` at the first one, and
 * answer how much they compared.
 */
import { type AnyEventObject, type AnyMachineSnapshot, createActor, fromTransition } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import { type Draw, randomAlphabet, randomMachine } from '../../support/random-machine.ts'
import { type Listener, type Subject, timerEvents } from '../../support/subjects.ts'
import { type Implementation, type Pair, type Walker, walkerOf } from './pair.ts'

const nobody: Listener = createActor(fromTransition((state: number) => state, 0))

const alphabetOf = ({ machine, events }: Subject): AnyEventObject[] => [...events, ...timerEvents(machine)]

/** Tells numbers that grow without end apart only as far as behaviour does. */
const rough = (value: unknown): unknown => {
  if (typeof value === 'number') return value < 8 ? value : Math.min(20, 8 + Math.floor(Math.log2(value)))
  return typeof value === 'object' && value !== null ? 'set' : value
}

const stateKey = ({ value, status, context }: AnyMachineSnapshot): string =>
  JSON.stringify([value, status, Object.entries(context ?? {}).map(([key, part]) => [key, rough(part)])])

/** Every shortest path of the machine (timer events passed in), and behind each of them every event once. */
export const walkPaths = (
  subject: Subject,
  impl: Implementation,
  limit: number,
): { paths: number; compared: number } => {
  const alphabet = alphabetOf(subject)
  const numbers = new Map(alphabet.map((event, i) => [event, i]))
  let seen = 0
  const throwing = new Set(['BOOM', 'THROW', 'GUARD', 'MISSING', 'NOBODY'])
  const found = getShortestPaths(subject.machine, {
    events: alphabet.filter(event => !throwing.has(event.type)) as never,
    input: subject.input(nobody) as never,
    serializeState: (state: unknown) => stateKey(state as AnyMachineSnapshot),
    serializeEvent: (event: AnyEventObject) => String(numbers.get(event) ?? event.type),
    stopWhen: (state: unknown) => (state as AnyMachineSnapshot).status !== 'active' || ++seen > limit,
  } as never)
  const walker = walkerOf(subject.machine, impl)
  for (const path of found) {
    let pair: Pair | undefined = walker.start(subject.input(nobody))
    for (const { event } of path.steps) {
      if (event.type === 'xstate.init' || pair === undefined) continue
      pair = walker.step(pair, event)
    }
    if (pair?.stock.status !== 'active') continue
    for (const last of alphabet) walker.step(pair, last)
  }
  return { paths: found.length, compared: walker.compared() }
}

const wander = (
  walker: Walker,
  input: unknown,
  alphabet: readonly AnyEventObject[],
  draw: Draw,
  length: number,
): void => {
  let pair: Pair | undefined = walker.start(input)
  for (let n = 0; n < length && pair?.stock.status === 'active' && alphabet.length > 0; n++) {
    pair = walker.step(pair, alphabet[draw(alphabet.length)]!)
    if (pair?.stock.status === 'active' && draw(40) === 0) pair = walker.probe(pair, alphabet)
  }
}

/** Random sequences. */
export const walkRandom = (subject: Subject, impl: Implementation, draw: Draw, sequences: number): number => {
  const walker = walkerOf(subject.machine, impl)
  const alphabet = alphabetOf(subject)
  for (let n = 0; n < sequences; n++) wander(walker, subject.input(nobody), alphabet, draw, 4 + draw(14))
  return walker.compared()
}

/** Random machines, a few random sequences each. */
export const walkRandomMachines = (impl: Implementation, draw: Draw, machines: number): number => {
  let compared = 0
  for (let n = 0; n < machines; n++) {
    const machine = randomMachine(draw)
    const walker = walkerOf(machine, impl)
    const kid = { type: 'xstate.error.actor.kid', error: new Error('kid'), actorId: 'kid' }
    const alphabet = [...randomAlphabet, ...timerEvents(machine), kid]
    for (let k = 0; k < 6; k++) wander(walker, { n: draw(4) }, alphabet, draw, 8)
    compared += walker.compared()
  }
  return compared
}
