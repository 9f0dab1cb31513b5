/** The vocabulary of `registration.ts`: what it asks for, and how it decides. RFC 3261 §10.2, RFC 5626 §4. */
import { assign, setup } from 'xstate'
import type { NameAddr } from '../src/message/types.ts'
import { isPathFailure, passes } from '../src/rules/recovery.ts'
import type { Registered, Unconfirmed } from '../src/rules/registered.ts'
import { effect, type News } from './effects.ts'
import {
  afterFailure,
  type RegistrationContext,
  type RegistrationEvent,
  type RegistrationInput,
  reading,
  responseOf,
  unbound,
} from './registration-context.ts'

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
    accompany: assign(({ context, event }) => ({
      accompanied: event.type === 'flow.accompanied' ? event.up : context.accompanied,
    })),
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
