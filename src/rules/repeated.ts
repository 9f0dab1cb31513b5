/** Which provisional responses say something new. RFC 3261 §13.3.1.1, §17.2.1. */
import { toText } from '../message/serialize.ts'
import type { SipResponse } from '../message/types.ts'

/** Kinds of provisional responses that one request remembers; a peer that sends more is told as it comes. */
const most = 32

/**
 * True when the very same provisional response was here before: a network that doubled it, a server that repeats it for
 * a repeated request, or one that keeps the request alive every minute. `seen` remembers the latest of each status and
 * To tag. Never for a final response.
 */
export const isRepeated = (seen: Map<string, string>, response: SipResponse): boolean => {
  if (response.status >= 200) return false
  const key = `${response.status} ${response.toTag ?? ''}`
  const text = toText(response)
  if (seen.get(key) === text) return true
  if (seen.size < most || seen.has(key)) seen.set(key, text)
  return false
}
