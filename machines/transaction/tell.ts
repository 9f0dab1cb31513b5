/** What a client transaction, or a whole request, tells its owner: parameters for the action `tell`. */
import { SipError, type SipErrorCode } from '../../src/errors.ts'
import type { SipResponse } from '../../src/message/types.ts'
import type { TransactionEvent } from '../effects.ts'

type Response = { event: { response: SipResponse } }

const tell = <Args>(params: (args: Args) => TransactionEvent) => ({ type: 'tell', params }) as const

export const provisional = tell(({ event }: Response) => ({
  type: 'transaction.provisional',
  response: event.response,
}))
export const success = tell(({ event }: Response) => ({
  type: 'transaction.success',
  response: event.response,
}))
export const failure = tell(({ event }: Response) => ({
  type: 'transaction.failure',
  response: event.response,
}))
export const failed = tell(({ event }: { event: { error: SipError } }) => ({
  type: 'transaction.failed',
  error: event.error,
}))
export const completed = tell(() => ({ type: 'transaction.completed' }))

/** It ends by our own decision, or because nothing came. */
export const gaveUp = (code: SipErrorCode, text: string) =>
  tell(() => ({ type: 'transaction.failed', error: new SipError(code, text) }))
