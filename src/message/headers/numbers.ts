/** Headers that hold numbers: ranges are checked, nothing wraps or is rounded. RFC 3261 §20. */
import { DIGIT, is, isToken, LWS, readNumber, skip, skipLws, skipQuoted, trim, unquote } from '../chars.ts'
import { malformed } from '../malformed.ts'
import { parseParams } from '../params.ts'
import type { CSeq, Malformed, RAck, RetryAfter, Warning } from '../types.ts'

/** 2³² − 1: the upper end of delta-seconds. RFC 3261 §20.19. */
export const MAX_SECONDS = 4_294_967_295
/** 2³¹ − 1: the upper end of a CSeq number. RFC 3261 §8.1.1.5. */
export const MAX_CSEQ = 2_147_483_647

/** A number between two limits. */
export const integer =
  (min: number, max: number) =>
  (text: string): number | Malformed => {
    const value = readNumber(text, 0, text.length, max)
    return value < min ? malformed(`this is not a number from ${min} to ${max}`) : value
  }

export const cseq = (text: string): CSeq | Malformed => {
  const end = skip(text, 0, text.length, DIGIT)
  const seq = readNumber(text, 0, end, MAX_CSEQ)
  const start = skipLws(text, end, text.length)
  const method = text.slice(start)
  if (seq < 0) return malformed('the CSeq number is not below 2^31')
  return start > end && isToken(method) ? { seq, method } : malformed('the CSeq method is malformed')
}

/** `RSeq CSeq method`. RFC 3262 §7.2. */
export const rack = (text: string): RAck | Malformed => {
  const end = skip(text, 0, text.length, DIGIT)
  const rseq = readNumber(text, 0, end, MAX_SECONDS)
  const rest = cseq(trim(text.slice(end)))
  if (rseq < 0 || !is(text.charCodeAt(end), LWS)) return malformed('the RSeq number is malformed')
  return 'kind' in rest ? rest : { rseq, cseq: rest.seq, method: rest.method }
}

/** The index behind a comment, which may hold comments; -1 when it has no end. RFC 3261 §25.1. */
const skipComment = (text: string, i: number): number => {
  let depth = 0
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 92) i++
    else if (c === 40) depth++
    else if (c === 41 && --depth === 0) return i + 1
  }
  return -1
}

/** Seconds, an optional comment, parameters. RFC 3261 §20.33. */
export const retryAfter = (text: string): RetryAfter | Malformed => {
  const end = skip(text, 0, text.length, DIGIT)
  const delay = readNumber(text, 0, end, MAX_SECONDS)
  if (delay < 0) return malformed('the delay is not a number below 2^32')
  const start = skipLws(text, end, text.length)
  const commented = text.charCodeAt(start) === 40
  const from = commented ? skipComment(text, start) : start
  if (from < 0) return malformed('a comment has no end')
  const params = parseParams(text, from)
  if (typeof params === 'string') return malformed(params)
  return commented ? { delay, comment: text.slice(start + 1, from - 1), params } : { delay, params }
}

/** `code agent "text"`. RFC 3261 §20.43. */
export const warning = (text: string): Warning | Malformed => {
  const code = readNumber(text, 0, 3, 999)
  if (code < 100 || !is(text.charCodeAt(3), LWS)) return malformed('the warning code is not three digits')
  const agentStart = skipLws(text, 3, text.length)
  let agentEnd = agentStart
  while (agentEnd < text.length && !is(text.charCodeAt(agentEnd), LWS)) agentEnd++
  const start = skipLws(text, agentEnd, text.length)
  if (agentEnd === agentStart || text.charCodeAt(start) !== 34)
    return malformed('the warning has no quoted text')
  const end = skipQuoted(text, start, text.length)
  if (end !== text.length) return malformed('the warning text is malformed')
  return { code, agent: text.slice(agentStart, agentEnd), text: unquote(text, start, end) }
}
