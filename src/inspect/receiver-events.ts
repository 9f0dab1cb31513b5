/**
 * What an engine does as events of the protocol of `@xstate/inspect` 0.8: four of them, with machines and states as JSON.
 * Pure; who sends them is another matter.
 */
import type { AnyStateMachine, StateValue } from 'xstate'
import type { ActorRecord, Frame, StepFrame } from './frame.ts'
import { afterName, toV4, type V4Machine } from './xstate-v4.ts'

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
