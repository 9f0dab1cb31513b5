/** Request line and status line. RFC 3261 §7.1, §7.2. */
import { DIGIT, TOKEN } from './chars.ts'
import type { Head } from './head.ts'
import { limits } from './limits.ts'
import { type Codes, readNumber, skip } from './scan.ts'
import { checkRequestUri } from './uri.ts'

/** `SIP/2.0`, case-insensitive as RFC 3261 §7.1 has it: 0 the right one, 505 another version, 400 no version. */
const versionFault = (text: string, start: number, end: number): number => {
  if (end - start === 7 && text.startsWith('SIP/2.0', start)) return 0
  const version = text.slice(start, end).toUpperCase()
  if (version === 'SIP/2.0') return 0
  return /^SIP\/\d{1,9}\.\d{1,9}$/.test(version) ? 505 : 400
}

/** `SIP/2.0 200 OK`. A fault is noted in the head. */
export const readStatusLine = (head: Head, text: string, codes: Codes, start: number, end: number): void => {
  let i = start
  while (i < end && codes[i]! !== 32) i++
  const version = versionFault(text, start, i)
  if (version !== 0) head.fail('the version is not SIP/2.0', undefined, start, version)
  const codeEnd = skip(codes, i + 1, end, DIGIT)
  const status = codeEnd === i + 4 ? readNumber(codes, i + 1, codeEnd, 699) : -1
  if (status < 100 || (codeEnd < end && codes[codeEnd]! !== 32))
    head.fail('the status code is not a number from 100 to 699', undefined, i + 1)
  head.status = status < 100 ? 1 : status
  head.second = text.slice(codeEnd < end ? codeEnd + 1 : end, end)
}

/** `INVITE sip:bob@example.com SIP/2.0`. A fault is noted in the head. */
export const readRequestLine = (head: Head, text: string, codes: Codes, start: number, end: number): void => {
  const methodEnd = skip(codes, start, end, TOKEN)
  if (methodEnd === start || methodEnd >= end || codes[methodEnd]! !== 32) {
    head.fail('the start line is neither a request line nor a status line', undefined, start)
    return
  }
  const uriStart = methodEnd + 1
  let uriEnd = uriStart
  let bits = 0
  for (let c = 0; uriEnd < end && (c = codes[uriEnd]!) !== 32; uriEnd++) bits |= c
  head.first = text.slice(start, methodEnd)
  head.second = text.slice(uriStart, uriEnd)
  const version = versionFault(text, uriEnd + 1, end)
  if (version !== 0)
    head.fail(
      version === 505 ? 'the version is not SIP/2.0' : 'the request line is malformed',
      undefined,
      uriEnd,
      version,
    )
  if (uriEnd - uriStart > limits.uri)
    head.fail('the Request-URI is longer than 2 KiB', undefined, uriStart, 414)
  const fault = bits > 127 ? 'the Request-URI is not ASCII' : checkRequestUri(codes, uriStart, uriEnd)
  if (fault !== undefined) head.fail(fault, undefined, uriStart)
}
