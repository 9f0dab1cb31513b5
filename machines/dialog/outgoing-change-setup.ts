/**
 * The vocabulary of `outgoing-change.ts`: what a change of ours is told, what it asks for, and how it decides.
 * RFC 3261 §14.1, RFC 3311 §5.1, RFC 5057.
 */
import { assign, setup } from 'xstate'
import { SipError } from '../../src/errors.ts'
import type { SipMessage, SipResponse } from '../../src/message/types.ts'
import { errorForStatus, terminatesDialog } from '../../src/rules/calls.ts'
import { mostAttempts, retryPause } from '../../src/rules/glare.ts'
import { effect, type TransactionEvent } from '../effects.ts'
import { sixtyFourT1, type TimerConfig } from '../timers.ts'

/** What `outgoingChange` starts with. */
export interface OutgoingChangeInput {
  readonly timers: TimerConfig
  /** The media has to be asked for the offer. */
  readonly describes: boolean
  /** The peer is asked for an offer: our answer goes into the ACK. */
  readonly offerless: boolean
  /** We chose the Call-ID: in a glare we wait the longer time. §14.1 */
  readonly ownsCallId: boolean
  /** One for each retry, 0 to 1, by which its pause is chosen. */
  readonly chances: readonly number[]
}

export interface OutgoingChangeContext extends OutgoingChangeInput {
  readonly attempts: number
  readonly pause: number
  /** It left: what leaves once more, with credentials, says nothing new. */
  readonly sent: boolean
  /** The offer, as the media made it. */
  readonly offer?: string
  /** The 2xx that offers. */
  readonly answer?: SipResponse
}

/** How a change ended, as its promise tells. */
export type ChangeEnd = { readonly response: SipResponse } | { readonly error: SipError }

export type OutgoingChangeEvent =
  | TransactionEvent
  /** Nothing else is under way in the dialog. */
  | { type: 'change.turn' }
  /** The peer has changed the session while the offer was made. */
  | { type: 'change.overtaken' }
  /** The offer, or the answer to the one in the 2xx; without: there is none. */
  | { type: 'tu.describe'; sdp?: string; error?: SipError }
  | { type: 'request.sent'; request: SipMessage }
  | { type: 'dialog.ended' }

const pauseAfter = ({ attempts, ownsCallId, chances }: OutgoingChangeContext, answer: SipResponse) =>
  attempts < mostAttempts ? retryPause(answer, ownsCallId, chances[attempts - 1] ?? 0) : undefined

type Answer = { event: { response: SipResponse } }
export const response = ({ event }: Answer) => event.response
export const observe = { type: 'observe', params: response } as const
export const accepted = { type: 'accepted', params: response } as const
export const acknowledge = {
  type: 'acknowledge',
  params: ({ event }: Answer): Acknowledging => ({ response: event.response }),
} as const
/** To the 2xx that offered: with the answer, when the media has made one. */
export const acknowledgeOffer = {
  type: 'acknowledge',
  params: ({ context, event }: { context: OutgoingChangeContext; event: object }): Acknowledging => {
    const { sdp } = event as { sdp?: string }
    return { response: context.answer!, ...(sdp === undefined ? {} : { answer: sdp }) }
  },
} as const

const tell = <Args>(params: (args: Args) => ChangeEnd) => ({ type: 'tell', params }) as const
export const succeeds = tell(({ event }: Answer) => ({ response: event.response }))
export const answered = tell(({ context }: { context: OutgoingChangeContext }) => ({
  response: context.answer!,
}))
export const refused = tell(({ event }: Answer) => ({ error: errorForStatus(event.response) }))
export const failed = tell(({ event }: { event: { error: SipError } }) => ({ error: event.error }))
export const gaveUp = (code: 'cancelled' | 'closed' | 'timeout', text: string) =>
  tell(() => ({ error: new SipError(code, text) }))

/** The media had no description; it may have told why. */
export const undescribed = (text: string) =>
  tell(({ event }: { event: object }) => ({
    error: (event as { error?: SipError }).error ?? new SipError('cancelled', text),
  }))

/** What an acknowledgement is made of. */
export interface Acknowledging {
  readonly response: SipResponse
  readonly answer?: string
}

export const outgoingChangeSetup = setup({
  types: {} as {
    input: OutgoingChangeInput
    context: OutgoingChangeContext
    events: OutgoingChangeEvent
  },
  actions: {
    /** Its turn comes when nothing else is under way. */
    queue: effect('queue'),
    /** The application is asked for an offer, or for the answer to the one in a 2xx. */
    describe: effect<SipResponse | undefined>('describe'),
    request: effect<{ offer?: string }>('request'),
    /** Offers and answers pass by the session. RFC 3264 */
    observe: effect<SipMessage>('observe'),
    /** A 2xx moves the remote target and sets the session timer. §12.2.1.2, RFC 4028 §7.2 */
    accepted: effect<SipResponse>('accepted'),
    /** ACK for a 2xx, the same again for each repetition. §13.2.2.4 */
    acknowledge: effect<Acknowledging>('acknowledge'),
    withdraw: effect('withdraw'),
    tell: effect<ChangeEnd>('tell'),
    /** The dialog is lost at the peer: BYE. §14.1, RFC 5057 */
    endCall: effect('endCall'),
    /** Changes that waited for this one may go on. */
    settle: effect('settle'),
    count: assign({ attempts: ({ context }) => context.attempts + 1, sent: false }),
    noteSent: assign({ sent: true }),
    keepOffer: assign(({ event }) =>
      event.type === 'tu.describe' && event.sdp !== undefined ? { offer: event.sdp } : {},
    ),
    keepAnswer: assign({ answer: (_, answer: SipResponse) => answer }),
    choosePause: assign({ pause: ({ context }, answer: SipResponse) => pauseAfter(context, answer) ?? 0 }),
  },
  guards: {
    describes: ({ context }) => context.describes,
    described: ({ event }) => event.type === 'tu.describe' && event.sdp !== undefined,
    invite: (_, { cseq }: SipResponse) => cseq.method === 'INVITE',
    offering: ({ context }, { cseq }: SipResponse) => context.offerless && cseq.method === 'INVITE',
    first: ({ context }) => !context.sent,
    again: ({ context }, answer: SipResponse) => pauseAfter(context, answer) !== undefined,
    endsCall: (_, { status, cseq }: SipResponse) => terminatesDialog(status, cseq.method),
    /** Nothing was heard, or a 2xx that is not believed: the peer's session is not ours. */
    lost: ({ event }) =>
      event.type === 'transaction.failed' &&
      (event.error.code === 'timeout' || (event.error.response?.status ?? 300) < 300),
  },
  delays: {
    pause: ({ context }) => context.pause,
    patience: ({ context }) => sixtyFourT1(context.timers),
  },
})
