/** Header names: compact and long forms, canonical spelling, and a number for each known one. RFC 3261 §7.3.3, §20. */
import { isToken } from './chars.ts'
import { type Codes, codesOf } from './scan.ts'
import type { HeaderName } from './types.ts'

/** Canonical spelling of every typed header, `long` or `long/compact`. */
const spellings =
  `Via/v From/f To/t Call-ID/i CSeq Max-Forwards Contact/m Content-Length/l Content-Type/c Route Record-Route
  Accept Accept-Contact/a Accept-Encoding Accept-Language Alert-Info Allow Allow-Events/u Authentication-Info
  Authorization Call-Info Content-Disposition Content-Encoding/e Content-Language Date Error-Info Event/o Expires
  Flow-Timer History-Info Identity/y In-Reply-To Info-Package Join Max-Breadth MIME-Version Min-Expires Min-SE
  Organization P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Called-Party-ID P-Preferred-Identity
  Path Priority Privacy Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization Proxy-Require RAck Reason
  Recv-Info Refer-Sub Refer-To/r Referred-By/b Reject-Contact/j Replaces Reply-To Request-Disposition/d Require
  Retry-After RSeq Security-Client Security-Server Security-Verify Server Service-Route Session-Expires/x SIP-ETag
  SIP-If-Match Subject/s Subscription-State Supported/k Timestamp To/t Unsupported User-Agent Warning
  WWW-Authenticate`.split(/\s+/)

/** Known names but for the typed ones: they have a canonical spelling only. */
const untyped =
  `Accept-Resource-Priority Answer-Mode Content-ID Content-Transfer-Encoding Diversion Encryption Feature-Caps
  Geolocation Geolocation-Error Geolocation-Routing Hide Identity-Info/n P-Charging-Function-Addresses
  P-Charging-Vector P-Early-Media P-Media-Authorization P-Preferred-Service P-Asserted-Service P-Visited-Network-ID
  Permission-Missing Policy-Contact Policy-ID Priv-Answer-Mode Remote-Party-ID Resource-Priority Response-Key
  Suppress-If-Match Target-Dialog Trigger-Consent User-to-User`.split(/\s+/)

export const VIA = 1
export const FROM = 2
export const TO = 3
export const CALL_ID = 4
export const CSEQ = 5
export const MAX_FORWARDS = 6
export const CONTENT_LENGTH = 8
export const CONTENT_TYPE = 9

const canonical: string[] = ['']
const long: string[] = ['']
/** The number of a name in any of its usual spellings. */
const ids = new Map<string, number>()
const compact = new Uint8Array(128)

for (const entry of [...spellings, ...untyped]) {
  const [name, short] = entry.split('/') as [string, string?]
  if (ids.has(name)) continue
  const id = canonical.length
  const lower = name.toLowerCase()
  canonical.push(name)
  long.push(lower)
  ids.set(name, id).set(lower, id)
  if (short !== undefined) {
    ids.set(short, id).set(short.toUpperCase(), id)
    compact[short.charCodeAt(0)] = id
    compact[short.toUpperCase().charCodeAt(0)] = id
  }
}

// A small hash over the letters of the source text spares a substring for each header line.
const hash = (codes: Codes, start: number, end: number): number =>
  (end -
    start +
    3 * (codes[start]! | 32) +
    5 * (codes[end - 1]! | 32) +
    7 * (codes[(start + end) >> 1]! | 32)) &
  511
const buckets = new Uint8Array(512)
const chain = new Uint8Array(canonical.length)
for (let id = canonical.length - 1; id > 0; id--) {
  const slot = hash(codesOf(long[id]!), 0, long[id]!.length)
  chain[id] = buckets[slot]!
  buckets[slot] = id
}

/** All long names in lower case one behind the other, and where each begins. */
const letters = new Uint8Array(long.join('').length)
const begins = new Uint16Array(long.length + 1)
for (let id = 1; id < long.length; id++) {
  const name = long[id]!
  for (let i = 0; i < name.length; i++) letters[begins[id]! + i] = name.charCodeAt(i)
  begins[id + 1] = begins[id]! + name.length
}

const isName = (codes: Codes, start: number, length: number, id: number): boolean => {
  const begin = begins[id]!
  if (begins[id + 1]! - begin !== length) return false
  for (let i = 0; i < length; i++) if ((codes[start + i]! | 32) !== letters[begin + i]) return false
  return true
}

/** The number of the header whose name (a token) stands there; 0 for a name that is not known. */
export const headerIdAt = (codes: Codes, start: number, end: number): number => {
  const length = end - start
  if (length === 1) return compact[codes[start]! & 127]!
  let id = buckets[hash(codes, start, end)]!
  while (id !== 0) {
    if (isName(codes, start, length, id)) return id
    id = chain[id]!
  }
  return 0
}

/** The number of a header by name; 0 for a name that is not known. */
export const headerId = (name: string): number =>
  ids.get(name) ?? (name.length > 1 && isToken(name) ? headerIdAt(codesOf(name), 0, name.length) : 0)

/** The long name in lower case, by number. */
export const longNameOf = (id: number): string => long[id]!

/** The canonical spelling, by number. */
export const canonicalNameOf = (id: number): string => canonical[id]!

/** The long name in lower case of a header given by any name: `v` and `VIA` are `via`. RFC 3261 §7.3.3. */
export const longName = (name: string): string => {
  const id = headerId(name)
  return id === 0 ? name.toLowerCase() : long[id]!
}

/** The usual spelling: `call-id` and `i` are `Call-ID`. A name that is not known is returned as it is. */
export const canonicalName = (name: string): string => {
  const id = headerId(name)
  return id === 0 ? name : canonical[id]!
}

/** The names that have a type, for the check that each has a parser. */
export const typedNames: readonly HeaderName[] = [
  ...new Set(spellings.map(entry => entry.split('/')[0]!.toLowerCase())),
] as HeaderName[]
