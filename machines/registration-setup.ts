/**
 * The vocabulary of `registration.ts`: what a binding knows, what it is told, what it asks for, and how it decides.
 * RFC 3261 §10.2, RFC 5626 §4.
 */
import { assign, setup } from 'xstate'
import type { NameAddr, SipResponse } from '../src/message/types.ts'
import {
  type BackOff,
  fractionOf,
  isPathFailure,
  passes,
  retryAfterOf,
  waitAfter,
} from '../src/rules/recovery.ts'
import { type Registered, readRegistered, type Unconfirmed } from '../src/rules/registered.ts'
import { effect, type News, type TransactionEvent } from './effects.ts'

/** What `registration` starts with. Lifetimes in seconds. */
export interface RegistrationInput {
  readonly aor: string
  /** Seconds to ask for; absent: none asked. */
  readonly requested?: number
  readonly minGranted: number
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
}

const unbound = { binding: undefined, leaving: false, retried: false, failures: 0, wait: 0 } as const
export const newborn = { ...unbound, closing: false, lacking: false, outdated: false } as const

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
  /** Our addresses are others now. */
  | { type: 'network.changed' }

export const reading = (
  { aor, contact, requested, minGranted }: RegistrationContext,
  response: SipResponse,
): Registered | Unconfirmed =>
  contact
    ? readRegistered(response, { aor, contact, requested, minGranted })
    : { fault: 'no REGISTER was sent' }

export const responseOf = (event: RegistrationEvent) => (event as { response: SipResponse }).response

/** After another failure: how many, and how long to wait. */
const afterFailure = ({ backOff, seed, failures }: RegistrationContext, event: RegistrationEvent) => {
  const count = failures + 1
  const own = waitAfter(count, fractionOf(seed, count), backOff)
  const asked = 'response' in event ? (retryAfterOf(event.response) ?? 0) : 0
  return { failures: count, wait: Math.max(own, asked), retried: false }
}

const triesAgain = ({ recovers, leaving }: RegistrationContext) => recovers && !leaving

/** Names, guards and actions of `registration`. */
export const registrationSetup = setup({
  types: {} as { input: RegistrationInput; context: RegistrationContext; events: RegistrationEvent },
  actions: {
    register: effect<{ expires?: number | undefined; outbound: boolean }>('register'),
    joinQueue: effect('joinQueue'),
    leaveQueue: effect('leaveQueue'),
    noteWait: effect<{ seconds: number }>('noteWait'),
    grantRefresh: effect<{ expires: number }>('grantRefresh'),
    stopRefresh: effect('stopRefresh'),
    announce: effect<News>('announce'),
    announceGrant: effect<Registered>('announceGrant'),
    noteContact: assign({ contact: ({ event }) => (event as { contact: NameAddr }).contact }),
    keep: assign(({ context, event }) => {
      const result = reading(context, responseOf(event))
      return 'fault' in result ? {} : { binding: result, retried: false }
    }),
    lengthen: assign({ requested: ({ event }) => responseOf(event).parsed('min-expires')!, retried: true }),
    doWithout: assign({ lacking: true }),
    ask: assign(({ event }) =>
      'expires' in event && event.expires !== undefined ? { requested: event.expires } : {},
    ),
    leave: assign({ leaving: true }),
    close: assign({ closing: true }),
    countFailure: assign(({ context, event }) => afterFailure(context, event)),
    countDeath: assign(({ context, event }) => ({
      failures: event.type === 'flow.died' && event.steady ? 0 : context.failures + 1,
      wait: 0,
    })),
    forgive: assign({ failures: 0, wait: 0 }),
    outdate: assign({ outdated: true }),
    /** Other addresses, and perhaps another first hop. */
    startAfresh: assign({ outdated: false, lacking: false, failures: 0, wait: 0 }),
    reset: assign({ ...unbound, lacking: false, outdated: false }),
  },
  guards: {
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => responseOf(event).status > 100,
    usable: ({ context, event }) => !('fault' in reading(context, responseOf(event))),
    strayed: ({ context, event }) =>
      triesAgain(context) && (reading(context, responseOf(event)) as Unconfirmed).code === 'transport',
    tooBrief: ({ context, event }) => {
      const least = responseOf(event).parsed('min-expires')
      return (
        responseOf(event).status === 423 &&
        !context.retried &&
        least !== undefined &&
        least <= context.maxMinExpires
      )
    },
    lacksOutbound: ({ context, event }) =>
      responseOf(event).status === 439 && context.outbound === true && !context.lacking,
    passes: ({ context, event }) => triesAgain(context) && passes(responseOf(event)),
    pathPasses: ({ context, event }) =>
      triesAgain(context) && event.type === 'transaction.failed' && isPathFailure(event.error.code),
    /** The flows that die young are not replaced at once for ever. RFC 5626 §4.5 */
    diesYoung: ({ context, event }) => event.type === 'flow.died' && !event.steady && context.failures > 0,
    bound: ({ context }) => context.binding !== undefined,
    leaving: ({ context }) => context.leaving,
    closing: ({ context }) => context.closing,
    outdated: ({ context }) => context.outdated,
    refreshes: ({ context }) => context.refreshes,
  },
  delays: {
    lifetime: ({ context }) => context.binding!.granted * 1000,
    backOff: ({ context }) => context.wait * 1000,
  },
})
