/** Guards as closures. Built-in `and`, `or` and `not` need no snapshot; `stateIn` and strangers get one. */
import type { AnyEventObject, AnyTransitionDefinition } from 'xstate'
import { type Program, type Run, view } from './run.ts'
import { builtinGuard } from './xstate-internals.ts'

export type Check = (run: Run, event: AnyEventObject) => boolean

type PlainGuard = (args: object, params: unknown) => boolean
type Named = string | { readonly type: string; readonly params?: unknown }

const nameOf = (guard: Named): string => (typeof guard === 'string' ? guard : guard.type)

const plain = (fn: PlainGuard, guard: unknown): Check => {
  const params = typeof guard === 'object' && guard !== null && 'params' in guard ? guard.params : undefined
  if (typeof params !== 'function') return (run, event) => fn({ context: run.context, event }, params)
  return (run, event) => {
    const args = { context: run.context, event }
    return fn(args, params({ context: run.context, event }))
  }
}

export const guardCompiler = ({ machine }: Program): ((guard: unknown) => Check) => {
  const implementations: Readonly<Record<string, unknown>> = machine.implementations.guards

  const compileGuard = (guard: unknown): Check => {
    const fn = typeof guard === 'function' ? guard : implementations[nameOf(guard as Named)]
    if (!fn) {
      return () => {
        throw new Error(`Guard '${nameOf(guard as Named)}' is not implemented.'.`)
      }
    }
    if (typeof fn !== 'function') return compileGuard(fn)
    const built = builtinGuard(fn)
    if (built === undefined) return plain(fn as PlainGuard, guard)
    if (built.kind === 'other') return (run, event) => built.check(view(run), { context: run.context, event })
    const parts = built.guards.map(compileGuard)
    if (built.kind === 'and') return (run, event) => parts.every(part => part(run, event))
    if (built.kind === 'or') return (run, event) => parts.some(part => part(run, event))
    return (run, event) => !parts[0]!(run, event)
  }
  return compileGuard
}

/** XState's own words for a guard that throws; an eventless transition passes the error on as it is. */
export const guardFailure = (error: unknown, t: AnyTransitionDefinition, event: AnyEventObject): unknown => {
  if (t.eventType === '') return error
  const guard: unknown = t.guard
  const name =
    typeof guard === 'string'
      ? guard
      : typeof guard === 'object'
        ? (guard as { type: string }).type
        : undefined
  return new Error(
    `Unable to evaluate guard ${name ? `'${name}' ` : ''}in transition for event '${event.type}' in state node '${t.source.id}':\n${(error as Error).message}`,
  )
}
