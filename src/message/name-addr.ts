/** `"Name" <uri>;params` and `uri;params`. RFC 3261 §20.10, §25.1 (name-addr, addr-spec). */
import { isCode, isToken, quote, URI, unquote } from './chars.ts'
import { malformed } from './malformed.ts'
import { formatParams, readParams, scanParams } from './params.ts'
import { type Codes, codesOf, skipLws, skipQuoted, trimEnd } from './scan.ts'
import type { Malformed, NameAddr } from './types.ts'
import { checkUri, formatUri, readUri } from './uri.ts'

/** Where the parts of the last address are. `display` is -1 when there is no name. */
const at = { display: -1, displayEnd: -1, quoted: false, uri: 0, uriEnd: 0, params: 0 }

/** Finds the parts of an address that fills the text. Returns what is wrong. Allocates nothing. */
const scan = (codes: Codes, start: number, end: number): string | undefined => {
  let i = skipLws(codes, start, end)
  at.display = -1
  at.quoted = i < end && codes[i]! === 34
  if (at.quoted) {
    at.display = i
    i = skipQuoted(codes, i, end)
    if (i < 0) return 'a quoted string has no end'
    at.displayEnd = i
    i = skipLws(codes, i, end)
    if (i >= end || codes[i]! !== 60) return 'a display name has no <address>'
  } else {
    const from = i
    for (; i < end; i++) {
      const c = codes[i]!
      if (c === 60 || c === 59) break
      if (c === 34 || c === 62) return 'a quote or bracket stands in a wrong place'
    }
    if (i < end && codes[i]! === 60) {
      at.displayEnd = trimEnd(codes, from, i)
      if (at.displayEnd > from) at.display = from
    } else i = from
  }
  if (i < end && codes[i]! === 60) {
    let close = i + 1
    while (close < end && codes[close]! !== 62) close++
    if (close >= end) return 'an angle bracket is not closed'
    // White space inside the brackets is against the grammar and harmless. RFC 4475 §3.1.2.14.
    at.uri = skipLws(codes, i + 1, close)
    at.uriEnd = trimEnd(codes, at.uri, close)
    at.params = close + 1
    return undefined
  }
  at.uri = i
  for (; i < end; i++) {
    const c = codes[i]!
    if (c === 59 || !isCode(c, URI)) break
    // Whose it would be, the URI's or the header's, is not certain. RFC 3261 §20.
    if (c === 63 || c === 44) return 'an address with a comma or question mark needs angle brackets'
  }
  at.uriEnd = at.params = i
  return undefined
}

/**
 * Checks an address that fills the text, URI and parameters included; where its tag is stands in `wanted` of
 * params.ts. Returns what is wrong. Allocates nothing.
 */
export const checkNameAddr = (codes: Codes, start: number, end: number): string | undefined => {
  const fault = scan(codes, start, end) ?? checkUri(codes, at.uri, at.uriEnd)
  if (fault !== undefined) return fault
  const next = scanParams(codes, at.params, end, 'tag')
  if (next < 0) return 'a parameter is malformed'
  return next < end ? 'unexpected text behind the address' : undefined
}

/** The address, or what is wrong with it. */
export const readNameAddr = (text: string): NameAddr | string => {
  const end = text.length
  const codes = codesOf(text)
  const fault = scan(codes, 0, end)
  if (fault !== undefined) return fault
  const { display, displayEnd, quoted, uri: uriStart, uriEnd, params } = at
  const uri = readUri(text, codes, uriStart, uriEnd)
  if (typeof uri === 'string') return uri
  const next = scanParams(codes, params, end, '-')
  if (next < 0) return 'a parameter is malformed'
  if (next < end) return 'unexpected text behind the address'
  const values = readParams(text, codes, params, end)
  if (display < 0) return { uri, params: values }
  const displayName = quoted ? unquote(text, display, displayEnd) : text.slice(display, displayEnd)
  return { displayName, uri, params: values }
}

/** Reads one address as it stands in From, To, Contact, Route and their like (no comma list, no `*`). */
export const parseNameAddr = (text: string): NameAddr | Malformed => {
  const value = readNameAddr(text)
  return typeof value === 'string' ? malformed(value) : value
}

const isWords = (text: string): boolean => text.split(' ').every(isToken)

/** The address as text, the URI always in angle brackets, the name in quotes where it is more than tokens. */
export const formatNameAddr = (value: NameAddr): string => {
  const { displayName, uri, params } = value
  const name =
    displayName === undefined || displayName === ''
      ? ''
      : (isWords(displayName) ? displayName : quote(displayName)) + ' '
  return `${name}<${formatUri(uri)}>${formatParams(params)}`
}
