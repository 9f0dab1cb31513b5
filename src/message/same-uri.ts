/** When two URIs are the same. RFC 3261 §19.1.4, RFC 3966 §4. */
import { resolveEscapes } from './escape.ts'
import type { Params, SipUri, TelUri, Uri } from './types.ts'
import { formatUri, isSipUri } from './uri.ts'

/** Parameters that count even when only one of the two has them. `transport` is added as RFC 3261 §19.1.4 has it. */
const decisive = ['user', 'ttl', 'method', 'maddr', 'transport']

const lower = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : resolveEscapes(text).toLowerCase()

const plain = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : resolveEscapes(text)

const sameParams = (a: Params, b: Params): boolean => {
  for (const name of decisive) {
    if (a.has(name) !== b.has(name)) return false
  }
  for (const [name, value] of a) {
    if (b.has(name) && lower(value) !== lower(b.get(name))) return false
  }
  return true
}

const sameHeaders = (a: Params, b: Params): boolean => {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    if (!b.has(name) || plain(value) !== plain(b.get(name))) return false
  }
  return true
}

const sameSip = (a: SipUri, b: SipUri): boolean =>
  a.scheme === b.scheme &&
  plain(a.user) === plain(b.user) &&
  plain(a.password) === plain(b.password) &&
  a.host.toLowerCase() === b.host.toLowerCase() &&
  a.port === b.port &&
  sameParams(a.params, b.params) &&
  sameHeaders(a.headers, b.headers)

/** Visual separators do not count. A context that is a domain name keeps its dots and dashes. */
const digitsOf = (number: string): string =>
  (/[g-z]/i.test(number) ? number : number.replace(/[-.()]/g, '')).toLowerCase()

const sameTel = (a: TelUri, b: TelUri): boolean => {
  if (digitsOf(a.number) !== digitsOf(b.number) || a.params.size !== b.params.size) return false
  for (const [name, value] of a.params) {
    if (!b.params.has(name)) return false
    const other = b.params.get(name)
    const number = name === 'phone-context' || name === 'ext'
    if (number ? digitsOf(value ?? '') !== digitsOf(other ?? '') : lower(value) !== lower(other)) return false
  }
  return true
}

/**
 * Whether two URIs are equivalent: RFC 3261 §19.1.4 for `sip:` and `sips:`, RFC 3966 §4 for `tel:`; any other scheme
 * is compared as text, upper and lower case different.
 */
export const sameUri = (a: Uri, b: Uri): boolean => {
  if (isSipUri(a)) return isSipUri(b) && sameSip(a, b)
  if (isSipUri(b)) return false
  if ('number' in a) return 'number' in b && sameTel(a, b)
  return !('number' in b) && formatUri(a) === formatUri(b)
}
