/**
 * Our machines in the words of XState 4, for viewers that read the protocol of `@xstate/inspect` 0.8.
 *
 * Built so that XState 4 makes a machine of it without a warning and without running anything: a delay that has a name
 * and a transition that is taken at once behind a guard are events of their own there, because XState 4 would look for
 * functions that JSON cannot carry.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'

/** A transition as the configuration of XState 4 has it. */
export interface V4Transition {
  readonly target?: readonly string[]
  readonly cond?: string
  readonly actions?: readonly string[]
  readonly internal?: boolean
}

/** A state as the configuration of XState 4 has it. */
export interface V4State {
  readonly id: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly history?: 'shallow' | 'deep'
  readonly initial?: string
  readonly states?: Readonly<Record<string, V4State>>
  readonly on?: Readonly<Record<string, readonly V4Transition[]>>
  readonly always?: readonly V4Transition[]
  readonly after?: Readonly<Record<string, readonly V4Transition[]>>
  readonly entry?: readonly string[]
  readonly exit?: readonly string[]
  readonly invoke?: readonly { readonly id: string; readonly src: string }[]
  readonly tags?: readonly string[]
}

/** A machine as the configuration of XState 4 has it. */
export interface V4Machine extends V4State {
  readonly predictableActionArguments: true
  readonly context: Readonly<Record<string, unknown>>
}

/** The event that stands for a transition taken at once behind a guard. */
const atOnce = 'always'

const nameOf = (thing: unknown): string => {
  if (typeof thing === 'string') return thing
  const type = (thing as { type?: unknown } | undefined)?.type
  if (typeof type === 'string') return type
  return (typeof thing === 'function' && thing.name) || 'anonymous'
}

/**
 * Names of actions. XState 4 would run what is called `xstate.raise` itself, so built-in ones lose their prefix; those
 * that only arm and disarm the timers of `after` are left out.
 */
const actionsOf = (actions: readonly unknown[], timed = false): string[] =>
  actions
    .map(nameOf)
    .filter(name => !timed || (name !== 'xstate.raise' && name !== 'xstate.cancel'))
    .map(name => name.replace(/^xstate\./, ''))

type Transition = AnyStateNode['always'] extends readonly (infer T)[] | undefined ? T : never

const within = (node: AnyStateNode, holder: AnyStateNode): boolean => {
  for (let at: AnyStateNode | undefined = node; at; at = at.parent) if (at === holder) return true
  return false
}

const transitionOf = (transition: Transition): V4Transition => {
  const { source, target, guard, reenter } = transition
  const actions = actionsOf(transition.actions)
  const inside = target === undefined || target.every(node => within(node, source))
  return {
    ...(target === undefined ? {} : { target: target.map(({ id }) => `#${id}`) }),
    ...(guard === undefined ? {} : { cond: nameOf(guard) }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(inside ? { internal: !reenter } : {}),
  }
}

/** `xstate.after.timerA.inviteClient.calling` is `xstate.after(timerA)#inviteClient.calling` there. */
export const afterName = (delay: string, id: string): string => `xstate.after(${delay})#${id}`

const transitionsOf = (node: AnyStateNode): Pick<V4State, 'on' | 'always' | 'after'> => {
  const on: Record<string, V4Transition[]> = {}
  const after: Record<string, V4Transition[]> = {}
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType as string, delay as unknown]))
  for (const [event, transitions] of node.transitions) {
    const made = transitions.map(transitionOf as (each: unknown) => V4Transition)
    if (!delays.has(event)) on[event] = made
    else {
      const delay = delays.get(event)
      if (typeof delay === 'number') after[delay] = made
      else on[afterName(nameOf(delay), node.id)] = made
    }
  }
  const always = (node.always ?? []).map(transitionOf)
  const guarded = always.some(({ cond }) => cond !== undefined)
  if (guarded) on[atOnce] = always
  return {
    ...(Object.keys(on).length === 0 ? {} : { on }),
    ...(Object.keys(after).length === 0 ? {} : { after }),
    ...(always.length === 0 || guarded ? {} : { always }),
  }
}

const stateOf = (node: AnyStateNode): V4State => {
  const states = Object.entries(node.states as Record<string, AnyStateNode>)
  const initial = node.initial?.target[0]?.key
  const timed = node.after.length > 0
  const [entry, exit] = [actionsOf(node.entry, timed), actionsOf(node.exit, timed)]
  const invoked = node.invoke.map(({ id, src }) => ({ id, src: nameOf(src) }))
  return {
    id: node.id,
    type: node.type,
    ...(node.type === 'history' ? { history: node.history || 'shallow' } : {}),
    ...(initial === undefined ? {} : { initial }),
    ...(states.length === 0
      ? {}
      : { states: Object.fromEntries(states.map(([key, state]) => [key, stateOf(state)])) }),
    ...transitionsOf(node),
    ...(entry.length === 0 ? {} : { entry }),
    ...(exit.length === 0 ? {} : { exit }),
    ...(invoked.length === 0 ? {} : { invoke: invoked }),
    ...(node.tags.length === 0 ? {} : { tags: node.tags }),
  }
}

/** A machine of XState 5 as the configuration of one of XState 4: names only, no functions and no context. */
export const toV4 = (machine: AnyStateMachine): V4Machine => ({
  predictableActionArguments: true,
  context: {},
  ...stateOf(machine.root),
  id: machine.id,
})
