/** `;name=value` parameters. RFC 3261 §7.3.1, §25.1 (generic-param). */
import { is, isCode, quote, TOKEN, unquote, VALUE } from './chars.ts'
import { type Codes, codesOf, lowerSlice, named, skip, skipLws, skipQuoted } from './scan.ts'
import type { Params } from './types.ts'

/** Where the last {@link scanParams} found the wanted parameter; `start` is -1 when it did not. */
export const wanted = { start: -1, end: -1 }

/**
 * Checks the parameters from `i` on and returns the index of what follows them, or -1 when they are malformed.
 * Notes where the value of the parameter `want` is. Allocates nothing.
 */
export const scanParams = (codes: Codes, i: number, end: number, want: string): number => {
  wanted.start = -1
  for (;;) {
    i = skipLws(codes, i, end)
    if (i >= end || codes[i]! !== 59) return i
    const nameStart = skipLws(codes, i + 1, end)
    const nameEnd = skip(codes, nameStart, end, TOKEN)
    if (nameEnd === nameStart) return -1
    i = skipLws(codes, nameEnd, end)
    if (i >= end || codes[i] !== 61) continue
    i = skipLws(codes, i + 1, end)
    const start = i
    let bits = 0
    if (i < end && codes[i] === 34) {
      i = skipQuoted(codes, i, end)
      if (i < 0) return -1
    } else {
      for (let c = 0; i < end && isCode((c = codes[i]!), VALUE); i++) bits |= c
    }
    if (!named(codes, nameStart, nameEnd, want)) continue
    // Twice the same, none at all, quoted or beyond ASCII: two readers could differ about it.
    if (wanted.start >= 0 || i === start || bits === 0 || bits > 127) return -1
    wanted.start = start
    wanted.end = i
  }
}

/** For whatever has none: most have none, and a map of its own for each would outweigh what it belongs to. */
export const noParams: Params = new Map()

/** The parameters of text that {@link scanParams} has passed; of other text those before the fault. The first of two with the same name counts. */
export const readParams = (text: string, codes: Codes, i: number, end: number): Params => {
  let params: Map<string, string | undefined> | undefined
  for (;;) {
    i = skipLws(codes, i, end)
    if (i >= end || codes[i]! !== 59) return params ?? noParams
    const nameStart = skipLws(codes, i + 1, end)
    i = skip(codes, nameStart, end, TOKEN)
    const name = lowerSlice(text, codes, nameStart, i)
    i = skipLws(codes, i, end)
    let value: string | undefined
    if (i < end && codes[i]! === 61) {
      const start = skipLws(codes, i + 1, end)
      if (start < end && codes[start]! === 34) {
        i = skipQuoted(codes, start, end)
        if (i < 0) return params ?? noParams
        value = unquote(text, start, i)
      } else {
        i = skip(codes, start, end, VALUE)
        value = text.slice(start, i)
      }
    }
    if (name === '' || params?.has(name)) continue
    params ??= new Map()
    params.set(name, value)
  }
}

/** The parameters up to the end of the text, or why they cannot be read. */
export const parseParams = (text: string, i: number): Params | string => {
  const codes = codesOf(text)
  const end = scanParams(codes, i, text.length, '-')
  if (end < 0) return 'a parameter is malformed'
  if (end < text.length) return 'unexpected text behind the parameters'
  return readParams(text, codes, i, text.length)
}

/** Quoted by their definitions although a token would do: RFC 3326, RFC 3840, RFC 5627. */
const alwaysQuoted = new Set(
  `text methods actor schemes duplex mobility class description events priority language extensions pub-gruu
  temp-gruu`.split(/\s+/),
)

/** Token, host or IPv6 reference: needs no quotes. RFC 3261 §25.1 (gen-value). */
const isPlain = (value: string): boolean => {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (!is(c, TOKEN) && c !== 58 && c !== 91 && c !== 93) return false
  }
  return value !== ''
}

/** `;name=value;flag`, values in quotes where they need them or where their RFC asks for quotes. */
export const formatParams = (params: Params): string => {
  let out = ''
  for (const [name, value] of params) {
    if (value === undefined) out += ';' + name
    else if (isPlain(value) && !alwaysQuoted.has(name) && name.charCodeAt(0) !== 43)
      out += ';' + name + '=' + value
    else out += ';' + name + '=' + quote(value)
  }
  return out
}
