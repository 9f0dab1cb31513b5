/** Lines that differ between two messages, by their longest common sequence. */
import type { RawLine } from './raw.ts'

export interface DiffLine {
  readonly is: 'same' | 'added' | 'gone'
  readonly line: RawLine
}

/** Lines compared at most; what is longer is compared as far as that. */
const most = 400

export const lineDiff = (left: readonly RawLine[], right: readonly RawLine[]): readonly DiffLine[] => {
  const [a, b] = [left.slice(0, most), right.slice(0, most)]
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        a[i]!.text === b[j]!.text
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i]!.text === b[j]!.text) {
      lines.push({ is: 'same', line: b[j]! })
      i += 1
      j += 1
    } else if (i < a.length && (j >= b.length || table[(i + 1) * width + j]! >= table[i * width + j + 1]!))
      lines.push({ is: 'gone', line: a[i++]! })
    else lines.push({ is: 'added', line: b[j++]! })
  }
  return lines
}
