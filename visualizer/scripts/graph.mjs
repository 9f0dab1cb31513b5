/** A machine as the graph that ELK lays out: sizes of its texts, and how everything is to stand. */
import { effectLines, linesOf, sizeOf } from './labels.mjs'

/**
 * Two sheets of each machine: `full` has what states do inside and effects, `brief` is for a narrow pane: events and
 * guards alone.
 */
const briefSpacing = {
  'elk.layered.spacing.nodeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeNodeBetweenLayers': '10',
  'elk.spacing.nodeNode': '16',
  'elk.spacing.edgeNode': '10',
  'elk.padding': '[top=10,left=10,bottom=10,right=10]',
}
const options = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.randomSeed': '7',
  'elk.layered.thoroughness': '40',
  // What comes first in the definition comes first in time: arrows against that order go up.
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.edgeLabels.centerLabelPlacementStrategy': 'SPACE_EFFICIENT_LAYER',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '5',
  'elk.spacing.labelLabel': '2',
  'elk.spacing.nodeSelfLoop': '26',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
}

const head = 24

/** What is written in the box of a state: its entry and exit, and what it does without leaving. */
const insideOf = (state, shape, withActions) => {
  const own = shape.transitions.filter(({ from, to }) => from === state.id && to === undefined)
  const settings = { width: 34, withActions }
  return [
    ...effectLines('entry', withActions ? state.entry : undefined, settings.width),
    ...linesOf(own, settings),
    ...effectLines('exit', withActions ? state.exit : undefined, settings.width),
  ]
}

/** Transitions that are one arrow: the same ends, and the same timer or none. */
export const arrowsOf = shape => {
  const arrows = new Map()
  for (const transition of shape.transitions) {
    const { from, to, after } = transition
    if (to === undefined || from === '') continue
    const key = `${from}>${to}${after === undefined ? '' : `@${after}`}`
    const arrow = arrows.get(key) ?? {
      id: key,
      from,
      to,
      ...(after === undefined ? {} : { after }),
      transitions: [],
    }
    arrow.transitions.push(transition)
    arrows.set(key, arrow)
  }
  return [...arrows.values()]
}

/** The sign of a timer stands on the arrow and reaches into its label. */
export const signRoom = 10

const labelSize = (lines, timed) => {
  const { width, height } = sizeOf(lines)
  return timed ? { width: width + signRoom, height: Math.max(height, 22) } : { width, height }
}

/** What ELK does not hand on to what is inside of a state by itself. */
const inherited = settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => /spacing|sideSelection/.test(name)))

export const graphOf = (shape, { withActions, brief }, settings) => {
  const boxes = new Map()
  const build = parent =>
    shape.states
      .filter(state => state.parent === parent)
      .map(state => {
        const lines = brief ? [] : insideOf(state, shape, withActions)
        const text = sizeOf(lines)
        const width = Math.max(Math.ceil(state.key.length * 7.4) + 28, text.width + 20, 64)
        const height = lines.length === 0 ? 32 : head + text.height + 8
        boxes.set(state.id, lines)
        const children = build(state.id)
        const first = state.initial && parent === undefined
        const final = state.type === 'final' && parent === undefined
        return {
          id: state.id,
          width,
          height,
          layoutOptions: {
            ...(first && { 'elk.layered.layering.layerConstraint': 'FIRST' }),
            ...(final && { 'elk.layered.layering.layerConstraint': 'LAST' }),
            ...(children.length > 0 && {
              ...inherited(settings),
              'elk.padding': `[top=${(lines.length === 0 ? head : height) + 16},left=16,bottom=16,right=16]`,
              'elk.nodeSize.constraints': 'MINIMUM_SIZE',
              'elk.nodeSize.minimum': `(${width},${height})`,
            }),
          },
          ...(children.length > 0 && { children }),
        }
      })
  const children = build(undefined)
  const arrows = arrowsOf(shape)
  const edges = arrows.map(arrow => {
    const lines = linesOf(arrow.transitions, { width: brief ? 20 : 30, withActions })
    return {
      id: arrow.id,
      sources: [arrow.from],
      targets: [arrow.to],
      labels: lines.length === 0 ? [] : [{ text: arrow.id, ...labelSize(lines, arrow.after !== undefined) }],
      lines,
      arrow,
    }
  })
  return { graph: { id: '', layoutOptions: settings, children, edges }, boxes }
}

/** Options of a sheet; `side`: where labels stand beside their arrows. */
export const settingsOf = ({ brief }, side) => ({
  ...options,
  ...(brief && briefSpacing),
  'elk.layered.edgeLabels.sideSelection': side,
})
