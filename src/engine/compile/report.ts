/** What compiles and what does not. */
import type { AnyStateMachine } from 'xstate'
import { roadOf } from './actions.ts'
import { everyNode } from './structure.ts'

export interface CompileReport {
  readonly id: string
  /** `stock`: the whole machine runs on XState's own interpreter. */
  readonly mode: 'compiled' | 'stock'
  /** Why it is `stock`. */
  readonly reason?: string
  readonly nodes: number
  readonly transitions: number
  /** Kinds of actions that take XState's own steps (correct, but slower): `emit`, `enqueueActions`, `spawnChild` … */
  readonly general: readonly string[]
}

/** Why a machine cannot be compiled; undefined when it can. */
export const obstacleTo = (machine: AnyStateMachine): string | undefined => {
  for (const node of everyNode(machine.root)) {
    if (node.type === 'history') return `history state ${node.id}`
    if (node.invoke.length > 0) return `invoke in ${node.id}`
  }
  return undefined
}

export const report = (machine: AnyStateMachine): CompileReport => {
  const reason = obstacleTo(machine)
  const nodes = everyNode(machine.root)
  const transitions = nodes.flatMap(node => [...node.transitions.values()].flat().concat(node.always ?? []))
  const actions = [
    ...nodes.flatMap(node => [...node.entry, ...node.exit]),
    ...transitions.flatMap(t => t.actions),
  ]
  const general = new Set(actions.map(action => roadOf({ machine }, action)))
  general.delete(undefined)
  return {
    id: machine.id,
    mode: reason === undefined ? 'compiled' : 'stock',
    ...(reason === undefined ? {} : { reason }),
    nodes: nodes.length,
    transitions: transitions.length,
    general: [...general] as string[],
  }
}
