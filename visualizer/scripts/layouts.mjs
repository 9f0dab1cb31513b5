/**
 * Where everything of a chart stands: elkjs (at build time only) lays out the machines of `machines/`, and the result is
 * kept in `visualizer/layouts/` and checked to be current by a test. Time flows down; what succeeds is kept left.
 *
 * `node visualizer/scripts/layouts.mjs` rewrites them from the built machines (`npm run build` first);
 * `SIPACTOR_WRITE_DOCS=1 npx vitest run test/visualizer/layouts` from the sources.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ELK from 'elkjs/lib/elk.bundled.js'
import { arrowsOf, graphOf, settingsOf, signRoom } from './graph.mjs'
import { linesOf, sizeOf } from './labels.mjs'
import { shapeOf } from './shape.mjs'

const here = dirname(fileURLToPath(import.meta.url))

/** Where the layouts are kept. */
export const layoutsPath = join(here, '..', 'layouts')
/** Machines with more transitions than this show no effects on their arrows: the page lists them for a chosen state. */
const dense = 40

/** What went well is kept left of what did not: words of states and events that tell. */
const bad =
  /fail|expire|cancel|withdraw|reject|lost|unavailable|redirect|gone|refused|complet|error|abandon|unregist/i
const good = /accept|confirm|success|registered|ready|establish|ack|active|good|proceed|granted/i

const round = value => Math.round(value * 2) / 2

/** ELK tells places relative to the box that holds them; the page wants them on one sheet. */
const absolute = laid => {
  const origins = new Map([['', [0, 0]]])
  const boxes = new Map()
  const walk = (node, x, y) => {
    for (const child of node.children ?? []) {
      const at = [x + child.x, y + child.y]
      origins.set(child.id, at)
      boxes.set(child.id, [...at, child.width, child.height].map(round))
      walk(child, ...at)
    }
  }
  walk(laid, 0, 0)
  return { origins, boxes }
}

const pointsOf = (section, [x, y]) =>
  [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(point => [
    round(x + point.x),
    round(y + point.y),
  ])

/** The point of a line of points that is nearest to the middle of either side of a box. */
const nearest = (points, [x, y, width, height]) => {
  const midY = y + height / 2
  const clamp = (value, one, other) => Math.max(Math.min(one, other), Math.min(Math.max(one, other), value))
  let best
  for (let at = 1; at < points.length; at++) {
    const [[fromX, fromY], [toX, toY]] = [points[at - 1], points[at]]
    for (const side of [x, x + width]) {
      const point = [clamp(side, fromX, toX), clamp(midY, fromY, toY)]
      const distance = Math.hypot(point[0] - side, point[1] - midY)
      if (best === undefined || distance < best.distance) best = { distance, point }
    }
  }
  return best.point
}

const middleOf = points => points[Math.floor(points.length / 2)]

const edgeOf = (edge, origins, width, mirrored) => {
  const origin = origins.get(edge.container ?? '') ?? [0, 0]
  const flip = (x, own = 0) => (mirrored ? width - x - own : x)
  const points = pointsOf(edge.sections[0], origin).map(([x, y]) => [flip(x), y])
  const [label] = edge.labels
  const { after } = edge.arrow
  if (!label) return { points, ...(after === undefined ? {} : { medallion: middleOf(points) }) }
  const box = [flip(origin[0] + label.x, label.width), origin[1] + label.y, label.width, label.height].map(
    round,
  )
  const sign = after === undefined ? undefined : nearest(points, box)
  // The words begin where the sign ends, or end where it begins.
  const right = sign !== undefined && sign[0] <= box[0] + box[2] / 2
  const { height } = sizeOf(edge.lines)
  const words =
    sign === undefined
      ? box
      : [right ? box[0] + signRoom : box[0], round(box[1] + (box[3] - height) / 2), box[2] - signRoom, height]
  return { points, ...(sign && { medallion: sign }), label: words, lines: edge.lines }
}

/** Where the words of success stand on the sheet, against those of failure: below zero they are left. */
const leaning = (laid, boxes, origins) => {
  const sums = { good: [0, 0], bad: [0, 0] }
  const count = (word, x) => {
    const kind = bad.test(word) ? 'bad' : good.test(word) ? 'good' : undefined
    if (kind === undefined) return
    sums[kind][0] += x
    sums[kind][1] += 1
  }
  for (const [id, [x, , width]] of boxes) count(id, x + width / 2)
  for (const { arrow, labels, container } of laid.edges)
    if (labels[0]) count(arrow.transitions[0].event, (origins.get(container ?? '')?.[0] ?? 0) + labels[0].x)
  const mean = ([sum, number]) => (number === 0 ? laid.width / 2 : sum / number)
  return mean(sums.good) - mean(sums.bad)
}

const everywhereLines = transition =>
  linesOf([transition], {
    width: 60,
    withActions: true,
    tail: transition.to === undefined ? [] : [['e', `→ ${transition.to}`]],
  })

const run = async (shape, style, side) => {
  const { graph, boxes: texts } = graphOf(shape, style, settingsOf(style, side))
  const laid = await new ELK().layout(graph)
  return { laid, texts, ...absolute(laid) }
}

/** Places of all states and arrows of one sheet. */
const sheetOf = async (shape, style) => {
  const straight = await run(shape, style, 'ALWAYS_UP')
  // Labels stand right of their arrows, in the mirror too.
  const mirrored = leaning(straight.laid, straight.boxes, straight.origins) > 0
  const { laid, texts, boxes, origins } = mirrored ? await run(shape, style, 'ALWAYS_DOWN') : straight
  const width = Math.ceil(laid.width)
  const place = ([x, y, own, height]) => [mirrored ? width - x - own : x, y, own, height]
  return {
    width,
    height: Math.ceil(laid.height),
    states: shape.states.map(({ id }) => ({ box: place(boxes.get(id)), lines: texts.get(id) })),
    edges: laid.edges.map(edge => edgeOf(edge, origins, width, mirrored)),
  }
}

/** Lays out one machine: see `ChartFile` in src/chart/types.ts. */
export const layoutOf = async machine => {
  const shape = shapeOf(machine)
  const everywhere = shape.transitions.filter(({ from }) => from === '')
  return {
    machine: shape.machine,
    states: shape.states,
    edges: arrowsOf(shape).map(({ transitions, ...arrow }) => ({
      ...arrow,
      transitions: transitions.map(({ from: _from, to: _to, after: _after, ...kept }) => kept),
    })),
    inside: shape.transitions.filter(({ from, to }) => from !== '' && to === undefined),
    everywhere: everywhere.map(({ from: _from, ...rest }) => rest),
    ...(everywhere.length === 0 ? {} : { everywhereLines: everywhere.flatMap(everywhereLines) }),
    full: await sheetOf(shape, { withActions: shape.transitions.length <= dense, brief: false }),
    brief: await sheetOf(shape, { withActions: false, brief: true }),
  }
}

const byLine = list =>
  list.length === 0 ? '[]' : `[\n${list.map(each => `  ${JSON.stringify(each)}`).join(',\n')}\n]`

const entriesText = thing => {
  const entries = Object.entries(thing).map(([key, value]) => {
    const text = Array.isArray(value)
      ? byLine(value)
      : key === 'full' || key === 'brief'
        ? entriesText(value)
        : JSON.stringify(value)
    return `${JSON.stringify(key)}: ${text}`
  })
  return `{\n${entries.join(',\n')}\n}`
}

/** The file of a layout: one line for each state and each arrow, so that a change of a machine reads well. */
export const layoutText = layout => `${entriesText(layout)}\n`

/** Writes the layouts of all machines, and removes those of machines that are no more. */
export const writeLayouts = async machines => {
  mkdirSync(layoutsPath, { recursive: true })
  for (const file of readdirSync(layoutsPath))
    if (file.endsWith('.json') && !(file.slice(0, -5) in machines)) rmSync(join(layoutsPath, file))
  for (const [name, machine] of Object.entries(machines))
    writeFileSync(join(layoutsPath, `${name}.json`), layoutText(await layoutOf(machine)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const exported = await import(pathToFileURL(join(here, '..', '..', 'dist', 'machines', 'index.js')).href)
  await writeLayouts(
    Object.fromEntries(Object.entries(exported).filter(([, value]) => value?.root?.machine === value)),
  )
}
