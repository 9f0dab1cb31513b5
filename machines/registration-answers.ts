/**
 * The vocabulary of `registration.ts`: what a binding knows, and what each answer to a REGISTER makes of it.
 * RFC 3261 §10.2.
 */
import { SipError } from '../src/errors.ts'
import type { NameAddr, SipResponse } from '../src/message/types.ts'
import { type Registered, readRegistered } from '../src/rules/registered.ts'
import type { News, TransactionEvent } from './effects.ts'

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
}

export interface RegistrationContext extends RegistrationInput {
  /** Our Contact as the latest REGISTER carried it. */
  readonly contact?: NameAddr
  readonly binding?: Registered
  /** A 423 was followed already. */
  readonly retried: boolean
  /** Unregister as soon as the answer is there; `closing`: and end. */
  readonly leaving: boolean
  readonly closing: boolean
}

export type RegistrationEvent =
  | TransactionEvent
  | { type: 'tu.register' | 'tu.unregister' | 'tu.close' | 'refresh.due' }
  | { type: 'tu.update'; expires?: number }
  | { type: 'request.sent'; contact: NameAddr }

type Answer = { context: RegistrationContext; event: { response: SipResponse } }

export const reading = (
  { aor, contact, requested, minGranted }: RegistrationContext,
  response: SipResponse,
) =>
  contact
    ? readRegistered(response, { aor, contact, requested, minGranted })
    : { fault: 'no REGISTER was sent' }

export const responseOf = (event: RegistrationEvent) => (event as { response: SipResponse }).response
const tellError = {
  type: 'announce',
  params: ({ event }: { event: { error: SipError } }): News => ({ type: 'error', error: event.error }),
} as const
const tell = (make: (response: SipResponse, context: RegistrationContext) => SipError) =>
  ({
    type: 'announce',
    params: ({ context, event }: Answer): News => ({
      type: 'error',
      error: make(event.response, context),
    }),
  }) as const
export const tellResponse = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'response', response: event.response }),
} as const
const unusable = tell((response, context) => {
  const result = reading(context, response)
  return new SipError('invalid-registrar-response', 'fault' in result ? result.fault : 'unusable answer', {
    response,
  })
})
export const rejected = tell(
  response =>
    new SipError('rejected', `REGISTER was answered ${response.status} ${response.reason}`, { response }),
)
export const lost = tell(
  response =>
    new SipError(
      'terminated-with-response',
      `the refresh was answered ${response.status} ${response.reason}`,
      { response },
    ),
)

/** The answers to a REGISTER; `self` is the state that asked, entered again for the one retry after 423. */
export const answers = (self: string, refused: typeof rejected) =>
  ({
    'request.sent': { actions: 'noteContact' },
    'transaction.provisional': { guard: 'aboveTrying', actions: tellResponse },
    'transaction.success': [
      { guard: 'usable', target: '#registered', actions: ['keep', tellResponse] },
      { target: '#unregistered', actions: [tellResponse, unusable] },
    ],
    'transaction.failure': [
      { guard: 'tooBrief', target: self, reenter: true, actions: 'lengthen' },
      { target: '#unregistered', actions: [tellResponse, refused] },
    ],
    'transaction.failed': { target: '#unregistered', actions: tellError },
    'tu.unregister': { actions: 'leave' },
    'tu.close': { actions: ['leave', 'close'] },
  }) as const
export const asks = {
  type: 'register',
  params: ({ context }: { context: RegistrationContext }) => ({ expires: context.requested }),
} as const
