/** Small tables about responses. RFC 3261 §7.2, §12.2.1.2, §21; RFC 5057 §5.1. */
import { SipError } from '../errors.ts'
import { reasonPhrase } from '../message/reasons.ts'
import type { SipResponse } from '../message/types.ts'

/** 1xx */
export const isProvisional = (status: number): boolean => status < 200
/** 2xx */
export const isSuccess = (status: number): boolean => status >= 200 && status < 300
/** 3xx */
export const isRedirect = (status: number): boolean => status >= 300 && status < 400
/** 2xx to 6xx */
export const isFinal = (status: number): boolean => status >= 200
/** 3xx to 6xx */
export const isFailure = (status: number): boolean => status >= 300
/** 401 and 407, answered with credentials, and 494, which begins a security agreement. */
export const isChallenge = (status: number): boolean => status === 401 || status === 407 || status === 494

/** A status as people read it: with the peer's phrase, or the usual one when it sent none. RFC 3261 §21 */
export const answerText = (status: number, reason = ''): string =>
  `${status} ${reason.trim() === '' ? reasonPhrase(status) : reason}`

/** The error that a response from 300 on is for whoever asked. */
export const errorForStatus = (response: SipResponse): SipError =>
  new SipError('rejected', `the peer answered ${answerText(response.status, response.reason)}`, { response })

/** What a failed request within a dialog takes down with it: nothing else, the usage it belongs to, or the dialog. */
export type FailureScope = 'transaction' | 'usage' | 'dialog'

const endsDialog: ReadonlySet<number> = new Set([404, 410, 416, 482, 483, 484, 485, 502, 604])
const endsUsage: ReadonlySet<number> = new Set([408, 480, 481])

/** The method that a usage cannot live without. */
const fundamental = (method: string): boolean =>
  method === 'INVITE' || method === 'SUBSCRIBE' || method === 'NOTIFY'

/** RFC 5057 §5.1. A request that got no answer at all counts as 408, a refused BYE ends its call all the same (§15.1.1). */
export const failureScope = (status: number, method: string): FailureScope => {
  if (endsDialog.has(status)) return 'dialog'
  if (endsUsage.has(status)) return 'usage'
  if ((status === 405 || status === 501) && fundamental(method)) return 'usage'
  if (status === 489 && (method === 'SUBSCRIBE' || method === 'NOTIFY')) return 'usage'
  if (method === 'BYE' && isFinal(status)) return 'usage'
  return 'transaction'
}

/** True when a dialog with a single usage, such as a call, ends by this answer to a request within it. */
export const terminatesDialog = (status: number, method: string): boolean =>
  failureScope(status, method) !== 'transaction'
