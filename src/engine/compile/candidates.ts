/** The candidates of a node for an event, in XState's order: exact before wildcards, longer wildcards first. */
import type { AnyEventObject, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import type { Path } from './configuration.ts'
import { type Check, guardCompiler, guardFailure } from './guards.ts'
import type { Program, Run } from './run.ts'

/** A transition that may be taken in one configuration. */
export interface Choice {
  readonly transition: AnyTransitionDefinition
  readonly guard: Check | undefined
  /** Tells it from every other choice of the machine. */
  readonly number: number
  /** What taking it alone does, once it has been taken. */
  path: Path | undefined
}

/** What was chosen: one transition, or with parallel regions several. */
export type Chosen = Choice | readonly Choice[]

export const transitionsOf = (chosen: Chosen | undefined): AnyTransitionDefinition[] => {
  if (chosen === undefined) return []
  return 'transition' in chosen ? [chosen.transition] : chosen.map(choice => choice.transition)
}

interface Wildcard {
  readonly descriptor: string
  matches(type: string): boolean
  readonly choices: readonly Choice[]
}

/** The transitions of one node in one configuration. */
export interface Table {
  /** For every type that the node lists, with the wildcards that match it too. */
  readonly exact: ReadonlyMap<string, readonly Choice[]>
  /** Longest first. */
  readonly wild: readonly Wildcard[]
  readonly always: readonly Choice[]
}

export interface Candidates {
  tableOf(node: AnyStateNode): Table
  /** The first candidate that its guard lets pass. */
  choose(choices: readonly Choice[], run: Run, event: AnyEventObject): Choice | undefined
  /** The same among the candidates of a node for a type that it does not list. */
  chooseWild(table: Table, run: Run, event: AnyEventObject): Choice | undefined
}

/** XState's rule for `*` and `a.b.*`; undefined for a descriptor that is no wildcard. */
const wildcardOf = (descriptor: string): Wildcard['matches'] | undefined => {
  if (descriptor === '*') return () => true
  if (!descriptor.endsWith('.*')) return undefined
  const prefix = descriptor.slice(0, -2)
  const dotted = `${prefix}.`
  return type => type === prefix || type.startsWith(dotted)
}

/** All candidates of a node for a type. */
export const candidatesFor = ({ exact, wild }: Table, type: string): readonly Choice[] =>
  exact.get(type) ?? wild.flatMap(wildcard => (wildcard.matches(type) ? wildcard.choices : []))

export const candidatesOf = (program: Program): Candidates => {
  const { hooks } = program
  const compileGuard = guardCompiler(program)
  let number = 0
  const guards = new Map<AnyTransitionDefinition, Check>()

  const guardOf = (t: AnyTransitionDefinition): Check | undefined => {
    if (!t.guard) return undefined
    let guard = guards.get(t)
    if (guard === undefined) {
      guard = compileGuard(t.guard)
      guards.set(t, guard)
    }
    return guard
  }

  const choiceOf = (transition: AnyTransitionDefinition): Choice => ({
    transition,
    guard: guardOf(transition),
    number: ++number,
    path: undefined,
  })

  const choose: Candidates['choose'] = (choices, run, event) => {
    for (let i = 0; i < choices.length; i++) {
      const choice = choices[i]!
      if (choice.guard === undefined) return choice
      let passes: boolean
      try {
        passes = choice.guard(run, event)
      } catch (error) {
        throw guardFailure(error, choice.transition, event)
      }
      if (passes) return choice
      hooks.refused?.(run.scope.self, event, choice.transition)
    }
    return undefined
  }

  return {
    choose,
    chooseWild({ wild }, run, event) {
      for (const wildcard of wild) {
        if (!wildcard.matches(event.type)) continue
        const choice = choose(wildcard.choices, run, event)
        if (choice !== undefined) return choice
      }
      return undefined
    },
    tableOf(node) {
      const own = new Map<string, readonly Choice[]>()
      for (const [type, transitions] of node.transitions) own.set(type, transitions.map(choiceOf))
      const wild: Wildcard[] = []
      for (const [descriptor, choices] of own) {
        const matches = wildcardOf(descriptor)
        if (matches !== undefined) wild.push({ descriptor, matches, choices })
      }
      wild.sort((a, b) => b.descriptor.length - a.descriptor.length)
      const exact = new Map<string, readonly Choice[]>()
      for (const [type, choices] of own) {
        const others = wild.filter(wildcard => wildcard.descriptor !== type && wildcard.matches(type))
        exact.set(type, [...choices, ...others.flatMap(other => other.choices)])
      }
      return { exact, wild, always: (node.always ?? []).map(choiceOf) }
    },
  }
}
