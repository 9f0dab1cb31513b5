/** Via values. RFC 3261 §20.42, RFC 3581. */
import { DIGIT, TOKEN } from './chars.ts'
import { formatHost, readHost, scanHost } from './host.ts'
import { malformed } from './malformed.ts'
import { formatParams, readParams, scanParams, wanted } from './params.ts'
import { type Codes, codesOf, named, readNumber, skip, skipLws } from './scan.ts'
import type { Malformed, Via } from './types.ts'

const at = {
  readable: false,
  transport: 0,
  transportEnd: 0,
  host: 0,
  hostEnd: 0,
  port: -1,
  params: 0,
  next: 0,
}

/** The index behind the token or separator and white space around it; -1 when it is not there. */
const step = (codes: Codes, i: number, end: number, code: number): number => {
  i = skipLws(codes, i, end)
  return i < end && codes[i]! === code ? skipLws(codes, i + 1, end) : -1
}

/** Whether `SIP/2.0/` stands there, without any white space. */
const isUsual = (codes: Codes, i: number): boolean =>
  codes[i + 3] === 47 &&
  codes[i + 4] === 50 &&
  codes[i + 5] === 46 &&
  codes[i + 6] === 48 &&
  codes[i + 7] === 47 &&
  named(codes, i, i + 3, 'sip')

/** Finds the parts of one value; `at.next` is the comma behind it or the end. Returns what is wrong. */
const scan = (codes: Codes, start: number, end: number): string | undefined => {
  let i = skipLws(codes, start, end)
  at.readable = false
  if (i + 8 <= end && isUsual(codes, i)) i += 8
  else {
    const nameEnd = skip(codes, i, end, TOKEN)
    if (!named(codes, i, nameEnd, 'sip')) return 'the protocol of Via is not SIP'
    i = step(codes, nameEnd, end, 47)
    if (i < 0) return 'Via has no version'
    // The grammar leaves the version open; which one is spoken, the start line says.
    const versionEnd = skip(codes, i, end, TOKEN)
    if (versionEnd === i) return 'Via has no version'
    i = step(codes, versionEnd, end, 47)
    if (i < 0) return 'Via has no transport'
  }
  at.transport = i
  at.transportEnd = skip(codes, i, end, TOKEN)
  if (at.transportEnd === i) return 'Via has no transport'
  i = skipLws(codes, at.transportEnd, end)
  if (i === at.transportEnd) return 'Via has no white space before the host'
  at.host = i
  at.hostEnd = scanHost(codes, i, end)
  if (at.hostEnd < 0) return 'the host of Via is malformed'
  at.port = -1
  at.params = at.next = end
  at.readable = true
  i = skipLws(codes, at.hostEnd, end)
  if (i < end && codes[i]! === 58) {
    i = skipLws(codes, i + 1, end)
    const portEnd = skip(codes, i, end, DIGIT)
    at.port = readNumber(codes, i, portEnd, 65_535)
    if (at.port < 0) return 'the port of Via is malformed'
    i = portEnd
  }
  at.params = i
  const next = scanParams(codes, i, end, 'branch')
  if (next < 0) return 'a parameter of Via is malformed'
  at.next = next
  if (at.next < end && codes[at.next]! !== 44) return 'unexpected text behind a Via value'
  return undefined
}

const isBareCookie = (codes: Codes): boolean => named(codes, wanted.start, wanted.end, 'z9hg4bk')

/** How many values passed the last {@link checkVias}, and whether the host of the first one can be read. */
export const counted = { vias: 0, readable: false }

/** Checks all values of one Via line. Returns what is wrong. */
export const checkVias = (codes: Codes, start: number, end: number): string | undefined => {
  counted.vias = 0
  for (let i = start; ; i = at.next + 1) {
    const fault = scan(codes, i, end)
    if (counted.vias === 0) counted.readable = at.readable
    if (fault !== undefined) return fault
    // The cookie alone identifies no transaction. RFC 4475 §3.3.1.
    if (wanted.start >= 0 && isBareCookie(codes)) return 'the branch of Via is only the magic cookie'
    counted.vias++
    if (at.next >= end) return undefined
  }
}

const usual = new Set(['UDP', 'TCP', 'TLS', 'WS', 'WSS'])

const transportOf = (name: string): string => (usual.has(name) ? name : name.toUpperCase())

const build = (text: string, codes: Codes): Via => {
  const { port } = at
  const transport = transportOf(text.slice(at.transport, at.transportEnd))
  const host = readHost(text, codes, at.host, at.hostEnd)
  const params = readParams(text, codes, at.params, at.next)
  return port < 0 ? { transport, host, params } : { transport, host, port, params }
}

/**
 * The first value of a line; of a malformed one as much as a response needs to find its way, if that can be read.
 * RFC 3261 §18.2.2.
 */
export const readFirstVia = (text: string): Via | string => {
  const codes = codesOf(text)
  const fault = scan(codes, 0, text.length)
  return fault === undefined || at.readable ? build(text, codes) : fault
}

/** All values of one line, or what is wrong. */
export const readVias = (text: string): readonly Via[] | string => {
  const values: Via[] = []
  const codes = codesOf(text)
  for (let i = 0; ; i = at.next + 1) {
    const fault = scan(codes, i, text.length)
    if (fault !== undefined) return fault
    values.push(build(text, codes))
    if (at.next >= text.length) return values
  }
}

/** Reads one Via value. RFC 3261 §20.42. */
export const parseVia = (text: string): Via | Malformed => {
  const codes = codesOf(text)
  const fault = scan(codes, 0, text.length)
  if (fault !== undefined) return malformed(fault, 'via')
  return at.next < text.length ? malformed('more than one Via value', 'via', at.next) : build(text, codes)
}

/** The Via value as text. */
export const formatVia = (via: Via): string => {
  const port = via.port === undefined ? '' : ':' + via.port
  return `SIP/2.0/${via.transport} ${formatHost(via.host)}${port}${formatParams(via.params)}`
}
