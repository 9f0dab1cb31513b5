/** What of a chart is lit: made of an actor as it stood at some point, without guessing where the record does not tell. */
import type { ActorTimer, StepFrame } from '../../../src/inspect/frame.ts'
import type { ActorDetail } from '../../../src/inspect/views.ts'
import type { ChartEdge, ChartLayout } from './types.ts'

/** What is lit. */
export interface Light {
  /** Ids of the states that the actor is in, with those that hold them. */
  readonly active: ReadonlySet<string>
  /** Ids of the states it has been in. */
  readonly visited: ReadonlySet<string>
  /** Ids of arrows: taken by the last step, or before. */
  readonly arrows: ReadonlyMap<string, 'taken' | 'path'>
  /** Timers that are armed, by the id of their arrow. */
  readonly timers: ReadonlyMap<string, ActorTimer>
  /** Timers that are armed and have no arrow. */
  readonly others: readonly ActorTimer[]
}

/** Nothing is lit. */
export const dark: Light = {
  active: new Set(),
  visited: new Set(),
  arrows: new Map(),
  timers: new Map(),
  others: [],
}

/** The states of a state's name (`a.b`, parallel ones joined by `+`), with those that hold them. */
export const statesOf = (layout: ChartLayout, name: string): Set<string> => {
  const known = new Map(layout.states.map(state => [state.id, state]))
  const found = new Set<string>()
  let within = ''
  for (const part of name.split('+')) {
    // The second of two parallel states is named from what holds both.
    const id = known.has(part) ? part : known.has(`${within}.${part}`) ? `${within}.${part}` : undefined
    let state = id === undefined ? undefined : known.get(id)
    while (state) {
      found.add(state.id)
      if (state.type === 'parallel') within = state.id
      state = state.parent === undefined ? undefined : known.get(state.parent)
    }
  }
  return found
}

const fits = (pattern: string, event: string): boolean =>
  pattern === event || pattern === '*' || (pattern.endsWith('.*') && event.startsWith(pattern.slice(0, -1)))

const depth = (id: string): number => id.split('.').length

/** The arrow from one place to another by an event; `''` for one that is taken at once. */
const arrowOf = (
  layout: ChartLayout,
  event: string,
  from: ReadonlySet<string>,
  to: ReadonlySet<string>,
  refused: ReadonlySet<string>,
): ChartEdge | undefined =>
  layout.edges
    .filter(edge => from.has(edge.from) && to.has(edge.to))
    .filter(edge => edge.transitions.some(each => fits(each.event, event) && !refused.has(each.guard ?? '')))
    // The innermost state is asked first.
    .sort((a, b) => depth(b.from) - depth(a.from) || depth(b.to) - depth(a.to))[0]

/** Arrows that a step went along. */
export const arrowsOf = (layout: ChartLayout, step: StepFrame): string[] => {
  if (step.from === undefined) return []
  const places = [step.from, ...(step.through ?? []), step.to].map(name => statesOf(layout, name))
  const refused = new Set(step.guards?.map(({ guard }) => guard))
  const found: string[] = []
  let event = step.event
  let at = 0
  for (let next = 1; next < places.length; next++) {
    const edge = arrowOf(layout, event, places[at]!, places[next]!, event === '' ? new Set() : refused)
    if (!edge) continue
    // A step that stays where it was went along an arrow only if one leads back.
    found.push(edge.id)
    at = next
    event = ''
  }
  return found
}

/** What is lit for an actor. */
export const lightOf = (layout: ChartLayout, detail: ActorDetail): Light => {
  const arrows = new Map<string, 'taken' | 'path'>()
  detail.steps.forEach((step, index) => {
    const last = index === detail.steps.length - 1
    for (const id of arrowsOf(layout, step)) arrows.set(id, last ? 'taken' : 'path')
  })
  const nodes = new Map(layout.states.map(({ id, node }) => [id, node]))
  const signs = new Map<string, string>(
    layout.edges.flatMap(edge =>
      edge.after === undefined ? [] : [[`${edge.after}.${nodes.get(edge.from)}`, edge.id] as const],
    ),
  )
  const timers = new Map<string, ActorTimer>()
  const others: ActorTimer[] = []
  for (const timer of detail.timers) {
    const id = signs.get(timer.name)
    if (id === undefined) others.push(timer)
    else timers.set(id, timer)
  }
  return {
    active: statesOf(layout, detail.state),
    visited: new Set(detail.path.flatMap(({ state }) => [...statesOf(layout, state)])),
    arrows,
    timers,
    others,
  }
}
