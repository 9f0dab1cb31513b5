/**
 * `raise`, `sendTo` and `cancel`, with and without delay. Whatever has a delay (`after` is a `raise` on entry and a
 * `cancel` on exit) is armed in the engine's timers; without timers XState's own scheduler takes it.
 *
 * Known and wanted difference: arming again under the same id replaces the first; XState would fire both and could
 * cancel only the later.
 */
import type { AnyActorRef, AnyEventObject } from 'xstate'
import type { Timers } from '../timers.ts'
import { argsOf, evaluateParams, type Op, type Program } from './run.ts'
import type { ActionArgs, Builtin, Expression, General, Perform } from './xstate-internals.ts'

type Raise = Extract<Builtin, { kind: 'raise' | 'sendTo' }>
type Cancel = Extract<Builtin, { kind: 'cancel' }>
type Exec = (args: ActionArgs, params: never) => void

interface Sent {
  readonly to?: AnyActorRef
  readonly event: AnyEventObject
  readonly id: string | undefined
  readonly delay: number
}

let anonymous = 0

/** Performers that arm and disarm in `timers`. */
const performers = (timers: Timers) => ({
  arm: ({ self }: ActionArgs, { to, event, id, delay }: Sent): void =>
    timers.arm(self, id ?? `#${++anonymous}`, delay, event, to ?? self),
  disarm: ({ self }: ActionArgs, { sendId }: { sendId: string }): void => {
    timers.cancel(self, sendId)
  },
})

const isDelayed = (params: unknown): boolean =>
  typeof params === 'object' && params !== null && 'delay' in params && typeof params.delay === 'number'

/**
 * For machines that are not compiled, and actions made on the way: the performer that takes the place of XState's own
 * because it concerns a timer, or undefined.
 */
export const timedPerformer = (timers: Timers): ((type: string, params: unknown) => Exec | undefined) => {
  const { arm, disarm } = performers(timers)
  return (type, params) => {
    if (type === 'xstate.cancel') return disarm
    return (type === 'xstate.raise' || type === 'xstate.sendTo') && isDelayed(params) ? arm : undefined
  }
}

const evaluate = <T>(expression: Expression<T>, args: ActionArgs, params: unknown): T =>
  typeof expression === 'function'
    ? (expression as (a: ActionArgs, p: unknown) => T)(args, params)
    : expression

export const delayedActions = (
  { hooks, machine, timers }: Program,
  generalOp: (general: General, params: unknown) => Op,
): Readonly<{
  raise: (action: Raise, params: unknown) => Op
  sendTo: (action: Raise, params: unknown) => Op
  cancel: (action: Cancel, params: unknown) => Op
}> => {
  const delays: Readonly<Record<string, Expression<unknown>>> = machine.implementations.delays
  const own = timers && performers(timers)

  const delayOf = (delay: Expression<unknown>): Expression<unknown> =>
    typeof delay === 'string' ? delays[delay] : delay

  const execFor = (scope: Parameters<Perform>[0], perform: Perform, params: { delay: unknown }): unknown =>
    own !== undefined && typeof params.delay === 'number' ? own.arm : () => perform(scope, params)

  const raise = ({ event: raised, id, delay, perform, general }: Raise, params: unknown): Op => {
    if (typeof raised === 'string') return generalOp(general, params)
    const wait = delayOf(delay)
    return (run, event) => {
      const { scope } = run
      const info = argsOf(run, event)
      const given = evaluateParams(params, run, event)
      const sent = { event: evaluate(raised, info, given), id, delay: evaluate(wait, info, given) }
      if (typeof sent.delay !== 'number') run.queue.push(sent.event)
      const exec = execFor(scope, perform, sent)
      hooks.acted?.(scope.self, 'xstate.raise', sent)
      scope.actionExecutor({ type: 'xstate.raise', info, params: sent, exec } as never)
    }
  }

  const sendTo = ({ to, event: sentEvent, id, delay, perform, general }: Raise, params: unknown): Op => {
    // A target by name is looked up among the children; those are few and seldom, and XState knows the rules.
    if (typeof sentEvent === 'string' || typeof to === 'string') return generalOp(general, params)
    const wait = delayOf(delay)
    const slow = generalOp(general, params)
    return (run, event) => {
      const { scope } = run
      const info = argsOf(run, event)
      const given = evaluateParams(params, run, event)
      const resolved = evaluate(sentEvent, info, given)
      const ms = evaluate(wait, info, given)
      const target = evaluate(to, info, given)
      if (typeof target === 'string') return slow(run, event)
      const sent = {
        to: (target || scope.self) as AnyActorRef,
        targetId: undefined,
        event: resolved,
        id,
        delay: ms,
      }
      hooks.acted?.(scope.self, 'xstate.sendTo', sent)
      scope.actionExecutor({
        type: 'xstate.sendTo',
        info,
        params: sent,
        exec: execFor(scope, perform, sent),
      } as never)
    }
  }

  const cancel = ({ id, perform }: Cancel, params: unknown): Op => {
    const fixed = typeof id === 'function' ? undefined : { sendId: id }
    return (run, event) => {
      const { scope } = run
      const info = argsOf(run, event)
      const sent = fixed ?? { sendId: evaluate(id, info, evaluateParams(params, run, event)) }
      const exec = own !== undefined ? own.disarm : () => perform(scope, sent)
      hooks.acted?.(scope.self, 'xstate.cancel', sent)
      scope.actionExecutor({ type: 'xstate.cancel', info, params: sent, exec } as never)
    }
  }

  return { raise, sendTo, cancel }
}
