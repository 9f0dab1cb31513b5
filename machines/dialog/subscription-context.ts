/** What a subscription knows, and what it is told. RFC 6665 §4.1. */
import type { SipError } from '../../src/errors.ts'
import type { SipResponse } from '../../src/message/types.ts'
import { retryAfterOf } from '../../src/rules/recovery.ts'
import { anewAfter, saysWhen, stateIn, waitBefore } from '../../src/rules/subscribe.ts'
import type { TransactionEvent } from '../effects.ts'
import type { TimerConfig } from '../timers.ts'
import type { RequestInDialog } from './dialog.ts'

/** What `subscription` starts with. Lifetimes in seconds. */
export interface SubscriptionInput {
  readonly timers: TimerConfig
  /** Seconds to ask for; 0 asks for the present state and no more. §4.4.3 */
  readonly requested: number
  /** Renew it before it ends, and begin it anew when the notifier says so. */
  readonly refreshes: boolean
  /** Largest Min-Expires that is followed. */
  readonly maxMinExpires: number
  /** How often in a row it begins anew. */
  readonly maxAttempts: number
  /** Spreads the attempts. */
  readonly seed: number
  /** A further notifier of a SUBSCRIBE that was forked: its NOTIFY is there already. §4.3 */
  readonly notified?: boolean
}

/** How it ended, when the machine knows. */
export interface SubscriptionEnd {
  /** As the last NOTIFY has it; `timeout` when its time was over. */
  readonly reason?: string
  /** Seconds that the notifier asks to wait. */
  readonly retryAfter?: number
  readonly response?: SipResponse
  readonly error?: SipError
}

export interface SubscriptionContext extends SubscriptionInput {
  /** A SUBSCRIBE is under way. */
  readonly asking: boolean
  /** The notifier knows of it: a 2xx or a NOTIFY has come. */
  readonly begun: boolean
  /** A 423 was followed already. */
  readonly retried: boolean
  /** Unsubscribe as soon as the answer is there. */
  readonly leaving: boolean
  /** Seconds of life from the latest grant. */
  readonly granted: number
  /** Attempts to begin anew since it was last steady. */
  readonly attempts: number
  /** Seconds until the next of them, or until the next refresh after one that failed. */
  readonly wait: number
  readonly end: SubscriptionEnd
}

export const unborn = {
  asking: false,
  begun: false,
  retried: false,
  leaving: false,
  granted: 0,
  attempts: 0,
  wait: 0,
  end: {},
} as const

/** `left`: seconds of life by what is known so far; `steady`: it has lasted, and what was before is forgotten. */
export type Notify = {
  type: 'wire.notify'
  left?: number | undefined
  steady?: boolean | undefined
} & RequestInDialog

export type SubscriptionEvent =
  | TransactionEvent
  | Notify
  | { type: 'tu.update'; expires?: number }
  /** `tu.drop`: the application has refused a NOTIFY in a way that ends the subscription. RFC 5057 §5.1 */
  | { type: 'tu.unsubscribe' | 'tu.drop' | 'refresh.due' | 'dialog.ended' }
  /** Our addresses are others now. */
  | { type: 'network.changed' }

/** Seconds until it may begin anew after this event; `undefined` when it may not. */
const asked = (event: SubscriptionEvent): number | 'some time' | undefined => {
  if (event.type === 'wire.notify') return anewAfter(stateIn(event.request))
  if (event.type !== 'transaction.failure') return undefined
  return saysWhen(event.response) ? retryAfterOf(event.response) : undefined
}

/** It may begin anew after this event, and we want it to. */
export const beginsAnew = (
  { refreshes, leaving, requested }: SubscriptionContext,
  event: SubscriptionEvent,
) => refreshes && !leaving && requested > 0 && asked(event) !== undefined

/** Attempts to begin anew that count against the next one. */
export const attemptsBefore = ({ attempts }: SubscriptionContext, event: SubscriptionEvent): number =>
  event.type === 'wire.notify' && event.steady ? 0 : attempts

/** The next attempt, of that number, and how long until then. */
export const nextAttempt = (context: SubscriptionContext, event: SubscriptionEvent) => {
  const attempts = attemptsBefore(context, event) + 1
  return { attempts, wait: waitBefore(attempts, asked(event) ?? 'some time', context.seed) }
}
