/** What `notifier` knows, hears and does. RFC 6665 §4.2. */
import { assign, setup } from 'xstate'
import type { SipError } from '../../src/errors.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import {
  askedOf,
  type Ending,
  losesDialog,
  type Notice,
  type NotifiedState,
  retryOf,
  type Standing,
} from '../../src/rules/notify.ts'
import type { Refusal } from '../../src/rules/respond.ts'
import { effect, type News, type TransactionEvent } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'
import type { RequestInDialog } from './dialog.ts'

/** What `notifier` starts with. */
export interface NotifierInput {
  readonly timers: TimerConfig
  /** The briefest lifetime that is granted, in seconds. */
  readonly least: number
}

export interface NotifierContext extends NotifierInput {
  /** Seconds granted, now and by each refresh at most. */
  readonly expires: number
  readonly longest: number
  readonly standing: Standing
  /** The state of the resource, as the application told it last. */
  readonly content: NotifiedState
  /** A NOTIFY waits for its answer. */
  readonly underWay: boolean
  /** Seconds that the subscriber asked us to wait. */
  readonly deferral: number
  readonly ending?: Ending
  /** Why a NOTIFY failed, and the subscription with it. */
  readonly response?: SipResponse
  readonly error?: SipError
}

export interface Acceptance {
  readonly standing: Standing
  /** Seconds; 0: one NOTIFY and no more. */
  readonly expires: number
  /** Seconds that a refresh is granted at most. */
  readonly longest: number
  readonly content: NotifiedState
}

type Subscribe = { readonly type: 'wire.subscribe' } & RequestInDialog
type Event =
  | TransactionEvent
  | Subscribe
  | ({ readonly type: 'tu.accept' } & Acceptance)
  | { readonly type: 'tu.reject'; readonly status: number; readonly response?: SipResponse }
  /** `content` absent: the same once more. `activate`: the subscriber may see the resource now. */
  | { readonly type: 'tu.notify'; readonly content?: NotifiedState; readonly activate?: boolean }
  | ({ readonly type: 'tu.terminate'; readonly content?: NotifiedState } & Ending)
  | { readonly type: 'dialog.ended' }

const granted = (request: SipRequest, longest: number): number => {
  const asked = askedOf(request)
  return 'reply' in asked ? 0 : Math.min(asked.expires, longest)
}

export const notifierSetup = setup({
  types: {} as { input: NotifierInput; context: NotifierContext; events: Event },
  actions: {
    /** 2xx, which makes the dialog of the NOTIFYs where there is none yet. */
    acceptSubscription: effect<{ readonly expires: number }>('acceptSubscription'),
    rejectSubscription: effect<{ readonly status: number; readonly response?: SipResponse }>(
      'rejectSubscription',
    ),
    /** 2xx to a SUBSCRIBE within the dialog: `expires` seconds from now on. */
    answerSubscribe: effect<{ readonly transaction: string; readonly expires: number }>('answerSubscribe'),
    refuseSubscribe: effect<{ readonly transaction: string; readonly refusal: Refusal }>('refuseSubscribe'),
    notify: effect<Notice>('notify'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),
    /** The peer has lost the dialog, and whatever else is in it. RFC 5057 §5.1 */
    endDialog: effect('endDialog'),
    grant: assign((_, { standing, expires, longest, content }: Acceptance) => ({
      standing,
      expires,
      longest,
      content,
    })),
    renew: assign({ expires: ({ context }, request: SipRequest) => granted(request, context.longest) }),
    activate: assign({ standing: 'active' }),
    keep: assign({
      content: ({ context }, content: NotifiedState | undefined) => content ?? context.content,
    }),
    begin: assign({ underWay: true }),
    finish: assign({ underWay: false }),
    defer: assign({ deferral: (_, response: SipResponse) => retryOf(response) ?? 0 }),
    end: assign((_, { reason, retryAfter }: Ending) => ({
      ending: { reason, ...(retryAfter !== undefined && { retryAfter }) },
    })),
    fail: assign((_, error: SipError) => ({ error })),
    failBy: assign((_, response: SipResponse) => ({ response })),
  },
  guards: {
    once: (_, { expires }: { readonly expires: number }) => expires === 0,
    pends: (_, { standing }: { readonly standing: Standing }) => standing === 'pending',
    activates: (_, { activate }: { readonly activate?: boolean | undefined }) => activate === true,
    unusable: ({ context }, request: SipRequest) => 'reply' in askedOf(request, context.least),
    ends: (_, request: SipRequest) => granted(request, 1) === 0,
    renews: ({ context }, request: SipRequest) => {
      const asked = askedOf(request, context.least)
      return !('reply' in asked) && asked.expires > 0
    },
    idle: ({ context }) => !context.underWay,
    later: (_, response: SipResponse) => retryOf(response) !== undefined,
    losesDialog: (_, response: SipResponse) => losesDialog(response),
  },
  delays: {
    /** The peer waits for 64·T1, and no answer may come later than that. RFC 4320 §4.2 */
    tooLong: ({ context }) => 60 * context.timers.t1,
    lapsed: ({ context }) => context.expires * 1000,
    deferral: ({ context }) => context.deferral * 1000,
  },
})
