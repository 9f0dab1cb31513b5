/** Headers made of tokens, of `value;params`, or of plain text, and comma lists of those. RFC 3261 §20. */
import { isToken, skip, skipLws, splitList, TOKEN, trim, trimEnd, VALUE } from '../chars.ts'
import { isMalformed, malformed } from '../malformed.ts'
import { parseParams } from '../params.ts'
import type { Malformed, ValueWithParams } from '../types.ts'

/** The lines of one header, outer white space removed; at least one. */
export type Lines = readonly string[]

/** For a header that may stand once only. */
export const single =
  <T>(read: (text: string) => T | Malformed) =>
  (lines: Lines): T | Malformed =>
    lines.length === 1 ? read(lines[0]!) : malformed('the header may stand only once')

/** For a comma list, over several lines or not. An empty line or an empty member adds nothing. */
export const listOf =
  <T>(read: (text: string) => T | Malformed) =>
  (lines: Lines): readonly T[] | Malformed => {
    const values: T[] = []
    for (const line of lines) {
      const parts = splitList(line)
      if (parts === undefined) return malformed('a quoted string has no end')
      for (const part of parts) {
        if (part === '') continue
        const value = read(part)
        if (isMalformed(value)) return value
        values.push(value)
      }
    }
    return values
  }

/** Like {@link listOf}, but an empty list or an empty member is a fault. */
export const strictListOf =
  <T>(read: (text: string) => T | Malformed) =>
  (lines: Lines): readonly T[] | Malformed => {
    for (const line of lines) {
      if (splitList(line)?.includes('') === true) return malformed('a member of the list is empty')
    }
    return listOf(read)(lines)
  }

export const text = (value: string): string => value

export const token = (value: string): string | Malformed =>
  isToken(value) ? value : malformed('this is not a token')

/** A word or two of them joined by `@`. RFC 3261 §25.1 (callid). */
export const callId = (value: string): string | Malformed =>
  value !== '' && skip(value, 0, value.length, VALUE | TOKEN) === value.length ? value : plainWord(value)

const plainWord = (value: string): string | Malformed => {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (c <= 32 || c === 127) return malformed('white space or a control character in a Call-ID')
  }
  return value === '' ? malformed('the Call-ID is empty') : value
}

/** Tokens between semicolons (`Privacy`). RFC 3323 §4.2. */
export const semicolonTokens = (lines: Lines): readonly string[] | Malformed => {
  const values: string[] = []
  for (const line of lines) {
    for (const part of line.split(/[;,]/)) {
      const value = trim(part)
      if (!isToken(value)) return malformed('this is not a token')
      values.push(value)
    }
  }
  return values
}

/** `value;name=value`: what stands before the first semicolon is the value, without angle brackets. */
export const valueWithParams = (line: string): ValueWithParams | Malformed => {
  let end = skipLws(line, 0, line.length)
  const bracket = line.charCodeAt(end) === 60
  const start = bracket ? end + 1 : end
  while (end < line.length && line.charCodeAt(end) !== (bracket ? 62 : 59)) end++
  if (bracket && end >= line.length) return malformed('an angle bracket is not closed')
  const value = line.slice(start, trimEnd(line, start, end))
  if (value === '') return malformed('the value is empty')
  const params = parseParams(line, bracket ? end + 1 : end)
  return typeof params === 'string' ? malformed(params) : { value, params }
}

/** A token with parameters. */
export const tokenWithParams = (line: string): ValueWithParams | Malformed => {
  const value = valueWithParams(line)
  return isMalformed(value) || isToken(value.value) ? value : malformed('the value is not a token')
}

/** Digits with parameters (`Session-Expires`, `Min-SE`). RFC 4028 §4, §5. */
export const numberWithParams = (line: string): ValueWithParams | Malformed => {
  const value = valueWithParams(line)
  return isMalformed(value) || /^\d{1,10}$/.test(value.value) ? value : malformed('the value is not a number')
}

/** `type/subtype;params`. RFC 3261 §20.15. */
export const mediaType = (line: string): ValueWithParams | Malformed => {
  const found = valueWithParams(line)
  if (isMalformed(found)) return found
  const parts = found.value.split('/').map(trim)
  if (parts.length !== 2 || !parts.every(isToken)) return malformed('this is not type/subtype')
  return { value: parts.join('/'), params: found.params }
}
