/**
 * Turns an XState machine into actor logic that does the same in a fraction of the time.
 *
 * Structure (who is left, who is entered, which actions in which order) is worked out once a configuration and
 * transition; an event is then a table look-up and a walk along a list of closures. The snapshots are XState's own,
 * down to their functions, and so are the actors: the definition stays the truth, this is only its speed.
 *
 * What is not compiled (history, invoke) runs on XState's interpreter, the whole machine, with its timers still in the
 * engine's. What is refused: `spawn` in assign or context.
 */
import type {
  AnyActorRef,
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  StateValue,
} from 'xstate'
import type { Timers } from '../timers.ts'
import { chartOf } from './configuration.ts'
import { timedPerformer } from './delayed.ts'
import { beginRun, machineryOf } from './macrostep.ts'
import { obstacleTo } from './report.ts'
import { type Program, refuseSpawn, view } from './run.ts'
import { snapshotOf } from './xstate-internals.ts'

export { type CompileReport, report } from './report.ts'
export { inspectMicrostep, relay } from './xstate-internals.ts'

/** For whoever looks. Members may be set and taken away at any time; nobody looking costs nothing. */
export interface CompileHooks {
  /** After every microstep; give `inspectMicrostep` to have XState's `@xstate.microstep` inspection events. */
  microstep?:
    | ((
        scope: AnyActorScope,
        event: AnyEventObject,
        snapshot: AnyMachineSnapshot,
        transitions: readonly AnyTransitionDefinition[],
      ) => void)
    | undefined
  /** The same by the state alone, and only from compiled machines: for who wants no more. */
  entered?: ((self: AnyActorRef, value: StateValue) => void) | undefined
  /** An action is about to be performed, with its parameters worked out. Only from compiled machines. */
  acted?: ((self: AnyActorRef, type: string, params: unknown) => void) | undefined
  /** An `assign` ran, with the name it has in `setup`; inspection does not show that. Only from compiled machines. */
  assigned?: ((self: AnyActorRef, name: string) => void) | undefined
  /** A guard refused a transition; inspection does not show that. Only from compiled machines. */
  refused?:
    | ((self: AnyActorRef, event: AnyEventObject, transition: AnyTransitionDefinition) => void)
    | undefined
}

export interface CompileOptions {
  /** Where `after`, delayed `raise` and delayed `sendTo` are armed; without it XState's scheduler. */
  readonly timers?: Timers | undefined
  readonly hooks?: CompileHooks | undefined
}

type Transition = (
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  scope: AnyActorScope,
) => AnyMachineSnapshot
type InitialSnapshot = (scope: AnyActorScope, input?: unknown) => AnyMachineSnapshot

interface Logic {
  readonly transition: Transition
  readonly getInitialSnapshot: InitialSnapshot
}

/** The machine on XState's interpreter, its timers in the engine's. */
const stockLogic = (machine: AnyStateMachine, timers: Timers | undefined): Logic => {
  const performer = timers && timedPerformer(timers)
  const withTimers = (scope: AnyActorScope): AnyActorScope =>
    performer === undefined
      ? scope
      : {
          ...scope,
          actionExecutor: action =>
            scope.actionExecutor({
              ...action,
              exec: performer(action.type, action.params) ?? action.exec,
            } as never),
        }
  return {
    transition(snapshot, event, scope) {
      try {
        const next = machine.transition(snapshot as never, event, withTimers(scope))
        if (next.status !== 'active') timers?.cancelAll(scope.self)
        return next
      } catch (error) {
        timers?.cancelAll(scope.self)
        throw error
      }
    },
    getInitialSnapshot(scope, input) {
      const first = machine.getInitialSnapshot(withTimers(scope), input)
      if (first.status !== 'active') scope.defer(() => timers?.cancelAll(scope.self))
      return first
    },
  }
}

const hasChildren = ({ children }: AnyMachineSnapshot): boolean => {
  for (const _ in children) return true
  return false
}

const compiledLogic = (program: Program, stock: Logic): Logic => {
  const { hooks, machine, timers } = program
  const chart = chartOf(program)
  const { microstep, settle, tell } = machineryOf(program, chart)
  const { context: firstContext } = machine.config

  return {
    transition(snapshot, event, scope) {
      if (snapshot.status !== 'active') return stock.transition(snapshot, event, scope)
      if (event.type === 'xstate.stop') {
        // Nothing to stop within and nobody looking: what XState makes of it, without its detour.
        if (hooks.microstep || hasChildren(snapshot)) return stock.transition(snapshot, event, scope)
        timers?.cancelAll(scope.self)
        return { ...snapshot, status: 'stopped' } as AnyMachineSnapshot
      }
      try {
        const from = chart.configurationOf(snapshot)
        const isError = event.type.startsWith('xstate.error.actor')
        // Much of what arrives is a retransmission that nobody listens for.
        if (chart.isDeaf(from, event.type) && !isError && !hooks.microstep) return snapshot
        const run = beginRun(scope, snapshot, from)
        const chosen = chart.select(run, event)
        if (chosen !== undefined) microstep(run, chart.pathOf(run.configuration, chosen), event)
        else if (isError) return stock.transition(snapshot, event, scope)
        if (hooks.microstep) tell(run, event, chosen)
        hooks.entered?.(scope.self, run.configuration.shape.value)
        settle(run, event)
        return view(run)
      } catch (error) {
        timers?.cancelAll(scope.self)
        throw error
      }
    },

    getInitialSnapshot(scope, input) {
      const event = { type: 'xstate.init', input }
      const { before, entry } = chart
      const isFunction = typeof firstContext === 'function'
      let start = snapshotOf(
        before.shape,
        'active',
        undefined,
        undefined,
        isFunction ? {} : (firstContext ?? {}),
        {},
      )
      try {
        if (isFunction) {
          const context = { ...firstContext({ spawn: refuseSpawn, input, self: scope.self }) }
          start = snapshotOf(before.shape, 'active', undefined, undefined, context, {})
        }
        const run = beginRun(scope, start, before, true)
        microstep(run, entry, event)
        settle(run, event)
        return view(run)
      } catch (error) {
        return snapshotOf(before.shape, 'error', undefined, error, start.context, {})
      }
    },
  }
}

/**
 * An actor logic for `createActor` that makes the same snapshots as `machine` and performs the same effects.
 *
 * Give implementations before (`compile(machine.provide(…))`): what comes out keeps those it was made with.
 */
export const compile = <M extends AnyStateMachine>(machine: M, options: CompileOptions = {}): M => {
  const { timers, hooks = {} } = options
  const stock = stockLogic(machine, timers)
  const logic = obstacleTo(machine) === undefined ? compiledLogic({ machine, timers, hooks }, stock) : stock
  return Object.assign(Object.create(machine) as M, logic)
}
