/** What each answer to a REGISTER makes of a binding: the states that `registration.ts` asks in. RFC 3261 §10.2. */
import { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import type { Unconfirmed } from '../src/rules/registered.ts'
import type { News } from './effects.ts'
import { type RegistrationContext, reading } from './registration-context.ts'

type Answer = { context: RegistrationContext; event: { response: SipResponse } }

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
  const { fault, code = 'invalid-registrar-response' } = result as Unconfirmed
  return new SipError(code, fault, { response })
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

const outbound = ({ outbound, lacking }: RegistrationContext) => outbound === true && !lacking
const register = {
  type: 'register',
  params: ({ context }: { context: RegistrationContext }) => ({
    expires: context.requested,
    outbound: outbound(context),
  }),
} as const
export const unregister = {
  type: 'register',
  params: ({ context }: { context: RegistrationContext }) => ({ expires: 0, outbound: outbound(context) }),
} as const

const failed = [
  { guard: 'pathPasses', target: '#recovering.waiting', actions: [tellError, 'countFailure'] },
  { target: '#unregistered', actions: tellError },
] as const

/** Where to when it is given up before its REGISTER is out: what the registrar may know of is taken back. */
const bound = {
  'tu.unregister': '#unregistering',
  'tu.close': { target: '#unregistering', actions: 'close' },
} as const
const unknown = {
  'tu.unregister': '#unregistered',
  'tu.close': { target: '#unregistered', actions: 'close' },
} as const
const perhaps = {
  'tu.unregister': [{ guard: 'bound', target: '#unregistering' }, { target: '#unregistered' }],
  'tu.close': [
    { guard: 'bound', target: '#unregistering', actions: 'close' },
    { target: '#unregistered', actions: 'close' },
  ],
} as const
export const givenUp = { bound, unknown, perhaps } as const

/** Until the next attempt. RFC 5626 §4.5 */
export const waiting = {
  entry: {
    type: 'noteWait',
    params: ({ context }: { context: RegistrationContext }) => ({ seconds: context.wait }),
  },
  after: { backOff: 'queued' },
  on: {
    'flow.recovered': 'queued',
    'tu.register': 'queued',
    'network.changed': { target: 'queued', actions: 'startAfresh' },
    ...perhaps,
  },
} as const

/** A REGISTER and its answers; `self` is the state, whose REGISTER goes once more after 423 and 439. */
export const asking = (
  self: string,
  refused: typeof rejected,
  given: (typeof givenUp)[keyof typeof givenUp] = givenUp.bound,
) =>
  ({
    initial: 'queued',
    states: {
      queued: {
        entry: 'joinQueue',
        exit: 'leaveQueue',
        on: {
          'pacer.go': 'asked',
          'transaction.failed': failed,
          ...given,
        },
      },
      asked: {
        entry: register,
        on: {
          'request.sent': { actions: 'noteContact' },
          'transaction.provisional': { guard: 'aboveTrying', actions: tellResponse },
          'transaction.success': [
            { guard: 'usable', target: '#registered', actions: ['keep', tellResponse] },
            {
              guard: 'strayed',
              target: '#recovering.waiting',
              actions: [tellResponse, unusable, 'countFailure'],
            },
            { target: '#unregistered', actions: [tellResponse, unusable] },
          ],
          'transaction.failure': [
            { guard: 'tooBrief', target: `${self}.asked`, reenter: true, actions: 'lengthen' },
            { guard: 'lacksOutbound', target: `${self}.asked`, reenter: true, actions: 'doWithout' },
            {
              guard: 'passes',
              target: '#recovering.waiting',
              actions: [tellResponse, refused, 'countFailure'],
            },
            { target: '#unregistered', actions: [tellResponse, refused] },
          ],
          'transaction.failed': failed,
          'tu.unregister': { actions: 'leave' },
          'tu.close': { actions: ['leave', 'close'] },
          'network.changed': { actions: 'outdate' },
        },
      },
    },
  }) as const
