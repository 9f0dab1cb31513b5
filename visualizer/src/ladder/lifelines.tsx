/** Lines of peers and legs. A leg's line is its dialog: thin none, dashed early, thick confirmed, dotted held. */
import type { LadderRow, LadderView } from '../../../src/inspect/index.ts'
import { indexAt } from '../list/visible.ts'
import { type Geometry, lineIn } from './geometry.ts'

interface LifelinesProps {
  readonly view: LadderView
  readonly rows: readonly LadderRow[]
  readonly offsets: readonly number[]
  readonly geometry: Geometry
  readonly height: number
  /** Part that is drawn. */
  readonly top: number
  readonly bottom: number
}

const dashes = { none: undefined, early: '4 3', confirmed: undefined, held: '1.5 3' }

/** Height at which a frame stands. */
const heightAt = (seq: number, { rows, offsets, geometry }: LifelinesProps): number => {
  const seqs = rows.map(row => row.seq)
  const at = indexAt(seqs, seq)
  return (offsets[at] ?? 0) + lineIn(geometry)
}

export const Lifelines = (props: LifelinesProps) => {
  const { view, geometry, height, top, bottom } = props
  const thin = (x: number, from = 0, to = height) => (
    <path d={`M${x} ${Math.max(from, top)}V${Math.min(to, bottom)}`} stroke="var(--line-2)" />
  )
  const legs = view.columns.filter(({ is }) => is === 'engine')
  return (
    <g pointer-events="none">
      {geometry.peers.map(({ id }) => thin(geometry.x.get(id)!))}
      {legs.map(({ id, leg }) => {
        const x = geometry.x.get(id)!
        const own = view.lifelines.filter(one => one.leg === leg)
        const from = own.map(({ seq }) => heightAt(seq, props))
        return (
          <>
            {thin(x, 0, from[0] ?? height)}
            {own.map(({ is }, index) => {
              const [start, end] = [from[index]!, from[index + 1] ?? height]
              if (end <= start || end < top || start > bottom) return null
              if (is === 'none') return thin(x, start, end)
              return (
                <path
                  d={`M${x} ${Math.max(start, top - 20)}V${Math.min(end, bottom + 20)}`}
                  stroke="var(--ink-2)"
                  stroke-width="3"
                  stroke-dasharray={dashes[is]}
                />
              )
            })}
          </>
        )
      })}
    </g>
  )
}

/** Brackets of messages that crossed. */
export const Crossings = ({
  rows,
  offsets,
  geometry,
  first,
  last,
}: {
  readonly rows: readonly LadderRow[]
  readonly offsets: readonly number[]
  readonly geometry: Geometry
  readonly first: number
  readonly last: number
}) => (
  <g pointer-events="none">
    {rows.slice(first, last).map((row, index) => {
      if (row.kind !== 'arrow' || row.crossed === undefined || row.crossed > row.seq) return null
      const other = rows.findIndex(one => one.seq === row.crossed)
      const peer = geometry.peers.find(({ leg }) => leg === row.leg)
      if (other < 0 || !peer) return null
      const x = geometry.x.get(peer.id)!
      const out = geometry.isLeft(row.leg) ? -1 : 1
      const [from, to] = [other, first + index].map(at => offsets[at]! + lineIn(geometry))
      return (
        <path
          d={`M${x + 4 * out} ${from}h${6 * out}V${to}h${-6 * out}`}
          stroke="var(--rtx)"
          stroke-width="1.5"
          fill="none"
        />
      )
    })}
  </g>
)
