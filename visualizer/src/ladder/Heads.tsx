/** Names above the columns. They stay while the rows scroll. */
import type { FlowSummary, LadderColumn, LadderView, LegSummary } from '../../../src/inspect/index.ts'
import type { Geometry } from './geometry.ts'
import { peerName } from './names.ts'
import { fitting, labelWidth } from './text.ts'

const addressOf = ({ host, transport }: LadderColumn, narrow: boolean): string =>
  narrow ? host.replace(/:\d+$/, '') : `${host} ${transport ?? ''}`.trimEnd()

const mono = (text: string): number => text.length * 6.4

const legsText = (legs: readonly LegSummary[], narrow: boolean): string => {
  const letters = legs.map(({ letter }) => letter)
  if (letters.length < 2) return ''
  if (letters.length === 2)
    return narrow ? `leg ${letters.join(' │ ')}` : `leg ${letters[0]}  │  leg ${letters[1]}`
  return `legs ${letters[0]}–${letters.at(-1)}`
}

export const Heads = (props: {
  readonly view: LadderView
  readonly geometry: Geometry
  readonly flow: FlowSummary | undefined
  readonly scroll: number
}) => {
  const { geometry, flow, scroll } = props
  const { band, width, narrow, peers, x } = geometry
  const middle = (band[0] + band[1]) / 2
  const note = legsText(flow?.legs ?? [], narrow)
  return (
    <div class="ladder-heads">
      <svg width={width} height="36" style={{ marginLeft: `${-scroll}px` }} aria-hidden="true">
        <path d={`M${band[0]} 36V8a6 6 0 0 1 6-6H${band[1] - 6}a6 6 0 0 1 6 6V36z`} fill="var(--band)" />
        <text class="head-name" x={middle} y={note ? 15 : 22} text-anchor="middle">
          {narrow ? 'engine' : 'this engine'}
        </text>
        <text class="head-note" x={middle} y="29" text-anchor="middle">
          {note}
        </text>
        {peers.map((column, index) => {
          const at = x.get(column.id)!
          const first = at < band[0]
          const next = first
            ? Math.min(band[0], ...peers.map(one => x.get(one.id)!).filter(other => other > at))
            : width
          const before = Math.max(band[1], ...peers.map(one => x.get(one.id)!).filter(other => other < at))
          const room = first ? next - at - 4 : Math.min(at + 12, width - 12) - before - 12
          const anchor = first ? 'start' : 'end'
          const place = first ? at - 4 : Math.min(at + 8, width - 12)
          return (
            <g key={`${column.id} ${index}`}>
              <title>{`${peerName(column)} ${column.host} ${column.transport ?? ''}`}</title>
              <text class="head-name" x={place} y="15" text-anchor={anchor}>
                {fitting(peerName(column), room, labelWidth)}
              </text>
              <text class="head-note" x={place} y="29" text-anchor={anchor}>
                {fitting(addressOf(column, narrow || mono(addressOf(column, false)) > room), room, mono)}
              </text>
            </g>
          )
        })}
      </svg>
    </div>
  )
}
