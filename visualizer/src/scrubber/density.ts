/** How many messages a flow had when: bars of 8 px. */
import type { LadderRow } from '../../../src/inspect/index.ts'

export interface Bar {
  plain: number
  repeated: number
  failed: number
}

export const densityOf = (
  rows: readonly LadderRow[],
  timeAt: (seq: number) => number,
  start: number,
  span: number,
  count: number,
): readonly Bar[] => {
  const bars: Bar[] = Array.from({ length: count }, () => ({ plain: 0, repeated: 0, failed: 0 }))
  const at = (t: number) => bars[Math.max(0, Math.min(count - 1, Math.floor(((t - start) / span) * count)))]!
  for (const row of rows) {
    if (row.kind === 'malformed') at(row.t).failed += 1
    if (row.kind !== 'arrow') continue
    if (row.is === 'failure' && !row.again && row.repeats === undefined) at(row.t).failed += 1
    else if (row.repeats === undefined) at(row.t).plain += 1
    for (const seq of row.copies) at(timeAt(seq)).repeated += 1
  }
  return bars
}

const nice = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
]

/** Milliseconds between marks, for marks at least 64 px apart. */
export const markStep = (span: number, width: number): number => {
  const most = Math.max(1, Math.floor(width / 64))
  return nice.find(step => span / step <= most) ?? 86_400_000 * Math.ceil(span / 86_400_000 / most)
}

export const markText = (milliseconds: number, step: number): string => {
  if (step < 1_000)
    return step < 10 && milliseconds < 1_000 ? `${milliseconds} ms` : `${milliseconds / 1_000} s`
  if (step < 60_000) return `${milliseconds / 1_000} s`
  return step < 3_600_000 ? `${milliseconds / 60_000} min` : `${milliseconds / 3_600_000} h`
}
