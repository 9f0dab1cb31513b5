/** The mutable state of one macrostep, and the snapshot made of it when somebody needs one. */
import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  MachineContext,
} from 'xstate'
import type { Timers } from '../timers.ts'
import type { Configuration } from './configuration.ts'
import type { CompileHooks } from './index.ts'
import { type ActionArgs, snapshotOf } from './xstate-internals.ts'

/** What one compiled machine is made from. */
export interface Program {
  readonly machine: AnyStateMachine
  readonly timers: Timers | undefined
  readonly hooks: CompileHooks
}

export interface Run {
  readonly scope: AnyActorScope
  configuration: Configuration
  context: MachineContext
  children: AnyMachineSnapshot['children']
  status: AnyMachineSnapshot['status']
  output: unknown
  /** The snapshot of the fields above, while it is up to date. */
  snapshot: AnyMachineSnapshot | undefined
  /** Events raised and not yet processed. */
  readonly queue: AnyEventObject[]
  /** True during the first entry, whose actions XState performs only when the actor is started. */
  readonly starting: boolean
  /** True when the current microstep changed anything that a snapshot shows. */
  dirty: boolean
}

/** One instruction of a compiled machine. */
export type Op = (run: Run, event: AnyEventObject) => void

export const view = (run: Run): AnyMachineSnapshot =>
  (run.snapshot ??= snapshotOf(
    run.configuration.shape,
    run.status,
    run.output,
    undefined,
    run.context,
    run.children,
  ))

/** Call after every change: the snapshot is out of date. */
export const touch = (run: Run): void => {
  run.snapshot = undefined
  run.dirty = true
}

export const argsOf = (run: Run, event: AnyEventObject): ActionArgs => ({
  context: run.context,
  event,
  self: run.scope.self,
  system: run.scope.system,
})

/** Parameters for this event; an expression sees context and event only. */
export const evaluateParams = (params: unknown, run: Run, event: AnyEventObject): unknown =>
  typeof params === 'function' ? params({ context: run.context, event }) : params

export const refuseSpawn = (): never => {
  throw new Error(
    'a compiled machine does not spawn in assign or context; use an effect that asks the registry',
  )
}
