/** One machine twice, interpreted and compiled, fed the same events; everything that can be seen is compared. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { AnyActorScope, AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'

/** What is under test; mutants are given in its place. */
export interface Implementation {
  readonly compile: typeof import('../../../src/engine/compile/index.ts').compile
  readonly relay: typeof import('../../../src/engine/compile/index.ts').relay
  readonly inspectMicrostep: typeof import('../../../src/engine/compile/index.ts').inspectMicrostep
}

/** Interpreted and compiled differ; the text says in what, after which events. */
export class Difference extends Error {}

/** Fails with a readable comparison unless the two are equal. */
export const same = (what: string, trail: readonly string[], stock: unknown, compiled: unknown): void => {
  if (isDeepStrictEqual(stock, compiled)) return
  let details = ''
  try {
    expect(compiled).toEqual(stock)
  } catch (error) {
    details = (error as Error).message
  }
  throw new Difference(`${what} differ after ${trail.join(', ') || 'the start'}\n${details}`)
}

interface Recorded {
  readonly type: string
  readonly params: unknown
  readonly context: unknown
  readonly event: unknown
  readonly self: unknown
}

/** A scope without an actor: performs plain functions, writes everything down. */
const recorder = (self: object) => {
  const log: Recorded[] = []
  const nothing = (): void => {}
  const scope = {
    self,
    id: 'x',
    sessionId: 'x',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    system: { _sendInspectionEvent: nothing, _relay: nothing },
    actionExecutor: ({ type, info, params, exec }: Parameters<AnyActorScope['actionExecutor']>[0]): void => {
      log.push({ type, params, context: info.context, event: info.event, self: info.self })
      if (!type.startsWith('xstate.')) exec?.(info, params)
    },
  }
  return { log, scope: scope as unknown as AnyActorScope }
}

const attempt = <T>(make: () => T): { value?: T; error?: string } => {
  try {
    return { value: make() }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

/** A snapshot with all that counts, its keys and the order of what has an order included. */
const plain = (s: AnyMachineSnapshot): object => ({
  ...s,
  keys: Object.keys(s),
  prototype: Object.getPrototypeOf(s),
  error: s.error instanceof Error ? s.error.message : s.error,
  tags: [...s.tags],
  _nodes: s._nodes.map(node => node.id),
  machine: s.machine === undefined,
})

export interface Pair {
  readonly stock: AnyMachineSnapshot
  readonly compiled: AnyMachineSnapshot
  readonly trail: readonly string[]
}

export interface Walker {
  start(input: unknown): Pair
  /** The pair after an event; undefined when both threw the same. */
  step(pair: Pair, event: AnyEventObject): Pair | undefined
  /** `can`, JSON, persisted and restored snapshots; answers the restored pair, which must be as good. */
  probe(pair: Pair, alphabet: readonly AnyEventObject[]): Pair
  readonly compared: () => number
}

export const walkerOf = (machine: AnyStateMachine, { compile }: Implementation): Walker => {
  const logic = compile(machine)
  const self = { id: 'self' }
  const a = recorder(self)
  const b = recorder(self)
  let compared = 0

  const check = (pair: Pair): Pair => {
    compared++
    same('snapshots', pair.trail, plain(pair.stock), plain(pair.compiled))
    if (pair.stock.machine !== pair.compiled.machine) throw new Difference('the snapshot has another machine')
    same('effects', pair.trail, a.log, b.log)
    a.log.length = b.log.length = 0
    return pair
  }

  return {
    compared: () => compared,
    start: input =>
      check({
        stock: machine.getInitialSnapshot(a.scope, input),
        compiled: logic.getInitialSnapshot(b.scope, input),
        trail: [],
      }),
    step(pair, event) {
      const trail = [...pair.trail, event.type]
      const ra = attempt(() => machine.transition(pair.stock as never, event, a.scope))
      const rb = attempt(() => logic.transition(pair.compiled as never, event, b.scope))
      same('errors', trail, ra.error, rb.error)
      if (ra.error !== undefined) {
        same('effects before the error', trail, a.log, b.log)
        a.log.length = b.log.length = 0
        return undefined
      }
      // An event that changes nothing gives the very same snapshot.
      same('identities', trail, ra.value === pair.stock, rb.value === pair.compiled)
      return check({ stock: ra.value!, compiled: rb.value!, trail })
    },
    probe({ stock, compiled, trail }, alphabet) {
      for (const event of alphabet) {
        same(
          `answers to can(${event.type})`,
          trail,
          attempt(() => stock.can(event)),
          attempt(() => compiled.can(event)),
        )
      }
      same('texts', trail, JSON.stringify(stock), JSON.stringify(compiled))
      same('meta data', trail, stock.getMeta(), compiled.getMeta())
      const saved = [machine.getPersistedSnapshot(stock), logic.getPersistedSnapshot(compiled)] as const
      same('persisted snapshots', trail, saved[0], saved[1])
      return {
        stock: machine.restoreSnapshot(saved[0], a.scope),
        compiled: logic.restoreSnapshot(saved[1], b.scope),
        trail: [...trail, '(restored)'],
      }
    },
  }
}
