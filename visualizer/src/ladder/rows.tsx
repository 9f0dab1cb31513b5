/** Rows of a ladder, each drawn by its kind. */
import type {
  ArrowRow,
  LadderRow,
  MalformedRow,
  MissingRow,
  MovedRow,
  SilenceRow,
} from '../../../src/inspect/index.ts'
import { rangeText, spanText } from '../app/time.ts'
import { timerTitle } from '../chart/words.ts'
import { type Geometry, lineIn, shiftIn } from './geometry.ts'
import { Badge, Chips, Head, timeOf } from './parts.tsx'
import { badgeWidth, fitting, labelWidth, smallWidth } from './text.ts'

export interface RowProps<Row extends LadderRow = LadderRow> {
  readonly row: Row
  readonly y: number
  readonly geometry: Geometry
  readonly start: number
  readonly sinceStart: boolean
  readonly lit: boolean
}

/** Ends of an arrow: left and right, and which of them is its head. */
const endsOf = ({ from, to }: { from: string; to: string }, { x, band }: Geometry) => {
  const [a, b] = [x.get(from) ?? band[0], x.get(to) ?? band[1]]
  return { left: Math.min(a, b) + 3, right: Math.max(a, b) - 3, toRight: b >= a }
}

const hueOf = ({ is, copies, repeats }: ArrowRow): string => {
  if (copies.length > 0 || repeats !== undefined) return 'var(--rtx)'
  return { request: 'var(--req)', provisional: 'var(--prov)', success: 'var(--ok)', failure: 'var(--fail)' }[
    is
  ]
}

const Time = ({ row, y, geometry, start, sinceStart }: RowProps) => (
  <text class="time" x={geometry.times} y={y + 15 + shiftIn(geometry)} text-anchor="end">
    {timeOf(row, start, sinceStart, geometry.narrow)}
  </text>
)

/** What is in repetitions stands with the first. */
const badgesOf = ({ copies, repeats, sdp }: ArrowRow, narrow: boolean) => [
  ...(copies.length > 0
    ? [
        {
          text: repeats !== undefined && copies.length === 1 ? '↻' : `↻ ×${copies.length}`,
          hue: 'var(--rtx)',
        },
      ]
    : []),
  ...(sdp && repeats === undefined
    ? [{ text: sdp.direction === 'sendrecv' || narrow ? 'SDP' : sdp.direction }]
    : []),
]

const Arrow = (props: RowProps<ArrowRow>) => {
  const { row, y, geometry, lit } = props
  const { left, right, toRight } = endsOf(row, geometry)
  const { narrow, isLeft } = geometry
  const [line, shift] = [y + lineIn(geometry), shiftIn(geometry)]
  const hue = hueOf(row)
  const repeated = row.copies.length > 0 || row.repeats !== undefined
  const note = row.spread ? rangeText(row.spread) : row.rtt === undefined ? '' : spanText(row.rtt)
  const crossed = row.crossed !== undefined && row.method === 'INVITE' && row.is === 'request' ? 'glare' : ''
  const side = narrow ? '' : crossed || note
  let badges = badgesOf(row, narrow)
  const widthOf = (some: typeof badges) => some.reduce((sum, { text }) => sum + badgeWidth(text) + 13, 0)
  // Where there is little room the name of the message comes first.
  while (badges.length > 0 && labelWidth(row.label.slice(0, 9)) + 18 + widthOf(badges) > right - left)
    badges = badges.slice(0, -1)
  const room = right - left - 12 - widthOf(badges)
  const label = fitting(row.label, room - 6, labelWidth)
  let x = left + 12 + labelWidth(label) + 6
  const placed = badges.map(badge => {
    const at = x
    x += badgeWidth(badge.text) + 13
    return { ...badge, x: at }
  })
  const fits = side !== '' && x + smallWidth(side) + (toRight ? 14 : 6) <= right
  return (
    <>
      <Time {...props} />
      {row.copies.length > 1 && (
        <path d={`M${left + 12} ${line + 2.5}H${right - 4}`} stroke={hue} opacity=".55" />
      )}
      <path
        d={toRight ? `M${left} ${line}H${right - 5}` : `M${right} ${line}H${left + 5}`}
        stroke={hue}
        stroke-width={lit ? 2 : 1.4}
        stroke-dasharray={repeated ? '5 4' : undefined}
      />
      <Head x={toRight ? right : left} y={line} right={toRight} hue={hue} hollow={row.again} />
      <text class="label" x={left + 12} y={y + 12 + shift} style={{ fill: hue }}>
        {label}
      </text>
      {placed.map(badge => (
        <Badge x={badge.x} y={y + 2 + shift} text={badge.text} {...(badge.hue ? { hue: badge.hue } : {})} />
      ))}
      {fits && (
        <text
          class={crossed ? 'note strong c-rtx' : 'note'}
          x={right - (toRight ? 12 : 2)}
          y={y + 12 + shift}
          text-anchor="end"
        >
          {side}
        </text>
      )}
      <Chips geometry={geometry} chips={row.chips} left={isLeft(row.leg)} y={y} lit={lit} />
    </>
  )
}

const Missing = (props: RowProps<MissingRow>) => {
  const { row, y, geometry } = props
  const { left, right } = endsOf(row, geometry)
  const [line, shift] = [y + lineIn(geometry), shiftIn(geometry)]
  const cross = left + (right - left) * 0.62
  const waited = spanText(row.waited)
  const expected = `${row.label} expected`
  const label = labelWidth(expected) + smallWidth(waited) + 40 < right - left ? expected : row.label
  return (
    <>
      <Time {...props} />
      <path
        d={`M${left} ${line}H${cross - 7}`}
        stroke="var(--fail)"
        stroke-width="1.5"
        stroke-dasharray="2 4"
      />
      <path d={`M${cross - 4} ${line - 4}l8 8m0-8-8 8`} stroke="var(--fail)" stroke-width="1.8" />
      <text class="label c-fail" x={left + 12} y={y + 12 + shift}>
        {label}
      </text>
      {labelWidth(label) + smallWidth(waited) + 28 < right - left && (
        <text class="note strong c-fail" x={right - 12} y={y + 12 + shift} text-anchor="end">
          {waited}
        </text>
      )}
    </>
  )
}

const legEnds = (leg: string, { x, band, isLeft, peers, width }: Geometry) => {
  const peer = peers.find(one => one.leg === leg)
  const at = peer ? x.get(peer.id)! : isLeft(leg) ? 80 : width - 20
  return isLeft(leg) ? { left: at + 3, right: band[0] - 3 } : { left: band[1] + 3, right: at - 3 }
}

const Moved = (props: RowProps<MovedRow>) => {
  const { row, y, geometry, lit } = props
  const { left, right } = legEnds(row.leg, geometry)
  const label = row.timer ? `◷ ${timerTitle(row.label)} fired` : row.label
  return (
    <>
      <Time {...props} />
      <text
        class={row.timer ? 'note mono c-timer' : 'note mono'}
        x={left + 12}
        y={y + 14 + shiftIn(geometry)}
      >
        {fitting(label, right - left - 16, smallWidth)}
      </text>
      <Chips geometry={geometry} chips={row.chips} left={geometry.isLeft(row.leg)} y={y} lit={lit} />
    </>
  )
}

const Malformed = (props: RowProps<MalformedRow>) => {
  const { row, y, geometry } = props
  const { left, right, toRight } = endsOf(row, geometry)
  const line = y + lineIn(geometry)
  return (
    <>
      <Time {...props} />
      <path
        d={`M${left + 8} ${line}H${right - 8}`}
        stroke="var(--fail)"
        stroke-width="1.4"
        stroke-dasharray="8 3 2 3"
      />
      <path
        d={`M${(toRight ? right : left) - 4} ${line - 4}h8v8h-8z`}
        fill="var(--bg)"
        stroke="var(--fail)"
      />
      <text class="label c-fail" x={left + 12} y={y + 12 + shiftIn(geometry)}>
        {fitting(`malformed: ${row.reason}`, right - left - 16, labelWidth)}
      </text>
    </>
  )
}

/** A break: its length, and what it was. */
export const Silence = ({
  row,
  y,
  geometry,
}: {
  readonly row: SilenceRow
  readonly y: number
  readonly geometry: Geometry
}) => {
  const { band, x, times, narrow } = geometry
  const lines = new Set([...x.values()])
  const middle = (band[0] + band[1]) / 2
  const label = fitting(row.label, band[1] - band[0] - 12, smallWidth)
  return (
    <g class="silence">
      <text class="time" x={times} y={y + 11} text-anchor="end">
        {spanText(row.milliseconds)}
      </text>
      {!(narrow && row.label.length > 12) && (
        <text class="note" x={middle} y={y + 11} text-anchor="middle">
          {label}
        </text>
      )}
      {[...lines].map(at => (
        <>
          <path d={`M${at - 5} ${y + 10}l10 -5v4l-10 5z`} fill="var(--bg)" />
          <path d={`M${at - 5} ${y + 10}l10 -5M${at - 5} ${y + 14}l10 -5`} stroke="var(--ink-3)" />
        </>
      ))}
    </g>
  )
}

export const RowContent = (props: RowProps) => {
  const { row } = props
  if (row.kind === 'arrow') return <Arrow {...props} row={row} />
  if (row.kind === 'missing') return <Missing {...props} row={row} />
  if (row.kind === 'moved') return <Moved {...props} row={row} />
  if (row.kind === 'malformed') return <Malformed {...props} row={row} />
  return null
}
