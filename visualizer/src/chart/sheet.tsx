/** The drawing of a chart: states, arrows, signs of timers. What is lit is told by classes, and by shape as well. */
import { headPath, ringPath, roundedPath, timerLetter } from './geometry.ts'
import type { Light } from './light.ts'
import type { ChartEdge, ChartLayout, ChartState, LabelLine } from './types.ts'
import { duration, timerTitle } from './words.ts'

interface SheetProps {
  readonly layout: ChartLayout
  readonly light: Light
  /** Time of the engine's clock that the rings show. */
  readonly now: number
  /** Id of the state that the keyboard is at. */
  readonly focused: string | undefined
  /** Id of the state whose arrows are listed. */
  readonly chosen: string | undefined
  readonly onChoose: (state: string) => void
  readonly onFocus: (state: string) => void
}

const Lines = ({ lines, x, y }: { lines: readonly LabelLine[]; x: number; y: number }) => (
  <>
    {lines.map((line, index) => (
      <text key={index} x={x} y={y + 10 + 14 * index}>
        {line.map(([kind, text], at) => (
          <tspan key={at} class={`chart-${kind}`}>
            {text}
          </tspan>
        ))}
      </text>
    ))}
  </>
)

const State = ({ state, holds, props }: { state: ChartState; holds: boolean; props: SheetProps }) => {
  const { light, focused, chosen, onChoose, onFocus } = props
  const [x, y, width, height] = state.box
  const active = light.active.has(state.id)
  const visited = light.visited.has(state.id)
  const classes = [
    'chart-state',
    holds && 'holds',
    active && 'lit',
    visited && 'seen',
    chosen === state.id && 'chosen',
  ]
  const top = holds || state.lines.length > 0
  return (
    // biome-ignore lint/a11y/useSemanticElements: HTML's buttons cannot stand in SVG
    <g
      class={classes.filter(Boolean).join(' ')}
      role="button"
      data-state={state.id}
      tabindex={focused === state.id ? 0 : -1}
      aria-pressed={chosen === state.id}
      aria-label={`${state.id}${active ? ', lit' : visited ? ', was here' : ''}${state.type === 'final' ? ', final' : ''}`}
      onClick={() => onChoose(state.id)}
      onFocus={() => onFocus(state.id)}
      onKeyDown={event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        event.stopPropagation()
        onChoose(state.id)
      }}
    >
      {active && !holds && (
        <rect class="chart-glow" x={x - 3} y={y - 3} width={width + 6} height={height + 6} rx={10} />
      )}
      <rect class="chart-box" x={x} y={y} width={width} height={height} rx={8} />
      {state.type === 'final' && (
        <rect class="chart-ring" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={5} />
      )}
      {state.initial && <circle class="chart-start" cx={x} cy={y} r={4} />}
      {top ? (
        <text class="chart-name" x={x + 10} y={y + 17}>
          {active ? `● ${state.key}` : state.key}
        </text>
      ) : (
        <text class="chart-name" x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">
          {state.key}
        </text>
      )}
      <Lines lines={state.lines} x={x + 10} y={y + 24} />
    </g>
  )
}

const standing = (light: Light, edge: ChartEdge): string => light.arrows.get(edge.id) ?? 'rest'

const Arrow = ({ edge, light }: { edge: ChartEdge; light: Light }) => (
  <g class={`chart-edge ${standing(light, edge)}`} data-edge={edge.id}>
    <path class="chart-line" d={roundedPath(edge.points, 5)} />
    <path class="chart-head" d={headPath(edge.points)} />
  </g>
)

const Sign = ({ edge, light, now }: { edge: ChartEdge; light: Light; now: number }) => {
  if (!edge.medallion) return null
  const timer = light.timers.get(edge.id)
  const left = timer ? timer.deadline - now : 0
  const [x, y] = edge.medallion
  return (
    <g class={`chart-sign ${timer ? 'armed' : ''}`} data-timer={edge.after}>
      <title>
        {timerTitle(edge.after!)}
        {timer ? `: ${duration(left)} of ${duration(timer.delay)} left` : ': not armed'}
      </title>
      <circle class="chart-clock" cx={x} cy={y} r={9} />
      {timer && <path class="chart-left" d={ringPath([x, y], 9, left / Math.max(1, timer.delay))} />}
      <text x={x} y={y + 4} text-anchor="middle">
        {timerLetter(edge.after!)}
      </text>
      {timer && (
        <text
          class="chart-seconds"
          x={edge.label ? edge.label[0] : x + 13}
          y={edge.label ? edge.label[1] + edge.label[3] + 10 : y + 18}
        >
          {duration(left)}
        </text>
      )}
    </g>
  )
}

/** Everything of a chart, in its own coordinates. */
export const Sheet = (props: SheetProps) => {
  const { layout, light, now } = props
  const holders = new Set(layout.states.map(({ parent }) => parent))
  const weight = { rest: 0, path: 1, taken: 2 } as const
  // What is lit is drawn over what is not.
  const edges = [...layout.edges].sort(
    (a, b) => weight[light.arrows.get(a.id) ?? 'rest'] - weight[light.arrows.get(b.id) ?? 'rest'],
  )
  const state = (each: ChartState) => (
    <State key={each.id} state={each} holds={holders.has(each.id)} props={props} />
  )
  return (
    <>
      {layout.states.filter(({ id }) => holders.has(id)).map(state)}
      {edges.map(edge => (
        <Arrow key={edge.id} edge={edge} light={light} />
      ))}
      {layout.states.filter(({ id }) => !holders.has(id)).map(state)}
      {edges.map(edge => (
        <g key={edge.id} class={`chart-label ${standing(light, edge)}`}>
          {edge.label && edge.lines && <Lines lines={edge.lines} x={edge.label[0]} y={edge.label[1]} />}
        </g>
      ))}
      {edges.map(edge => (
        <Sign key={edge.id} edge={edge} light={light} now={now} />
      ))}
    </>
  )
}
