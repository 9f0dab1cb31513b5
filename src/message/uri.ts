/** URIs: `sip:`, `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), any other scheme as text. */
import { DIGIT, is, isCode, SCHEME, URI } from './chars.ts'
import { resolveEscapes } from './escape.ts'
import { formatHost, readHost, scanHost } from './host.ts'
import { limits } from './limits.ts'
import { malformed } from './malformed.ts'
import { noParams } from './params.ts'
import { type Codes, codesOf, named, readNumber, skip } from './scan.ts'
import type { Malformed, Params, SipUri, Uri } from './types.ts'

/** Where the parts of the last `sip:` URI are; -1 for a part that is not there. */
const at = { user: -1, password: -1, host: 0, hostEnd: 0, port: -1, params: -1, headers: -1 }

/** Checks what stands behind `sip:`. Returns what is wrong with it. Allocates nothing. */
const scanSip = (codes: Codes, start: number, end: number): string | undefined => {
  let user = -1
  let colon = -1
  for (let i = start; i < end; i++) {
    const c = codes[i]!
    if (!isCode(c, URI)) return 'the URI holds a character that must be escaped'
    if (user >= 0) continue
    if (c === 64) user = i
    else if (c === 58 && colon < 0) colon = i
  }
  if (user === start) return 'the URI has an empty user part'
  at.user = user
  at.password = user >= 0 && colon >= 0 && colon < user ? colon : -1
  at.host = user < 0 ? start : user + 1
  at.hostEnd = scanHost(codes, at.host, end)
  if (at.hostEnd < 0) return 'the host of the URI is malformed'
  at.port = at.params = at.headers = -1
  let i = at.hostEnd
  if (i < end && codes[i]! === 58) {
    const portEnd = skip(codes, i + 1, end, DIGIT)
    at.port = readNumber(codes, i + 1, portEnd, 65_535)
    if (at.port < 0) return 'the port of the URI is malformed'
    i = portEnd
  }
  if (i < end && codes[i]! === 59) {
    at.params = i
    for (; i < end; i++) {
      const c = codes[i]!
      if (c === 63) break
      if (c === 64) return 'the URI has two @'
      if (c !== 59) continue
      const next = codes[i + 1]!
      if (i + 1 >= end || next === 59 || next === 61 || next === 63) return 'the URI has an empty parameter'
    }
  }
  if (i < end && codes[i]! === 63) {
    at.headers = i
    return i + 1 < end ? undefined : 'the URI has an empty headers part'
  }
  return i < end ? 'unexpected text behind the host of the URI' : undefined
}

/** 3 for `sip:`, 4 for `sips:`, 0 for anything else. */
const sipScheme = (codes: Codes, start: number, end: number): number => {
  if (end - start < 5 || (codes[start]! | 32) !== 115 || (codes[start + 1]! | 32) !== 105) return 0
  if ((codes[start + 2]! | 32) !== 112) return 0
  if (codes[start + 3]! === 58) return 3
  return (codes[start + 3]! | 32) === 115 && codes[start + 4]! === 58 ? 4 : 0
}

/** The length of a scheme of any kind; 0 when there is none. */
const anyScheme = (codes: Codes, start: number, end: number): number => {
  const stop = skip(codes, start, end, SCHEME)
  const first = codes[start]! | 32
  return first >= 97 && first <= 122 && stop < end && codes[stop]! === 58 ? stop - start : 0
}

/** Says what is wrong with the URI, without building it. */
export const checkUri = (codes: Codes, start: number, end: number): string | undefined => {
  if (end - start > limits.uri) return 'the URI is longer than 2 KiB'
  const sip = sipScheme(codes, start, end)
  if (sip > 0) return scanSip(codes, start + sip + 1, end)
  const scheme = anyScheme(codes, start, end)
  if (scheme === 0) return 'the URI has no scheme'
  const from = start + scheme + 1
  if (from === end) return 'the URI is empty behind its scheme'
  if (skip(codes, from, end, URI) < end) return 'the URI holds a character that must be escaped'
  if (scheme === 3 && named(codes, start, from, 'tel:')) return checkTel(codes, from, end)
  return undefined
}

/** Says what is wrong with a Request-URI: it has no headers part. RFC 3261 §19.1.1, table 1. */
export const checkRequestUri = (codes: Codes, start: number, end: number): string | undefined => {
  const fault = checkUri(codes, start, end)
  if (fault !== undefined || sipScheme(codes, start, end) === 0 || at.headers < 0) return fault
  return 'the Request-URI has a headers part'
}

const isPhoneChar = (c: number): boolean =>
  isCode(c, DIGIT) ||
  (c >= 65 && c <= 70) ||
  (c >= 97 && c <= 102) ||
  '-.()*#'.includes(String.fromCharCode(c))

const checkTel = (codes: Codes, start: number, end: number): string | undefined => {
  let i = codes[start]! === 43 ? start + 1 : start
  let digits = 0
  for (; i < end && codes[i]! !== 59; i++) {
    const c = codes[i]!
    if (!isPhoneChar(c)) return 'the telephone number holds a character that is none of its own'
    if (isCode(c, DIGIT) || c > 64 || c === 42 || c === 35) digits++
  }
  if (digits === 0) return 'the telephone number has no digits'
  for (; i < end; i++) {
    const next = codes[i + 1]!
    if (codes[i]! === 59 && (i + 1 >= end || next === 59 || next === 61))
      return 'the URI has an empty parameter'
  }
  return undefined
}

/** A name may be escaped as well; it is resolved where the result is plain. RFC 4475 §3.1.1.3. */
const paramName = (text: string): string => {
  if (!text.includes('%')) return text.toLowerCase()
  const plain = resolveEscapes(text)
  return /^[a-z\d+.-]+$/i.test(plain) ? plain.toLowerCase() : text.toLowerCase()
}

const readPairs = (text: string, start: number, end: number, separator: string): Params => {
  if (start < 0) return noParams
  const pairs = new Map<string, string | undefined>()
  for (const part of text.slice(start + 1, end).split(separator)) {
    const equals = part.indexOf('=')
    const name = paramName(equals < 0 ? part : part.slice(0, equals))
    if (name !== '' && !pairs.has(name)) pairs.set(name, equals < 0 ? undefined : part.slice(equals + 1))
  }
  return pairs
}

/** The URI, or what is wrong with it. */
export const readUri = (text: string, codes: Codes, start: number, end: number): Uri | string => {
  const fault = checkUri(codes, start, end)
  if (fault !== undefined) return fault
  const sip = sipScheme(codes, start, end)
  if (sip > 0) {
    const { user, password, host, hostEnd, port, params, headers } = at
    const from = start + sip + 1
    return {
      scheme: sip === 3 ? 'sip' : 'sips',
      ...(user >= 0 ? { user: text.slice(from, password < 0 ? user : password) } : undefined),
      ...(password >= 0 ? { password: text.slice(password + 1, user) } : undefined),
      host: readHost(text, codes, host, hostEnd),
      ...(port >= 0 ? { port } : undefined),
      params: readPairs(text, params, headers < 0 ? end : headers, ';'),
      headers: readPairs(text, headers, end, '&'),
    }
  }
  const colon = start + anyScheme(codes, start, end)
  const scheme = text.slice(start, colon).toLowerCase()
  if (scheme !== 'tel') return { scheme, opaque: text.slice(colon + 1, end) }
  let semicolon = colon + 1
  while (semicolon < end && codes[semicolon]! !== 59) semicolon++
  return {
    scheme,
    number: text.slice(colon + 1, semicolon),
    params: readPairs(text, semicolon < end ? semicolon : -1, end, ';'),
  }
}

/**
 * Reads a URI. `sip:` and `sips:` are taken apart (RFC 3261 §19.1), so is `tel:` (RFC 3966); of any other scheme the
 * rest is kept as text. At most 2 KiB.
 *
 * @example parseUri('sip:alice@example.com;transport=tcp')
 */
export const parseUri = (text: string): Uri | Malformed => {
  const uri = readUri(text, codesOf(text), 0, text.length)
  return typeof uri === 'string' ? malformed(uri) : uri
}

/** True for `sip:` and `sips:`. */
export const isSipUri = (uri: Uri): uri is SipUri => 'host' in uri

/** Escapes what would end the part; escapes that are there stay, so does a `%` that begins none. Text beyond ASCII is left to the serializer. */
const protect = (text: string, reserved: string): string => {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    const c = text.charCodeAt(i)
    const bare = !is(c, URI) || reserved.includes(char)
    out += bare ? '%' + c.toString(16).toUpperCase().padStart(2, '0') : char
  }
  return out
}

const formatPairs = (pairs: Params, lead: string, separator: string, reserved: string): string => {
  let out = ''
  for (const [name, value] of pairs) {
    out += (out === '' ? lead : separator) + protect(name, reserved + '=')
    if (value !== undefined) out += '=' + protect(value, reserved)
  }
  return out
}

/** The URI as text. Characters that would end a part are escaped, escapes already there stay. RFC 3261 §19.1.2. */
export const formatUri = (uri: Uri): string => {
  if (isSipUri(uri)) {
    let out = uri.scheme + ':'
    if (uri.user !== undefined) {
      out += protect(uri.user, '@:')
      // The first colon begins the password, so further ones belong to it.
      if (uri.password !== undefined) out += ':' + protect(uri.password, '@')
      out += '@'
    }
    out += formatHost(uri.host)
    if (uri.port !== undefined) out += ':' + uri.port
    return out + formatPairs(uri.params, ';', ';', ';?@,') + formatPairs(uri.headers, '?', '&', '&')
  }
  if ('number' in uri) return 'tel:' + protect(uri.number, ';') + formatPairs(uri.params, ';', ';', ';')
  return uri.scheme + ':' + protect(uri.opaque, '')
}
