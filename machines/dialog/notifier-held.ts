/** What goes on while a subscription of the peer's is held: its standing, its NOTIFYs, its lifetime. RFC 6665 §4.2. */
import type { SipError } from '../../src/errors.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { askedOf, type Ending, type Notice, type NotifiedState } from '../../src/rules/notify.ts'
import type { Refusal } from '../../src/rules/respond.ts'
import { tellError } from './call-parts.ts'
import type { RequestInDialog } from './dialog.ts'
import { type NotifierContext, notifierSetup } from './notifier-setup.ts'

type Of<E> = { event: E }
type Asking = { context: NotifierContext; event: RequestInDialog }

const response = ({ event }: Of<{ response: SipResponse }>): SipResponse => event.response
const error = ({ event }: Of<{ error: SipError }>): SipError => event.error
const request = ({ event }: Of<RequestInDialog>): SipRequest => event.request
export const given = <E>({ event }: Of<E>): E => event

/** The present state of the resource, or the last word on it. */
export const notify = {
  type: 'notify',
  params: ({ context: { standing, content, ending } }: { context: NotifierContext }): Notice => ({
    standing,
    ...content,
    ...(ending && { ending }),
  }),
} as const
export const keep = {
  type: 'keep',
  params: ({ event }: Of<{ readonly content?: NotifiedState }>) => event.content,
} as const
export const timeout = { type: 'end', params: { reason: 'timeout' } satisfies Ending } as const
export const refuse = (refusal: (args: Asking) => Refusal) =>
  ({
    type: 'refuseSubscribe',
    params: (args: Asking) => ({ transaction: args.event.transaction, refusal: refusal(args) }),
  }) as const

const answer = {
  type: 'answerSubscribe',
  params: ({ context: { ending, expires }, event: { transaction } }: Asking) => ({
    transaction,
    expires: ending ? 0 : expires,
  }),
} as const
const refused = [
  { type: 'failBy', params: response },
  { type: 'announceRejection', params: response },
] as const
const renewed = { type: 'renews', params: request } as const

/** A NOTIFY that failed ends the subscription, unless the subscriber wants it later. §4.2.2 */
const failing = {
  'transaction.failure': [
    {
      guard: { type: 'later', params: response },
      target: 'deferred',
      actions: ['finish', { type: 'defer', params: response }],
    },
    {
      guard: { type: 'losesDialog', params: response },
      target: '#terminated',
      actions: [...refused, 'endDialog'],
    },
    { target: '#terminated', actions: refused },
  ],
  'transaction.failed': {
    target: '#terminated',
    actions: [{ type: 'fail', params: error }, tellError],
  },
} as const

/** Whether the subscriber may see the resource. §4.1.3 */
const standing = notifierSetup.createStateConfig({
  initial: 'active',
  states: {
    pending: {
      on: { 'tu.notify': { guard: { type: 'activates', params: given }, target: 'active' } },
    },
    active: { entry: 'activate' },
  },
})

/** One NOTIFY at a time. §4.2.2 */
const notice = notifierSetup.createStateConfig({
  initial: 'telling',
  states: {
    telling: {
      entry: ['begin', notify],
      on: {
        ...failing,
        'transaction.success': { target: 'waiting', actions: 'finish' },
        'tu.notify': { target: 'behind', actions: keep },
        'wire.subscribe': { guard: renewed, target: 'behind' },
      },
    },
    behind: { on: { ...failing, 'transaction.success': 'telling', 'tu.notify': { actions: keep } } },
    waiting: {
      on: {
        'tu.notify': { target: 'telling', actions: keep },
        'wire.subscribe': { guard: renewed, target: 'telling' },
      },
    },
    deferred: {
      on: { 'tu.notify': { actions: keep }, 'wire.subscribe': { guard: renewed, target: 'telling' } },
      after: { deferral: 'telling' },
    },
  },
})

/** How long, and what the subscriber says of that. §4.2.1 */
const lifetime = notifierSetup.createStateConfig({
  initial: 'running',
  states: {
    running: {
      on: {
        'wire.subscribe': [
          {
            guard: { type: 'unusable', params: request },
            actions: refuse(({ context, event }) => askedOf(event.request, context.least) as Refusal),
          },
          { guard: { type: 'ends', params: request }, target: '#closing', actions: [timeout, answer] },
          {
            target: 'running',
            reenter: true,
            actions: [{ type: 'renew', params: request }, answer],
          },
        ],
      },
      after: { lapsed: { target: '#closing', actions: timeout } },
    },
  },
})

/** A subscription that we have accepted. */
export const held = notifierSetup.createStateConfig({
  type: 'parallel',
  states: { standing, notice, lifetime },
})
