/** Which headers an application may give, and which are the stack's own. RFC 3261 §8.1.1, §20. */
import { SipError } from '../errors.ts'
import { longName } from '../message/names.ts'
import type { HeaderPair } from '../message/types.ts'
import { checkText, isToken } from './text.ts'

/**
 * Headers that only the stack sets, by long lower-case name. `Content-Type` goes with the body's own option.
 * Everything else may be given, extension headers included.
 */
export const reservedHeaders: ReadonlySet<string> = new Set([
  'authentication-info',
  'call-id',
  'content-length',
  'content-type',
  'cseq',
  'from',
  'max-forwards',
  'min-expires',
  'proxy-authorization',
  'record-route',
  'security-server',
  'security-verify',
  'service-route',
  'to',
  'via',
])

/** What an INVITE gets from its options: a second Contact would make it useless. §8.1.1.8 */
export const reservedInInvite: ReadonlySet<string> = new Set([...reservedHeaders, 'contact'])

/** What a REGISTER gets from the options of its registration. */
export const reservedInRegister: ReadonlySet<string> = new Set([...reservedHeaders, 'contact', 'expires'])

const notPairs = (): SipError =>
  new SipError('argument', "headers must be a list of pairs of strings, as [['Subject', 'hi']]")

/**
 * Returns the headers themselves. Throws `header-not-allowed` (with the header's name) for a reserved one,
 * and `argument` for what is no list of pairs, a name that is no token or a value that holds CR, LF or NUL.
 */
export const checkUserHeaders = (
  pairs: readonly HeaderPair[],
  reserved: ReadonlySet<string> = reservedHeaders,
): readonly HeaderPair[] => {
  if (!Array.isArray(pairs)) throw notPairs()
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) throw notPairs()
    const [name, value] = pair
    if (typeof name !== 'string' || typeof value !== 'string') throw notPairs()
    if (!isToken(name)) throw new SipError('argument', 'the name of a header is not a token')
    if (reserved.has(longName(name))) {
      throw new SipError('header-not-allowed', `the header ${name} is set by the stack`, { header: name })
    }
    checkText(value, `the header ${name}`)
  }
  return pairs
}
