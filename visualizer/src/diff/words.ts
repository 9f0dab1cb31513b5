/** What two texts share, word by word or line by line: the longest common subsequence. */

/** A piece of a text, and whether the other side lacks it. */
export type Piece = readonly [text: string, changed: boolean]

/** Pairs of indices that belong together, in order. */
export const common = <T>(
  left: readonly T[],
  right: readonly T[],
): readonly (readonly [number, number])[] => {
  let start = 0
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1
  let [endL, endR] = [left.length, right.length]
  while (endL > start && endR > start && left[endL - 1] === right[endR - 1]) {
    endL -= 1
    endR -= 1
  }
  const pairs: [number, number][] = []
  for (let index = 0; index < start; index++) pairs.push([index, index])
  const [rows, columns] = [endL - start, endR - start]
  // Two large texts without anything in common are not worth a table of millions.
  if (rows * columns <= 1_000_000) {
    const table = new Uint32Array((rows + 1) * (columns + 1))
    const at = (row: number, column: number): number => row * (columns + 1) + column
    for (let row = rows - 1; row >= 0; row--)
      for (let column = columns - 1; column >= 0; column--)
        table[at(row, column)] =
          left[start + row] === right[start + column]
            ? table[at(row + 1, column + 1)]! + 1
            : Math.max(table[at(row + 1, column)]!, table[at(row, column + 1)]!)
    for (let row = 0, column = 0; row < rows && column < columns; ) {
      if (left[start + row] === right[start + column]) pairs.push([start + row++, start + column++])
      else if (table[at(row + 1, column)]! >= table[at(row, column + 1)]!) row += 1
      else column += 1
    }
  }
  for (let index = 0; index < left.length - endL; index++) pairs.push([endL + index, endR + index])
  return pairs
}

const split = (text: string): string[] => text.match(/[\w.%+-]+|\s+|[^\w\s]/g) ?? []

const pieces = (words: readonly string[], kept: ReadonlySet<number>): Piece[] => {
  const made: [string, boolean][] = []
  words.forEach((word, index) => {
    const changed = !kept.has(index)
    const last = made.at(-1)
    if (last && last[1] === changed) last[0] += word
    else made.push([word, changed])
  })
  return made
}

/** Both texts in pieces. */
export const byWord = (left: string, right: string): readonly [readonly Piece[], readonly Piece[]] => {
  const [before, after] = [split(left), split(right)]
  const pairs = common(before, after)
  return [
    pieces(before, new Set(pairs.map(([index]) => index))),
    pieces(after, new Set(pairs.map(([, index]) => index))),
  ]
}
