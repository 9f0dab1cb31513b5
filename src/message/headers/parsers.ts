/** Which parser reads which header, by long name in lower case. A Map, so that no name can reach a prototype. */
import { parseAuth, readAuthParams } from '../auth.ts'
import { isMalformed, malformed } from '../malformed.ts'
import { parseNameAddr } from '../name-addr.ts'
import type { AuthValue, HeaderName, HeaderTypes, Malformed, Params } from '../types.ts'
import { addresses, contact, dialogReference, vias } from './addresses.ts'
import { date } from './dates.ts'
import {
  callId,
  type Lines,
  listOf,
  mediaType,
  numberWithParams,
  semicolonTokens,
  single,
  text,
  token,
  tokenWithParams,
  valueWithParams,
} from './lists.ts'
import { cseq, integer, MAX_SECONDS, rack, retryAfter, warning } from './numbers.ts'

const tokens = listOf(token)
const values = listOf(valueWithParams)
const line = single(text)
const seconds = single(integer(0, MAX_SECONDS))
const address = single(parseNameAddr)

/** One challenge a line: the comma inside separates parameters. RFC 3261 §7.3.1. */
const auth = (lines: Lines): readonly AuthValue[] | Malformed => {
  const all: AuthValue[] = []
  for (const each of lines) {
    const value = parseAuth(each)
    if (isMalformed(value)) return value
    all.push(value)
  }
  return all
}

const authInfo = single((each: string): Params | Malformed => {
  const params = readAuthParams(each, 0)
  return typeof params === 'string' ? malformed(params) : params
})

type Parsers = { readonly [Name in HeaderName]: (lines: Lines) => HeaderTypes[Name] | Malformed }

const table: Parsers = {
  accept: listOf(mediaType),
  'accept-contact': values,
  'accept-encoding': values,
  'accept-language': values,
  'alert-info': values,
  allow: tokens,
  'allow-events': tokens,
  'authentication-info': authInfo,
  authorization: auth,
  'call-id': single(callId),
  'call-info': values,
  contact,
  'content-disposition': single(tokenWithParams),
  'content-encoding': tokens,
  'content-language': tokens,
  'content-length': single(integer(0, MAX_SECONDS)),
  'content-type': single(mediaType),
  cseq: single(cseq),
  date: single(date),
  'error-info': values,
  event: single(tokenWithParams),
  expires: seconds,
  'flow-timer': seconds,
  from: address,
  'history-info': addresses,
  identity: line,
  'in-reply-to': listOf(callId),
  'info-package': single(tokenWithParams),
  join: single(dialogReference),
  'max-breadth': single(integer(0, MAX_SECONDS)),
  'max-forwards': single(integer(0, 255)),
  'mime-version': line,
  'min-expires': seconds,
  'min-se': single(numberWithParams),
  organization: line,
  'p-access-network-info': values,
  'p-asserted-identity': addresses,
  'p-associated-uri': addresses,
  'p-called-party-id': address,
  'p-preferred-identity': addresses,
  path: addresses,
  priority: line,
  privacy: semicolonTokens,
  'proxy-authenticate': auth,
  'proxy-authentication-info': authInfo,
  'proxy-authorization': auth,
  'proxy-require': tokens,
  rack: single(rack),
  reason: listOf(tokenWithParams),
  'record-route': addresses,
  'recv-info': listOf(tokenWithParams),
  'refer-sub': single(tokenWithParams),
  'refer-to': address,
  'referred-by': address,
  'reject-contact': values,
  replaces: single(dialogReference),
  'reply-to': address,
  'request-disposition': tokens,
  require: tokens,
  'retry-after': single(retryAfter),
  route: addresses,
  rseq: single(integer(1, MAX_SECONDS)),
  'security-client': listOf(tokenWithParams),
  'security-server': listOf(tokenWithParams),
  'security-verify': listOf(tokenWithParams),
  server: line,
  'service-route': addresses,
  'session-expires': single(numberWithParams),
  'sip-etag': single(token),
  'sip-if-match': single(token),
  subject: line,
  'subscription-state': single(tokenWithParams),
  supported: tokens,
  timestamp: line,
  to: address,
  unsupported: tokens,
  'user-agent': line,
  via: vias,
  warning: listOf(warning),
  'www-authenticate': auth,
}

const parsers = new Map(Object.entries(table)) as ReadonlyMap<string, (lines: Lines) => unknown>

/** Reads the lines of a typed header; `undefined` for a name without a type. */
export const parseHeader = (name: string, lines: Lines): unknown => parsers.get(name)?.(lines)
