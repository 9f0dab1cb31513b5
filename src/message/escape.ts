/** Percent escapes. RFC 3261 §19.1.2, RFC 3986 §2.1. */

import { toText, toUtf8Binary } from './bytes.ts'
import { HEX, is } from './chars.ts'

/**
 * Resolves `%` escapes; the bytes are read as UTF-8 where they are valid UTF-8. A `%` without two hexadecimal digits
 * stays.
 */
export const resolveEscapes = (text: string): string => {
  if (!text.includes('%')) return text
  const binary = toUtf8Binary(text)
  let out = ''
  for (let i = 0; i < binary.length; i++) {
    if (
      binary.charCodeAt(i) === 37 &&
      is(binary.charCodeAt(i + 1), HEX) &&
      is(binary.charCodeAt(i + 2), HEX)
    ) {
      out += String.fromCharCode(Number.parseInt(binary.slice(i + 1, i + 3), 16))
      i += 2
    } else out += binary[i]
  }
  return toText(out)
}

/** What may stand bare in each part. RFC 3261 §25.1 (user, hvalue) */
const userChars = /[a-zA-Z0-9\-_.!~*'()&=+$,;?/]/
const headerChars = /[a-zA-Z0-9\-_.!~*'()[\]/?:+$]/

const escapeAll = (text: string, bare: RegExp): string => {
  let out = ''
  for (const char of toUtf8Binary(text)) {
    out += bare.test(char) ? char : '%' + char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
  }
  return out
}

/** Escapes text for the user part of a URI: everything but the characters that RFC 3261 §19.1.2 allows there. */
export const escapeUser = (text: string): string => escapeAll(text, userChars)

/** Escapes the value of a header behind the `?` of a URI. RFC 3261 §19.1.1 */
export const escapeHeader = (text: string): string => escapeAll(text, headerChars)
