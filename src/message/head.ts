/** The start line and headers of a message: one pass over the text, which leaves marks and the first fault. */
import { DIGIT, isCode, LWS, TOKEN, trim } from './chars.ts'
import { WireFields } from './fields.ts'
import { MAX_CSEQ } from './headers/numbers.ts'
import { limits } from './limits.ts'
import { malformed } from './malformed.ts'
import type { Findings } from './message.ts'
import { checkNameAddr } from './name-addr.ts'
import {
  CALL_ID,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  CSEQ,
  canonicalNameOf,
  FROM,
  headerIdAt,
  longNameOf,
  MAX_FORWARDS,
  TO,
  VIA,
} from './names.ts'
import { wanted } from './params.ts'
import { type Codes, codesOf, readNumber, skip, skipLws, trimEnd } from './scan.ts'
import { readRequestLine, readStatusLine } from './start-line.ts'
import type { Malformed } from './types.ts'
import { checkVias, counted } from './via.ts'

/** The headers that may stand once only and that are looked at here, as bits by number. */
const singles =
  (1 << FROM) |
  (1 << TO) |
  (1 << CALL_ID) |
  (1 << CSEQ) |
  (1 << MAX_FORWARDS) |
  (1 << CONTENT_LENGTH) |
  (1 << CONTENT_TYPE)
const mandatory = (1 << VIA) | (1 << FROM) | (1 << TO) | (1 << CALL_ID) | (1 << CSEQ)

/** What one pass has found. */
export class Head implements Findings {
  /** The method; '' in a response. */
  first = ''
  /** The Request-URI or the reason phrase, as a binary string. */
  second = ''
  /** The status code; 0 in a request. */
  status = 0
  fault: Malformed | undefined = undefined
  fields: WireFields
  /** Where the body begins; the end of the text when the empty line is missing. */
  end = 0
  contentLength = -1
  /** There are several lengths, or the lines themselves are in doubt: where the body ends is not certain. */
  ambiguous = false
  fromTag: string | undefined = undefined
  toTag: string | undefined = undefined
  callId = ''
  seq = 0
  seqMethod = ''
  /** The topmost Via can be read. */
  routable = false
  /** Bits of the headers that are there, by number below 16. */
  seen = 0
  vias = 0

  constructor() {
    this.fields = empty
  }

  /** A request that holds enough for a response to find its way back. RFC 3261 §8.2.6. */
  get answerable(): boolean {
    return this.routable && this.status === 0 && this.first !== '' && (this.seen & mandatory) === mandatory
  }

  /** Notes a fault; the first one counts. */
  fail(reason: string, header: string | undefined, offset: number, status = 400): void {
    this.fault ??= malformed(reason, header, offset, status)
  }
}

const empty = new WireFields('', [], undefined)

/** Continuation lines joined by one space each. RFC 3261 §7.3.1. */
const unfold = (text: string, start: number, end: number): string => {
  let out = ''
  for (let i = start; i < end; ) {
    let stop = text.indexOf('\r\n', i)
    if (stop < 0 || stop > end) stop = end
    const part = trim(text.slice(i, stop))
    if (part !== '') out += out === '' ? part : ' ' + part
    i = stop + 2
  }
  return out
}

/** Checks a header that every element depends on. `text` is the received text, or the unfolded value. */
const check = (
  head: Head,
  id: number,
  text: string,
  codes: Codes,
  start: number,
  end: number,
): string | undefined => {
  switch (id) {
    case VIA: {
      const first = (head.seen & (1 << VIA)) === 0
      const fault = checkVias(codes, start, end)
      head.vias += counted.vias
      if (first && counted.readable) head.routable = true
      return head.vias > limits.vias ? 'there are more than 70 Via values' : fault
    }
    case FROM: {
      const fault = checkNameAddr(codes, start, end)
      if (fault === undefined && wanted.start >= 0) head.fromTag = text.slice(wanted.start, wanted.end)
      return fault
    }
    case TO: {
      const fault = checkNameAddr(codes, start, end)
      if (fault === undefined && wanted.start >= 0) head.toTag = text.slice(wanted.start, wanted.end)
      return fault
    }
    case CALL_ID: {
      for (let i = start; i < end; i++) {
        const c = codes[i]!
        if (c <= 32 || c >= 127) return 'the Call-ID holds white space, control characters or more than ASCII'
      }
      head.callId = text.slice(start, end)
      return start === end ? 'the Call-ID is empty' : undefined
    }
    case CSEQ: {
      const digits = skip(codes, start, end, DIGIT)
      head.seq = readNumber(codes, start, digits, MAX_CSEQ)
      const method = skipLws(codes, digits, end)
      if (head.seq < 0) return 'the CSeq number is not below 2^31'
      if (method === digits || skip(codes, method, end, TOKEN) < end || method === end)
        return 'the CSeq is malformed'
      head.seqMethod = text.slice(method, end)
      return undefined
    }
    case CONTENT_LENGTH:
      head.contentLength = readNumber(codes, start, end, Number.MAX_SAFE_INTEGER / 16)
      return head.contentLength < 0 ? 'the Content-Length is not a number' : undefined
    default:
      return undefined
  }
}

/** Reads start line and headers from `start` on. */
export const readHead = (text: string, codes: Codes, start: number): Head => {
  const head = new Head()
  const marks: number[] = []
  let unfolded: Map<number, string> | undefined
  let count = 0
  let startLine = true
  let i = start
  for (;;) {
    let lf = text.indexOf('\n', i)
    let end = lf - 1
    // A line ends with CR LF and with nothing else: two readers must not see different lines.
    if (lf < 0 || codes[end]! !== 13 || text.indexOf('\r', i) !== end) {
      if (lf >= 0) head.fail('a CR or LF stands alone', undefined, i)
      head.ambiguous = true
      end = text.indexOf('\r\n', i)
      if (end < 0) {
        head.fail('the header section has no end', undefined, i)
        head.end = text.length
        break
      }
      lf = end + 1
    }
    if (lf - start > limits.head) {
      head.fail('the header section is longer than 64 KiB', undefined, i, 513)
      head.end = text.length
      break
    }
    if (startLine) {
      startLine = false
      if (codes[i + 3]! === 47 && text.slice(i, i + 3).toUpperCase() === 'SIP')
        readStatusLine(head, text, codes, i, end)
      else readRequestLine(head, text, codes, i, end)
      i = lf + 1
      continue
    }
    if (end === i) {
      head.end = lf + 1
      break
    }
    const nameEnd = skip(codes, i, end, TOKEN)
    let c = codes[lf + 1]!
    const folded = c === 32 || c === 9
    while (c === 32 || c === 9) {
      const next = text.indexOf('\r\n', lf + 1)
      if (next < 0) break
      end = next
      lf = next + 1
      c = codes[lf + 1]!
    }
    const colon = codes[nameEnd]! === 58 ? nameEnd : skipLws(codes, nameEnd, end)
    if (nameEnd === i || codes[colon]! !== 58) {
      head.fail('a header line has no name or no colon', undefined, i)
      i = lf + 1
      continue
    }
    if (end - i > limits.line) head.fail('a header line is longer than 8 KiB', undefined, i, 513)
    if (count === limits.headers) {
      head.fail('there are more than 256 header lines', undefined, i, 513)
      i = lf + 1
      continue
    }
    const id = headerIdAt(codes, i, nameEnd)
    const from = skipLws(codes, colon + 1, end)
    const to = trimEnd(codes, from, end)
    marks.push(id, i, nameEnd, from, to)
    if (folded) {
      if (loneBreak(codes, from, to)) head.fail('a CR or LF stands alone', undefined, i)
      unfolded ??= new Map()
      unfolded.set(count, unfold(text, from, end))
    }
    count++
    if (id !== 0 && id < 16) {
      const value = folded ? unfolded!.get(count - 1)! : text
      const bit = 1 << id
      if ((head.seen & singles & bit) !== 0) {
        head.fail(`there are two ${canonicalNameOf(id)} headers`, longNameOf(id), i)
        if (id === CONTENT_LENGTH) head.ambiguous = true
      } else {
        const fault = folded
          ? check(head, id, value, codesOf(value), 0, value.length)
          : check(head, id, text, codes, from, to)
        if (fault !== undefined) head.fail(fault, longNameOf(id), from, head.vias > limits.vias ? 513 : 400)
      }
      head.seen |= bit
    }
    i = lf + 1
  }
  head.fields = new WireFields(text, marks, unfolded)
  complete(head, start)
  return head
}

/** Whether a CR or LF stands alone in a folded value. */
const loneBreak = (codes: Codes, start: number, end: number): boolean => {
  for (let i = start; i < end; i++) {
    const c = codes[i]!
    if (c === 10) return true
    if (c !== 13) continue
    if (codes[i + 1]! !== 10 || !isCode(codes[i + 2]!, LWS)) return true
    i++
  }
  return false
}

const complete = (head: Head, start: number): void => {
  const missing = mandatory & ~head.seen
  if (missing !== 0) {
    const id = 31 - Math.clz32(missing & -missing)
    head.fail(`there is no ${canonicalNameOf(id)} header`, longNameOf(id), start)
  } else if (head.status === 0 && head.seqMethod !== head.first) {
    head.fail('the method of CSeq is not that of the request', 'cseq', start)
  }
}
