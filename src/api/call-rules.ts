/** When which method of a call is possible, and how its end reads as an error. RFC 3261 §9, §13.3, §15. */
import type { CallEnd, CallState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { SipMessage } from '../message/types.ts'

/** The methods of a call that depend on its state. */
export type CallOperation = 'ring' | 'progress' | 'accept' | 'reject' | 'hangUp' | 'cancel' | 'ack'

type Is = CallState['is']

const unanswered: ReadonlySet<Is> = new Set<Is>(['incoming', 'ringing'])
const outgoing: ReadonlySet<Is> = new Set<Is>(['calling', 'proceeding', 'early'])
const up: ReadonlySet<Is> = new Set<Is>(['accepted', 'confirmed'])

/** Why that is not possible now; `undefined` when it is. */
export const callRefusal = (
  operation: CallOperation,
  direction: 'incoming' | 'outgoing',
  is: Is,
  waitsForAck: boolean,
): SipError | undefined => {
  if (operation === 'hangUp') {
    if (up.has(is) || (direction === 'outgoing' && outgoing.has(is))) return undefined
    const text = unanswered.has(is)
      ? 'an incoming call is rejected before it is accepted'
      : `the call is ${is}`
    return new SipError('invalid-dialog-state', text)
  }
  if (operation === 'cancel') {
    if (direction === 'outgoing' && outgoing.has(is)) return undefined
    return new SipError('invalid-transaction-state', 'there is no INVITE of ours to cancel')
  }
  if (operation === 'ack') {
    return waitsForAck
      ? undefined
      : new SipError('invalid-dialog-state', 'no 2xx waits for an ACK of the application')
  }
  if (direction === 'incoming' && unanswered.has(is)) return undefined
  return new SipError('invalid-transaction-state', 'there is no INVITE of the peer to answer')
}

/** The failure of one who waits for the call to be up. */
export const endError = (end: CallEnd): SipError => {
  if (end.error) return end.error
  const { response } = end
  if (end.reason === 'rejected') {
    const status = response?.status ?? end.status
    const text = end.by === 'local' ? `we answered ${status}` : `the peer answered ${status}`
    return new SipError('rejected', text, { status, response })
  }
  if (end.reason === 'no-ack') return new SipError('no-ack', 'no ACK came within 64·T1 of our 2xx')
  const text = end.by === 'remote' ? 'the peer ended the call' : 'the call was ended'
  return new SipError(end.reason === 'failed' ? 'closed' : 'cancelled', text, { status: end.status })
}

/** The session description in a message. */
export const sdpOf = (message: SipMessage): string | undefined =>
  message.parsed('content-type')?.value.toLowerCase() === 'application/sdp' ? message.text : undefined
