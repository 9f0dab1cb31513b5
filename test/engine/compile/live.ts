/** Live actors, interpreted under XState's clock and compiled under the engine's timers, side by side. */
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  fromTransition,
  type InspectionEvent,
  SimulatedClock,
} from 'xstate'
import type { Timers as TimersType } from '../../../src/engine/timers.ts'
import { Timers } from '../../../src/engine/timers.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Draw } from '../../support/random-machine.ts'
import type { Subject } from '../../support/subjects.ts'
import { type Implementation, same } from './pair.ts'

const brief = (e: InspectionEvent): unknown => {
  switch (e.type) {
    case '@xstate.action':
      return ['action', e.action.type, JSON.stringify(e.action.params)]
    case '@xstate.event':
      return ['event', e.event.type, (e.sourceRef as AnyActorRef | undefined)?.id]
    case '@xstate.microstep':
      return [
        'microstep',
        e.event.type,
        (e.snapshot as { value?: unknown }).value,
        e._transitions.map(t => t.source.id),
      ]
    case '@xstate.snapshot':
      return ['snapshot', e.event.type, (e.snapshot as { value?: unknown }).value, e.snapshot.status]
    default:
      return [e.type]
  }
}

interface Seen {
  readonly trace: unknown[]
  readonly told: unknown[]
}

/** A parent that listens, and under it the actor, every inspection event of which is kept. */
const family = (logic: AnyStateMachine, clock: SimulatedClock, subject: Subject, seen: Seen): AnyActorRef => {
  const hear = (state: number, event: AnyEventObject): number => {
    const { error } = event as { error?: unknown }
    seen.told.push(event.type === 'xstate.error.actor.child' ? [event.type, (error as Error).message] : event)
    return state
  }
  const inspect = (event: InspectionEvent): void => {
    if ((event.actorRef as AnyActorRef).id === 'child') seen.trace.push(brief(event))
  }
  const parent = createActor(fromTransition(hear, 0), {
    clock,
    id: 'parent',
    inspect,
    logger: () => {},
  }).start()
  return createActor(logic, { id: 'child', parent, input: subject.input(parent) as never }).start()
}

/** An id that nobody gave is random in XState and a number in ours. */
const nameOf = (id: string): string =>
  /^(#\d+|[0-9a-z]{6,14})$/.test(id) && !/^later$/.test(id) ? 'given' : id

const armedIn = (actor: AnyActorRef): string[] => {
  const scheduled = Object.values(actor.system.getSnapshot()._scheduledEvents)
  return scheduled.map(({ id, delay }) => `${nameOf(id)} ${delay}`).sort()
}

const armedBy = (timers: TimersType): string[] =>
  [...timers].map(({ name, delay }) => `${nameOf(name)} ${delay}`).sort()

const childrenOf = (snapshot: { children?: Record<string, AnyActorRef> }): unknown =>
  Object.entries(snapshot.children ?? {}).map(([id, child]) => [id, child.getSnapshot().status])

/** Feeds both `length` events and waits; answers how many comparisons were made. */
export const live = (subject: Subject, impl: Implementation, draw: Draw, length: number): number => {
  const a: Seen = { trace: [], told: [] }
  const b: Seen = { trace: [], told: [] }
  const simulated = new SimulatedClock()
  const virtual = virtualClock()
  const timers = new Timers(virtual, (target, event, source) => impl.relay(source, target, event))
  const hooks = { microstep: impl.inspectMicrostep }
  const stock = family(subject.machine, simulated, subject, a)
  const idle = new SimulatedClock()
  const compiled = family(impl.compile(subject.machine, { timers, hooks }), idle, subject, b)
  const trail: string[] = []

  const check = (): void => {
    same('inspection events', trail, a.trace, b.trace)
    same('messages to the owner', trail, a.told, b.told)
    const [sa, sb] = [stock.getSnapshot(), compiled.getSnapshot()]
    same('values', trail, [sa.value, sa.status, sa.output], [sb.value, sb.status, sb.output])
    same('contexts', trail, JSON.stringify(sa.context), JSON.stringify(sb.context))
    same('children', trail, childrenOf(sa), childrenOf(sb))
    same('armed timers', trail, armedIn(stock), armedBy(timers))
    same('timers that XState has', trail, [], armedIn(compiled))
    same('numbers of timers', trail, timers.size, armedBy(timers).length)
    a.trace.length = b.trace.length = a.told.length = b.told.length = 0
  }
  check()
  for (let n = 0; n < length; n++) {
    // XState warns of events to an actor that has ended; only time goes on.
    if (draw(2) && subject.events.length > 0 && stock.getSnapshot().status === 'active') {
      const event = subject.events[draw(subject.events.length)]!
      trail.push(event.type)
      stock.send(event)
      compiled.send(event)
    } else {
      const steps = [1, 2, 7, 20, 90, 700][draw(6)]!
      trail.push(`+${steps * 50} ms`)
      // The simulated clock fires all that is due in no order of time when it leaps, so it is moved in small steps.
      for (let step = 0; step < steps; step++) {
        simulated.increment(50)
        virtual.advance(50)
      }
    }
    check()
  }
  return length + 1
}
