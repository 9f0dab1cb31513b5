/** What stands below a chart: timers in words, time in states, the path, the arrows of a chosen state, the legend. */
import type { ActorTimer } from '../../../src/inspect/frame.ts'
import type { ActorDetail } from '../../../src/inspect/views.ts'
import { ringPath, timerLetter } from './geometry.ts'
import type { ChartLayout, ChartTransition } from './types.ts'
import { duration, timerTitle, timerWords } from './words.ts'

/** A timer, and whose it is when it is another's. */
export interface ListedTimer {
  readonly timer: ActorTimer
  /** Id of the machine of its actor. */
  readonly owner?: string
}

/** Name of the delay in the name of a timer. */
const delayOf = ({ name }: ActorTimer): string =>
  name.slice(0, name.indexOf('.') < 0 ? undefined : name.indexOf('.'))

/** Timers that are armed, with rings that empty. */
export const Timers = ({ timers, now }: { timers: readonly ListedTimer[]; now: number }) => (
  <section class="chart-section" aria-label="Timers">
    <h3>
      Timers <span>as of this arrow</span>
    </h3>
    {timers.length === 0 && <p class="chart-none">None is armed.</p>}
    <ul class="chart-timers">
      {timers.map(({ timer, owner }) => {
        const delay = delayOf(timer)
        const left = Math.max(0, timer.deadline - now)
        return (
          <li key={`${owner ?? ''} ${timer.name}`} title={timer.name}>
            <svg width="24" height="24" viewBox="-12 -12 24 24" aria-hidden="true">
              <circle class="chart-clock" r={10} />
              <path class="chart-left" d={ringPath([0, 0], 10, left / Math.max(1, timer.delay))} />
              <text y={4} text-anchor="middle">
                {timerLetter(delay)}
              </text>
            </svg>
            <span>
              <b>{timerTitle(delay)}</b> {timerWords(delay)}
              {owner === undefined ? '' : `, of ${owner}`}
            </span>
            <span class="chart-value">
              <b>{duration(left)}</b> of {duration(timer.delay)}
            </span>
          </li>
        )
      })}
    </ul>
  </section>
)

/** The name of a nested state, which may break after a dot and nowhere else. */
const Dotted = ({ text }: { text: string }) => (
  <>
    {text.split('.').map((part, at) => (
      <>
        {at > 0 && (
          <>
            .<wbr />
          </>
        )}
        <span class="chart-whole">{part}</span>
      </>
    ))}
  </>
)

/** How long the actor was where. */
export const Times = ({ detail }: { detail: ActorDetail }) => {
  const all = detail.times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  return (
    <section class="chart-section" aria-label="Time in states">
      <h3>Time in states</h3>
      <ul class="chart-times">
        {detail.times.map(({ state, milliseconds, visits }) => (
          <li key={state} class={state === detail.state && !detail.ended ? 'lit' : ''}>
            <span class="chart-mono" title={state}>
              <Dotted text={state} />
            </span>
            <span class="chart-bar">
              <i style={{ width: `${all === 0 ? 0 : (100 * milliseconds) / all}%` }} />
            </span>
            <span class="chart-value">
              {duration(milliseconds)}
              {visits > 1 ? ` ×${visits}` : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** States in the order in which they were entered; the newest when there are many. */
export const Path = ({ detail, onSelect }: { detail: ActorDetail; onSelect?: (seq: number) => void }) => {
  const shown = detail.path.slice(-12)
  const left = detail.path.length - shown.length
  return (
    <section class="chart-section" aria-label="Path">
      <h3>Path</h3>
      <ol class="chart-path">
        {left > 0 && <li class="chart-none">{left} before</li>}
        {shown.map(({ state, seq }, index) => (
          <li key={`${seq} ${index}`}>
            <button
              type="button"
              class={`chart-chip ${index === shown.length - 1 && !detail.ended ? 'lit' : ''}`}
              title={`Record ${seq}`}
              onClick={() => onSelect?.(seq)}
            >
              {state}
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

const sentence = (
  { event, guard, actions }: ChartTransition,
  after: string | undefined,
  to: string | undefined,
) => (
  <>
    {after === undefined ? event || 'at once' : `after ${after}`}
    {guard === undefined ? '' : ` [${guard}]`}
    {to === undefined ? '' : ` → ${to}`}
    {actions ? <i> / {actions.join(', ')}</i> : ''}
  </>
)

/** Everything that a state can do, effects included. */
export const Transitions = ({ layout, state }: { layout: ChartLayout; state: string }) => {
  const chosen = layout.states.find(({ id }) => id === state)
  if (!chosen) return null
  const out = layout.edges.filter(({ from }) => from === state)
  const inside = layout.inside.filter(({ from }) => from === state)
  return (
    <section class="chart-section" aria-label={`Transitions of ${state}`} aria-live="polite">
      <h3>
        From <span class="chart-mono">{state}</span>
      </h3>
      <ul class="chart-list">
        {chosen.entry && <li>entry / {chosen.entry.join(', ')}</li>}
        {chosen.exit && <li>exit / {chosen.exit.join(', ')}</li>}
        {out.flatMap(({ id, to, after, transitions }) =>
          transitions.map((each, at) => <li key={`${id} ${at}`}>{sentence(each, after, to)}</li>),
        )}
        {inside.map((each, at) => (
          <li key={at}>{sentence(each, each.after, undefined)}, stays</li>
        ))}
        {out.length + inside.length === 0 && <li>Nothing: the machine ends here.</li>}
      </ul>
    </section>
  )
}

/** What the signs of a chart mean. */
export const Legend = () => (
  <details class="chart-legend">
    <summary>Legend</summary>
    <ul>
      <li>
        <svg width="28" height="16" aria-hidden="true">
          <rect class="chart-swatch lit" x="2" y="2" width="24" height="12" rx="4" />
        </svg>
        lit: where it is, two lines wide
      </li>
      <li>
        <svg width="28" height="16" aria-hidden="true">
          <path class="chart-swatch taken" d="M2 8H26" />
        </svg>
        the transition just taken
      </li>
      <li>
        <svg width="28" height="16" aria-hidden="true">
          <path class="chart-swatch path" d="M2 8H26" />
        </svg>
        the path so far
      </li>
      <li>
        <svg width="28" height="20" viewBox="-14 -10 28 20" aria-hidden="true">
          <circle class="chart-clock" r={8} />
          <path class="chart-left" d={ringPath([0, 0], 8, 0.6)} />
        </svg>
        a timer that runs, and what is left of it; a thin ring: not armed
      </li>
      <li>
        <svg width="28" height="16" aria-hidden="true">
          <circle class="chart-start" cx="14" cy="8" r="4" />
        </svg>
        first state
      </li>
      <li>
        <svg width="28" height="16" aria-hidden="true">
          <rect class="chart-swatch" x="2" y="1" width="24" height="14" rx="4" />
          <rect class="chart-swatch" x="5" y="4" width="18" height="8" rx="2" />
        </svg>
        final state
      </li>
    </ul>
  </details>
)
