/**
 * What makes a text a session description, seen in one pass over it: nothing is built that a call on the fast path
 * would have to pay for. RFC 8866 §5, §9.
 */

/** How large a description may be. A parse costs no more than its length. */
export const sdpLimits = {
  /** Characters of the whole. */
  length: 65_536,
  /** Characters of one line. */
  line: 4_096,
  /** Lines of the whole. */
  lines: 2_048,
  /** Media descriptions. */
  media: 64,
} as const

/** One m-line as far as offer and answer compare it. RFC 3264 §6 */
export interface MediaLine {
  /** `audio`, `video` … */
  readonly type: string
  /** 0: rejected, or not offered. */
  readonly port: number
}

/** The m-lines of a description, or why the text is none. */
export type Scanned = { readonly media: readonly MediaLine[]; readonly fault?: undefined } | Fault

/** Why a text is no session description. */
export interface Fault {
  readonly fault: string
}

// The values of lines, each up to the end of its line: sticky, so that they are tried in place and nothing is cut out.
/** `audio 49170 RTP/AVP 0 8`, `audio 49170/2 RTP/AVP 31`. RFC 8866 §5.14 */
const mediaLine =
  /([!#-'*+\-.0-9A-Z^_`a-z{|}~]{1,64}) (\d{1,5})(?:\/\d{1,5})? [!-~]{1,64}(?: [!-~]+)+ ?(?=\r?\n|$)/y
/** `jdoe 3724394400 3724394405 IN IP4 198.51.100.1`. RFC 8866 §5.2 */
const origin = /[!-~]+ \d+ \d+ [!-~]+ [!-~]+ [!-~]+ ?(?=\r?\n|$)/y
/** `0 0`. RFC 8866 §5.9 */
const timing = /\d+ \d+ ?(?=\r?\n|$)/y

const fits = (pattern: RegExp, text: string, at: number): boolean => {
  pattern.lastIndex = at
  return pattern.test(text)
}

const isLower = (code: number): boolean => code >= 97 && code <= 122

/** The latest descriptions: an offer is checked when it comes and again with its answer, mostly in the same step. */
const latest: { readonly text: string; readonly scanned: Scanned }[] = []
const kept = 4
let next = 0

/** Checks version, origin, name, times and every m-line; all lines are `type=value`. Lines may end with LF alone. */
export const scanSdp = (text: string): Scanned => {
  for (const entry of latest) if (entry.text === text) return entry.scanned
  const scanned = scan(text)
  // What is too long is not kept alive by this.
  if (text.length < sdpLimits.line) {
    latest[next] = { text, scanned }
    next = (next + 1) % kept
  }
  return scanned
}

const scan = (text: string): Scanned => {
  if (text.length > sdpLimits.length) return { fault: `it is longer than ${sdpLimits.length} characters` }
  const media: MediaLine[] = []
  let [named, timed] = [false, false]
  let line = 0
  for (let start = 0; start < text.length; line += 1) {
    if (line === sdpLimits.lines) return { fault: `it has more than ${sdpLimits.lines} lines` }
    const feed = text.indexOf('\n', start)
    const after = feed < 0 ? text.length : feed + 1
    const end = feed < 0 ? text.length : text.charCodeAt(feed - 1) === 13 && feed > start ? feed - 1 : feed
    if (end - start > sdpLimits.line)
      return { fault: `line ${line + 1} is longer than ${sdpLimits.line} characters` }
    // Empty lines at the end are harmless, and common.
    if (end === start && text.slice(start).trim() === '') break
    const type = text.charCodeAt(start)
    if (!isLower(type) || text.charCodeAt(start + 1) !== 61)
      return { fault: `line ${line + 1} is not type=value` }
    const value = start + 2
    if (line === 0) {
      if (type !== 118 || end !== value + 1 || text.charCodeAt(value) !== 48)
        return { fault: 'it does not begin with v=0' }
    } else if (line === 1) {
      if (type !== 111 || !fits(origin, text, value)) return { fault: 'its second line is no origin, o=' }
    } else if (type === 115) named = true
    else if (type === 116) {
      if (!fits(timing, text, value)) return { fault: 'its t= line is malformed' }
      timed = true
    } else if (type === 109) {
      mediaLine.lastIndex = value
      const found = mediaLine.exec(text)
      const port = Number(found?.[2])
      if (!found || port > 65_535) return { fault: `line ${line + 1} is no media description, m=` }
      if (media.length === sdpLimits.media)
        return { fault: `it has more than ${sdpLimits.media} media descriptions` }
      media.push({ type: found[1]!, port })
    }
    start = after
  }
  if (line < 2) return { fault: 'it has no origin, o=' }
  if (!named) return { fault: 'it has no name, s=' }
  return timed ? { media } : { fault: 'it has no times, t=' }
}

/** Why an answer does not fit its offer; `undefined` when it does. RFC 3264 §6 */
export const misfit = (offer: string, answer: string): string | undefined => {
  const answered = scanSdp(answer)
  if (answered.fault !== undefined) return `the answer is no session description: ${answered.fault}`
  const offered = scanSdp(offer)
  // What an application wrote by hand is its own affair.
  if (offered.fault !== undefined) return undefined
  if (offered.media.length !== answered.media.length) {
    return `the answer has ${answered.media.length} media descriptions, the offer ${offered.media.length}`
  }
  for (const [index, { type, port }] of offered.media.entries()) {
    const other = answered.media[index]!
    if (other.type !== type) return `the answer has ${other.type} where the offer has ${type}`
    if (port === 0 && other.port !== 0) return `the answer takes the ${type} that was not offered`
  }
  return undefined
}

/** Why a new offer does not follow the session in force: m-lines may be added and disabled, not removed. RFC 3264 §8 */
export const misfitOffer = (before: string, offer: string): string | undefined => {
  const offered = scanSdp(offer)
  if (offered.fault !== undefined) return `the offer is no session description: ${offered.fault}`
  const had = scanSdp(before)
  if (had.fault !== undefined || offered.media.length >= had.media.length) return undefined
  return `the offer has ${offered.media.length} media descriptions, the session ${had.media.length}`
}
