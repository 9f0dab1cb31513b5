/** What a binding knows, and what it is told. RFC 3261 §10.2, RFC 5626 §4. */
import type { NameAddr, SipResponse } from '../src/message/types.ts'
import {
  accompaniedFactor,
  type BackOff,
  fractionOf,
  retryAfterOf,
  waitAfter,
} from '../src/rules/recovery.ts'
import { type Registered, readRegistered, type Unconfirmed } from '../src/rules/registered.ts'
import type { TransactionEvent } from './effects.ts'

/** What `registration` starts with. Lifetimes in seconds. */
export interface RegistrationInput {
  readonly aor: string
  /** Seconds to ask for; absent: none asked. */
  readonly requested?: number
  readonly minGranted: number
  /** User part of its Contact, where it is ours alone. */
  readonly contactUser?: string
  /** Largest Min-Expires that is followed. */
  readonly maxMinExpires: number
  /** Renew it before it ends. */
  readonly refreshes: boolean
  /** Ask for a flow of its own. RFC 5626 */
  readonly outbound?: boolean
  /** Try again after failures that pass; false: any failure ends the binding. */
  readonly recovers: boolean
  readonly backOff: BackOff
  /** Spreads the attempts. */
  readonly seed: number
}

export interface RegistrationContext extends RegistrationInput {
  /** Our Contact as the latest REGISTER carried it. */
  readonly contact?: NameAddr
  readonly binding?: Registered | undefined
  /** A 423 was followed already. */
  readonly retried: boolean
  /** Unregister as soon as the answer is there; `closing`: and end. */
  readonly leaving: boolean
  readonly closing: boolean
  /** The first hop knows nothing of flows (439): registered without. RFC 5626 §4.2.1 */
  readonly lacking: boolean
  /** Our addresses changed while a REGISTER was under way. */
  readonly outdated: boolean
  /** Failures in a row. */
  readonly failures: number
  /** Seconds until the next attempt. */
  readonly wait: number
  /** Another flow of the same registration is up. RFC 5626 §4.5 */
  readonly accompanied: boolean
}

export const unbound = { binding: undefined, leaving: false, retried: false, failures: 0, wait: 0 } as const
export const newborn = {
  ...unbound,
  closing: false,
  lacking: false,
  outdated: false,
  accompanied: false,
} as const

export type RegistrationEvent =
  | TransactionEvent
  | { type: 'tu.register' | 'tu.unregister' | 'tu.close' | 'refresh.due' }
  | { type: 'tu.update'; expires?: number }
  | { type: 'request.sent'; contact: NameAddr }
  /** Its turn among all that register at one target. */
  | { type: 'pacer.go' }
  /** The flow of the binding is gone; `steady`: it had lasted. RFC 5626 §4.4 */
  | { type: 'flow.died'; steady: boolean }
  /** There is a way again: no need to wait. */
  | { type: 'flow.recovered' }
  /** Whether another flow of the same registration is up. */
  | { type: 'flow.accompanied'; up: boolean }
  /** Our addresses are others now. */
  | { type: 'network.changed' }

export const reading = (
  { aor, contact, requested, minGranted, contactUser }: RegistrationContext,
  response: SipResponse,
): Registered | Unconfirmed =>
  contact
    ? readRegistered(response, { aor, contact, requested, minGranted, contactUser })
    : { fault: 'no REGISTER was sent' }

export const responseOf = (event: RegistrationEvent) => (event as { response: SipResponse }).response

/** After another failure: how many, and how long to wait. */
export const afterFailure = (
  { backOff, seed, failures, accompanied }: RegistrationContext,
  event: RegistrationEvent,
) => {
  const count = failures + 1
  const base = accompanied ? backOff.base * accompaniedFactor : backOff.base
  const own = waitAfter(count, fractionOf(seed, count), { ...backOff, base })
  const asked = 'response' in event ? (retryAfterOf(event.response) ?? 0) : 0
  return { failures: count, wait: Math.max(own, asked), retried: false }
}
