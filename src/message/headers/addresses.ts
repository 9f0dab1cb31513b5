/** Headers made of addresses, of Via values, or of a reference to a dialog. */
import { trim } from '../chars.ts'
import { malformed } from '../malformed.ts'
import { parseNameAddr } from '../name-addr.ts'
import { parseParams } from '../params.ts'
import type { DialogReference, Malformed, NameAddr, Via } from '../types.ts'
import { readVias } from '../via.ts'
import { type Lines, strictListOf } from './lists.ts'

/** Route, Path and their like: a list that is never empty. */
export const addresses = strictListOf(parseNameAddr)

/** `*` alone, or a list of addresses. RFC 3261 §20.10. */
export const contact = (lines: Lines): '*' | readonly NameAddr[] | Malformed => {
  if (lines.length === 1 && lines[0] === '*') return '*'
  return addresses(lines)
}

export const vias = (lines: Lines): readonly Via[] | Malformed => {
  const all: Via[] = []
  for (const line of lines) {
    const values = readVias(line)
    if (typeof values === 'string') return malformed(values)
    all.push(...values)
  }
  return all
}

/** `callid;to-tag=…;from-tag=…` (`Replaces` RFC 3891 §6.1, `Join` RFC 3911 §7.1). */
export const dialogReference = (line: string): DialogReference | Malformed => {
  const end = line.indexOf(';')
  const callId = trim(end < 0 ? line : line.slice(0, end))
  if (callId === '' || /[\s,]/.test(callId)) return malformed('the Call-ID is malformed')
  const params = parseParams(line, end < 0 ? line.length : end)
  if (typeof params === 'string') return malformed(params)
  const toTag = params.get('to-tag')
  const fromTag = params.get('from-tag')
  // Both are mandatory. RFC 3891 §6.1.
  if (toTag === undefined || fromTag === undefined) return malformed('to-tag or from-tag is missing')
  return { callId, toTag, fromTag, params }
}
