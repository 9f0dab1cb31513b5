/**
 * Two SIP messages side by side: the same header stands beside the same header wherever it stood, its compact form is
 * the same name, changes are told by word, and the body by line. Pure.
 */
import { longName } from '../../../src/message/names.ts'
import { byWord, common, type Piece } from './words.ts'

export type DiffKind = 'same' | 'changed' | 'moved' | 'added' | 'removed'

/** One line of both messages. */
export interface DiffRow {
  readonly part: 'start' | 'header' | 'body'
  readonly kind: DiffKind
  /** It stands at another place too; for changed headers. */
  readonly moved?: boolean
  readonly left?: readonly Piece[]
  readonly right?: readonly Piece[]
}

interface Header {
  /** Long and in small letters. */
  readonly name: string
  readonly value: string
  /** The line as it was written. */
  readonly text: string
}

interface Parts {
  readonly start: string
  readonly headers: readonly Header[]
  readonly body: readonly string[]
}

const headerOf = (text: string): Header => {
  const colon = text.indexOf(':')
  const written = (colon < 0 ? text : text.slice(0, colon)).trim()
  return { name: longName(written), value: text.slice(colon + 1).trim(), text }
}

/** A message in its parts; header lines that were folded are one. RFC 3261 §7.3.1 */
export const partsOf = (message: string): Parts => {
  const end = /\r?\n\r?\n/.exec(message)
  const head = end ? message.slice(0, end.index) : message.replace(/\r?\n$/, '')
  const body = end ? message.slice(end.index + end[0].length) : ''
  const [start = '', ...lines] = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  return {
    start,
    headers: lines.filter(line => line !== '').map(headerOf),
    body: body === '' ? [] : body.replace(/\r?\n$/, '').split(/\r?\n/),
  }
}

const plain = (text: string): readonly Piece[] => [[text, false]]
const whole = (text: string): readonly Piece[] => [[text, true]]

const pairRow = (
  part: DiffRow['part'],
  left: string,
  right: string,
  same: boolean,
  moved: boolean,
): DiffRow => {
  if (same) return { part, kind: moved ? 'moved' : 'same', left: plain(left), right: plain(right) }
  const [before, after] = byWord(left, right)
  return { part, kind: 'changed', ...(moved && { moved }), left: before, right: after }
}

/** Index of the header on the right for each on the left: equal ones of a name first, then one after the other. */
const pairsOf = (left: readonly Header[], right: readonly Header[]): ReadonlyMap<number, number> => {
  const pairs = new Map<number, number>()
  const indices = (headers: readonly Header[], name: string): number[] =>
    headers.flatMap((header, index) => (header.name === name ? [index] : []))
  for (const name of new Set(left.map(header => header.name))) {
    const [before, after] = [indices(left, name), indices(right, name)]
    const equal = common(
      before.map(index => left[index]!.value),
      after.map(index => right[index]!.value),
    )
    for (const [one, other] of equal) pairs.set(before[one]!, after[other]!)
    const usedRight = new Set(equal.map(([, other]) => after[other]))
    const freeRight = after.filter(index => !usedRight.has(index))
    for (const index of before.filter(one => !pairs.has(one))) {
      const other = freeRight.shift()
      if (other !== undefined) pairs.set(index, other)
    }
  }
  return pairs
}

/** Of numbers, those of a longest rising row: what is not among them has moved. */
const rising = (numbers: readonly number[]): ReadonlySet<number> => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return new Set(common(numbers, sorted).map(([index]) => numbers[index]!))
}

const headerRows = (left: readonly Header[], right: readonly Header[]): DiffRow[] => {
  const pairs = pairsOf(left, right)
  const taken = new Set(pairs.values())
  const stays = rising([...pairs].sort(([a], [b]) => a - b).map(([, other]) => other))
  const rows: DiffRow[] = []
  // What only the right one has comes after the header that it follows there.
  const addedAfter = (index: number): void => {
    for (let at = index + 1; at < right.length && !taken.has(at); at++)
      rows.push({ part: 'header', kind: 'added', right: whole(right[at]!.text) })
  }
  addedAfter(-1)
  left.forEach((header, index) => {
    const other = pairs.get(index)
    if (other === undefined) {
      rows.push({ part: 'header', kind: 'removed', left: whole(header.text) })
      return
    }
    const { value, text } = right[other]!
    rows.push(pairRow('header', header.text, text, header.value === value, !stays.has(other)))
    addedAfter(other)
  })
  return rows
}

const bodyRows = (left: readonly string[], right: readonly string[]): DiffRow[] => {
  const rows: DiffRow[] = []
  let [atL, atR] = [0, 0]
  for (const [nextL, nextR] of [...common(left, right), [left.length, right.length] as const]) {
    const [gone, come] = [left.slice(atL, nextL), right.slice(atR, nextR)]
    for (let index = 0; index < Math.max(gone.length, come.length); index++) {
      const [before, after] = [gone[index], come[index]]
      // Lines of different kinds (v=, o=, m=) are no change of each other.
      if (before !== undefined && after !== undefined && before.slice(0, 2) === after.slice(0, 2))
        rows.push(pairRow('body', before, after, false, false))
      else {
        if (before !== undefined) rows.push({ part: 'body', kind: 'removed', left: whole(before) })
        if (after !== undefined) rows.push({ part: 'body', kind: 'added', right: whole(after) })
      }
    }
    if (nextL < left.length) rows.push(pairRow('body', left[nextL]!, right[nextR]!, true, false))
    ;[atL, atR] = [nextL + 1, nextR + 1]
  }
  return rows
}

/** Compares two messages as text. */
export const compareMessages = (left: string, right: string): readonly DiffRow[] => {
  const [before, after] = [partsOf(left), partsOf(right)]
  return [
    pairRow('start', before.start, after.start, before.start === after.start, false),
    ...headerRows(before.headers, after.headers),
    ...bodyRows(before.body, after.body),
  ]
}
