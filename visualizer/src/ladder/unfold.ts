/** Repetitions as rows of their own. */
import type { ArrowRow, LadderRow } from '../../../src/inspect/index.ts'

/** The same rows, every copy by itself. @param timeAt milliseconds of the clock at a frame */
export const unfolded = (rows: readonly LadderRow[], timeAt: (seq: number) => number): readonly LadderRow[] =>
  rows.flatMap((row): readonly LadderRow[] => {
    if (row.kind !== 'arrow' || row.copies.length === 0) return [row]
    const { spread: _spread, rtt, ...rest } = row
    const first: ArrowRow = { ...rest, copies: [], ...(rtt === undefined ? {} : { rtt }) }
    let before = row.t
    const copies = row.copies.map((seq): ArrowRow => {
      const t = timeAt(seq)
      const gap = t - before
      before = t
      return { ...rest, seq, t, gap, copies: [], chips: [], repeats: row.seq, flagged: false }
    })
    return [first, ...copies]
  })
