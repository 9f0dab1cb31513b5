/**
 * Actions as closures. Every one still goes through `scope.actionExecutor` with the arguments, parameters and type that
 * the machine itself would give, so `@xstate.action` inspection sees no difference.
 */
import type { AnyEventObject, UnknownAction } from 'xstate'
import type { Timers } from '../timers.ts'
import { delayedActions } from './delayed.ts'
import { argsOf, evaluateParams, type Op, type Program, type Run, refuseSpawn, touch, view } from './run.ts'
import type { Step } from './structure.ts'
import { type ActionArgs, type Builtin, builtin, type Expression, type General } from './xstate-internals.ts'

type Exec = (args: ActionArgs, params: unknown) => void

const nameOf = (action: UnknownAction): string =>
  typeof action === 'string'
    ? action
    : typeof action === 'function'
      ? action.name || '(anonymous)'
      : action.type

const paramsOf = (action: UnknownAction): unknown =>
  typeof action === 'object' && 'params' in action ? action.params : undefined

const assignOp = (
  { hooks }: Program,
  name: string,
  assignment: Extract<Builtin, { kind: 'assign' }>['assignment'],
  params: unknown,
): Op => {
  const argsFor = (run: Run, event: AnyEventObject) => ({
    context: run.context,
    event,
    spawn: refuseSpawn,
    self: run.scope.self,
    system: run.scope.system,
  })
  if (typeof assignment === 'function') {
    return (run, event) => {
      const given = evaluateParams(params, run, event)
      run.context = { ...run.context, ...assignment(argsFor(run, event), given) }
      touch(run)
      hooks.assigned?.(run.scope.self, name)
    }
  }
  const entries = Object.entries(assignment as Record<string, Expression<unknown>>)
  return (run, event) => {
    const given = evaluateParams(params, run, event)
    const args = argsFor(run, event)
    const next = { ...run.context }
    for (const [key, value] of entries) next[key] = typeof value === 'function' ? value(args, given) : value
    run.context = next
    touch(run)
    hooks.assigned?.(run.scope.self, name)
  }
}

/**
 * An effect of the first entry is performed by the actor's `start`, out of reach of the logic: should it throw, the
 * timers that were armed before it are disarmed here.
 */
const guarded =
  (exec: Exec, timers: Timers): Exec =>
  (args, params) => {
    try {
      exec(args, params)
    } catch (error) {
      timers.cancelAll(args.self)
      throw error
    }
  }

/** A plain function, or a name nobody implements. */
const effectOp = ({ hooks, timers }: Program, type: string, exec: Exec | undefined, params: unknown): Op => {
  const first = exec && timers ? guarded(exec, timers) : exec
  return (run, event) => {
    const info = argsOf(run, event)
    const given = params === undefined ? undefined : evaluateParams(params, run, event)
    hooks.acted?.(run.scope.self, type, given)
    run.scope.actionExecutor({ type, info, params: given, exec: run.starting ? first : exec } as never)
  }
}

export const actionCompiler = (program: Program): ((action: UnknownAction) => Op) => {
  const implementations: Readonly<Record<string, unknown>> = program.machine.implementations.actions

  /** Any other action creator: its own two steps, as XState calls them. */
  const generalOp = (general: General, params: unknown): Op => {
    const { perform, type } = general
    return (run, event) => {
      const { scope, queue } = run
      const info = argsOf(run, event)
      const before = view(run)
      const [after, result, more] = general.decide(
        scope,
        before,
        info,
        evaluateParams(params, run, event),
        queue,
      )
      if (after !== before) {
        run.context = after.context
        run.children = after.children
        touch(run)
      }
      if (perform !== undefined) {
        program.hooks.acted?.(scope.self, type, result)
        scope.actionExecutor({ type, info, params: result, exec: () => perform(scope, result) } as never)
      }
      if (more !== undefined) for (const action of more) compileAction(action)(run, event)
    }
  }
  const delayed = delayedActions(program, generalOp)

  const compileAction = (action: UnknownAction): Op => {
    const params = paramsOf(action)
    const fn = typeof action === 'function' ? action : implementations[nameOf(action)]
    const built = builtin(fn)
    if (built === undefined) return effectOp(program, nameOf(action), fn as Exec | undefined, params)
    switch (built.kind) {
      case 'assign':
        return assignOp(program, nameOf(action), built.assignment, params)
      case 'raise':
        return delayed.raise(built, params)
      case 'sendTo':
        return delayed.sendTo(built, params)
      case 'cancel':
        return delayed.cancel(built, params)
      case 'other':
        return generalOp(built.general, params)
    }
  }
  return compileAction
}

/** Which road an action takes; undefined for an effect. For the report. */
export const roadOf = (program: Pick<Program, 'machine'>, action: UnknownAction): string | undefined => {
  const implementations: Readonly<Record<string, unknown>> = program.machine.implementations.actions
  const built = builtin(typeof action === 'function' ? action : implementations[nameOf(action)])
  return built?.kind === 'other' ? built.general.type.slice('xstate.'.length) : undefined
}

const evaluateOutput = (output: unknown, run: Run, event: AnyEventObject): unknown =>
  typeof output === 'function' ? output({ context: run.context, event, self: run.scope.self }) : output

/** An instruction of a plan as a closure. */
export const stepCompiler = (program: Program): ((step: Step) => Op) => {
  const compileAction = actionCompiler(program)
  const { root } = program.machine
  return step => {
    if (step.kind === 'action') return compileAction(step.action)
    if (step.kind === 'complete') {
      const type = `xstate.done.state.${step.id}`
      return (run, event) => {
        run.queue.push({ type, output: evaluateOutput(step.output, run, event) })
      }
    }
    const { node } = step
    const type = `xstate.done.state.${node.id}`
    return (run, event) => {
      run.status = 'done'
      if (root.output !== undefined) {
        const output = node.parent ? evaluateOutput(node.output, run, event) : undefined
        run.output = evaluateOutput(root.output, run, { type, output })
      }
      touch(run)
    }
  }
}
