/** Which failures of a registration pass, and how long to wait before the next attempt. RFC 5626 §4.5, RFC 3261 §20.33. */
import type { SipErrorCode } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'

/** Bounds of the wait, in seconds. */
export interface BackOff {
  /** Doubled with each failure. RFC 5626: 30 when every flow has failed, 90 when one still works. */
  readonly base: number
  /** Never longer than this. RFC 5626: 1800. */
  readonly max: number
}

/** The values of RFC 5626 §4.5. */
export const defaultBackOff: BackOff = { base: 30, max: 1800 }

/** There is less haste while another flow of the same registration is up: a base of 90 s instead of 30 s. RFC 5626 §4.5 */
export const accompaniedFactor = 3

/** The longest Retry-After that is kept to, in seconds: a day. */
export const longestRetryAfter = 86_400

/** How long a binding has to last before its failures are forgotten, in seconds (`min-regtime`). RFC 5626 §4.5 */
export const steadyAfter = 120

/**
 * A number from 0 to 1 for the attempt of that number, the same for the same seed: machines cannot roll dice, so each is
 * born with a seed. (A step of SplitMix32.)
 */
export const fractionOf = (seed: number, attempt: number): number => {
  let z = (seed + Math.imul(attempt, 0x9e3779b9)) | 0
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return ((z ^ (z >>> 16)) >>> 0) / 0xffff_ffff
}

/** Seconds to wait after so many failures in a row: 50 to 100 % of min(max, base·2^failures). RFC 5626 §4.5 */
export const waitAfter = (failures: number, fraction: number, { base, max }: BackOff): number =>
  Math.min(max, base * 2 ** failures) * (0.5 + fraction / 2)

/** What the peer asks us to wait, in seconds. */
export const retryAfterOf = (response: SipResponse): number | undefined => {
  const asked = response.parsed('retry-after')
  return asked === undefined ? undefined : Math.min(asked.delay, longestRetryAfter)
}

/** Refusals of a moment when the registrar says how long it lasts: too large, temporarily unavailable, busy. §20.33 */
const passing = [413, 480, 486]

/**
 * True for an answer that another attempt may better: 408, 5xx, and 413, 480 or 486 with Retry-After. Never 403 and 404.
 * A 430 is as good as a 400 to an endpoint (RFC 5626 §11.5).
 */
export const passes = (response: SipResponse): boolean => {
  const { status } = response
  if (status === 408 || (status >= 500 && status < 600)) return true
  return passing.includes(status) && retryAfterOf(response) !== undefined
}

const ofThePath: readonly SipErrorCode[] = [
  'timeout',
  'transport',
  'resolving',
  'outbound-proxy',
  'could-not-connect',
]

/** True for a failure of the path rather than of the peer. */
export const isPathFailure = (code: SipErrorCode): boolean => ofThePath.includes(code)
