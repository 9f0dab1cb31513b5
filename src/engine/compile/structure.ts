/**
 * The static half of SCXML for one machine: which nodes a set of transitions leaves and enters, in which order.
 *
 * Pure functions over XState's public state nodes. They run once a configuration and set of transitions, never while
 * an event is processed. Names in brackets are those of the SCXML recommendation, appendix D.
 */
import type { AnyStateNode, AnyTransitionDefinition, StateValue, UnknownAction } from 'xstate'

/** One instruction of a plan. */
export type Step =
  | { readonly kind: 'action'; readonly action: UnknownAction }
  /** A compound or parallel state is complete: raise `xstate.done.state.<id>`. */
  | { readonly kind: 'complete'; readonly id: string; readonly output: unknown }
  /** The machine is complete; `node` says with which output. */
  | { readonly kind: 'finish'; readonly node: AnyStateNode }

/** What taking some transitions in a configuration does, and where it leads. */
export interface Plan {
  readonly steps: readonly Step[]
  readonly nodes: AnyStateNode[]
}

/** The part of a transition that matters here. */
export type Arrow = Pick<AnyTransitionDefinition, 'target' | 'source' | 'reenter' | 'actions'>

export const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states)

export const everyNode = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...childrenOf(node).flatMap(everyNode),
]

const isLeaf = (node: AnyStateNode): boolean => node.type === 'atomic' || node.type === 'final'

export const leavesOf = (nodes: readonly AnyStateNode[]): AnyStateNode[] => nodes.filter(isLeaf)

/** A node and its ancestors, innermost first. */
export const chainOf = (leaf: AnyStateNode): AnyStateNode[] => {
  const chain: AnyStateNode[] = []
  for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) chain.push(node)
  return chain
}

/** True below `ancestor`, and for every node where there is no ancestor to be below of (isDescendant). */
const isWithin = (node: AnyStateNode, ancestor: AnyStateNode | undefined): boolean =>
  ancestor === undefined || chainOf(node).indexOf(ancestor) > 0

/** The state value of a full configuration, shaped as XState shapes it. */
export const stateValueOf = (node: AnyStateNode, nodes: readonly AnyStateNode[]): StateValue => {
  const inside = nodes.filter(child => child.parent === node)
  if (node.type === 'compound' && isLeaf(inside[0]!)) return inside[0]!.key
  return Object.fromEntries(inside.map(child => [child.key, stateValueOf(child, nodes)]))
}

const initialChild = (node: AnyStateNode): AnyStateNode => node.initial.target[0]!

/** The node whose inside a transition changes (getTransitionDomain); undefined when the root itself is left. */
const domainOf = (t: Arrow): AnyStateNode | undefined => {
  const targets = t.target ?? []
  if (!t.reenter && targets.every(node => node === t.source || isWithin(node, t.source))) return t.source
  const [first, ...others] = [...targets, t.source]
  const common = chainOf(first!)
    .slice(1)
    .find(ancestor => others.every(node => isWithin(node, ancestor)))
  return common ?? (t.reenter ? undefined : t.source.machine.root)
}

const exitSet = (t: Arrow, active: ReadonlySet<AnyStateNode>): AnyStateNode[] => {
  if (!t.target?.length) return []
  const domain = domainOf(t)
  return [...active].filter(
    node => isWithin(node, domain) || (t.reenter && t.source === domain && node === domain),
  )
}

/** An inner transition wins over an outer one; of two equals the first (removeConflictingTransitions). */
export const withoutConflicts = <T extends Arrow>(
  transitions: readonly T[],
  nodes: Iterable<AnyStateNode>,
): readonly T[] => {
  const active = new Set(nodes)
  let kept: readonly T[] = []
  for (const t of transitions) {
    const leaving = new Set(exitSet(t, active))
    const rivals = kept.filter(other => exitSet(other, active).some(node => leaving.has(node)))
    if (rivals.some(rival => !isWithin(t.source, rival.source))) continue
    kept = [...kept.filter(other => !rivals.includes(other)), t]
  }
  return kept
}

interface Entry {
  readonly enter: Set<AnyStateNode>
  /** Nodes whose `initial` actions are due: entered for their own sake and not only on the way to a target. */
  readonly byDefault: Set<AnyStateNode>
}

const enterBelow = (node: AnyStateNode, entry: Entry): void => {
  const add = (child: AnyStateNode): void => {
    entry.enter.add(child)
    entry.byDefault.add(child)
    enterBelow(child, entry)
  }
  if (node.type === 'compound') add(initialChild(node))
  else if (node.type === 'parallel') {
    for (const child of childrenOf(node)) {
      if (![...entry.enter].some(other => isWithin(other, child))) add(child)
    }
  }
}

const enterAbove = (
  ancestors: readonly AnyStateNode[],
  limit: AnyStateNode | undefined,
  entry: Entry,
): void => {
  for (const ancestor of ancestors) {
    if (isWithin(ancestor, limit)) entry.enter.add(ancestor)
    if (ancestor.type !== 'parallel') continue
    for (const child of childrenOf(ancestor)) {
      if ([...entry.enter].some(other => isWithin(other, child))) continue
      entry.enter.add(child)
      enterBelow(child, entry)
    }
  }
}

/** Which nodes are entered (computeEntrySet). */
const entryOf = (transitions: readonly Arrow[]): Entry => {
  const entry: Entry = { enter: new Set(), byDefault: new Set() }
  for (const t of transitions) {
    if (!t.target?.length) continue
    const domain = domainOf(t)
    for (const node of t.target) {
      if (t.source !== node || t.source !== domain || t.reenter) {
        entry.enter.add(node)
        entry.byDefault.add(node)
      }
      enterBelow(node, entry)
    }
    for (const node of t.target) {
      const chain = chainOf(node)
      const end = domain === undefined ? -1 : chain.indexOf(domain)
      const ancestors = end === 0 ? [] : chain.slice(1, end < 0 ? undefined : end)
      if (domain?.type === 'parallel') ancestors.push(domain)
      enterAbove(ancestors, domain, entry)
    }
  }
  return entry
}

const inFinal = (node: AnyStateNode, active: ReadonlySet<AnyStateNode>): boolean => {
  if (node.type === 'compound')
    return childrenOf(node).some(child => child.type === 'final' && active.has(child))
  if (node.type === 'parallel') return childrenOf(node).every(child => inFinal(child, active))
  return node.type === 'final'
}

const byOrder = (a: AnyStateNode, b: AnyStateNode): number => a.order - b.order

/** Everything that taking `transitions` with `nodes` active does, as a flat list. */
export const planOf = (
  nodes: readonly AnyStateNode[],
  transitions: readonly Arrow[],
  initialRoot?: AnyStateNode,
): Plan => {
  const active = new Set(nodes)
  const steps: Step[] = []
  const act = (actions: readonly UnknownAction[]): void => {
    for (const action of actions) steps.push({ kind: 'action', action })
  }
  const kept = withoutConflicts(transitions, active)

  const leaving = initialRoot ? [] : [...new Set(kept.flatMap(t => exitSet(t, active)))]
  for (const node of leaving.sort(byOrder).reverse()) {
    act(node.exit)
    active.delete(node)
  }
  for (const t of kept) act(t.actions)

  const { enter, byDefault } = entryOf(kept)
  if (initialRoot) byDefault.add(initialRoot)
  let done = false
  for (const node of [...enter].sort(byOrder)) {
    active.add(node)
    act(node.entry)
    if (byDefault.has(node)) act(node.initial.actions)
    if (node.type !== 'final') continue
    const parent = node.parent!
    if (parent.type === 'compound') steps.push({ kind: 'complete', id: parent.id, output: node.output })
    let above = parent.type === 'parallel' ? parent : parent.parent
    let last = above ?? node
    while (above?.type === 'parallel' && inFinal(above, active)) {
      steps.push({ kind: 'complete', id: above.id, output: undefined })
      last = above
      above = above.parent
    }
    if (above !== undefined) continue
    done = true
    steps.push({ kind: 'finish', node: last })
  }
  const after = [...active]
  if (done) {
    after.sort(byOrder).reverse()
    for (const node of after) act(node.exit)
  }
  return { steps, nodes: after }
}

/** The first entry into the machine. */
export const initialPlan = (root: AnyStateNode): Plan => {
  const target: AnyStateNode[] = []
  const add = (node: AnyStateNode): void => {
    target.push(node)
    if (node.type === 'compound') add(initialChild(node))
    else if (node.type === 'parallel') childrenOf(node).forEach(add)
  }
  add(root)
  return planOf([root], [{ target, source: root, reenter: true, actions: [] }], root)
}
