/**
 * The chart of a machine with one actor of it lit, as of a record. What is shown is what the model says of that point:
 * when it differs from now, one line says so.
 */
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { TraceModel } from '../../../src/inspect/model.ts'
import type { ActorDetail } from '../../../src/inspect/views.ts'
import { Legend, type ListedTimer, Path, Timers, Times, Transitions } from './below.tsx'
import './chart.css'
import { layoutFor } from './layouts.ts'
import { dark, lightOf } from './light.ts'
import { Sheet } from './sheet.tsx'
import type { ChartLayout, ChartState } from './types.ts'
import { Viewport } from './viewport.tsx'
import { duration } from './words.ts'

export interface MachineChartProps {
  /** Id of the machine. */
  readonly machine: string
  /** Id of the actor that is lit; without one the chart is dark. */
  readonly actor?: string | undefined
  readonly model: Pick<TraceModel, 'actor' | 'timeAt' | 'last'>
  /** Number of the record it is shown as of. */
  readonly seq: number
  /** Time of the engine's clock, in milliseconds: now, or that of the playhead between two records. */
  readonly now: number
  /** Time of the engine's clock at present, in milliseconds; none for a recording, of which nobody says how old it is. */
  readonly present?: number | undefined
  /** Called with the number of a record that was chosen in the path. */
  readonly onSelect?: ((seq: number) => void) | undefined
}

/** The state next to one in a direction, by the middles of their boxes. */
const beside = (layout: ChartLayout, from: ChartState, key: string): ChartState | undefined => {
  const middle = ({ box: [x, y, width, height] }: ChartState) =>
    [x + width / 2, y + Math.min(height, 32) / 2] as const
  const [x, y] = middle(from)
  const [axis, sign] = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 1], ArrowUp: [1, -1] }[
    key
  ] as [0 | 1, number]
  let best: { readonly state: ChartState; readonly far: number } | undefined
  for (const state of layout.states) {
    const at = middle(state)
    const along = (at[axis] - [x, y][axis]!) * sign
    const aside = Math.abs(at[1 - axis]! - [x, y][1 - axis]!)
    if (state === from || along <= 1) continue
    const far = along + 2 * aside
    if (best === undefined || far < best.far) best = { state, far }
  }
  return best?.state
}

const sinceWords = (detail: ActorDetail, present: number | undefined): string => {
  const last = detail.steps.at(-1)
  const by = last ? `, by ${last.event.replace(/^xstate\.after\.([^.]+).*/, 'timer $1')}` : ''
  const age =
    present === undefined ? '' : `, ${duration(Math.max(0, present - (last?.t ?? detail.since)))} ago`
  return `${detail.ended ? 'ended in ' : ''}${detail.state}${age}${by}`
}

/** The timers of the actor, and of the one it serves. */
const timersOf = (detail: ActorDetail, owner: ActorDetail | undefined): ListedTimer[] => [
  ...detail.timers.map(timer => ({ timer })),
  ...(owner?.timers ?? []).map(timer => ({ timer, owner: owner!.machine })),
]

export const MachineChart = ({ machine, actor, model, seq, now, present, onSelect }: MachineChartProps) => {
  const [narrow, setNarrow] = useState(true)
  const [wanted, setWanted] = useState<'full' | 'brief' | undefined>(undefined)
  const [focused, setFocused] = useState<string | undefined>(undefined)
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const measure = useCallback((width: number) => setNarrow(width < 640), [])
  const sheet = wanted ?? (narrow ? 'brief' : 'full')
  const layout = useMemo(() => layoutFor(machine, sheet), [machine, sheet])
  const detail = actor === undefined ? undefined : model.actor(actor, seq)
  const owner = detail?.owner === undefined ? undefined : model.actor(detail.owner, seq)
  const light = useMemo(
    () => (layout && detail ? lightOf(layout, detail) : dark),
    [layout, detail?.id, detail?.steps.length, detail?.state, seq],
  )
  const live = seq >= model.last
  const then = model.timeAt(seq)
  // In the past time stands still, or goes on to the next record while it is played.
  const clock = now >= then && (live || now <= model.timeAt(seq + 1)) ? now : then
  const current = !live && actor !== undefined ? model.actor(actor) : undefined
  const differs = current && detail && (current.state !== detail.state || current.ended !== detail.ended)

  if (!layout)
    return (
      <p class="chart-none" role="status">
        Nothing is known of the chart of <span class="chart-mono">{machine}</span>.
      </p>
    )
  const lit = layout.states.filter(({ id }) => light.active.has(id)).at(-1)
  const at = focused ?? lit?.id ?? layout.states[0]?.id
  const key = (event: KeyboardEvent): void => {
    const from = layout.states.find(({ id }) => id === at)
    if (!from || !event.key.startsWith('Arrow')) return
    const next = beside(layout, from, event.key)
    event.preventDefault()
    event.stopPropagation()
    if (!next) return
    setFocused(next.id)
    const pane = event.currentTarget as HTMLElement
    pane.querySelector<SVGGElement>(`[data-state="${CSS.escape(next.id)}"]`)?.focus()
  }
  return (
    <div class="chart-view">
      {actor !== undefined && !detail && (
        <p class="chart-none" role="status">
          At this record the actor <span class="chart-mono">{actor}</span> was not born yet, or its records
          were dropped.
        </p>
      )}
      <Viewport
        width={layout.width}
        height={layout.height}
        label={`Statechart of ${machine}${detail ? `, in ${detail.state}` : ''}`}
        target={lit?.box ?? layout.states[0]?.box}
        targetKey={`${machine} ${sheet} ${lit?.id}`}
        onWidth={measure}
        onKeyDown={key}
        controls={
          <button
            type="button"
            aria-pressed={sheet === 'full'}
            title="Show what states do inside, and effects"
            onClick={() => setWanted(sheet === 'full' ? 'brief' : 'full')}
          >
            details
          </button>
        }
      >
        <Sheet
          layout={layout}
          light={light}
          now={clock}
          focused={at}
          chosen={chosen}
          onChoose={state => setChosen(chosen === state ? undefined : state)}
          onFocus={setFocused}
        />
      </Viewport>
      {differs && (
        <p class="chart-now" role="status">
          Lit as of this arrow. {present === undefined ? 'At the end' : 'Now'}: {sinceWords(current, present)}
          .
        </p>
      )}
      {chosen !== undefined && <Transitions layout={layout} state={chosen} />}
      {detail && <Timers timers={timersOf(detail, owner)} now={clock} />}
      {detail && <Times detail={detail} />}
      {detail && <Path detail={detail} {...(onSelect ? { onSelect } : {})} />}
      {layout.everywhere.length > 0 && (
        <section class="chart-section" aria-label="In every state">
          <h3>In every state</h3>
          <ul class="chart-list">
            {layout.everywhere.map(({ event, guard, to, actions }, index) => (
              <li key={index}>
                {event}
                {guard === undefined ? '' : ` [${guard}]`}
                {to === undefined ? '' : ` → ${to}`}
                {actions ? <i> / {actions.join(', ')}</i> : ''}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Legend />
    </div>
  )
}
