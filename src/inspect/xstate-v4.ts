/**
 * Our machines and actors in the words of XState 4, for viewers that read the protocol of `@xstate/inspect` 0.8: four
 * events with machines and states as JSON. Pure; who sends them is another matter.
 *
 * Built so that XState 4 makes a machine of it without a warning and without running anything: a delay that has a name
 * and a transition that is taken at once behind a guard are events of their own there, because XState 4 would look for
 * functions that JSON cannot carry.
 */
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate'
import type { ActorRecord, Frame, StepFrame } from './frame.ts'

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

/** What an inspected engine sends to a receiver. Machines, states and events are JSON. */
export type ReceiverEvent =
  | {
      readonly type: 'service.register'
      readonly machine: string
      readonly state: string
      readonly id: string
      readonly sessionId: string
      readonly parent?: string
    }
  | { readonly type: 'service.event'; readonly event: string; readonly sessionId: string }
  | { readonly type: 'service.state'; readonly state: string; readonly sessionId: string }
  | { readonly type: 'service.stop'; readonly sessionId: string }

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
const afterName = (delay: string, id: string): string => `xstate.after(${delay})#${id}`

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

/** The chart of an actor whose machine is not known: it is there, or it has ended. */
const unknown = (id: string, state: string): V4Machine => ({
  predictableActionArguments: true,
  context: {},
  id,
  type: 'compound',
  initial: state,
  states: { [state]: { id: `${id}.${state}`, type: 'atomic' } },
})

/** `a.b` as `{ a: 'b' }`; parallel states are joined by `+`. */
export const stateValue = (name: string): StateValue => {
  const one = (path: readonly string[]): StateValue =>
    path.length === 1 ? path[0]! : { [path[0]!]: one(path.slice(1)) }
  const parts = name.split('+').map(part => part.split('.'))
  if (parts.length === 1) return one(parts[0]!)
  return Object.fromEntries(parts.map(([key, ...rest]) => [key!, rest.length === 0 ? {} : one(rest)]))
}

const eventName = (event: string): string => {
  const timer = /^xstate\.after\.([^.]+)\.(.+)$/.exec(event)
  return timer ? afterName(timer[1]!, timer[2]!) : event
}

const scxml = (event: string, source: string | undefined) => {
  const name = eventName(event)
  return {
    name,
    data: { type: name },
    $$type: 'scxml',
    type: 'external',
    ...(source === undefined ? {} : { origin: source }),
  }
}

interface Place {
  readonly id: string
  readonly known: boolean
  readonly state: string
  readonly event: string
  readonly source?: string | undefined
  readonly actions?: readonly string[] | undefined
  readonly ended?: boolean | undefined
}

/** Everything that `State.create` of XState 4 reads. */
const stateText = ({ id, known, state, event, source, actions = [], ended = false }: Place): string => {
  const _event = scxml(event, source)
  return JSON.stringify({
    value: known ? stateValue(state) : state,
    context: {},
    event: _event.data,
    _event,
    _sessionid: id,
    actions: actions.map(type => ({ type: type.replace(/^xstate\./, '') })),
    activities: {},
    children: {},
    transitions: [],
    events: [],
    meta: {},
    done: ended,
    tags: [],
    changed: true,
  })
}

/** Turns what an engine does into events of the protocol. */
export interface ReceiverEvents {
  /** Those of the actors that are alive, parents first, for a receiver that comes late. */
  present(actors: readonly ActorRecord[]): readonly ReceiverEvent[]
  /** Those of a frame; messages have none. */
  of(frame: Frame): readonly ReceiverEvent[]
}

/**
 * The protocol of `@xstate/inspect` 0.8 for one receiver, from its start. What it does not have is lost on it: messages,
 * timers, refused guards and times.
 *
 * @param machines the definitions, by the ids of the machines
 * @example
 * const protocol = receiverEvents(machines)
 * for (const event of protocol.present(sip.actors())) socket.send(JSON.stringify(event))
 * sip.trace$.subscribe(frame => protocol.of(frame).forEach(event => socket.send(JSON.stringify(event))))
 */
export const receiverEvents = (machines: Readonly<Record<string, AnyStateMachine>>): ReceiverEvents => {
  const byId = new Map(Object.values(machines).map(machine => [machine.id, machine]))
  const texts = new Map<string, string>()
  const registered = new Set<string>()
  const machineText = (machine: string, state: string): string => {
    const definition = byId.get(machine)
    if (!definition) return JSON.stringify(unknown(machine, state))
    let text = texts.get(machine)
    if (text === undefined) texts.set(machine, (text = JSON.stringify(toV4(definition))))
    return text
  }
  const register = (
    id: string,
    machine: string,
    parent: string | undefined,
    place: Omit<Place, 'id' | 'known'>,
  ): ReceiverEvent => {
    registered.add(id)
    return {
      type: 'service.register',
      machine: machineText(machine, place.state),
      state: stateText({ id, known: byId.has(machine), ...place }),
      id: machine,
      sessionId: id,
      ...(parent === undefined ? {} : { parent }),
    }
  }
  const stepEvents = (step: StepFrame): ReceiverEvent[] => {
    const { actor, machine, parent, event, source, from, to, actions, ended } = step
    const events: ReceiverEvent[] = []
    const known = byId.has(machine)
    if (!registered.has(actor))
      events.push(register(actor, machine, parent, { state: from ?? to, event: 'xstate.init' }))
    events.push({ type: 'service.event', event: JSON.stringify(scxml(event, source)), sessionId: actor })
    const state = stateText({ id: actor, known, state: to, event, source, actions, ended })
    events.push({ type: 'service.state', state, sessionId: actor })
    if (ended) {
      registered.delete(actor)
      events.push({ type: 'service.stop', sessionId: actor })
    }
    return events
  }
  return {
    present(actors) {
      const left = new Map(actors.map(actor => [actor.id, actor]))
      const events: ReceiverEvent[] = []
      const tell = (actor: ActorRecord): void => {
        if (!left.delete(actor.id)) return
        const parent = actor.parent === undefined ? undefined : left.get(actor.parent)
        if (parent) tell(parent)
        const { id, machine, state } = actor
        events.push(register(id, machine, actor.parent, { state, event: 'xstate.init' }))
      }
      for (const actor of actors) tell(actor)
      return events
    },
    of: frame => (frame.kind === 'step' ? stepEvents(frame) : []),
  }
}
