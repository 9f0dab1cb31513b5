/** The scripts of joint walks: all that are so many moves long, from every point of a call; and random ones. */
import type { SeededRandom } from '../../src/testing/index.ts'
import type { Setup } from './joint-walk-party.ts'

/** A point of a call: how it is reached, and what may be done there. */
interface Point {
  readonly path: string
  readonly moves: readonly string[]
}

const early = [
  'A cancel',
  'A hangUp',
  'A reset',
  'B accept',
  'B reject',
  'B hangUp',
  'B ring',
  'B early',
  'B reliably',
  'A update',
  'B update',
]
const later = ['hangUp', 'hold', 'queued', 'reinvite', 'bare', 'update', 'offer'].flatMap(move => [
  `A ${move}`,
  `B ${move}`,
])
const up = [...later, 'A refer', 'B transfer', 'A info', 'A reset']

export const points: Readonly<Record<string, Point>> = {
  fresh: { path: '', moves: ['A invite', 'B invite', ...early] },
  invited: { path: 'A invite, 30', moves: [...early, 'B invite'] },
  ringing: { path: 'A invite, 30, B early, 30', moves: early },
  reliable: { path: 'A invite, 30, B reliably, 50', moves: early },
  answered: { path: 'A invite, 30, B accept', moves: [...up, 'A cancel', 'A ack'] },
  confirmed: { path: 'A invite, 30, B accept, 50', moves: up },
  held: { path: 'A invite, 30, B accept, 50, A hold, 100', moves: [...later, 'A resume', 'B resume'] },
  crossing: { path: 'A invite, 30, B accept, 50, A hold, 0, B hold', moves: later },
}

/** In the same breath, while a packet is under way, when it has arrived and its answer is under way, when all is quiet. */
const gaps = [0, 5, 15, 2000] as const

/** Every sequence of so many moves from a point. */
export function* sequences(point: Point, depth: number): Generator<string> {
  if (depth === 0) return void (yield point.path)
  for (const before of sequences(point, depth - 1))
    for (const move of point.moves)
      for (const gap of before === '' || before === point.path ? gaps.slice(0, 1) : gaps)
        yield before === '' ? move : `${before}, ${gap}, ${move}`
}

export const setups: readonly Setup[] = [
  {},
  { timers: true },
  // A BYE that goes down with its stream is made good by the session timer.
  { wire: 'TCP', timers: true },
  { offer: 'none' },
  { autoAck: false },
  { offer: 'none', autoAck: false },
  { reliable: 'required' },
  { reliable: 'off' },
  { byHand: 300 },
  { slow: 25 },
  { slow: 25, offer: 'none', timers: true },
]

const every = [...new Set(Object.values(points).flatMap(({ moves }) => moves))].sort()

/** A random walk with bad weather. */
export const randomScript = (random: SeededRandom, seed: number): readonly [string, Setup] => {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))]!
  const path = pick(Object.values(points)).path
  const steps = path === '' ? ['A invite', '30'] : [path]
  for (let left = 2 + Math.floor(random.between(0, 8)); left > 0; left -= 1)
    steps.push(pick(every), String(pick([...gaps, ...gaps, 500, 5000, 33_000])))
  const weather = pick([
    {},
    { loss: 0.1 },
    { loss: 0.3 },
    { duplicate: 0.3 },
    { reorder: { probability: 0.3, delay: { min: 10, max: 700 } } },
    { loss: 0.1, duplicate: 0.1, reorder: { probability: 0.2, delay: { min: 10, max: 600 } } },
  ])
  return [steps.join(', '), { ...pick(setups), weather, seed }]
}
