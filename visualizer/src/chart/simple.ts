/**
 * A layout for machines that none was made for: states in layers by their distance from the first, each arrow on a
 * track of its own, so that labels never lie on each other. Good enough to read, not more.
 */
import type { Box, ChartEdge, ChartLayout, ChartShape, ChartState, LabelLine, Point } from './types.ts'

const char = 6.65
const gap = 28
const track = 18
const head = 26
const boxHeight = 32

type Bare = ChartShape['states'][number]
type BareEdge = ChartShape['edges'][number]

const wordsOf = ({ transitions, after }: BareEdge): string => {
  const guards = [...new Set(transitions.map(({ guard }) => guard).filter(guard => guard !== undefined))]
  const events =
    after === undefined ? [...new Set(transitions.map(({ event }) => event))] : [`after ${after}`]
  return [events.filter(event => event !== '').join(', '), ...guards.map(guard => `[${guard}]`)]
    .filter(text => text !== '')
    .join(' ')
}

/** Distance of each of these states from the first, along arrows; what cannot be reached comes last. */
const layersOf = (states: readonly Bare[], edges: readonly BareEdge[]): Bare[][] => {
  const inside = (id: string): Bare | undefined =>
    states.find(state => id === state.id || id.startsWith(`${state.id}.`))
  const layer = new Map<Bare, number>()
  let next = states.filter(({ initial }) => initial)
  if (next.length === 0) next = states.slice(0, 1)
  for (let depth = 0; next.length > 0; depth++) {
    for (const state of next) layer.set(state, depth)
    const from = new Set(next)
    const reached = edges
      .filter(edge => from.has(inside(edge.from) as Bare))
      .map(edge => inside(edge.to))
      .filter(state => state !== undefined && !layer.has(state))
    next = [...new Set(reached as Bare[])]
  }
  const last = Math.max(-1, ...layer.values()) + 1
  const layers: Bare[][] = []
  for (const state of states) {
    const depth = layer.get(state) ?? last
    ;(layers[depth] ??= []).push(state)
  }
  return layers.filter(each => each !== undefined)
}

interface Placed {
  readonly boxes: Map<string, Box>
  readonly width: number
  readonly height: number
}

/** Places the states of one level at 0, 0. */
const place = (shape: ChartShape, parent: string | undefined, lanes: ReadonlyMap<string, number>): Placed => {
  const states = shape.states.filter(state => state.parent === parent)
  const boxes = new Map<string, Box>()
  let y = gap
  let width = 0
  for (const layer of layersOf(states, shape.edges)) {
    let x = gap
    let tallest = 0
    for (const state of layer) {
      const inner = place(shape, state.id, lanes)
      const own: [number, number] =
        inner.boxes.size > 0
          ? [Math.max(inner.width, state.key.length * 7.4 + 28), inner.height + head]
          : [Math.max(64, Math.ceil(state.key.length * 7.4) + 28), boxHeight]
      boxes.set(state.id, [x, y, own[0], own[1]])
      for (const [id, [left, top, w, h]] of inner.boxes) boxes.set(id, [x + left, y + head + top, w, h])
      x += own[0] + gap
      tallest = Math.max(tallest, own[1])
    }
    width = Math.max(width, x)
    // Every arrow that leaves this layer has a track below it.
    const leaving = layer.reduce((sum, state) => {
      const own = [
        state.id,
        ...shape.states.filter(({ id }) => id.startsWith(`${state.id}.`)).map(({ id }) => id),
      ]
      return sum + own.reduce((count, id) => count + (lanes.get(id) ?? 0), 0)
    }, 0)
    y += tallest + gap + leaving * track
  }
  return { boxes, width, height: states.length === 0 ? 0 : y }
}

const emptyLines: readonly LabelLine[] = []

/** Lays out a machine. */
export const simpleLayout = (shape: ChartShape): ChartLayout => {
  const leaving = new Map<string, number>()
  for (const { from } of shape.edges) leaving.set(from, (leaving.get(from) ?? 0) + 1)
  const { boxes, width, height } = place(shape, undefined, leaving)
  const states: ChartState[] = shape.states.map(state => ({
    ...state,
    box: boxes.get(state.id) ?? [0, 0, 0, 0],
    lines: emptyLines,
  }))
  const used = new Map<string, number>()
  let right = width
  const edges: ChartEdge[] = shape.edges.map((edge, index) => {
    const [x, y, w, h] = boxes.get(edge.from) ?? [0, 0, 0, 0]
    const [toX, toY, toW] = boxes.get(edge.to) ?? [0, 0, 0, 0]
    const number = used.get(edge.from) ?? 0
    used.set(edge.from, number + 1)
    const share = (number + 1) / ((leaving.get(edge.from) ?? 1) + 1)
    const start: Point = [Math.round(x + w * share), y + h]
    const level = y + h + 12 + number * track
    const end: Point = [Math.round(toX + toW * (0.25 + (0.5 * ((index * 7) % 11)) / 11)), toY]
    const text = wordsOf(edge)
    const label: Box = [0, level - 13, Math.ceil(text.length * char), 12]
    if (toY > level + 8 && edge.from !== edge.to) {
      const points: Point[] = [start, [start[0], level], [end[0], level], end]
      return finish(edge, points, [start[0] + 6, level - 13, label[2], 12], text)
    }
    // Back, or to itself: around the right side, each on a lane of its own.
    right += 14
    const above = toY - 10
    const points: Point[] = [start, [start[0], level], [right, level], [right, above], [end[0], above], end]
    return finish(edge, points, [start[0] + 6, level - 13, label[2], 12], text)
  })
  const widest = Math.max(0, ...edges.map(({ label }) => (label ? label[0] + label[2] : 0)))
  return { ...shape, width: Math.max(right, widest) + gap, height: height + gap, states, edges }
}

const finish = (edge: BareEdge, points: readonly Point[], label: Box, text: string): ChartEdge => ({
  ...edge,
  points,
  ...(edge.after === undefined ? {} : { medallion: [points[1]![0], points[1]![1]] as Point }),
  ...(text === ''
    ? {}
    : { label: edge.after === undefined ? label : shifted(label), lines: [[['e', text]]] }),
})

const shifted = ([x, y, width, height]: Box): Box => [x + 10, y, width, height]
