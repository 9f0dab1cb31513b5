/**
 * One binding of an address of record to our contact. RFC 3261 §10.2; CSIPRegistrationBinding.
 *
 *   unregistered ──▶ registering ──2xx──▶ registered ⇄ refreshing, updating ──▶ unregistering ──▶ unregistered
 *                       ⟲ 423, once          └── lifetime over, no refresh ──▶ expired
 */
import { assign, setup } from 'xstate'
import { SipError } from '../src/errors.ts'
import type { NameAddr, SipResponse } from '../src/message/types.ts'
import { type Registered, readRegistered } from '../src/rules/registered.ts'
import { effect, type News, type TransactionEvent } from './effects.ts'

export interface RegistrationInput {
  readonly aor: string
  /** Seconds to ask for; absent: none asked. */
  readonly requested?: number
  readonly minGranted: number
  /** Largest Min-Expires that is followed. */
  readonly maxMinExpires: number
  /** Renew it before it ends. */
  readonly refreshes: boolean
}

interface Context extends RegistrationInput {
  /** Our Contact as the latest REGISTER carried it. */
  readonly contact?: NameAddr
  readonly binding?: Registered
  /** A 423 was followed already. */
  readonly retried: boolean
  /** Unregister as soon as the answer is there; `closing`: and end. */
  readonly leaving: boolean
  readonly closing: boolean
}

type Event =
  | TransactionEvent
  | { type: 'tu.register' | 'tu.unregister' | 'tu.close' | 'refresh.due' }
  | { type: 'tu.update'; expires?: number }
  | { type: 'request.sent'; contact: NameAddr }

const reading = ({ aor, contact, requested, minGranted }: Context, response: SipResponse) =>
  contact
    ? readRegistered(response, { aor, contact, requested, minGranted })
    : { fault: 'no REGISTER was sent' }

const responseOf = (event: Event) => (event as { response: SipResponse }).response
const tellError = {
  type: 'announce',
  params: ({ event }: { event: { error: SipError } }): News => ({ type: 'error', error: event.error }),
} as const
const tell = (make: (response: SipResponse, context: Context) => SipError) =>
  ({
    type: 'announce',
    params: ({ context, event }: { context: Context; event: { response: SipResponse } }): News => ({
      type: 'error',
      error: make(event.response, context),
    }),
  }) as const
const tellResponse = {
  type: 'announce',
  params: ({ event }: { event: { response: SipResponse } }): News => ({
    type: 'response',
    response: event.response,
  }),
} as const
const unusable = tell((response, context) => {
  const result = reading(context, response)
  return new SipError('invalid-registrar-response', 'fault' in result ? result.fault : 'unusable answer', {
    response,
  })
})
const rejected = tell(
  response =>
    new SipError('rejected', `REGISTER was answered ${response.status} ${response.reason}`, { response }),
)
const lost = tell(
  response =>
    new SipError(
      'terminated-with-response',
      `the refresh was answered ${response.status} ${response.reason}`,
      { response },
    ),
)

/** The answers to a REGISTER; `self` is the state that asked, entered again for the one retry after 423. */
const answers = (self: string, refused: typeof rejected) =>
  ({
    'request.sent': { actions: 'noteContact' },
    'transaction.provisional': { actions: tellResponse },
    'transaction.success': [
      { guard: 'usable', target: '#registered', actions: ['keep', tellResponse] },
      { target: '#unregistered', actions: [tellResponse, unusable] },
    ],
    'transaction.failure': [
      { guard: 'tooBrief', target: self, actions: 'lengthen' },
      { target: '#unregistered', actions: [tellResponse, refused] },
    ],
    'transaction.failed': { target: '#unregistered', actions: tellError },
    'tu.unregister': { actions: 'leave' },
    'tu.close': { actions: ['leave', 'close'] },
  }) as const
const asks = {
  type: 'register',
  params: ({ context }: { context: Context }) => ({ expires: context.requested }),
} as const

export const registration = setup({
  types: {} as { input: RegistrationInput; context: Context; events: Event },
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
