/**
 * One binding of an address of record to our contact. RFC 3261 §10.2; CSIPRegistrationBinding.
 *
 *   unregistered ──▶ registering ──2xx──▶ registered ⇄ refreshing, updating ──▶ unregistering ──▶ unregistered
 *                       ⟲ 423, once          └── lifetime over, no refresh ──▶ expired
 */
import { assign, setup } from 'xstate'
import type { NameAddr } from '../src/message/types.ts'
import type { Registered } from '../src/rules/registered.ts'
import { effect, type News } from './effects.ts'
import {
  answers,
  asks,
  lost,
  type RegistrationContext,
  type RegistrationEvent,
  type RegistrationInput,
  reading,
  rejected,
  responseOf,
  tellResponse,
} from './registration-answers.ts'

export type { RegistrationInput } from './registration-answers.ts'

/** One binding of an address of record to our Contact. RFC 3261 §10.2. */
export const registration = setup({
  types: {} as { input: RegistrationInput; context: RegistrationContext; events: RegistrationEvent },
  actions: {
    register: effect<{ expires?: number | undefined }>('register'),
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
    ask: assign(({ event }) =>
      'expires' in event && event.expires !== undefined ? { requested: event.expires } : {},
    ),
    leave: assign({ leaving: true }),
    close: assign({ closing: true }),
    reset: assign({ leaving: false, retried: false }),
  },
  guards: {
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => responseOf(event).status > 100,
    usable: ({ context, event }) => !('fault' in reading(context, responseOf(event))),
    tooBrief: ({ context, event }) => {
      const least = responseOf(event).parsed('min-expires')
      return (
        responseOf(event).status === 423 &&
        !context.retried &&
        least !== undefined &&
        least <= context.maxMinExpires
      )
    },
    leaving: ({ context }) => context.leaving,
    closing: ({ context }) => context.closing,
    refreshes: ({ context }) => context.refreshes,
  },
  delays: { lifetime: ({ context }) => context.binding!.granted * 1000 },
}).createMachine({
  id: 'registration',
  context: ({ input }) => ({ ...input, retried: false, leaving: false, closing: false }),
  initial: 'unregistered',
  states: {
    unregistered: {
      id: 'unregistered',
      entry: ['stopRefresh', 'reset'],
      always: { guard: 'closing', target: 'released' },
      on: { 'tu.register': 'registering', 'tu.close': 'released' },
    },
    registering: { id: 'registering', entry: asks, on: answers('#registering', rejected) },
    registered: {
      id: 'registered',
      initial: 'entering',
      states: {
        entering: {
          always: [
            { guard: 'leaving', target: '#unregistering' },
            { guard: 'refreshes', target: 'renewed' },
            { target: 'unrenewed' },
          ],
        },
        renewed: {
          entry: { type: 'grantRefresh', params: ({ context }) => ({ expires: context.binding!.granted }) },
        },
        unrenewed: { after: { lifetime: '#expired' } },
      },
      entry: { type: 'announceGrant', params: ({ context }) => context.binding! },
      on: {
        'refresh.due': 'refreshing',
        'tu.update': { target: 'updating', actions: 'ask' },
        'tu.unregister': 'unregistering',
        'tu.close': { target: 'unregistering', actions: 'close' },
      },
    },
    refreshing: { id: 'refreshing', entry: asks, on: answers('#refreshing', lost) },
    updating: { id: 'updating', entry: asks, on: answers('#updating', rejected) },
    unregistering: {
      id: 'unregistering',
      entry: { type: 'register', params: { expires: 0 } },
      // Whatever the answer, we no longer count on the binding.
      on: {
        'transaction.success': { target: 'unregistered', actions: tellResponse },
        'transaction.failure': { target: 'unregistered', actions: tellResponse },
        'transaction.failed': 'unregistered',
        'tu.close': { actions: 'close' },
      },
    },
    expired: { id: 'expired', on: { 'tu.register': 'registering', 'tu.close': 'released' } },
    released: { type: 'final' },
  },
})
