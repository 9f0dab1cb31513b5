/**
 * What outgoing and incoming calls have in common: the INVITE usage of a dialog. RFC 3261 §13, §15;
 * CSIPInviteDialogAssoc. The machines are `outgoing-call.ts` and `incoming-call.ts`.
 *
 *   … ──▶ confirmed ──BYE, either way──▶ terminating ──▶ terminated ──late 2xx absorbed──▶ released
 */
import { assign, setup } from 'xstate'
import type { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../../src/message/types.ts'
import { effect, type News, type TransactionEvent } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'
import type { RequestInDialog } from './dialog.ts'

/** Why and by whom a call ended. */
export interface End {
  readonly by: 'local' | 'remote' | 'network'
  readonly reason: 'bye' | 'cancelled' | 'rejected' | 'failed' | 'no-ack'
  readonly status?: number
  readonly response?: SipResponse
  readonly error?: SipError
}

/** What both call machines start with. */
export interface CallInput {
  readonly timers: TimerConfig
  /** Outgoing: the 2xx is acknowledged at once. */
  readonly autoAck: boolean
}

/** What a call machine remembers. */
export interface CallContext extends CallInput {
  /** Outgoing: no further 2xx can come. */
  readonly settled: boolean
  /** Tag of the peer whose 2xx made the call. */
  readonly remoteTag?: string
  /** Incoming: the latest response, and the interval at which a 2xx is repeated. */
  readonly last?: SipResponse
  readonly interval: number
  /** Headers that the application wants in a BYE that has to wait. */
  readonly farewell?: readonly HeaderPair[]
  readonly end?: End
}

/** What a call machine understands. */
export type CallEvent =
  | TransactionEvent
  | { type: 'tu.ack'; answer?: string }
  | { type: 'tu.cancel' }
  | { type: 'tu.hangUp'; headers?: readonly HeaderPair[] }
  | { type: 'tu.provisional' | 'tu.accept' | 'tu.reject'; response: SipResponse }
  | { type: 'wire.cancel'; request: SipRequest }
  | ({ type: 'dialog.request' } & RequestInDialog)
  | { type: 'dialog.ack'; request: SipRequest }

const responseOf = (event: CallEvent) => (event as { response: SipResponse }).response

/** The dialog's own copy of `setup`: every call machine is made with it. */
export const callSetup = setup({
  types: {} as { input: CallInput; context: CallContext; events: CallEvent },
  actions: {
    invite: effect('invite'),
    /** Makes the dialog that a response belongs to, or confirms it. */
    openDialog: effect<SipResponse>('openDialog'),
    /** ACK for a 2xx: made once per dialog, repeated as it is. §13.2.2.4 */
    acknowledge: effect<{ response?: SipResponse; answer?: string }>('acknowledge'),
    /** The same for the 2xx that leads here. */
    acknowledgeNow: effect('acknowledgeNow'),
    /** ACK, then BYE, for a 2xx that nobody wants. */
    dismiss: effect<SipResponse>('dismiss'),
    cancel: effect('cancelInvite'),
    respond: effect<SipResponse>('respond'),
    /** The latest response once more. */
    respondAgain: effect('respondAgain'),
    /** 487 to the INVITE. */
    respondCancelled: effect('respondCancelled'),
    bye: effect<{ headers?: readonly HeaderPair[] }>('bye'),
    endDialogs: effect('endDialogs'),
    answerBye: effect<RequestInDialog>('answerBye'),
    decline: effect<RequestInDialog>('decline'),
    /** 491: an INVITE of ours is under way in this dialog. §14.2 */
    collide: effect<RequestInDialog>('collide'),
    /** 500 with Retry-After: an INVITE of the peer waits for our answer. §14.2 */
    postpone: effect<RequestInDialog>('postpone'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),

    remember: assign({ last: (_, response: SipResponse) => response }),
    settle: assign({ settled: true }),
    adopt: assign({ remoteTag: ({ event }) => responseOf(event).toTag ?? '' }),
    keepFarewell: assign(({ event }) =>
      'headers' in event && event.headers !== undefined ? { farewell: event.headers } : {},
    ),
    conclude: assign({ end: (_, end: End) => end }),
    restartInterval: assign({ interval: ({ context }) => context.timers.t1 }),
    doubleInterval: assign({ interval: ({ context }) => Math.min(2 * context.interval, context.timers.t2) }),
  },
  guards: {
    settled: ({ context }) => context.settled,
    autoAck: ({ context }) => context.autoAck,
    /** A 100 is the next hop's word: it moves the call and is told to nobody. §8.1.3, §16.7 */
    trying: (_, response: SipResponse) => response.status === 100,
    tagged: (_, response: SipResponse) => response.status > 100 && response.toTag !== undefined,
    sameDialog: ({ context }, response: SipResponse) => response.toTag === context.remoteTag,
    otherMethod: (_, response: SipResponse) => response.cseq.method !== 'INVITE',
    bye: ({ event }) => event.type === 'dialog.request' && event.request.method === 'BYE',
    invite: ({ event }) => event.type === 'dialog.request' && event.request.method === 'INVITE',
  },
  delays: {
    again: ({ context }) => context.interval,
    tooLong: ({ context }) => 64 * context.timers.t1,
    /** Twice that: the INVITE waits for its first response, then its CANCEL for the last. */
    hopeless: ({ context }) => 128 * context.timers.t1,
  },
})
