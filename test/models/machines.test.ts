/** Every machine of ours walked to its ends: all states, all transitions, and what is refused (scenario I02). */

import { describe, expect, it } from 'vitest'
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate'
import { missing, ourMachines, type Subject, subjects } from '../support/subjects.ts'
import { type Arrow, explore, leavesOf, statesOf, transitionsOf } from './explore.ts'
import { patient, refused } from './refused.ts'

const variantsOf = (name: string): Subject[] =>
  Object.entries(subjects)
    .filter(([key]) => key.split(':')[0] === name)
    .map(([, subject]) => subject)

/** The leaf of a configuration, without the name of its machine. */
const stateOf = (machine: AnyStateMachine, { value }: AnyMachineSnapshot): string =>
  leavesOf(machine, value)
    .map(id => (id.startsWith(`${machine.id}.`) ? id.slice(machine.id.length + 1) : id))
    .join(' ')

const isTimer = (type: string): boolean => type.startsWith('xstate.after.')

const words = (text: string): string[] => text.split(' ').filter(word => word !== '')

it('has every machine under its eyes', () => {
  expect(missing()).toEqual([])
  expect(Object.keys(refused).sort()).toEqual(Object.keys(ourMachines).sort())
  expect(Object.keys(patient).sort()).toEqual(Object.keys(ourMachines).sort())
})

describe.each(Object.entries(ourMachines))('the machine %s', (name, machine) => {
  const walks = variantsOf(name).map(subject => ({ subject, ...explore(subject) }))
  const arrows: readonly Arrow[] = walks.flatMap(walk => walk.arrows)
  const known = new Set(transitionsOf(machine).map(transition => transition.split(' ')[2]!))

  it('is in each of its states at some time', () => {
    const seen = new Set(walks.flatMap(walk => [...walk.states]))
    expect(statesOf(machine).filter(state => !seen.has(state))).toEqual([])
  })

  it('takes each of its transitions at some time', () => {
    const seen = new Set(walks.flatMap(walk => [...walk.transitions]))
    expect(transitionsOf(machine).filter(transition => !seen.has(transition))).toEqual([])
  })

  it('can be led to an end from wherever it is', () =>
    expect(walks.flatMap(walk => walk.deadEnds)).toEqual([]))

  it('refuses just what the table says', () => {
    const taken = new Map<string, Map<string, boolean>>()
    for (const { from, event, taken: transitions } of arrows) {
      if (isTimer(event.type) || !known.has(event.type)) continue
      const state = stateOf(machine, from)
      const events = taken.get(state) ?? new Map<string, boolean>()
      taken.set(state, events.set(event.type, events.get(event.type) === true || transitions.length > 0))
    }
    const found = [...taken].map(([state, events]) => [
      state,
      [...events].flatMap(([type, handled]) => (handled ? [] : [type])).sort(),
    ])
    const listed = Object.entries(refused[name] ?? {}).map(([state, events]) => [state, words(events)])
    const some = (table: unknown[][]) =>
      Object.fromEntries(table.filter(([, events]) => (events as []).length > 0))
    expect(some(found)).toEqual(some(listed))
  })

  it('changes nothing and does nothing at an event that it refuses', () => {
    let count = 0
    for (const { from, event, taken } of arrows) {
      if (taken.length > 0) continue
      const [to, actions] = transition(machine, from as never, event as never)
      const next = to as AnyMachineSnapshot
      expect([next.value, actions.length]).toEqual([from.value, 0])
      expect(next.context).toBe(from.context)
      count += 1
    }
    expect(count).toBeGreaterThan(0)
  })

  it('waits without a timer just where the table says', () => {
    const timed = new Set<string>()
    const states = new Set<string>()
    for (const { from, event, taken } of arrows) {
      const state = stateOf(machine, from)
      states.add(state)
      // A timer whose guard may refuse counts as well: it was armed.
      if (isTimer(event.type) && taken.length > 0) timed.add(state)
    }
    // Where several states stand side by side they are one word.
    const waiting = [...states].filter(state => !timed.has(state)).map(state => state.replaceAll(' ', '+'))
    expect(waiting.sort()).toEqual(words(patient[name] ?? ''))
  })
})
