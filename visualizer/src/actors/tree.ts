/**
 * The tree of actors: each under the one it serves, else under its parent; many of one kind in a group with their states
 * counted. Made of what the model says of one point, and turned into rows as far as it is open.
 */
import { briefState } from '../../../src/inspect/label.ts'
import type { ActorAt } from '../../../src/inspect/views.ts'

/** From so many of one kind on, they are a group. */
const crowd = 6

/** How many are in which state, the most first. */
export type Counts = readonly (readonly [state: string, number: number])[]

export interface ActorNode {
  readonly is: 'actor'
  readonly id: string
  readonly actor: ActorAt
  readonly children: readonly TreeNode[]
}

export interface GroupNode {
  readonly is: 'group'
  readonly id: string
  readonly machine: string
  readonly number: number
  readonly counts: Counts
  readonly children: readonly TreeNode[]
}

export type TreeNode = ActorNode | GroupNode

/** A row of the page. */
export interface TreeRow {
  readonly node: TreeNode
  /** From 1. */
  readonly level: number
  readonly open: boolean
}

/** First part of a state's name: what a reader sees of it in a count. */
export const briefly = (state: string): string =>
  (state.includes('+') ? briefState(state) : state.split('.', 1)[0]) || 'unknown'

export const countStates = (actors: readonly ActorAt[]): Counts => {
  const counts = new Map<string, number>()
  for (const { state } of actors) counts.set(briefly(state), (counts.get(briefly(state)) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

/** `808 confirmed, 154 ringing`; what is left over is summed up. */
export const countsText = (counts: Counts, most = 3): string => {
  const shown = counts.slice(0, counts.length > most ? most - 1 : most)
  const rest = counts.slice(shown.length).reduce((sum, [, number]) => sum + number, 0)
  const words = shown.map(([state, number]) => `${number.toLocaleString('en')} ${state}`)
  return [...words, ...(rest === 0 ? [] : [`${rest.toLocaleString('en')} other`])].join(', ')
}

/** Ids of those that hold an actor: the one it serves and the parent, while they are alive. */
const holdersOf = (actor: ActorAt, alive: ReadonlyMap<string, ActorAt>): string[] =>
  [actor.owner, actor.parent].filter(id => id !== undefined && id !== actor.id && alive.has(id)) as string[]

/** For each actor the one under which it stands; none may stand under itself, however far. */
const placesOf = (actors: readonly ActorAt[]): Map<string, string> => {
  const alive = new Map(actors.map(actor => [actor.id, actor]))
  const places = new Map<string, string>()
  const circles = (id: string, holder: string): boolean => {
    for (let at: string | undefined = holder; at !== undefined; at = places.get(at))
      if (at === id) return true
    return false
  }
  for (const actor of actors) {
    const holder = holdersOf(actor, alive).find(id => !circles(actor.id, id))
    if (holder !== undefined) places.set(actor.id, holder)
  }
  return places
}

/** The roots of the tree. */
export const treeOf = (actors: readonly ActorAt[]): readonly TreeNode[] => {
  const places = placesOf(actors)
  const held = new Map<string, ActorAt[]>()
  for (const actor of actors) {
    const place = places.get(actor.id) ?? ''
    const list = held.get(place)
    if (list) list.push(actor)
    else held.set(place, [actor])
  }
  const nodesOf = (place: string): TreeNode[] => {
    const kinds = new Map<string, ActorAt[]>()
    for (const actor of held.get(place) ?? []) {
      const list = kinds.get(actor.machine)
      if (list) list.push(actor)
      else kinds.set(actor.machine, [actor])
    }
    return [...kinds].flatMap(([machine, list]): TreeNode[] => {
      if (list.length < crowd) return list.map(nodeOf)
      const id = `group ${place} ${machine}`
      const counts = countStates(list)
      return [lazy({ is: 'group', id, machine, number: list.length, counts }, () => list.map(nodeOf))]
    })
  }
  const nodeOf = (actor: ActorAt): TreeNode =>
    lazy({ is: 'actor', id: actor.id, actor }, () => nodesOf(actor.id))
  return nodesOf('')
}

/** A node whose children are made when they are asked for: most stay closed. */
const lazy = <N extends Omit<ActorNode, 'children'> | Omit<GroupNode, 'children'>>(
  node: N,
  make: () => readonly TreeNode[],
): N & { readonly children: readonly TreeNode[] } => {
  let made: readonly TreeNode[] | undefined
  return Object.defineProperty(node, 'children', { enumerable: true, get: () => (made ??= make()) }) as N & {
    readonly children: readonly TreeNode[]
  }
}

/** What is open is told by its id: actors are open unless they are closed, groups closed unless they are opened. */
export const isOpen = (node: TreeNode, turned: ReadonlySet<string>): boolean =>
  node.is === 'actor' ? !turned.has(node.id) : turned.has(node.id)

/** The rows of a tree as far as it is open. */
export const rowsOf = (roots: readonly TreeNode[], turned: ReadonlySet<string>): readonly TreeRow[] => {
  const rows: TreeRow[] = []
  const walk = (nodes: readonly TreeNode[], level: number): void => {
    for (const node of nodes) {
      const open = isOpen(node, turned) && node.children.length > 0
      rows.push({ node, level, open })
      if (open) walk(node.children, level + 1)
    }
  }
  walk(roots, 1)
  return rows
}

/** Rows of a plain list, the longest in its state first. */
export const flatRows = (actors: readonly ActorAt[]): readonly TreeRow[] =>
  [...actors]
    .sort((a, b) => a.since - b.since)
    .map(actor => ({ node: { is: 'actor', id: actor.id, actor, children: [] }, level: 1, open: false }))

/** True when every word stands in the id, kind, state, owner or parent. */
export const finds = (query: string): ((actor: ActorAt) => boolean) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return ({ id, machine, state, owner = '', parent = '' }) => {
    const text = `${id} ${machine} ${state} ${owner} ${parent}`.toLowerCase()
    return words.every(word => text.includes(word))
  }
}

/** One machine with all its actors. */
export interface Kind {
  readonly machine: string
  readonly number: number
  readonly counts: Counts
  readonly stuck: number
}

export const kindsOf = (actors: readonly ActorAt[], stuck: (actor: ActorAt) => boolean): readonly Kind[] => {
  const kinds = new Map<string, ActorAt[]>()
  for (const actor of actors) {
    const list = kinds.get(actor.machine)
    if (list) list.push(actor)
    else kinds.set(actor.machine, [actor])
  }
  return [...kinds].map(([machine, list]) => ({
    machine,
    number: list.length,
    counts: countStates(list),
    stuck: list.filter(stuck).length,
  }))
}
