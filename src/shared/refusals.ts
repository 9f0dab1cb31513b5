/** What is answered for an application that is not there: by the event that asks. */
import type { Command, EngineEvent } from '../engine/commands.ts'

type Answers = {
  readonly [Type in EngineEvent['type']]?: (
    event: Extract<EngineEvent, { type: Type }>,
    status: number,
  ) => Command | undefined
}

const answers: Answers = {
  call: ({ id }, status) => ({ type: 'call.reject', id, response: { status } }),
  request: ({ id, dialog }, status) => ({
    type: 'transaction.respond',
    id,
    // 480 within a dialog would end its usage at the peer (RFC 5057 §5.1).
    response: { status: dialog === undefined ? status : 405 },
  }),
  referral: ({ id }) => ({ type: 'referral.reject', id, response: { status: 603 } }),
  notifier: ({ id }, status) => ({ type: 'notifier.reject', id, response: { status } }),
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

/** The answer, where one is asked for. `status`: to a request that begins something. */
export const refusalOf = (event: EngineEvent, status: number): Command | undefined =>
  (answers[event.type] as ((event: EngineEvent, status: number) => Command | undefined) | undefined)?.(
    event,
    status,
  )

/** For a test: the events that are answered here. */
export const answeredEvents: readonly string[] = Object.keys(answers)
