/**
 * Messages without their secrets. What is hidden is overwritten by `*` byte for byte, so that Content-Length and every
 * offset stay right: responses of digests and whole tokens of other schemes (RFC 7616, RFC 6750), keys of SDP
 * (`a=crypto` RFC 4568, `k=`, `a=key-mgmt`, `a=ice-pwd`), passwords of URIs (RFC 3261 §19.1.1).
 * Nonces stay: without a response nothing follows from them, and the loops that readers look for show in them.
 */

import { toBinary } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import type { Frame } from './frame.ts'

/** From, and up to: places of what is hidden. */
export type Span = readonly [start: number, end: number]

const star = 0x2a

/** Headers whose values are credentials, with their continuation lines. */
const credentials =
  /^((?:proxy-)?authorization|(?:proxy-)?authentication-info)[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)/gim
/** Parameters of them that prove something. */
const proofs =
  /\b(?:response|rspauth|auts|cnonce|access_token)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/gi
/** Keys in a body, the last group is hidden. */
const keys = [
  /^a=crypto:.*?inline:([^\r\n]*)/gim,
  /^a=key-mgmt:[^\s\r\n]*[ \t]+([^\r\n]*)/gim,
  /^a=ice-pwd:([^\r\n]*)/gim,
  /^k=([^\r\n]*)/gim,
]
/** `sip:user:password@host`, anywhere. */
const passwords = /\bsips?:[^\s@:<>"]{0,256}:([^\s@<>";?]{1,256})@/gi
/** Credentials in the header part of a URI. RFC 3261 §19.1.1 */
const embedded = /[?&](?:proxy-)?authorization=([^\s&>"]*)/gi

const lastGroup = (match: RegExpExecArray): Span[] => {
  const value = match.findLast((part, index) => index > 0 && part !== undefined)
  if (!value) return []
  const start = match.index + match[0].lastIndexOf(value)
  return [[start, start + value.length]]
}

const all = (pattern: RegExp, text: string): Span[] => [...text.matchAll(pattern)].flatMap(lastGroup)

const inCredentials = (text: string): Span[] =>
  [...text.matchAll(credentials)].flatMap(match => {
    const value = match[2]!
    const start = match.index + match[0].length - value.length
    const scheme = /^\s*([^\s,=]+)\s+/.exec(value)
    const info = /info$/i.test(match[1]!)
    if (!info && scheme && !/^digest$/i.test(scheme[1]!))
      return [[start + scheme[0].length, start + value.length] as const]
    return all(proofs, value).map(([from, to]) => [start + from, start + to] as const)
  })

/** Where the secrets of a message stand; the text has one character for each byte. */
export const secretsIn = (text: string): readonly Span[] => {
  const end = text.search(/\r?\n\r?\n/)
  const head = end < 0 ? text : text.slice(0, end)
  const found = [...inCredentials(head), ...all(passwords, text), ...all(embedded, text)]
  if (end >= 0) for (const pattern of keys) found.push(...all(pattern, text))
  return found.sort((a, b) => a[0] - b[0])
}

/** The text of a message with its secrets hidden; of the same length. */
export const redactText = (text: string): string => {
  let shown = ''
  let at = 0
  for (const [start, end] of secretsIn(text)) {
    if (end <= at) continue
    const from = Math.max(at, start)
    shown += text.slice(at, from) + '*'.repeat(end - from)
    at = end
  }
  return shown + text.slice(at)
}

/** The bytes of a message with its secrets hidden; of the same length. The same array when there are none. */
export const redactBytes = (bytes: Uint8Array): Uint8Array => {
  const spans = secretsIn(toBinary(bytes))
  if (spans.length === 0) return bytes
  const shown = bytes.slice()
  for (const [start, end] of spans) shown.fill(star, start, end)
  return shown
}

/** A frame that may be shown: its message and its bytes without secrets. The same frame when there are none. */
export const redactFrame = (frame: Frame): Frame => {
  if (frame.kind !== 'message') return frame
  const bytes = redactBytes(frame.bytes)
  if (bytes === frame.bytes) return frame
  const parsed = parse(bytes)
  const message = isMalformed(parsed) ? parsed.message : parsed
  if (message) return { ...frame, bytes, message }
  const { seq, t, cause, transport, local, remote } = frame
  const reason = 'a message that cannot be read without what is hidden in it'
  return {
    kind: 'malformed',
    seq,
    t,
    ...(cause === undefined ? {} : { cause }),
    transport,
    local,
    remote,
    reason,
  }
}
