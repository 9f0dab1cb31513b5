/** What is answered for an application that is not there: by the event that asks. */
import type { Command, EngineEvent } from '../engine/commands.ts'
import type { HeaderPair } from '../message/types.ts'

interface Answer {
  readonly status: number
  readonly headers?: readonly HeaderPair[]
}

type Answers = {
  readonly [Type in EngineEvent['type']]?: (
    event: Extract<EngineEvent, { type: Type }>,
    answer: Answer,
  ) => Command | undefined
}

const answers: Answers = {
  call: ({ id }, response) => ({ type: 'call.reject', id, response }),
  request: ({ id, dialog }, response) => ({
    type: 'transaction.respond',
    id,
    // 480 within a dialog would end its usage at the peer (RFC 5057 §5.1).
    response: dialog === undefined ? response : { status: 405 },
  }),
  referral: ({ id }) => ({ type: 'referral.reject', id, response: { status: 603 } }),
  notifier: ({ id }, response) => ({ type: 'notifier.reject', id, response }),
  notification: ({ id, transaction, answered }) =>
    answered ? undefined : { type: 'subscription.answer', id, transaction, response: { status: 481 } },
  unaskedNotify: ({ transaction }) => ({
    type: 'transaction.respond',
    id: transaction,
    response: { status: 481 },
  }),
  change: ({ change }) => ({ type: 'change.reject', id: change, response: { status: 488 } }),
  describe: ({ change }) => ({ type: 'change.describe', id: change }),
  prack: ({ id, transaction }) => ({ type: 'call.prackAnswer', id, transaction }),
  challenge: ({ id }) => ({ type: 'challenge.ignore', id }),
}

/** The answer, where one is asked for. `status`, `headers`: to a request that begins something. */
export const refusalOf = (
  event: EngineEvent,
  status: number,
  headers: readonly HeaderPair[] = [],
): Command | undefined =>
  (answers[event.type] as ((event: EngineEvent, answer: Answer) => Command | undefined) | undefined)?.(
    event,
    headers.length > 0 ? { status, headers } : { status },
  )

/** For a test: the events that are answered here. */
export const answeredEvents: readonly string[] = Object.keys(answers)
