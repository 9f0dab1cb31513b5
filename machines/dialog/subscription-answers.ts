/** What each answer to a SUBSCRIBE makes of a subscription. RFC 6665 §4.1.2. */
import { SipError } from '../../src/errors.ts'
import type { SipResponse } from '../../src/message/types.ts'
import { answerText, errorForStatus } from '../../src/rules/calls.ts'
import type { News } from '../effects.ts'
import { response, tellError } from './call-parts.ts'
import type { SubscriptionContext, SubscriptionEnd } from './subscription-context.ts'

type Answer = { event: { response: SipResponse } }
type In = { context: SubscriptionContext }

const ended = ({ begun }: SubscriptionContext, response: SipResponse): SipError =>
  begun
    ? new SipError(
        'terminated-with-response',
        `the refresh was answered ${answerText(response.status, response.reason)}`,
        { response },
      )
    : errorForStatus(response)
const tellRefusal = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'error', error: errorForStatus(event.response) }),
} as const
const tellResponse = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'response', response: event.response }),
} as const

/** It ends with this error, which is told once. */
export const failsBy = <Args>(make: (args: Args) => SubscriptionEnd & { readonly error: SipError }) =>
  [
    { type: 'fail', params: make },
    { type: 'announce', params: (args: Args): News => ({ type: 'error', error: make(args).error }) },
  ] as const
export const unheard = failsBy(() => ({
  error: new SipError('timeout', 'no NOTIFY came within 64·T1 of the answer to SUBSCRIBE'),
}))
const refused = [
  tellResponse,
  ...failsBy(({ context, event }: In & Answer) => ({
    response: event.response,
    error: ended(context, event.response),
  })),
  { type: 'endDialog', params: response },
] as const
const failed = [
  {
    type: 'fail',
    params: ({ event }: { event: { error: SipError } }): SubscriptionEnd => ({ error: event.error }),
  },
  tellError,
] as const

const settle = { type: 'settle', params: response } as const

/** SUBSCRIBE and its answers. */
export const asking = {
  entry: ['noteAsking', { type: 'subscribe', params: ({ context }: In) => ({ expires: context.requested }) }],
  on: {
    'transaction.provisional': { actions: tellResponse },
    'transaction.success': [
      { guard: 'leaving', target: '#leaving', actions: ['begin', settle, tellResponse] },
      { target: 'idle', actions: ['begin', settle, tellResponse] },
    ],
    'transaction.failure': [
      { guard: 'tooBrief', target: 'asking', reenter: true, actions: 'lengthen' },
      {
        guard: { type: 'passes', params: response },
        target: 'paused',
        actions: [tellResponse, tellRefusal, 'putOff'],
      },
      { guard: 'leavesAll', target: '#leaving', actions: tellResponse },
      { guard: { type: 'goesOn', params: response }, target: 'idle', actions: [tellResponse, tellRefusal] },
      {
        guard: 'anew',
        target: '#resubscribing',
        actions: [
          tellResponse,
          tellRefusal,
          { type: 'endDialog', params: response },
          'answered',
          'countAttempt',
        ],
      },
      { target: '#terminated', actions: refused },
    ],
    'transaction.failed': [
      {
        guard: { type: 'pathPasses', params: ({ event }: { event: { error: SipError } }) => event.error },
        target: 'paused',
        actions: [tellError, 'putOff'],
      },
      { target: '#terminated', actions: failed },
    ],
    'tu.unsubscribe': { actions: 'leave' },
  },
} as const

/** While no SUBSCRIBE is under way. */
export const unasked = {
  'tu.update': { target: 'asking', actions: 'ask' },
  'tu.unsubscribe': '#leaving',
  'network.changed': 'asking',
} as const

/** The lifetime runs from each grant. */
export const lasting = {
  guard: 'lasts',
  target: '.running',
  actions: [
    'keepLifetime',
    {
      type: 'grantRefresh',
      params: ({ context }: In) => ({ expires: context.granted, refreshes: context.refreshes }),
    },
  ],
} as const
