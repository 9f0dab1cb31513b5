/** Random statecharts, three levels deep with regions: what a person would not think of writing. */
import { type AnyStateMachine, assign, createMachine, raise } from 'xstate'

/** A number from 0 to `n` - 1. */
export type Draw = (n: number) => number

/** Pseudo-random numbers that a test can repeat. */
export const drawFrom = (seed: number): Draw => {
  let state = seed >>> 0
  // Mulberry32: neighbouring numbers must not depend on each other, since sequences of events are drawn from them.
  return n => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n)
  }
}

interface Transition {
  target?: string | { late: true }
  guard?: unknown
  actions?: unknown[]
  reenter?: true
}

interface Node {
  id?: string
  on?: Record<string, Transition[] | undefined>
  after?: Record<string, Transition[]>
  always?: Transition[]
  onDone?: Transition[]
  states?: Record<string, Node>
  [key: string]: unknown
}

interface Args {
  readonly context: { readonly n: number }
  readonly event: { readonly type: string; readonly output?: unknown }
}

export const randomAlphabet = ['A', 'B', 'C', 'D', 'x.y', 'x.z'].map(type => ({ type }))

const implementations = {
  actions: {
    say: () => {},
    count: assign({ n: ({ context }: Args, by: unknown) => context.n + ((by as number | undefined) ?? 1) }),
  },
  guards: {
    odd: ({ context }: Args) => context.n % 2 === 1,
    above: ({ context }: Args, floor: unknown) => context.n > (floor as number),
  },
  delays: { slow: 500, byN: ({ context }: Args) => 100 * (context.n + 1) },
}

const tidy = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

const machineFrom = (draw: Draw): Node => {
  const ids: string[] = []
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)]!
  const some = <T>(percent: number, make: () => T): T | undefined =>
    draw(100) < percent ? make() : undefined

  const action = (): unknown =>
    pick([
      'say',
      { type: 'say', params: draw(9) },
      { type: 'say', params: ({ context, event }: Args) => [context.n, event.type] },
      'count',
      { type: 'count', params: draw(4) },
      assign({ n: ({ context }: Args) => (context.n + 3) % 7 }),
      assign(({ context, event }: Args) => ({ last: event.type, n: context.n })),
      raise({ type: 'R' }),
      { type: 'unknown', params: 1 },
    ])
  const actions = (): unknown[] => Array.from({ length: draw(3) }, action)
  const guard = (): unknown =>
    pick([
      'odd',
      { type: 'above', params: draw(6) },
      { type: 'above', params: ({ context }: Args) => context.n - 1 },
      ({ context }: Args) => context.n % 3 === 0,
    ])

  const build = (depth: number, key: string, siblings: readonly string[], root: boolean): Node => {
    const id = `n${ids.length}`
    ids.push(id)
    const kinds = ['atomic', 'atomic', 'compound', 'compound', 'parallel', 'final']
    const drawn = root
      ? draw(8)
        ? 'compound'
        : 'parallel'
      : depth > 2
        ? 'atomic'
        : kinds[draw(depth === 2 ? 4 : 6)]!
    if (drawn === 'final' && siblings.length > 1 && key !== siblings[0]) {
      return tidy({
        id,
        type: 'final',
        entry: actions(),
        output: some(
          50,
          () =>
            ({ context }: Args) =>
              context.n,
        ),
      })
    }
    const keys = drawn === 'compound' || drawn === 'parallel' ? ['p', 'q', 'r'].slice(0, 1 + draw(3)) : []
    if (drawn === 'parallel' && keys.length === 1) keys.push('q')

    const inside = (): string => `.${pick(keys)}`
    const target = (): Transition['target'] => {
      if (draw(3) && siblings.length > 0) return pick(siblings)
      return keys.length > 0 && draw(2) ? inside() : { late: true }
    }
    const transition = (guarded: boolean): Transition =>
      tidy({
        target: some(75, root ? () => (keys.length > 0 ? inside() : undefined) : target),
        guard: guarded ? guard() : some(40, guard),
        actions: some(60, actions),
        reenter: some(30, () => true as const),
      }) as Transition
    const transitions = (): Transition[] =>
      draw(3) ? [transition(false)] : [transition(true), transition(false)]

    const on: Node['on'] = {}
    for (const { type } of [...randomAlphabet, { type: 'R' }]) {
      if (draw(3) === 0) on[type] = draw(10) ? transitions() : undefined
    }
    if (draw(12) === 0) on['*'] = transitions()
    if (draw(10) === 0) on['x.*'] = transitions()
    const initial = (): unknown => (draw(3) ? keys[0] : { target: keys[0], actions: actions() })
    return tidy({
      id: root ? undefined : id,
      type: drawn === 'parallel' ? 'parallel' : undefined,
      initial: drawn === 'compound' ? initial() : undefined,
      entry: some(50, actions),
      exit: some(50, actions),
      tags: some(40, () => [`t${draw(3)}`]),
      on,
      after: some(30, () => ({ [draw(20) ? pick(['slow', 'byN', '100']) : 'missing']: transitions() })),
      always: some(20, () => [
        {
          ...transition(true),
          guard: ({ context, event }: Args) => context.n % 5 === 4 && event.type < 'C',
          actions: [assign({ n: ({ context }: Args) => context.n + 1 })],
        },
      ]),
      onDone: keys.length > 0 && !root ? some(50, transitions) : undefined,
      states:
        keys.length > 0
          ? Object.fromEntries(
              keys.map(k => [k, build(depth + 1, k, drawn === 'compound' ? keys : [], false)]),
            )
          : undefined,
    }) as Node
  }

  const config = build(0, 'root', [], true)
  const late = (transition: Transition): void => {
    if (typeof transition.target === 'object') {
      transition.target = `#${ids[1 + draw(Math.max(1, ids.length - 1))] ?? ids[0]}`
    }
  }
  const settle = (node: Node): void => {
    for (const group of [node.on, node.after])
      for (const list of Object.values(group ?? {})) list?.forEach(late)
    for (const list of [node.always, node.onDone]) list?.forEach(late)
    Object.values(node.states ?? {}).forEach(settle)
  }
  settle(config)
  return config
}

/** A machine with context `{ n }`, input `{ n }` and the events of `randomAlphabet`. */
export const randomMachine = (draw: Draw): AnyStateMachine =>
  createMachine(
    {
      ...machineFrom(draw),
      id: 'n0',
      context: ({ input }: { input?: { n: number } }) => ({ n: input?.n ?? 0 }),
      output: ({ context, event }: Args) => [context.n, event.output],
      options: { maxIterations: 60 },
    } as never,
    implementations as never,
  )
