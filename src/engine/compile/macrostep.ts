/** One event in, run to completion: the transition it takes, then eventless ones and raised events until nothing moves. */
import { type AnyActorScope, type AnyEventObject, type AnyMachineSnapshot, stopChild } from 'xstate'
import { actionCompiler } from './actions.ts'
import { type Chosen, transitionsOf } from './candidates.ts'
import type { Chart, Configuration, Path } from './configuration.ts'
import { type Program, type Run, touch, view } from './run.ts'

/** XState's own words. */
const endless = (limit: number): Error =>
  new Error(
    `Infinite loop detected: the machine has processed more than ${limit} microsteps without reaching a stable state. This usually happens when there's a cycle of transitions (e.g., eventless transitions or raised events causing state A -> B -> C -> A).`,
  )

export const beginRun = (
  scope: AnyActorScope,
  snapshot: AnyMachineSnapshot,
  from: Configuration,
  starting = false,
): Run => ({
  scope,
  configuration: from,
  context: snapshot.context,
  children: snapshot.children,
  status: snapshot.status,
  output: snapshot.output,
  snapshot,
  queue: [],
  starting,
  dirty: false,
})

export interface Machinery {
  /** Takes a path; `event` is what its actions see. */
  microstep(run: Run, path: Path, event: AnyEventObject): void
  /** Reports a microstep to whoever looks. */
  tell(run: Run, event: AnyEventObject, chosen: Chosen | undefined): void
  /** Everything that follows from `event` without another one from outside. */
  settle(run: Run, event: AnyEventObject): void
}

export const machineryOf = (program: Program, chart: Chart): Machinery => {
  const { hooks, machine, timers } = program
  const limit = machine.options.maxIterations ?? Infinity
  const compileAction = actionCompiler(program)

  const microstep = (run: Run, path: Path, event: AnyEventObject): void => {
    run.dirty = false
    const { ops, next } = path
    for (let i = 0; i < ops.length; i++) ops[i]!(run, event)
    if (next === run.configuration) return
    run.configuration = next
    touch(run)
  }

  const tell: Machinery['tell'] = (run, event, chosen) => {
    hooks.microstep?.(run.scope, event, view(run), transitionsOf(chosen))
  }

  /** The machine is done: its children are stopped, though its last snapshot still names them. */
  const end = (run: Run, event: AnyEventObject): void => {
    const { scope } = run
    // The timers of the first entry are not armed before the actor is started: let theirs be armed first.
    if (run.starting && timers !== undefined) scope.defer(() => timers.cancelAll(scope.self))
    else timers?.cancelAll(scope.self)
    const children = Object.values(run.children)
    if (children.length === 0) return
    const before = { snapshot: view(run), children: run.children }
    for (const child of children) compileAction(stopChild(child as never))(run, event)
    Object.assign(run, before)
  }

  return {
    microstep,
    tell,
    settle(run, trigger) {
      let event = trigger
      let eventless = true
      for (let n = 1; run.status === 'active'; n++) {
        if (n > limit) throw endless(limit)
        const mayMove: boolean = eventless && run.configuration.always.length > 0
        let chosen: Chosen | undefined = mayMove ? chart.selectEventless(run, event) : undefined
        const spontaneous: boolean = chosen !== undefined
        if (!spontaneous) {
          if (run.queue.length === 0) return
          event = run.queue.shift()!
          chosen = chart.select(run, event)
        }
        if (chosen !== undefined) microstep(run, chart.pathOf(run.configuration, chosen), event)
        hooks.entered?.(run.scope.self, run.configuration.shape.value)
        if (hooks.microstep) tell(run, event, chosen)
        eventless = !spontaneous || run.dirty
      }
      end(run, event)
    },
  }
}
