/** Where the header lines of a message are kept: as marks on the received text, or as pairs. */
import { isUtf8, toText, toUtf8Binary } from './bytes.ts'
import type { HeaderPair } from './types.ts'

export interface Fields {
  readonly size: number
  /** The number of the header (names.ts), 0 for a name that is not known. */
  idAt(index: number): number
  nameAt(index: number): string
  /** The value as text. */
  valueAt(index: number): string
  /** The value as a binary string, as it is sent. */
  wireAt(index: number): string
  /** True when all values are text and not known to be ASCII: the head is put together first and encoded then. */
  readonly isText: boolean
}

/** Numbers kept for each header: id, start and end of the name, start and end of the value. */
export const STRIDE = 5

/** Marks on the received text; nothing is cut out before it is asked for. */
export class WireFields implements Fields {
  readonly size: number
  readonly isText = false
  private readonly text: string
  private readonly marks: readonly number[]
  private readonly unfolded: ReadonlyMap<number, string> | undefined

  constructor(text: string, marks: readonly number[], unfolded: ReadonlyMap<number, string> | undefined) {
    this.size = marks.length / STRIDE
    this.text = text
    this.marks = marks
    this.unfolded = unfolded
  }

  idAt(index: number): number {
    return this.marks[index * STRIDE]!
  }

  nameAt(index: number): string {
    const at = index * STRIDE
    return this.text.slice(this.marks[at + 1], this.marks[at + 2])
  }

  valueAt(index: number): string {
    return toText(this.wireAt(index))
  }

  wireAt(index: number): string {
    const at = index * STRIDE
    return this.unfolded?.get(index) ?? this.text.slice(this.marks[at + 3], this.marks[at + 4])
  }
}

/** Pairs as given by an application or by the stack. */
export class PairFields implements Fields {
  readonly size: number
  readonly isText: boolean
  private readonly pairs: readonly HeaderPair[]
  private readonly ids: readonly number[]
  /** Values that are not valid UTF-8: one character for each byte. */
  private readonly bytewise: ReadonlySet<HeaderPair> | undefined
  private readonly ascii: boolean

  constructor(
    pairs: readonly HeaderPair[],
    ids: readonly number[],
    bytewise: ReadonlySet<HeaderPair> | undefined,
    ascii: boolean,
  ) {
    this.size = pairs.length
    this.isText = bytewise === undefined && !ascii
    this.ascii = ascii
    this.pairs = pairs
    this.ids = ids
    this.bytewise = bytewise
  }

  idAt(index: number): number {
    return this.ids[index]!
  }

  nameAt(index: number): string {
    return this.pairs[index]![0]
  }

  valueAt(index: number): string {
    return this.pairs[index]![1]
  }

  wireAt(index: number): string {
    const pair = this.pairs[index]!
    return this.ascii || this.bytewise?.has(pair) === true ? pair[1] : toUtf8Binary(pair[1])
  }

  /** The pairs and what belongs to them, for a message derived from this one. */
  parts(): FieldParts {
    return { pairs: [...this.pairs], ids: [...this.ids], bytewise: new Set(this.bytewise) }
  }
}

export interface FieldParts {
  readonly pairs: HeaderPair[]
  readonly ids: number[]
  readonly bytewise: Set<HeaderPair>
}

/** A copy of the header lines that may be changed. */
export const takeApart = (fields: Fields): FieldParts => {
  if (fields instanceof PairFields) return fields.parts()
  const parts: FieldParts = { pairs: [], ids: [], bytewise: new Set() }
  for (let i = 0; i < fields.size; i++) {
    const wire = fields.wireAt(i)
    const pair: HeaderPair = [fields.nameAt(i), fields.valueAt(i)]
    parts.pairs.push(pair)
    parts.ids.push(fields.idAt(i))
    if (!isUtf8(wire)) parts.bytewise.add(pair)
  }
  return parts
}

/** The index of the first line of that header from `from` on, or -1. `lower` is the name in lower case. */
export const findField = (fields: Fields, id: number, lower: string, from: number): number => {
  for (let i = from; i < fields.size; i++) {
    if (fields.idAt(i) !== id) continue
    if (id !== 0 || fields.nameAt(i).toLowerCase() === lower) return i
  }
  return -1
}
