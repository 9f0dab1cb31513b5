/** A machine of XState 4, as a receiver rebuilt it, as a chart. */
import type { StateNode } from 'xstate'
import type { ChartShape, ChartState, ChartTransition } from '../chart/types.ts'

type Node = StateNode<unknown>
type Transition = Node['transitions'][number]

const idOf = (node: Node): string => node.path.join('.')

/** `xstate.after(1000)#light.green` is the timer 1000. */
const timerOf = (event: string): string | undefined => /^xstate\.after\(([^)]*)\)/.exec(event)?.[1]

/** The name of a guard: XState 4 keeps it in different places for names and for functions. */
const guardOf = ({ cond }: Transition): string | undefined => {
  if (!cond) return undefined
  return 'name' in cond && typeof cond.name === 'string' && cond.name !== '' ? cond.name : cond.type
}

const namesOf = (actions: readonly { readonly type: string }[]): string[] =>
  actions.map(({ type }) => type).filter(type => !type.startsWith('xstate.'))

const eventOf = (transition: Transition): string =>
  transition.eventType === 'always' ? '' : transition.eventType

const saying = (transition: Transition): ChartTransition => {
  const guard = guardOf(transition)
  const actions = namesOf(transition.actions)
  return {
    event: eventOf(transition),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
  }
}

const stateOf = (node: Node): ChartShape['states'][number] => {
  const [entry, exit] = [namesOf(node.onEntry), namesOf(node.onExit)]
  const parent = node.parent as Node | undefined
  return {
    id: idOf(node),
    key: node.key,
    node: node.id,
    type: node.type as ChartState['type'],
    ...(parent && parent.path.length > 0 ? { parent: idOf(parent) } : {}),
    ...(parent?.initial === node.key ? { initial: true } : {}),
    ...(entry.length === 0 ? {} : { entry }),
    ...(exit.length === 0 ? {} : { exit }),
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Everything that a chart needs to know of a machine. */
export const shapeOfV4 = (machine: Node): ChartShape => {
  const nodes: Node[] = []
  const walk = (node: Node): void => {
    nodes.push(node)
    for (const child of Object.values(node.states) as Node[]) walk(child)
  }
  walk(machine)
  const edges = new Map<string, Writable<ChartShape['edges'][number]> & { transitions: ChartTransition[] }>()
  const inside: Writable<ChartShape['inside'][number]>[] = []
  const everywhere: Writable<ChartShape['everywhere'][number]>[] = []
  for (const node of nodes)
    for (const transition of node.transitions) {
      const from = idOf(node)
      const target = transition.target?.[0] as Node | undefined
      const after = timerOf(transition.eventType)
      const timed = after === undefined ? {} : { after }
      const said = saying(transition)
      if (from === '') everywhere.push({ ...said, ...timed, ...(target ? { to: idOf(target) } : {}) })
      else if (!target) inside.push({ ...said, ...timed, from })
      else {
        const to = idOf(target)
        const id = `${from}>${to}${after === undefined ? '' : `@${after}`}`
        const edge = edges.get(id)
        if (edge) edge.transitions.push(said)
        else edges.set(id, { id, from, to, ...timed, transitions: [said] })
      }
    }
  return {
    machine: machine.id,
    states: nodes.slice(1).map(stateOf),
    edges: [...edges.values()],
    inside,
    everywhere,
  }
}
