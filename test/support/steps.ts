/**
 * Machines as tables: a state, an event, and what comes of it. Pure: nothing runs, and every step may be branched from.
 *
 * const calling = begin(inviteClient, input)
 * row('repeats the INVITE at T1 (§17.1.1.2)', calling, 'timerA', { to: …, did: [['transmit', request]], timers: … })
 */

import { expect, it } from 'vitest'
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createEmptyActor,
  type ExecutableActionObject,
  type InputFrom,
  initialTransition,
  type StateValue,
  transition,
} from 'xstate'

/** What a step asked for: an effect with its parameters, or `tell` with the event that an owner gets. */
export type Did = readonly [name: string, params?: unknown]

/** Milliseconds by the name of the delay. */
export type ArmedTimers = Readonly<Record<string, number>>

export interface Step {
  readonly value: StateValue
  readonly context: unknown
  readonly done: boolean
  readonly did: readonly Did[]
  /** All timers armed after the step. */
  readonly timers: ArmedTimers
  /** Those of them that the step itself armed, anew or for the first time. */
  readonly armed: readonly string[]
  send(event: AnyEventObject): Step
  /** Lets the armed timer of that name fire. */
  fire(name: string): Step
  /** The steps of several events, timers by their names. */
  after(...events: readonly (AnyEventObject | string)[]): Step
}

interface Armed {
  readonly id: string
  readonly name: string
  readonly delay: number
  readonly event: AnyEventObject
}

/** Whom machines tell things. */
export const nobody: AnyActorRef = createEmptyActor()

const nameOf = (type: string): string => type.split('.')[2] ?? type

const stepOf = (
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  actions: readonly ExecutableActionObject[],
  before: readonly Armed[],
): Step => {
  const armed = [...before]
  const did: Did[] = []
  const started: string[] = []
  for (const { type, params } of actions) {
    const given = params as Record<string, unknown> | undefined
    if (type === 'xstate.cancel') {
      const at = armed.findIndex(timer => timer.id === given?.sendId)
      if (at >= 0) armed.splice(at, 1)
    } else if (type === 'xstate.raise') {
      const event = given?.event as AnyEventObject
      started.push(nameOf(event.type))
      armed.push({ id: String(given?.id), name: nameOf(event.type), delay: Number(given?.delay), event })
    } else if (type === 'xstate.sendTo') {
      did.push(['tell', given?.event])
    } else {
      did.push(params === undefined ? [type] : [type, params])
    }
  }
  const move = (event: AnyEventObject, left: readonly Armed[]): Step => {
    const [next, asked] = transition(machine, snapshot, event as never)
    return stepOf(machine, next as AnyMachineSnapshot, asked as ExecutableActionObject[], left)
  }
  const step: Step = {
    value: snapshot.value,
    context: snapshot.context,
    done: snapshot.status === 'done',
    did,
    armed: started,
    timers: Object.fromEntries(armed.map(timer => [timer.name, timer.delay])),
    send: event => move(event, armed),
    fire: name => {
      const timer = armed.find(one => one.name === name)
      if (!timer) throw new Error(`no timer '${name}' is armed in ${JSON.stringify(snapshot.value)}`)
      return move(
        timer.event,
        armed.filter(one => one !== timer),
      )
    },
    after: (...events) =>
      events.reduce<Step>((at, event) => (typeof event === 'string' ? at.fire(event) : at.send(event)), step),
  }
  return step
}

/** The first step of a machine. */
export const begin = <Machine extends AnyStateMachine>(machine: Machine, input: InputFrom<Machine>): Step => {
  const [snapshot, actions] = initialTransition(machine, input as never)
  return stepOf(machine, snapshot as AnyMachineSnapshot, actions as ExecutableActionObject[], [])
}

/** What comes of an event. Absent: nothing is done, no timer is armed. */
export interface Outcome {
  readonly to: StateValue
  readonly did?: readonly Did[]
  readonly timers?: ArmedTimers
}

/** States a step in full. */
export const expectStep = (step: Step, { to, did = [], timers = {} }: Outcome): void =>
  expect({ to: step.value, did: step.did, timers: step.timers }).toEqual({ to, did, timers })

/** One row of a table: in this state, this event (a text: this timer) leads there. */
export const row = (name: string, given: Step, event: AnyEventObject | string, outcome: Outcome): void =>
  it(name, () => expectStep(given.after(event), outcome))

/** An event that a state does not know: nothing changes and nothing is done. */
export const absorbs = (name: string, given: Step, ...events: readonly AnyEventObject[]): void =>
  it(name, () => {
    for (const event of events) {
      const next = given.send(event)
      expectStep(next, { to: given.value, timers: given.timers })
      expect(next.context).toEqual(given.context)
    }
  })

/** The timers that an event starts anew; none: all that run go on as they are. */
export const arms = (name: string, given: Step, event: AnyEventObject | string, ...timers: string[]): void =>
  it(name, () => expect(given.after(event).armed).toEqual(timers))
