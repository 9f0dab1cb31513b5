/** When which method of a call is possible, and how its end reads as an error. RFC 3261 §9, §13.3, §15. */
import type { CallEnd, CallState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import { resolveEscapes } from '../../message/escape.ts'
import type { HeaderPair, Uri } from '../../message/types.ts'
import { isSipUri } from '../../message/uri.ts'
import { sdpIn } from '../../rules/body.ts'
import { answerText, errorForStatus } from '../../rules/calls.ts'
import { reasonHeader } from '../../rules/reason.ts'
import { isOneLine } from '../../rules/text.ts'
import { checkObject, checkParts } from '../check.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { EndOptions, RejectOptions } from './call-event.ts'

/** The methods of a call that depend on its state. */
export type CallOperation = 'ring' | 'progress' | 'accept' | 'reject' | 'hangUp' | 'cancel' | 'ack'

type Is = CallState['is']

const unanswered: ReadonlySet<Is> = new Set<Is>(['incoming', 'ringing'])
const outgoing: ReadonlySet<Is> = new Set<Is>(['describing', 'calling', 'redirecting', 'proceeding', 'early'])
const up: ReadonlySet<Is> = new Set<Is>(['accepted', 'confirmed'])

const operations: readonly CallOperation[] = [
  'ring',
  'progress',
  'accept',
  'reject',
  'hangUp',
  'cancel',
  'ack',
]

/** The method of a call that depends on what its peer has sent. */
export type BranchOperation = 'prack'

/** Where a call stands, as far as its methods go. */
interface Standing {
  readonly direction: 'incoming' | 'outgoing'
  readonly is: Is
  readonly waitsForAck: boolean
}

const possible = (operation: CallOperation, { direction, is, waitsForAck }: Standing): boolean => {
  if (operation === 'ack') return waitsForAck
  if (direction === 'outgoing' && outgoing.has(is)) return operation === 'hangUp' || operation === 'cancel'
  if (operation === 'hangUp') return up.has(is)
  return operation !== 'cancel' && direction === 'incoming' && unanswered.has(is)
}

const refusals = {
  cancel: ['invalid-transaction-state', 'there is no INVITE of ours to cancel'],
  ack: ['invalid-dialog-state', 'no 2xx waits for an ACK of the application'],
  answer: ['invalid-transaction-state', 'there is no INVITE of the peer to answer'],
} as const

/** Why that is not possible now, and what is; `undefined` when it is possible. */
export const callRefusal = (
  operation: CallOperation,
  direction: 'incoming' | 'outgoing',
  is: Is,
  waitsForAck: boolean,
): SipError | undefined => {
  const standing = { direction, is, waitsForAck }
  if (possible(operation, standing)) return undefined
  const hangUp = unanswered.has(is)
    ? 'an incoming call is rejected before it is accepted'
    : `the call is ${is}`
  const [code, text] =
    operation === 'hangUp'
      ? (['invalid-dialog-state', hangUp] as const)
      : refusals[operation === 'cancel' || operation === 'ack' ? operation : 'answer']
  const now = operations.filter(other => possible(other, standing)).join(', ')
  return new SipError(code, `${text}; possible now: ${now === '' ? 'nothing' : now}`)
}

/** The failure of one who waits for the call to be up. */
export const endError = (end: CallEnd): SipError => {
  if (end.error) return end.error
  const { response } = end
  if (end.reason === 'rejected') {
    if (end.by === 'remote' && response) return errorForStatus(response)
    const status = response?.status ?? end.status
    const who = end.by === 'local' ? 'we' : 'the peer'
    const what = status === undefined ? 'with a refusal' : answerText(status, response?.reason)
    return new SipError('rejected', `${who} answered ${what}`, { status, response })
  }
  if (end.reason === 'no-ack') return new SipError('no-ack', 'no ACK came within 64·T1 of our 2xx')
  if (end.by === 'local' && end.reason === 'cancelled') {
    return new SipError('cancelled', 'you cancelled it before it was answered', { status: end.status })
  }
  if (end.reason === 'expired') {
    return new SipError('timeout', 'nobody answered before the INVITE expired', { status: end.status })
  }
  const text = end.by === 'remote' ? 'the peer ended the call' : 'the call was ended'
  return new SipError(end.reason === 'failed' ? 'closed' : 'cancelled', text, { status: end.status })
}

/** The headers of a BYE or CANCEL. Throws `argument` and `header-not-allowed` for what cannot be written. */
export const endHeaders = (options: EndOptions): { readonly headers?: readonly HeaderPair[] } => {
  checkParts(options)
  const { headers = [], reason } = options
  if (reason === undefined) return options.headers === undefined ? {} : { headers }
  return { headers: [...headers, reasonHeader(reason)] }
}

/** A refusal whose reason may stand in a header of its own. */
export const refusalParts = (options: RejectOptions): ResponseOptions => {
  const { reason, ...parts } = checkObject(options, 'the options')
  if (typeof reason !== 'object') return reason === undefined ? parts : { ...parts, reason }
  return { ...parts, headers: [...(parts.headers ?? []), reasonHeader(reason)] }
}

/** Who a URI names: its user part, or its number. */
export const userOf = (uri: Uri): string | undefined => {
  if ('number' in uri) return uri.number
  if (!isSipUri(uri) || uri.user === undefined) return undefined
  const user = resolveEscapes(uri.user)
  return isOneLine(user) ? user : uri.user
}

export { sdpIn as sdpOf }
