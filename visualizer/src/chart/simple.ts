/**
 * A layout for machines that none was made for: states in layers by their distance from the first, each arrow on a
 * track of its own, so that labels never lie on each other. Good enough to read, not more.
 */
import type { Box, ChartEdge, ChartLayout, ChartShape, ChartState, LabelLine, Point } from './types.ts'

const char = 6.65
const gap = 28
const line = 14
const head = 26
const boxHeight = 32
const nowhere: Box = [0, 0, 0, 0]

type Bare = ChartShape['states'][number]
type BareEdge = ChartShape['edges'][number]

/** What is written at an arrow, in lines that are not too long. */
const wordsOf = ({ transitions, after }: BareEdge): readonly string[] => {
  const guards = [...new Set(transitions.map(({ guard }) => guard).filter(guard => guard !== undefined))]
  const events =
    after === undefined ? [...new Set(transitions.map(({ event }) => event))] : [`after ${after}`]
  const lines: string[] = []
  for (const word of [...events.filter(event => event !== ''), ...guards.map(guard => `[${guard}]`)]) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length > 30) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

const trackOf = (edge: BareEdge): number => 8 + Math.max(1, wordsOf(edge).length) * line

/** States in layers: each after the last of those before it in the definition that lead to it. */
const layersOf = (states: readonly Bare[], edges: readonly BareEdge[]): Bare[][] => {
  const holds = (state: Bare, id: string): boolean => id === state.id || id.startsWith(`${state.id}.`)
  const depths: number[] = []
  const layers: Bare[][] = []
  states.forEach((state, index) => {
    const before = states.slice(0, index)
    const leading = before.map((other, at) =>
      edges.some(edge => holds(other, edge.from) && holds(state, edge.to)) ? depths[at]! + 1 : 0,
    )
    const depth = Math.max(0, ...leading)
    depths.push(depth)
    ;(layers[depth] ??= []).push(state)
  })
  return layers.filter(each => each !== undefined)
}

/** Where the tracks of the arrows that leave a state begin, and which states share them. */
type Floor = readonly [y: number, layer: string]

interface Placed {
  readonly boxes: Map<string, Box>
  readonly floors: Map<string, Floor>
  readonly width: number
  readonly height: number
}

/** Places the states of one level at 0, 0. */
const place = (shape: ChartShape, parent: string | undefined): Placed => {
  const states = shape.states.filter(state => state.parent === parent)
  const boxes = new Map<string, Box>()
  const floors = new Map<string, Floor>()
  let y = gap
  let width = 0
  layersOf(states, shape.edges).forEach((layer, depth) => {
    let x = gap
    let tallest = 0
    for (const state of layer) {
      const inner = place(shape, state.id)
      const name = Math.ceil(state.key.length * 7.4) + 28
      const own: [number, number] =
        inner.boxes.size > 0
          ? [Math.max(inner.width, name), inner.height + head]
          : [Math.max(64, name), boxHeight]
      boxes.set(state.id, [x, y, own[0], own[1]])
      for (const [id, [left, top, w, h]] of inner.boxes) boxes.set(id, [x + left, y + head + top, w, h])
      for (const [id, [top, key]] of inner.floors) floors.set(id, [y + head + top, key])
      x += own[0] + gap
      tallest = Math.max(tallest, own[1])
    }
    width = Math.max(width, x)
    y += tallest
    for (const { id } of layer) floors.set(id, [y, `${parent ?? ''} ${depth}`])
    // Every arrow that leaves this layer has a track below it.
    const ids = new Set(layer.map(({ id }) => id))
    y += gap + shape.edges.reduce((sum, edge) => sum + (ids.has(edge.from) ? trackOf(edge) : 0), 0)
  })
  return { boxes, floors, width, height: states.length === 0 ? 0 : y }
}

const emptyLines: readonly LabelLine[] = []

/** Lays out a machine. */
export const simpleLayout = (shape: ChartShape): ChartLayout => {
  const { boxes, floors, width, height } = place(shape, undefined)
  const leaving = new Map<string, number>()
  for (const { from } of shape.edges) leaving.set(from, (leaving.get(from) ?? 0) + 1)
  const left = new Map<string, number>()
  const tracks = new Map<string, number>()
  let right = width
  const edges = shape.edges.map((edge, index): ChartEdge => {
    const [x, y, w, h] = boxes.get(edge.from) ?? nowhere
    const [toX, toY, toW] = boxes.get(edge.to) ?? nowhere
    const [floor, layer] = floors.get(edge.from) ?? [y + h, edge.from]
    const number = (left.get(edge.from) ?? 0) + 1
    left.set(edge.from, number)
    const level = (tracks.get(layer) ?? floor) + trackOf(edge)
    tracks.set(layer, level)
    const start: Point = [Math.round(x + (w * number) / ((leaving.get(edge.from) ?? 1) + 1)), y + h]
    const end: Point = [Math.round(toX + toW * (0.25 + (0.5 * ((index * 7) % 11)) / 11)), toY]
    const lines = wordsOf(edge)
    const longest = Math.max(0, ...lines.map(text => text.length))
    const label: Box = [
      start[0] + 6,
      level - 3 - lines.length * line,
      Math.ceil(longest * char),
      lines.length * line,
    ]
    // Back, to itself, or past others: around the right side, each on a lane of its own.
    const down = toY > level + 8 && edge.from !== edge.to && !crosses(boxes, edge, end, level)
    if (!down) right += 14
    const points: Point[] = down
      ? [start, [start[0], level], [end[0], level], end]
      : [start, [start[0], level], [right, level], [right, toY - 10], [end[0], toY - 10], end]
    return {
      ...edge,
      points,
      ...(edge.after === undefined ? {} : { medallion: [start[0], level - 6] as Point }),
      ...(lines.length === 0 ? {} : { label: shifted(label, edge), lines: lines.map(text => [['e', text]]) }),
    }
  })
  const states: ChartState[] = shape.states.map(state => ({
    ...state,
    box: boxes.get(state.id) ?? nowhere,
    lines: emptyLines,
  }))
  const widest = Math.max(0, ...edges.map(({ label }) => (label ? label[0] + label[2] : 0)))
  return { ...shape, width: Math.max(right, widest) + gap, height: height + gap, states, edges }
}

/** True when a state stands in the way of an arrow that goes straight down to its end. */
const crosses = (boxes: ReadonlyMap<string, Box>, edge: BareEdge, [x, bottom]: Point, top: number): boolean =>
  [...boxes].some(
    ([id, [left, y, width, height]]) =>
      ![edge.from, edge.to].some(end => end === id || end.startsWith(`${id}.`)) &&
      x >= left - 4 &&
      x <= left + width + 4 &&
      y < bottom &&
      y + height > top,
  )

/** The sign of a timer stands before its words. */
const shifted = ([x, y, width, height]: Box, { after }: BareEdge): Box =>
  after === undefined ? [x, y, width, height] : [x + 8, y, width, height]
