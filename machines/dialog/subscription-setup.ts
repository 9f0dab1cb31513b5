/** The vocabulary of `subscription.ts`: what it asks for, and how it decides. RFC 6665 §4.1. */
import { assign, setup } from 'xstate'
import type { SipError } from '../../src/errors.ts'
import type { SipResponse } from '../../src/message/types.ts'
import { failureScope } from '../../src/rules/calls.ts'
import { isPathFailure, passes } from '../../src/rules/recovery.ts'
import { adjustedBy, grantedBy, refreshAgainAfter, stateIn } from '../../src/rules/subscribe.ts'
import { subscriptionStateOf } from '../../src/rules/subscription-state.ts'
import { effect, type News } from '../effects.ts'
import { sixtyFourT1 } from '../timers.ts'
import type { RequestInDialog } from './dialog.ts'
import {
  attemptsBefore,
  beginsAnew,
  type Notify,
  nextAttempt,
  type SubscriptionContext,
  type SubscriptionEnd,
  type SubscriptionEvent,
  type SubscriptionInput,
} from './subscription-context.ts'

type Timed = Pick<SubscriptionContext, 'requested' | 'granted'>

/** The lifetime that an answer or a NOTIFY gives it, in seconds; `undefined`: none that is new. */
export const lifetimeBy = ({ requested, granted }: Timed, event: SubscriptionEvent): number | undefined => {
  if (requested === 0) return undefined
  if (event.type === 'wire.notify') {
    const told = subscriptionStateOf(event.request)
    const left = granted === 0 ? undefined : event.left
    return 'reply' in told ? undefined : adjustedBy(told, left, requested)
  }
  if (event.type !== 'transaction.success' || event.response.parsed('expires') === 0) return undefined
  return grantedBy(event.response, requested)
}

const beginsAnewByLast = (context: SubscriptionContext, event: SubscriptionEvent): boolean =>
  event.type === 'wire.notify' && stateIn(event.request).state === 'terminated' && beginsAnew(context, event)

const responseIn = (event: SubscriptionEvent): SipResponse | undefined =>
  'response' in event ? event.response : undefined

/** Names, guards and actions of `subscription`. */
export const subscriptionSetup = setup({
  types: {} as { input: SubscriptionInput; context: SubscriptionContext; events: SubscriptionEvent },
  actions: {
    subscribe: effect<{ expires: number }>('subscribe'),
    /** The 2xx: makes the dialog where no NOTIFY has, or moves its target. */
    settle: effect<SipResponse>('settle'),
    /** The application answers it in its turn, unless it was `answered`. */
    tellNotification: effect<RequestInDialog & { answered?: boolean }>('tellNotification'),
    /** 200 to a NOTIFY that nobody waits for any more. */
    answerNotify: effect<RequestInDialog>('answerNotify'),
    /** What `subscriptionStateOf` says against it. */
    refuseNotify: effect<RequestInDialog>('refuseNotify'),
    grantRefresh: effect<{ expires: number; refreshes: boolean }>('grantRefresh'),
    stopRefresh: effect('stopRefresh'),
    /** It leaves its dialog, and what it sends next begins another. */
    leaveDialog: effect('leaveDialog'),
    noteWait: effect<{ seconds: number }>('noteWait'),
    /** The answer may say that the dialog is gone at the peer, with all that is in it. RFC 5057 §5.1 */
    endDialog: effect<SipResponse>('endDialog'),
    announce: effect<News>('announce'),
    begin: assign({ begun: true, retried: false }),
    lengthen: assign({
      requested: ({ event }) => (event as { response: SipResponse }).response.parsed('min-expires')!,
      retried: true,
    }),
    ask: assign(({ event }) =>
      'expires' in event && event.expires !== undefined ? { requested: event.expires } : {},
    ),
    leave: assign({ leaving: true }),
    keepLifetime: assign(({ context, event }) => ({
      granted: lifetimeBy(context, event) ?? context.granted,
    })),
    putOff: assign(({ context, event }) => ({ wait: refreshAgainAfter(responseIn(event), context.granted) })),
    countAttempt: assign(({ context, event }) => nextAttempt(context, event)),
    startAfresh: assign({ begun: false, retried: false, granted: 0, notified: false }),
    waited: assign({ wait: 0 }),
    noteAsking: assign({ asking: true }),
    answered: assign({ asking: false }),
    noteEnd: assign(({ event }) => {
      const { reason, retryAfter } = stateIn((event as Notify).request)
      return {
        end: { ...(reason !== undefined && { reason }), ...(retryAfter !== undefined && { retryAfter }) },
      }
    }),
    timeOut: assign({ end: { reason: 'timeout' } }),
    fail: assign((_, end: SubscriptionEnd) => ({ end })),
  },
  guards: {
    unusable: (_, { request }: RequestInDialog) => 'reply' in subscriptionStateOf(request),
    /** The last one; any is when the state is only fetched. */
    last: ({ context }, { request }: RequestInDialog) =>
      context.requested === 0 || stateIn(request).state === 'terminated',
    lastAnew: ({ context, event }) =>
      beginsAnewByLast(context, event) && attemptsBefore(context, event) < context.maxAttempts,
    lastTooOften: ({ context, event }) => beginsAnewByLast(context, event),
    pending: (_, { request }: RequestInDialog) => stateIn(request).state === 'pending',
    lastOfAll: (_, { request }: RequestInDialog) => stateIn(request).state === 'terminated',
    /** It may begin anew after this refusal, as often as it has by now. */
    anew: ({ context, event }) =>
      beginsAnew(context, event) && attemptsBefore(context, event) < context.maxAttempts,
    /** It was given up while its refresh was under way, which was refused, and lives. */
    leavesAll: ({ context, event }) =>
      context.leaving &&
      context.begun &&
      failureScope(responseIn(event)?.status ?? 408, 'SUBSCRIBE') === 'transaction',
    notified: ({ context }) => context.notified === true && !context.begun,
    asking: ({ context }) => context.asking,
    leaving: ({ context }) => context.leaving,
    lasts: ({ context, event }) => lifetimeBy(context, event) !== undefined,
    tooBrief: ({ context, event }) => {
      const response = responseIn(event)
      const least = response?.parsed('min-expires')
      if (response?.status !== 423 || context.retried || context.requested === 0) return false
      return least !== undefined && least > context.requested && least <= context.maxMinExpires
    },
    /** RFC 6665 §4.1.2.2, RFC 5057 §5.1 */
    goesOn: ({ context }, { status }: SipResponse) =>
      context.begun && failureScope(status, 'SUBSCRIBE') === 'transaction',
    passes: ({ context }, response: SipResponse) =>
      context.begun &&
      context.refreshes &&
      !context.leaving &&
      failureScope(response.status, 'SUBSCRIBE') === 'transaction' &&
      passes(response),
    /** No answer counts as 408, and ends it; a way that is blocked may be free again. RFC 5057 §5.2 */
    pathPasses: ({ context }, { code }: SipError) =>
      context.begun && context.refreshes && !context.leaving && code !== 'timeout' && isPathFailure(code),
    atOnce: ({ context }) => context.wait === 0,
  },
  delays: {
    timerN: ({ context }) => sixtyFourT1(context.timers),
    lifetime: ({ context }) => context.granted * 1000,
    wait: ({ context }) => context.wait * 1000,
  },
})
