/** Repetitions as rows of their own. */
import type { ArrowRow, LadderRow } from '../../../src/inspect/index.ts'

/** The same rows, every copy by itself. @param timeAt milliseconds of the clock at a frame */
export const unfolded = (rows: readonly LadderRow[], timeAt: (seq: number) => number): readonly LadderRow[] =>
  rows.flatMap((row): readonly LadderRow[] => {
    if (row.kind !== 'arrow' || row.copies.length === 0) return [row]
    const { spread: _spread, rtt, copies: seqs, ...rest } = row
    let before = row.t
    const copies = seqs.map((seq): ArrowRow => {
      const t = timeAt(seq)
      const gap = t - before
      before = t
      return {
        ...rest,
        seq,
        t,
        gap,
        copies: [seq],
        chips: [],
        repeats: row.repeats ?? row.seq,
        flagged: false,
      }
    })
    // A row of repetitions has itself among its copies.
    if (row.repeats !== undefined)
      return copies.map((copy, index) => (index === 0 ? { ...copy, gap: row.gap, chips: row.chips } : copy))
    return [{ ...rest, copies: [], ...(rtt === undefined ? {} : { rtt }) }, ...copies]
  })

/** Messages that a row stands for. */
export const messagesOf = ({ copies, repeats }: ArrowRow): number =>
  copies.length + (repeats === undefined ? 1 : 0)
