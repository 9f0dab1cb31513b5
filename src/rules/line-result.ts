/** What a session on a line came to that was never established: somebody said no, or nobody did. High Level API. */
import type { SipErrorCode } from '../errors.ts'

/** Failures in which somebody was there and refused, or asked for what nobody could give. */
const refusals: ReadonlySet<SipErrorCode> = new Set<SipErrorCode>([
  'rejected',
  'forbidden',
  'terminated-with-response',
  'invalid-registrar-response',
  'malformed',
])

/** Undefined when it was taken back by ourselves. */
export const lineResult = (code: SipErrorCode): 'denied' | 'notReachable' | undefined => {
  if (code === 'cancelled') return undefined
  return refusals.has(code) ? 'denied' : 'notReachable'
}
