/**
 * The smallest steps of the scanners that run over every message. They read bytes, not text: an index into a
 * `Uint8Array` costs a third of `charCodeAt`. Text that is no message is put into such an array first.
 */
import { isAscii, writeBinary } from './bytes.ts'
import { DIGIT, isCode, UPPER } from './chars.ts'

/** One code for each character, at the same index as in the text; a character beyond one byte has 255. */
export type Codes = Uint8Array

let scratch = new Uint8Array(1_024)

/** The codes of text, in an array that the next call uses again: finish with it first. Two zeros follow the last. */
export const codesOf = (text: string): Codes => {
  const { length } = text
  if (scratch.length < length + 2) scratch = new Uint8Array(Math.max(2 * scratch.length, length + 2))
  if (isAscii(text)) writeBinary(text, scratch)
  else for (let i = 0; i < length; i++) scratch[i] = Math.min(text.charCodeAt(i), 255)
  scratch[length] = scratch[length + 1] = 0
  return scratch
}

/** That piece of the text in lower case; nothing is converted where it is already. */
export const lowerSlice = (text: string, codes: Codes, start: number, end: number): string => {
  for (let i = start; i < end; i++) {
    if (isCode(codes[i]!, UPPER)) return text.slice(start, end).toLowerCase()
  }
  return text.slice(start, end)
}

/** The first index from `i` on that is not of the class. */
export const skip = (codes: Codes, i: number, end: number, mask: number): number => {
  while (i < end && isCode(codes[i]!, mask)) i++
  return i
}

/** The first index from `i` on that is neither a space nor a tab. */
export const skipLws = (codes: Codes, i: number, end: number): number => {
  while (i < end && (codes[i] === 32 || codes[i] === 9)) i++
  return i
}

/** The end without trailing spaces and tabs. */
export const trimEnd = (codes: Codes, start: number, end: number): number => {
  while (end > start && (codes[end - 1] === 32 || codes[end - 1] === 9)) end--
  return end
}

/** The index behind the quoted string that begins at `i`, or -1 when it has no end. */
export const skipQuoted = (codes: Codes, i: number, end: number): number => {
  for (i++; i < end; i++) {
    const c = codes[i]
    if (c === 34) return i + 1
    if (c === 92) i++
  }
  return -1
}

/** A decimal number of digits only, or -1 when it is none or beyond `max`. Never rounds, never wraps. */
export const readNumber = (codes: Codes, start: number, end: number, max: number): number => {
  if (start >= end) return -1
  let n = 0
  for (let i = start; i < end; i++) {
    const c = codes[i]!
    if (!isCode(c, DIGIT)) return -1
    n = n * 10 + c - 48
    if (n > max) return -1
  }
  return n
}

/** Whether the characters are those of the name, which is in lower case; upper and lower case are one. */
export const named = (codes: Codes, start: number, end: number, name: string): boolean => {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if ((codes[start + i]! | 32) !== name.charCodeAt(i)) return false
  return true
}
