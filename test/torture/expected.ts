/**
 * What the parser alone makes of each message of RFC 4475 and RFC 5118, beside the manifests (which say what a whole
 * user agent does).
 *
 * - `message`: parses; `later` says what refuses it above the parser, `faults` which headers are unreadable when asked.
 * - a number: refused with that status; `answerable` says whether a response can be addressed.
 *
 * No entry of the manifests was found to be against the RFCs. Where a manifest allows several outcomes, `why` says
 * which one was chosen.
 */
import type { HeaderName } from '../../src/message/index.ts'

export interface Expectation {
  readonly yields: 'message' | 400 | 505
  readonly answerable?: boolean
  readonly later?: string
  readonly faults?: readonly HeaderName[]
  readonly why?: string
}

const message: Expectation = { yields: 'message' }
const refused: Expectation = { yields: 400, answerable: true }
const method: Expectation = { yields: 'message', later: '405: the method is not one of ours' }

export const rfc4475: Readonly<Record<string, Expectation>> = {
  wsinv: message,
  intmeth: method,
  esc01: message,
  escnull: method,
  esc02: method,
  lwsdisp: message,
  longreq: message,
  dblreq: method,
  semiuri: message,
  transports: message,
  mpart01: message,
  unreason: { yields: 'message', later: 'dropped: matches no transaction' },
  noreason: { yields: 'message', later: 'dropped: matches no transaction' },
  badinv01: {
    ...refused,
    why: 'empty parameters in Via are not skipped; its host can be read, so it is answered',
  },
  clerr: refused,
  ncl: refused,
  scalar02: { ...refused, why: 'the CSeq alone is enough; Max-Forwards and Expires are faults of their own' },
  scalarlg: { yields: 400, answerable: false, why: 'a response is never answered: dropped' },
  quotbal: refused,
  ltgtruri: refused,
  lwsruri: refused,
  lwsstart: { ...refused, why: 'one space each: leniency lets two readers see different Request-URIs' },
  trws: { ...refused, why: 'as above' },
  escruri: { ...refused, why: 'a Request-URI has no headers part (RFC 3261 §19.1.1, table 1)' },
  baddate: { yields: 'message', faults: ['date'] },
  regbadct: { yields: 'message', later: '405, or 400 for the Contact in a registrar', faults: ['contact'] },
  badaspec: { yields: 'message', why: 'white space inside the brackets is harmless' },
  baddn: { yields: 400, answerable: true, why: 'the archived file has no empty line at its end' },
  badvers: { yields: 505, answerable: true },
  mismatch01: refused,
  mismatch02: { ...refused, why: 'CSeq is checked before the method' },
  bigcode: { yields: 400, answerable: false, why: 'a response is never answered: dropped' },
  badbranch: { ...refused, why: 'the cookie alone identifies no transaction' },
  insuf: {
    yields: 400,
    answerable: false,
    why: 'without Call-ID, From and To there is nothing to copy: dropped',
  },
  unkscm: { yields: 'message', later: '416: unknown scheme' },
  novelsc: { yields: 'message', later: '416: unknown scheme' },
  unksm2: method,
  bext01: { yields: 'message', later: '420: unknown option tags in Require' },
  invut: { yields: 'message', later: '415: unknown Content-Type' },
  regaut01: method,
  multi01: refused,
  mcl01: refused,
  bcast: { yields: 'message', later: 'dropped: a response with a second Via is not for us' },
  zeromf: message,
  cparam01: method,
  cparam02: method,
  regescrt: method,
  sdp01: { yields: 'message', later: '406: Accept does not name application/sdp' },
  inv2543: { yields: 'message', why: 'RFC 2543 style: neither cookie nor From tag nor Max-Forwards' },
}

export const rfc5118: Readonly<Record<string, Expectation>> = {
  'ipv6-good': method,
  'ipv6-bad': refused,
  'port-ambiguous': method,
  'port-unambiguous': method,
  'via-received-param-with-delim': { yields: 'message', later: '481: no such dialog' },
  'via-received-param-no-delim': message,
  'ipv6-in-sdp': message,
  'mult-ip-in-header': { yields: 'message', later: '481: no such dialog' },
  'mult-ip-in-sdp': message,
  'ipv4-mapped-ipv6': message,
  'ipv6-bug-abnf-3-colons': { yields: 'message', why: 'three colons are read as two (RFC 5118 §4.10)' },
  'ipv6-correct-abnf-2-colons': message,
}
