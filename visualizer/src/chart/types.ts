/** A chart as it is laid out. Places are in pixels of one sheet. */

/** What a word of a label is: an event, a guard, an effect. */
export type WordKind = 'e' | 'g' | 'a'

/** A line of words; a word brings the spaces before it. */
export type LabelLine = readonly (readonly [kind: WordKind, text: string])[]

export type Box = readonly [x: number, y: number, width: number, height: number]
export type Point = readonly [x: number, y: number]

/** One possible transition of an arrow. */
export interface ChartTransition {
  /** Type of the event; empty for one that is taken at once. */
  readonly event: string
  readonly guard?: string
  readonly actions?: readonly string[]
}

/** A state, its path joined by dots. */
export interface ChartState {
  readonly id: string
  readonly key: string
  /** Id that XState gives it: what names of timers end in. */
  readonly node: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly parent?: string
  /** The first state of what holds it. */
  readonly initial?: boolean
  readonly entry?: readonly string[]
  readonly exit?: readonly string[]
  readonly box: Box
  /** What it does without being left. */
  readonly lines: readonly LabelLine[]
}

/** An arrow: all transitions from one state to another, those of each timer by themselves. */
export interface ChartEdge {
  readonly id: string
  readonly from: string
  readonly to: string
  /** Name of the delay, or milliseconds. */
  readonly after?: string
  /** Centre of the timer's sign. */
  readonly medallion?: Point
  readonly points: readonly Point[]
  readonly label?: Box
  readonly lines?: readonly LabelLine[]
  readonly transitions: readonly ChartTransition[]
}

/** A transition that leads nowhere else. */
export interface InsideTransition extends ChartTransition {
  readonly from: string
  readonly after?: string
}

/** A machine as it is drawn. */
export interface ChartLayout {
  readonly machine: string
  readonly width: number
  readonly height: number
  readonly states: readonly ChartState[]
  readonly edges: readonly ChartEdge[]
  /** What states do without being left. */
  readonly inside: readonly InsideTransition[]
  /** What the machine does in every state. */
  readonly everywhere: readonly EveryTransition[]
  readonly everywhereLines?: readonly LabelLine[]
}

/** A transition of the machine as a whole. */
export interface EveryTransition extends ChartTransition {
  readonly to?: string
  readonly after?: string
}

/** Places of one drawing of a machine, in the order of its states and arrows. */
export interface ChartSheet {
  readonly width: number
  readonly height: number
  readonly states: readonly Pick<ChartState, 'box' | 'lines'>[]
  readonly edges: readonly Pick<ChartEdge, 'points' | 'medallion' | 'label' | 'lines'>[]
}

/** A machine without places: what it is. */
export interface ChartShape {
  readonly machine: string
  readonly states: readonly Omit<ChartState, 'box' | 'lines'>[]
  readonly edges: readonly Omit<ChartEdge, 'points' | 'medallion' | 'label' | 'lines'>[]
  readonly inside: readonly InsideTransition[]
  readonly everywhere: readonly EveryTransition[]
  readonly everywhereLines?: readonly LabelLine[]
}

/** What `visualizer/layouts/*.json` hold: a machine and two drawings of it, one for narrow panes. */
export interface ChartFile extends ChartShape {
  readonly full: ChartSheet
  readonly brief: ChartSheet
}

/** A machine as one of its sheets has it. */
export const drawn = (file: ChartFile, sheet: 'full' | 'brief'): ChartLayout => {
  const { full, brief, ...shape } = file
  const places = sheet === 'full' ? full : brief
  return {
    ...shape,
    width: places.width,
    height: places.height,
    states: shape.states.map((state, at) => ({ ...state, ...places.states[at]! })),
    edges: shape.edges.map((edge, at) => ({ ...edge, ...places.edges[at]! })),
  }
}
