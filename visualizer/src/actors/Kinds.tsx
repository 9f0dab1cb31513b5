/** The kinds of actors: how many, in which states, how many of them stuck. Each narrows the tree to its kind. */
import { countsText, type Kind } from './tree.ts'

interface KindsProps {
  readonly kinds: readonly Kind[]
  readonly chosen: string | undefined
  readonly onChoose: (machine: string | undefined) => void
}

/** Shades of the bar: the first three states and the rest. */
const Bar = ({ kind }: { kind: Kind }) => (
  <span class="actors-bar" aria-hidden="true">
    {kind.counts.slice(0, 4).map(([state, number]) => (
      <i key={state} style={{ width: `${(100 * number) / kind.number}%` }} />
    ))}
  </span>
)

export const Kinds = ({ kinds, chosen, onChoose }: KindsProps) => (
  <ul class="actors-kinds" aria-label="Kinds">
    {kinds.map(kind => (
      <li key={kind.machine}>
        <button
          type="button"
          aria-pressed={chosen === kind.machine}
          title={countsText(kind.counts, kind.counts.length)}
          onClick={() => onChoose(chosen === kind.machine ? undefined : kind.machine)}
        >
          <b>{kind.machine}</b>
          <span class="actors-number">{kind.number.toLocaleString('en')}</span>
          <span class={`actors-number ${kind.stuck > 0 ? 'stuck' : ''}`}>
            {kind.stuck > 0 ? `◆ ${kind.stuck.toLocaleString('en')}` : '–'}
          </span>
          <span class="actors-counts">{countsText(kind.counts)}</span>
          <Bar kind={kind} />
        </button>
      </li>
    ))}
  </ul>
)
