/** Pieces of rows: badges, chips, heads of arrows, times. */
import type { Chip, LadderRow } from '../../../src/inspect/index.ts'
import { briefState } from '../../../src/inspect/label.ts'
import { clockText, shortClockText, spanText } from '../app/time.ts'
import type { Geometry } from './geometry.ts'
import { shiftIn } from './geometry.ts'
import { badgeWidth, monoWidth } from './text.ts'

export const Badge = (props: {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly hue?: string
}) => (
  <>
    <rect
      x={props.x}
      y={props.y}
      width={badgeWidth(props.text) + 8}
      height="12"
      rx="3"
      fill="none"
      stroke={props.hue ?? 'var(--line-2)'}
    />
    <text class="badge" x={props.x + 4} y={props.y + 9.5} style={props.hue ? { fill: props.hue } : undefined}>
      {props.text}
    </text>
  </>
)

/** The head of an arrow, pointing right or left. */
export const Head = (props: {
  readonly x: number
  readonly y: number
  readonly right: boolean
  readonly hue: string
  readonly hollow: boolean
}) => (
  <path
    d={props.right ? `M${props.x} ${props.y}l-8 -4v8z` : `M${props.x} ${props.y}l8 -4v8z`}
    fill={props.hollow ? 'var(--bg)' : props.hue}
    stroke={props.hue}
    stroke-width="1.2"
    stroke-linejoin="round"
  />
)

/** The state as it is written in a chip: without what is nested in it. */
const stateText = ({ to }: Chip): string => briefState(to)

const kindNames: Readonly<Record<string, string>> = {
  IS: 'INVITE server transaction',
  IC: 'INVITE client transaction',
  NS: 'non-INVITE server transaction',
  NC: 'non-INVITE client transaction',
  D: 'dialog',
  R: 'registration',
  S: 'subscription',
  N: 'subscription of the peer',
  P: 'publication',
  PF: 'profile',
  L: 'line',
  C: 'call',
}

/** Machines without a sign of their own by their initials: `outgoingChange` is OC. */
const shortKindOf = ({ kind }: Chip): string =>
  kind.length <= 2 ? kind : (kind[0]! + kind.replace(/[^A-Z]/g, '')).slice(0, 3).toUpperCase()

const chipTitle = ({ kind, from, to, actor }: Chip): string =>
  `${kindNames[kind] ?? kind} ${actor}: ${from ? `${from} → ` : ''}${to}`

/** Chips that tell the story first: the registration or the transaction, then the dialog, then the rest. */
const weight = ({ kind }: Chip): number => {
  const place = ['R', 'S', 'N', 'P', 'IS', 'IC', 'NS', 'NC', 'D', 'C'].indexOf(kind)
  return place < 0 ? 9 : place
}

/** States that a message moved, against the leg's edge, as many as the band has room for. */
export const Chips = (props: {
  readonly geometry: Geometry
  readonly chips: readonly Chip[]
  readonly left: boolean
  readonly y: number
  readonly lit: boolean
}) => {
  const { geometry, chips, left, y, lit } = props
  const { band, narrow } = geometry
  const main = chips.filter(one => one.main)
  const all = [...(main.length > 0 ? main : chips)].sort((a, b) => weight(a) - weight(b))
  if (all.length === 0) return null
  const top = y + 3 + shiftIn(geometry)
  const drawn: { readonly chip: Chip; readonly x: number; readonly width: number; readonly text: string }[] =
    []
  let used = 0
  for (const chip of all) {
    const text = stateText(chip)
    const kind = narrow ? '' : shortKindOf(chip)
    const room = band[1] - band[0] - 7 - used - (!narrow && all.length > drawn.length + 1 ? 18 : 4)
    const most = Math.floor((room - 12) / monoWidth) - (kind ? kind.length + 1 : 0)
    if (drawn.length > 0 && text.length > most) break
    const shown = text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`
    const width = ((kind ? kind.length + 1 : 0) + shown.length) * monoWidth + 12
    drawn.push({ chip, x: left ? band[0] + 7 + used : band[1] - 7 - used - width, width, text: shown })
    used += width + 2
  }
  // Where there is no room for it, the title alone tells of the others.
  const more = narrow ? 0 : all.length - drawn.length
  return (
    <g class={lit ? 'state-chips lit' : 'state-chips'}>
      <title>{all.map(chipTitle).join('\n')}</title>
      {drawn.map(({ chip, x, width, text }) => (
        <>
          <rect x={x} y={top} width={width} height="16" rx="8" class="state-chip" />
          <text class="state" x={x + 6} y={top + 11.5}>
            {!narrow && <tspan class="state-kind">{`${shortKindOf(chip)} `}</tspan>}
            {text}
          </text>
        </>
      ))}
      {more > 0 && (
        <text
          class="note"
          x={left ? band[0] + 7 + used : band[1] - 7 - used}
          y={top + 11.5}
          text-anchor={left ? 'start' : 'end'}
        >
          {`+${more}`}
        </text>
      )}
    </g>
  )
}

/** The time of a row at the left. */
export const timeOf = (row: LadderRow, start: number, sinceStart: boolean, narrow: boolean): string => {
  if (row.kind === 'missing') return '···'
  if (row.kind === 'silence') return spanText(row.milliseconds)
  if (!sinceStart && 'gap' in row) return row.gap === 0 ? '0' : `+${spanText(row.gap)}`
  return narrow ? shortClockText(row.t - start) : clockText(row.t - start)
}
