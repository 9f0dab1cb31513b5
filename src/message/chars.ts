/** Character classes of RFC 3261 §25.1 as one table, and the smallest steps of every scanner. */

export const TOKEN = 1
export const DIGIT = 2
export const HEX = 4
/** A host name, an underscore included because it is seen. */
export const HOST = 8
/** An unquoted parameter value: all visible characters but the delimiters. */
export const VALUE = 16
/** What may stand in a URI: all visible characters but angle brackets and quotes. */
export const URI = 32
export const LWS = 64
export const SCHEME = 128
/** A to Z, and whatever is beyond ASCII. */
export const UPPER = 256

const table = new Uint16Array(256)
const mark = (chars: string, mask: number) => {
  for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)]! |= mask
}
const digits = '0123456789'
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
mark(digits, TOKEN | DIGIT | HEX | HOST | SCHEME)
mark(letters, TOKEN | HOST | SCHEME)
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER)
mark('abcdefABCDEF', HEX)
mark("-.!%*_+`'~", TOKEN)
mark('-._', HOST)
mark('+-.', SCHEME)
mark(' \t', LWS)
for (let c = 33; c < 256; c++) if (c !== 127) table[c]! |= VALUE | URI
for (let c = 128; c < 256; c++) table[c]! |= UPPER
for (const c of ';,"<>') table[c.charCodeAt(0)]! &= ~VALUE
for (const c of '<>"') table[c.charCodeAt(0)]! &= ~URI

/** Whether the code is in the class. Codes beyond one byte are in VALUE and URI (text decoded from UTF-8). */
export const is = (code: number, mask: number): boolean =>
  code < 256 ? (table[code]! & mask) !== 0 : code > 255 && (mask & (VALUE | URI)) !== 0

/** As {@link is}, for a code of one byte. */
export const isCode = (code: number, mask: number): boolean => (table[code]! & mask) !== 0

/** The first index from `i` on that is not of the class. */
export const skip = (text: string, i: number, end: number, mask: number): number => {
  while (i < end && is(text.charCodeAt(i), mask)) i++
  return i
}

/** The first index from `i` on that is neither a space nor a tab. */
export const skipLws = (text: string, i: number, end: number): number => {
  while (i < end) {
    const c = text.charCodeAt(i)
    if (c !== 32 && c !== 9) break
    i++
  }
  return i
}

/** The end of the text without its trailing spaces and tabs. */
export const trimEnd = (text: string, start: number, end: number): number => {
  while (end > start) {
    const c = text.charCodeAt(end - 1)
    if (c !== 32 && c !== 9) break
    end--
  }
  return end
}

/** Without spaces and tabs at both ends. */
export const trim = (text: string): string => {
  const start = skipLws(text, 0, text.length)
  return text.slice(start, trimEnd(text, start, text.length))
}

/** The index behind the quoted string that begins at `i`, or -1 when it has no end. */
export const skipQuoted = (text: string, i: number, end: number): number => {
  for (i++; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) return i + 1
    if (c === 92) i++
  }
  return -1
}

export const isToken = (text: string): boolean =>
  text.length > 0 && skip(text, 0, text.length, TOKEN) === text.length

/** The text between the quotes, backslashes resolved. `start` is the opening quote, `end` behind the closing one. */
export const unquote = (text: string, start: number, end: number): string => {
  const inner = text.slice(start + 1, end - 1)
  if (!inner.includes('\\')) return inner
  let out = ''
  let from = 0
  for (let i = inner.indexOf('\\'); i >= 0; i = inner.indexOf('\\', i + 2)) {
    out += inner.slice(from, i)
    from = i + 1
  }
  return out + inner.slice(from)
}

/** A quoted string. RFC 3261 §25.1. */
export const quote = (text: string): string => {
  let out = '"'
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c !== 34 && c !== 92) continue
    out += text.slice(from, i) + '\\'
    from = i
  }
  return out + text.slice(from) + '"'
}

/** Splits at commas outside of quotes and angle brackets; outer white space removed, empty members kept as ''. */
export const splitList = (text: string, separator = 44): readonly string[] | undefined => {
  const parts: string[] = []
  const end = text.length
  let start = 0
  let depth = 0
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) {
      i = skipQuoted(text, i, end)
      if (i < 0) return undefined
      i--
    } else if (c === 60) depth = 1
    else if (c === 62) depth = 0
    else if (c === separator && depth === 0) {
      parts.push(trim(text.slice(start, i)))
      start = i + 1
    }
  }
  parts.push(trim(text.slice(start)))
  return parts
}

/** A decimal number of digits only, or -1 when it is none or beyond `max`. Never rounds, never wraps. */
export const readNumber = (text: string, start: number, end: number, max: number): number => {
  if (start >= end) return -1
  let n = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    n = n * 10 + digit
    if (n > max) return -1
  }
  return n
}
