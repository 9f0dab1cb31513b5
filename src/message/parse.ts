/** A message from bytes, checked as far as every element needs it checked. RFC 3261 §7, §8.2, §16.3, §18.3. */
import { learn, toBinary } from './bytes.ts'
import { type Head, readHead } from './head.ts'
import { limits } from './limits.ts'
import { malformed } from './malformed.ts'
import { type Body, type Findings, Request, Response } from './message.ts'
import type { Malformed, SipMessage } from './types.ts'

const build = (head: Head, body: Body, findings: Findings | undefined): SipMessage =>
  head.status > 0
    ? new Response(head.status, head.second, head.fields, body, findings)
    : new Request(head.first, head.second, head.fields, body, findings)

/** The message, or the fault with what is enough to answer it. */
export const finish = (head: Head, body: Body): SipMessage | Malformed => {
  const { fault } = head
  if (fault === undefined) return build(head, body, head)
  return head.answerable ? { ...fault, message: build(head, body, undefined) } : fault
}

/** The index behind the CRLFs that may stand before a message. RFC 3261 §7.5. */
export const skipBlankLines = (text: string): number => {
  let i = 0
  while (text.charCodeAt(i) === 13 && text.charCodeAt(i + 1) === 10) i += 2
  return i
}

/** As much as is ever looked at: blank lines, the largest head and the largest body with one byte more. */
const most = limits.head + limits.body + 1_024

/**
 * Reads one message from a datagram or a WebSocket frame and checks it: start line, header syntax, Via, From, To,
 * Call-ID and CSeq (there, well-formed, single ones single, the method the same in CSeq), Content-Length, sizes. All
 * other headers are read when they are asked for. Never throws.
 *
 * A body shorter than its Content-Length is a fault; what follows a longer one is cut off. RFC 3261 §18.3.
 *
 * @returns the message, or a {@link Malformed} with the status it deserves (400, 413, 414, 505 or 513)
 */
export const parse = (bytes: Uint8Array): SipMessage | Malformed => {
  learn(bytes)
  const text = toBinary(bytes, 0, Math.min(bytes.length, most))
  const start = skipBlankLines(text)
  if (start === text.length) return malformed('there is no message, only line ends', undefined, 0)
  const head = readHead(text, bytes, start)
  const from = head.end
  let to = text.length
  if (head.contentLength >= 0) {
    if (from + head.contentLength <= to) to = from + head.contentLength
    else head.fail('the body is shorter than its Content-Length', 'content-length', from)
  }
  if (to - from > limits.body) head.fail('the body is longer than 256 KiB', undefined, from, 413)
  return finish(head, { binary: from === to ? '' : text.slice(from, to) })
}
