/** Where everything of a ladder stands. Pixels; the grid is 8, within rows 4. */
import type { LadderColumn, LadderRow, LadderView } from '../../../src/inspect/index.ts'

export interface Geometry {
  readonly width: number
  /** Little room: chips lose their kind, times a decimal. */
  readonly narrow: boolean
  readonly rowHeight: number
  /** Right end of the times. */
  readonly times: number
  /** Edges of the engine. */
  readonly band: readonly [left: number, right: number]
  /** Columns by id. */
  readonly x: ReadonlyMap<string, number>
  /** Peers in order. */
  readonly peers: readonly LadderColumn[]
  /** The leg's edge of the engine is its left one. */
  readonly isLeft: (leg: string) => boolean
}

export const silenceHeight = 15
/** Least room between two lines that arrows run between. */
const least = 128

export const geometryOf = ({ columns }: LadderView, room: number, touch: boolean): Geometry => {
  const narrow = room < 560
  const engine = columns.findIndex(({ is }) => is === 'engine')
  const peers = columns.filter(({ is }) => is === 'peer')
  const left = columns.slice(0, Math.max(0, engine)).filter(({ is }) => is === 'peer')
  const right = peers.filter(one => !left.includes(one))
  const legs = columns.filter(({ is }) => is === 'engine')
  const times = narrow ? 50 : 64
  const bandWidth = narrow ? 92 : 124
  const start = times + (left.length > 0 ? (narrow ? 10 : 20) : 16)
  const end = (narrow ? 20 : 28) + (right.length > 0 ? 0 : 4)
  const gaps = left.length + right.length
  const leastGap = narrow ? (gaps > 2 ? 96 : 80) : least
  const width = Math.max(room, start + end + bandWidth + gaps * leastGap)
  const gap = gaps === 0 ? 0 : (width - start - end - bandWidth) / gaps
  const x = new Map<string, number>()
  left.forEach((column, index) => x.set(column.id, start + index * gap))
  const from = start + left.length * gap
  const band = [from, from + bandWidth] as const
  right.forEach((column, index) => x.set(column.id, band[1] + (index + 1) * gap))
  const onLeft = new Set(left.map(({ leg }) => leg))
  const lines = { left: 0, right: 0 }
  for (const { id, leg } of legs)
    if (onLeft.has(leg)) x.set(id, band[0] + lines.left++ * 5)
    else x.set(id, band[1] - lines.right++ * 5)
  return {
    width,
    narrow,
    rowHeight: touch ? 28 : 22,
    times: times - 8,
    band,
    x,
    peers,
    isLeft: leg => onLeft.has(leg),
  }
}

export const heightOf =
  ({ rowHeight }: Geometry) =>
  (row: LadderRow): number =>
    row.kind === 'silence' ? silenceHeight : rowHeight

/** Height of the arrow within its row, and of its label. */
export const lineIn = ({ rowHeight }: Geometry): number => (rowHeight > 22 ? 21 : 17)
export const shiftIn = ({ rowHeight }: Geometry): number => (rowHeight > 22 ? 3 : 0)
