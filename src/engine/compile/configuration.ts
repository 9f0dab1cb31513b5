/**
 * Configurations: the sets of nodes that can be active together, each with a table from event to candidates and, for
 * every candidate, what taking it does. Both are worked out the first time they are needed, and kept.
 */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateNode } from 'xstate'
import { stepCompiler } from './actions.ts'
import {
  type Choice,
  type Chosen,
  candidatesFor,
  candidatesOf,
  type Table,
  transitionsOf,
} from './candidates.ts'
import type { Op, Program, Run } from './run.ts'
import {
  chainOf,
  initialPlan,
  leavesOf,
  type Plan,
  planOf,
  stateValueOf,
  withoutConflicts,
} from './structure.ts'
import { nodesOf, type Shape, shapeOf } from './xstate-internals.ts'

/** A compiled plan. */
export interface Path {
  readonly ops: readonly Op[]
  readonly next: Configuration
}

/** A node of a configuration with parallel regions, and what is active below it. */
interface Region {
  readonly table: Table
  readonly inner: readonly Region[]
}

export interface Configuration {
  readonly nodes: readonly AnyStateNode[]
  readonly shape: Shape
  /** Without regions: the tables from the leaf to the root. */
  readonly chain: readonly Table[] | undefined
  /** Of the chain, the tables with wildcards. */
  readonly wild: readonly Table[]
  /** Without regions: all candidates by event type. */
  readonly rows: ReadonlyMap<string, readonly Choice[]>
  readonly regions: Region
  /** For each leaf, the eventless candidates of each node from it to the root. */
  readonly always: readonly (readonly (readonly Choice[])[])[]
  /** What taking several transitions together does. */
  readonly together: Map<string, Path>
}

export interface Chart {
  /** The configuration before the first entry, and the way in. */
  readonly before: Configuration
  readonly entry: Path
  configurationOf(snapshot: AnyMachineSnapshot): Configuration
  /** Nothing in this configuration answers to events of this type, nor moves without one. */
  isDeaf(configuration: Configuration, type: string): boolean
  /** The transitions that an event takes; undefined for none. */
  select(run: Run, event: AnyEventObject): Chosen | undefined
  selectEventless(run: Run, event: AnyEventObject): Chosen | undefined
  pathOf(from: Configuration, chosen: Chosen): Path
}

export const chartOf = (program: Program): Chart => {
  const { machine } = program
  const { root } = machine
  const compileStep = stepCompiler(program)
  const { choose, chooseWild, tableOf } = candidatesOf(program)
  const byKey = new Map<string, Configuration>()
  /** By state value: a string, or the very object that our snapshots share. */
  const byValue = new Map<unknown, Configuration>()

  const makeConfiguration = (nodes: AnyStateNode[]): Configuration => {
    const value = stateValueOf(root, nodes)
    const tables = new Map(nodes.map(node => [node, tableOf(node)]))
    const leaves = leavesOf(nodes)
    const chains = leaves.map(leaf => chainOf(leaf).map(node => tables.get(node)!))
    const chain = chains.length === 1 ? chains[0]! : undefined
    const rows = new Map<string, readonly Choice[]>()
    for (const table of chain ?? []) {
      for (const type of table.exact.keys()) {
        const row = (): Choice[] => chain!.flatMap(each => candidatesFor(each, type))
        if (!rows.has(type)) rows.set(type, row())
      }
    }
    const regionOf = (node: AnyStateNode, inside: unknown): Region => ({
      table: tables.get(node)!,
      inner:
        typeof inside === 'string'
          ? [regionOf(node.states[inside]!, {})]
          : Object.entries(inside as object).map(([key, below]) => regionOf(node.states[key]!, below)),
    })
    return {
      nodes,
      shape: shapeOf(machine, value, nodes),
      chain,
      wild: (chain ?? []).filter(table => table.wild.length > 0),
      rows,
      regions: regionOf(root, value),
      always: nodes.some(node => node.always)
        ? chains.map(tablesUp => tablesUp.map(table => table.always).filter(list => list.length > 0))
        : [],
      together: new Map(),
    }
  }

  const configuration = (nodes: AnyStateNode[]): Configuration => {
    const key = nodes.map(node => node.order).join()
    let made = byKey.get(key)
    if (made === undefined) {
      made = makeConfiguration(nodes)
      byKey.set(key, made)
      byValue.set(made.shape.value, made)
    }
    return made
  }

  const pathFrom = ({ steps, nodes }: Plan, from: Configuration | undefined): Path => {
    const same = from?.nodes.length === nodes.length && nodes.every(node => from.nodes.includes(node))
    return {
      ops: steps.map(compileStep),
      next: from !== undefined && same ? from : configuration(nodes),
    }
  }

  const selectInRegions = (region: Region, run: Run, event: AnyEventObject): Choice[] => {
    const found: Choice[] = []
    for (const inner of region.inner) found.push(...selectInRegions(inner, run, event))
    if (found.length > 0) return found
    const { table } = region
    const row = table.exact.get(event.type)
    const choice = row === undefined ? chooseWild(table, run, event) : choose(row, run, event)
    return choice === undefined ? found : [choice]
  }

  // The pre-initial snapshot has the root alone, under the value of the first entry.
  const first = initialPlan(root)
  const entered = pathFrom(first, undefined)
  const value = stateValueOf(root, first.nodes)
  const before: Configuration = { ...entered.next, nodes: [root], shape: shapeOf(machine, value, [root]) }

  return {
    before,
    entry: entered,
    configurationOf: snapshot =>
      byValue.get(snapshot.value) ??
      configuration(nodesOf(machine.resolveState({ value: snapshot.value, context: {} }))),
    isDeaf: ({ chain, rows, wild, always }, type) =>
      chain !== undefined && wild.length === 0 && always.length === 0 && !rows.has(type),
    select(run, event) {
      const { chain, rows, regions, wild } = run.configuration
      if (chain === undefined) {
        const found = selectInRegions(regions, run, event)
        return found.length === 0 ? undefined : found.length === 1 ? found[0] : found
      }
      const row = rows.get(event.type)
      if (row !== undefined) return choose(row, run, event)
      for (const table of wild) {
        const choice = chooseWild(table, run, event)
        if (choice !== undefined) return choice
      }
      return undefined
    },
    selectEventless(run, event) {
      const { always, chain, nodes } = run.configuration
      if (chain !== undefined) {
        for (const list of always[0] ?? []) {
          const choice = choose(list, run, event)
          if (choice !== undefined) return choice
        }
        return undefined
      }
      const found = new Set<Choice>()
      for (const lists of always) {
        for (const list of lists) {
          const choice = choose(list, run, event)
          if (choice === undefined) continue
          found.add(choice)
          break
        }
      }
      if (found.size <= 1) return found.values().next().value
      const choices = [...found]
      const kept = new Set(withoutConflicts(transitionsOf(choices), nodes))
      return choices.filter(({ transition }) => kept.has(transition))
    },
    pathOf(from, chosen) {
      if ('transition' in chosen) {
        chosen.path ??= pathFrom(planOf(from.nodes, [chosen.transition]), from)
        return chosen.path
      }
      const key = chosen.map(choice => choice.number).join()
      let path = from.together.get(key)
      if (path === undefined) {
        path = pathFrom(planOf(from.nodes, transitionsOf(chosen)), from)
        from.together.set(key, path)
      }
      return path
    },
  }
}
