import { describe, expect, it } from 'vitest'
import {
  type AnyEventObject,
  assign,
  createActor,
  createMachine,
  fromTransition,
  type InspectionEvent,
  SimulatedClock,
} from 'xstate'
import {
  type CompileHooks,
  compile,
  inspectMicrostep,
  relay,
  report,
} from '../../../src/engine/compile/index.ts'
import { Timers } from '../../../src/engine/timers.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { everything, stillborn, withHistory, withInvoke } from '../../support/everything-machine.ts'

const scene = (hooks: CompileHooks = {}) => {
  const clock = virtualClock()
  const timers = new Timers(clock, (target, event, source) => relay(source, target, event))
  const heard: AnyEventObject[] = []
  // XState's own clock never moves: whatever fires came from the engine's timers.
  const parent = createActor(
    fromTransition((state: number, event: AnyEventObject) => {
      heard.push(event)
      return state
    }, 0),
    { clock: new SimulatedClock(), id: 'parent' },
  ).start()
  return { clock, timers, hooks, heard, parent, options: { timers, hooks } }
}

describe('compile', () => {
  it('arms `after` in the timers and not in the scheduler of XState', () => {
    const { clock, timers, options, parent } = scene()
    const actor = createActor(compile(everything, options), { parent, input: { owner: parent } })
    expect(timers.size).toBe(0)
    actor.start()
    expect([...timers].map(t => t.name).sort()).toEqual([
      'xstate.after.9000.everything',
      'xstate.after.byContext.everything.one',
    ])
    clock.advance(50)
    expect(actor.getSnapshot().value).toEqual({ two: 'first' })
    actor.send({ type: 'END' })
    expect(actor.getSnapshot().status).toBe('done')
    expect(timers.size).toBe(0)
  })

  it('arms delayed raise and sendTo in the timers, and replaces one armed again under its id', () => {
    const { clock, heard, options, parent } = scene()
    const actor = createActor(compile(everything, options), {
      id: 'x',
      parent,
      input: { owner: parent },
    }).start()
    actor.send({ type: 'UP' })
    actor.send({ type: 'DELAYED' })
    clock.advance(40)
    actor.send({ type: 'DELAYED' })
    clock.advance(699)
    expect(heard.filter(e => e.type === 'LATER')).toHaveLength(0)
    clock.advance(1)
    expect(heard.filter(e => e.type === 'LATER')).toHaveLength(1)
  })

  it('disarms the timers of an actor that throws, in its first entry or later', () => {
    const { timers, options, parent } = scene()
    const logic = compile(everything, options)
    const later = createActor(logic, { parent, input: { owner: parent } }).start()
    later.send({ type: 'THROW' })
    expect(later.getSnapshot().status).toBe('error')
    const first = compile(
      everything.provide({
        actions: {
          say: () => {
            throw new Error('entry')
          },
        },
      }),
      options,
    )
    const born = createActor(first, { parent, input: { owner: parent } })
    born.start()
    expect(born.getSnapshot().status).toBe('error')
    expect(timers.size).toBe(0)
  })

  it('leaves no timer of an actor that is done at birth or stopped', () => {
    const { timers, options } = scene()
    const actor = createActor(compile(stillborn, options)).start()
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: 3 })
    expect(timers.size).toBe(0)
    const root = createActor(compile(everything, options), { input: { owner: actor as never } }).start()
    expect(timers.size).toBe(2)
    root.stop()
    expect(timers.size).toBe(0)
  })

  it.each([
    ['history', withHistory, 'history state withHistory.b.past'],
    ['invoke', withInvoke, 'invoke in withInvoke.a'],
  ])('runs a machine with %s on the interpreter, its timers with ours', (_, machine, reason) => {
    const { clock, timers, options, parent } = scene()
    expect(report(machine)).toMatchObject({ id: machine.id, mode: 'stock', reason })
    const actor = createActor(compile(machine, options), { parent })
    actor.start()
    if (machine === withHistory) {
      for (const type of ['NEXT', 'NEXT', 'OUT', 'BACK']) actor.send({ type })
      expect(actor.getSnapshot().value).toEqual({ b: 'y' })
    }
    expect(timers.size).toBe(1)
    clock.advance(50)
    expect(actor.getSnapshot()).toMatchObject(machine === withHistory ? { value: 'c' } : { status: 'done' })
    expect(timers.size).toBe(0)
  })

  it('calls hooks that are set while it runs, and only while they are set', () => {
    const { hooks, options, parent } = scene()
    const actor = createActor(compile(everything, options), { parent, input: { owner: parent } }).start()
    const seen: unknown[] = []
    hooks.refused = (self, event, transition) => seen.push([self === actor, event.type, transition.source.id])
    hooks.microstep = (scope, event, snapshot, transitions) =>
      seen.push([scope.self === actor, event.type, snapshot.value, transitions.length])
    actor.send({ type: 'NOGUARD' })
    // In `one` the both eventless guards refuse after the microstep, the guard of NOGUARD before it.
    expect(seen).toEqual([
      [true, 'NOGUARD', 'everything.one'],
      [true, 'NOGUARD', 'one', 1],
      [true, 'NOGUARD', 'everything.one'],
      [true, 'NOGUARD', 'everything.one'],
    ])
    hooks.refused = undefined
    hooks.microstep = undefined
    actor.send({ type: 'NOGUARD' })
    expect(seen).toHaveLength(4)
  })

  it('publishes microsteps as XState does when `inspectMicrostep` is the hook', () => {
    const trace = (logic: typeof everything): unknown[] => {
      const types: unknown[] = []
      const inspect = (e: InspectionEvent): void =>
        void types.push([e.type, 'event' in e ? e.event.type : ''])
      const owner = createActor(fromTransition((s: number) => s, 0)).start()
      const actor = createActor(logic, { input: { owner }, inspect, clock: new SimulatedClock() }).start()
      for (const type of ['RAISE', 'NEXT', 'NEXT', 'PAR', 'NEXT']) actor.send({ type })
      return types
    }
    const { timers } = scene()
    expect(trace(compile(everything, { timers, hooks: { microstep: inspectMicrostep } }))).toEqual(
      trace(everything),
    )
  })

  it('refuses spawn in assign and in the first context with a reason', () => {
    const kid = fromTransition((s: number) => s, 0)
    const machine = createMachine({
      initial: 'a',
      context: {},
      states: { a: { on: { GO: { actions: assign(({ spawn }) => ({ kid: spawn(kid) })) } } } },
    })
    const error = (logic: typeof machine): unknown => {
      const actor = createActor(compile(logic))
      actor.subscribe({ error: () => {} })
      actor.start()
      actor.send({ type: 'GO' })
      return (actor.getSnapshot().error as Error).message
    }
    expect(error(machine)).toMatch(/does not spawn/)
    const atBirth = createMachine({ context: ({ spawn }) => ({ kid: spawn(kid) }) })
    expect(error(atBirth as never)).toMatch(/does not spawn/)
  })

  it('reports what takes the slower road', () => {
    const { nodes, transitions, ...rest } = report(everything)
    expect(nodes).toBe(18)
    expect(transitions).toBeGreaterThan(50)
    expect(rest).toEqual({ id: 'everything', mode: 'compiled', general: expect.any(Array) })
    expect([...rest.general].sort()).toEqual(['emit', 'enqueueActions', 'log'])
  })
})
