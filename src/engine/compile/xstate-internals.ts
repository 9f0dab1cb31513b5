/**
 * Everything of XState that is not in its documented interface, in one place; a test sees to it. Read against 5.33.3.
 *
 *  1. action creators carry `type`, `resolve`, `execute` and their arguments; built-in guards carry `check`
 *  2. `system._relay` delivers an event with its sender, so that inspection shows who sent it
 *  3. `system._sendInspectionEvent` publishes to `system.inspect`
 *  4. a snapshot of a machine has `_nodes`, and its functions are the same for all snapshots
 */
import {
  type AnyActorRef,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  and,
  type MachineContext,
  not,
  or,
  type StateValue,
  type UnknownAction,
} from 'xstate'

/** What an expression of an action is called with. */
export interface ActionArgs {
  readonly context: MachineContext
  readonly event: AnyEventObject
  readonly self: AnyActorRef
  readonly system: AnyActorScope['system']
}

/** A value, or how to work it out. */
export type Expression<T> = T | ((args: ActionArgs, params: unknown) => T)

/** Performs an action as XState does: the last step of a built-in one. */
export type Perform = (scope: AnyActorScope, params: unknown) => void

/** An action creator taken apart. `general` keeps XState's own way from arguments to result. */
export type Builtin =
  | { readonly kind: 'assign'; readonly assignment: Expression<object> | Record<string, Expression<unknown>> }
  | {
      readonly kind: 'raise' | 'sendTo'
      readonly to: Expression<unknown>
      readonly event: Expression<AnyEventObject>
      readonly id: string | undefined
      readonly delay: Expression<unknown>
      readonly perform: Perform
      readonly general: General
    }
  | { readonly kind: 'cancel'; readonly id: Expression<string>; readonly perform: Perform }
  | { readonly kind: 'other'; readonly general: General }

export interface General {
  readonly type: string
  decide(
    scope: AnyActorScope,
    snapshot: AnyMachineSnapshot,
    args: ActionArgs,
    params: unknown,
    queue: AnyEventObject[],
  ): readonly [snapshot: AnyMachineSnapshot, params: unknown, actions: readonly UnknownAction[] | undefined]
  readonly perform: Perform | undefined
}

interface Creator {
  readonly type: string
  readonly resolve: (
    scope: AnyActorScope,
    snapshot: AnyMachineSnapshot,
    args: ActionArgs,
    params: unknown,
    action: unknown,
    extra: { internalQueue: AnyEventObject[] },
  ) => [AnyMachineSnapshot, unknown, readonly UnknownAction[] | undefined]
  readonly execute?: Perform
  readonly assignment?: unknown
  readonly to?: unknown
  readonly event?: unknown
  readonly id?: string
  readonly delay?: unknown
  readonly sendId?: unknown
}

const isCreator = (fn: unknown): fn is Creator => typeof fn === 'function' && 'resolve' in fn

const generalOf = (fn: Creator): General => ({
  type: fn.type,
  decide: (scope, snapshot, args, params, queue) =>
    fn.resolve(scope, snapshot, args, params, fn, { internalQueue: queue }),
  perform: fn.execute,
})

/** Takes `assign(…)`, `raise(…)` … apart; undefined for a plain function. */
export const builtin = (fn: unknown): Builtin | undefined => {
  if (!isCreator(fn)) return undefined
  const kind = fn.type.slice('xstate.'.length)
  if (kind === 'assign') {
    return { kind, assignment: fn.assignment as Extract<Builtin, { kind: 'assign' }>['assignment'] }
  }
  if (kind === 'raise' || kind === 'sendTo') {
    const { to, event, id, delay } = fn
    return {
      kind,
      to,
      event: event as Expression<AnyEventObject>,
      id,
      delay,
      perform: fn.execute!,
      general: generalOf(fn),
    }
  }
  if (kind === 'cancel') return { kind, id: fn.sendId as Expression<string>, perform: fn.execute! }
  return { kind: 'other', general: generalOf(fn) }
}

type CheckFn = (snapshot: AnyMachineSnapshot, args: object, guard: unknown) => boolean

const checkOf = (guard: unknown): CheckFn | undefined => (guard as { check?: CheckFn }).check
const guardsOf = (guard: unknown): readonly unknown[] => (guard as { guards: readonly unknown[] }).guards
const [checkAnd, checkOr, checkNot] = [and([]), or([]), not(() => true)].map(checkOf)

/** A built-in guard taken apart; undefined for a plain function. */
export type BuiltinGuard =
  | { readonly kind: 'and' | 'or' | 'not'; readonly guards: readonly unknown[] }
  | { readonly kind: 'other'; check(snapshot: AnyMachineSnapshot, args: object): boolean }

export const builtinGuard = (fn: unknown): BuiltinGuard | undefined => {
  const check = checkOf(fn)
  if (check === undefined) return undefined
  if (check === checkAnd) return { kind: 'and', guards: guardsOf(fn) }
  if (check === checkOr) return { kind: 'or', guards: guardsOf(fn) }
  if (check === checkNot) return { kind: 'not', guards: guardsOf(fn) }
  return { kind: 'other', check: (snapshot, args) => check(snapshot, args, fn) }
}

/** What all snapshots of one configuration share: the very fields of XState's own. */
export type Shape = AnyMachineSnapshot

/** The active nodes of a snapshot, in XState's order. */
export const nodesOf = (snapshot: AnyMachineSnapshot): AnyStateNode[] => snapshot._nodes

export const shapeOf = (machine: AnyStateMachine, value: StateValue, nodes: AnyStateNode[]): Shape => {
  const template: AnyMachineSnapshot = machine.resolveState({ value, context: {} })
  return { ...template, value, _nodes: nodes, tags: new Set(nodes.flatMap(node => node.tags)) }
}

/** A snapshot as XState makes it, with the same keys in the same order. */
export const snapshotOf = (
  shape: Shape,
  status: AnyMachineSnapshot['status'],
  output: unknown,
  error: unknown,
  context: MachineContext,
  children: AnyMachineSnapshot['children'],
): AnyMachineSnapshot =>
  ({
    status,
    output,
    error,
    machine: shape.machine,
    context,
    _nodes: shape._nodes,
    value: shape.value,
    tags: shape.tags,
    children,
    historyValue: shape.historyValue,
    matches: shape.matches,
    hasTag: shape.hasTag,
    can: shape.can,
    getMeta: shape.getMeta,
    toJSON: shape.toJSON,
  }) as AnyMachineSnapshot

interface System {
  _relay(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void
  _sendInspectionEvent(event: object): void
}

const systemOf = (system: unknown): System => system as System

/** Delivers an event with its sender; what `sendTo` does, for timers and the like. */
export const relay = (source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void =>
  systemOf(target.system)._relay(source, target, event)

/** Publishes a microstep to the inspectors of the system, as the machine itself would. */
export const inspectMicrostep = (
  scope: AnyActorScope,
  event: AnyEventObject,
  snapshot: AnyMachineSnapshot,
  transitions: readonly AnyTransitionDefinition[],
): void =>
  systemOf(scope.system)._sendInspectionEvent({
    type: '@xstate.microstep',
    actorRef: scope.self,
    event,
    snapshot,
    _transitions: transitions,
  })

/** Stops an actor whoever its parent is: XState's own `stop` is for root actors alone. */
export const stopActor = (actor: AnyActorRef): void => {
  ;(actor as unknown as { _stop(): void })._stop()
}

/** Who wants to know of every event on its way. */
export interface RelayWatch {
  readonly open: boolean
  relayed(source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject): void
}

/** XState's mark of an actor that has ended. */
const stopped = 2

/**
 * Fits out the system of a root actor for an engine.
 *
 * No list of sessions: XState writes every actor into a map there that nothing reads, and a map whose entries come and
 * go fast keeps ended actors from young collections (see `churn-map.ts`); ids by `systemId` do not work then, and none
 * of our actors has one. No event reaches an actor that has ended: a transaction may outlive the call that it served.
 * `watched` hears of every event on its way, where it says that somebody listens.
 */
export const fitOut = (root: AnyActorRef, watched?: RelayWatch): void => {
  const { _relay: relayed } = systemOf(root.system)
  Object.assign(root.system, {
    _register: (sessionId: string) => sessionId,
    _unregister: () => {},
    _relay: (source: AnyActorRef | undefined, target: AnyActorRef, event: AnyEventObject) => {
      if (watched?.open) watched.relayed(source, target, event)
      if ((target as unknown as { _processingStatus: number })._processingStatus !== stopped)
        relayed(source, target, event)
    },
  })
}
