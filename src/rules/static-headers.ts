/** Headers that an object puts on every message of its own, as IRTCSIPObject::SetAdditionalHeaderValues had them. */
import { SipError } from '../errors.ts'
import { longName } from '../message/names.ts'
import type { HeaderPair } from '../message/types.ts'
import { checkUserHeaders, reservedHeaders } from './headers.ts'

/** What an object adds to its messages until it is told otherwise. */
export interface StaticHeaders {
  readonly headers: readonly HeaderPair[]
  /** Responses go without them. */
  readonly requestsOnly: boolean
}

/**
 * What a header that rides on every message of an object may not be: what is the stack's in any message, Require (no peer
 * could be asked for an extension by each ACK), and what some of those messages carry once with a value of their own.
 */
export const reservedStaticHeaders: ReadonlySet<string> = new Set([
  ...reservedHeaders,
  'authorization',
  'contact',
  'content-disposition',
  'content-encoding',
  'event',
  'expires',
  'min-se',
  'proxy-authenticate',
  'proxy-require',
  'rack',
  'refer-to',
  'replaces',
  'require',
  'route',
  'rseq',
  'session-expires',
  'sip-etag',
  'sip-if-match',
  'subscription-state',
  'www-authenticate',
])

/** No message may grow without end: a datagram takes 64 KiB. */
const most = { headers: 64, characters: 8192 }

/** Returns them. Throws as `checkUserHeaders`, and `argument` for more than 64 headers or 8,192 characters. */
export const checkStaticHeaders = (headers: readonly HeaderPair[]): readonly HeaderPair[] => {
  checkUserHeaders(headers, reservedStaticHeaders)
  const length = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (headers.length <= most.headers && length <= most.characters) return headers
  throw new SipError(
    'argument',
    `at most ${most.headers} headers with ${most.characters} characters can be static`,
  )
}

/** Whether they have that header, by its long name in lower case. */
export const hasStatic = (given: StaticHeaders | undefined, name: string): boolean =>
  given?.headers.some(([header]) => longName(header) === name) === true
