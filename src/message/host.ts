/** Host names, IPv4 addresses and IPv6 references. RFC 3261 §25.1, RFC 5118 §4.10. */
import { HEX, HOST, isCode } from './chars.ts'
import { type Codes, lowerSlice, readNumber, skip } from './scan.ts'

/** Whether text is an IPv6 address. Three colons are read as two, as RFC 5118 §4.10 asks. */
export const isIpv6 = (codes: Codes, start: number, end: number): boolean => {
  let groups = 0
  let gap = false
  let i = start
  while (i < end) {
    if (codes[i]! === 58) {
      if (codes[i + 1]! !== 58 || gap || i + 1 >= end) return false
      gap = true
      i += 2
      if (i < end && codes[i]! === 58) i++
      if (i === end) break
    }
    const group = i
    while (i < end && isCode(codes[i]!, HEX)) i++
    if (i < end && codes[i]! === 46) {
      if (!isIpv4(codes, group, end)) return false
      groups += 2
      break
    }
    if (i === group || i - group > 4) return false
    groups++
    if (i === end) break
    if (codes[i]! !== 58) return false
    if (codes[i + 1]! !== 58) {
      i++
      if (i === end) return false
    }
  }
  return gap ? groups < 8 : groups === 8
}

const isIpv4 = (codes: Codes, start: number, end: number): boolean => {
  let groups = 0
  let from = start
  for (let i = start; i <= end; i++) {
    if (i < end && codes[i]! !== 46) continue
    if (readNumber(codes, from, i, 255) < 0 || i - from > 3) return false
    groups++
    from = i + 1
  }
  return groups === 4
}

/** The index behind the host that begins at `i`, or -1. */
export const scanHost = (codes: Codes, i: number, end: number): number => {
  if (i < end && codes[i]! === 91) {
    let close = i + 1
    while (close < end && codes[close]! !== 93) close++
    return close < end && isIpv6(codes, i + 1, close) ? close + 1 : -1
  }
  const stop = skip(codes, i, end, HOST)
  return stop === i ? -1 : stop
}

/** The host in lower case, an IPv6 address without its brackets and with two colons where there were three. */
export const readHost = (text: string, codes: Codes, start: number, end: number): string => {
  if (codes[start] !== 91) return lowerSlice(text, codes, start, end)
  return text
    .slice(start + 1, end - 1)
    .toLowerCase()
    .replace(':::', '::')
}

/** The host as it stands in a URI or Via: an IPv6 address in brackets. */
export const formatHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)
