/**
 * An outgoing call. RFC 3261 §13.2, §9.1, §15.1.1.
 *
 *   calling ──1xx──▶ proceeding ──1xx with tag──▶ early ──2xx──▶ confirmed ──BYE──▶ terminating ──▶ terminated
 *      │                 │                          ├── BYE ──▶ leaving ──487, or crossing 2xx ───────▲
 *      └──── cancel ─────┴───────── cancel ─────────┴──▶ cancelling ──487, or crossing 2xx ───────────┘
 */
import type { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipResponse } from '../../src/message/types.ts'
import { callSetup, ends, fails, inDialog, news, response } from './call.ts'

type Answer = { response: SipResponse }

const told = news((event: Answer) => ({ type: 'response', response: event.response }))
const openDialog = { type: 'openDialog', params: response } as const
const dismiss = { type: 'dismiss', params: response } as const
const acknowledge = {
  type: 'acknowledge',
  params: ({ event }: { event: Answer }) => ({ response: event.response }),
} as const
const bye = {
  type: 'bye',
  params: ({ event }: { event: object }) => event as { headers?: readonly HeaderPair[] },
} as const
const rejected = {
  type: 'conclude',
  params: ({ event }: { event: Answer }) =>
    ({ by: 'remote', reason: 'rejected', status: event.response.status, response: event.response }) as const,
} as const
const withdrawn = ends({ by: 'local', reason: 'cancelled' })
const tellError = news((event: { error: SipError }) => ({ type: 'error', error: event.error }))
const tellRejection = { type: 'announceRejection', params: response } as const

/** A 2xx: the call stands. */
const answered = {
  target: '#confirmed',
  actions: [
    'adopt',
    openDialog,
    told,
    news((event: Answer) => ({ type: 'answered', response: event.response })),
  ],
} as const
/** A final response other than 2xx, or none at all. */
const refused = { target: '#terminated', actions: ['settle', rejected, told, tellRejection] } as const
const failed = { target: '#terminated', actions: ['settle', fails, tellError] } as const
const ringing = [
  { guard: { type: 'tagged', params: response }, target: '#early', actions: [openDialog, told] },
  { target: '#proceeding', actions: told },
] as const
const cancelling = { target: '#cancelling', actions: 'cancel' } as const
const unanswered = {
  'transaction.provisional': ringing,
  'transaction.success': answered,
  'transaction.failure': refused,
  'transaction.failed': failed,
  'tu.cancel': cancelling,
  'tu.hangUp': cancelling,
} as const
/** A 2xx that crossed our CANCEL or BYE: acknowledged, then ended. §15.1.1 */
const crossed = { target: '#terminating', actions: ['adopt', openDialog, acknowledge, bye] } as const
/** Later 2xx: ours again gets the same ACK, a fork's is ended. */
const repeated = [
  { guard: { type: 'otherMethod', params: response } },
  { guard: { type: 'sameDialog', params: response }, actions: acknowledge },
  { actions: dismiss },
] as const
const completed = { actions: ['settle', news(() => ({ type: 'inviteCompleted' }))] } as const

export const outgoingCall = callSetup.createMachine({
  id: 'outgoingCall',
  context: ({ input }) => ({ ...input, settled: false, interval: input.timers.t1 }),
  entry: 'invite',
  initial: 'calling',
  states: {
    calling: { on: unanswered },
    proceeding: { id: 'proceeding', on: unanswered },
    early: {
      id: 'early',
      on: {
        ...unanswered,
        'transaction.provisional': [
          { guard: { type: 'tagged', params: response }, actions: [openDialog, told] },
          { actions: told },
        ],
        'dialog.request': inDialog,
        // §15: the caller may leave an early dialog by BYE; the callee answers the INVITE 487.
        'tu.hangUp': { target: 'leaving', actions: bye },
      },
    },
    leaving: {
      on: {
        'transaction.success': [{ guard: { type: 'otherMethod', params: response } }, crossed],
        'transaction.failure': [
          { guard: { type: 'otherMethod', params: response }, ...cancelling },
          { target: 'terminated', actions: ['settle', withdrawn] },
        ],
        'transaction.failed': cancelling,
        'dialog.request': inDialog,
      },
      after: { tooLong: cancelling },
    },
    cancelling: {
      id: 'cancelling',
      on: {
        'transaction.provisional': { actions: told },
        'transaction.success': [{ guard: { type: 'otherMethod', params: response } }, crossed],
        'transaction.failure': { target: 'terminated', actions: ['settle', withdrawn] },
        'transaction.failed': { target: 'terminated', actions: ['settle', withdrawn] },
      },
    },
    confirmed: {
      id: 'confirmed',
      initial: 'deciding',
      on: {
        'transaction.completed': completed,
        'dialog.request': inDialog,
        'tu.hangUp': { target: 'terminating', actions: bye },
      },
      states: {
        deciding: { always: [{ guard: 'autoAck', target: 'acknowledging' }, { target: 'unacknowledged' }] },
        acknowledging: { entry: 'acknowledgeNow', always: 'acknowledged' },
        unacknowledged: {
          // The peer repeats its 2xx until the application acknowledges.
          on: {
            'tu.ack': {
              target: 'acknowledged',
              actions: { type: 'acknowledge', params: ({ event }) => event },
            },
          },
        },
        acknowledged: { on: { 'transaction.success': repeated } },
      },
    },
    terminating: {
      id: 'terminating',
      entry: ends({ by: 'local', reason: 'bye' }),
      on: {
        'transaction.completed': completed,
        'transaction.success': [
          { guard: { type: 'otherMethod', params: response }, target: 'terminated' },
          ...repeated,
        ],
        'transaction.failure': 'terminated',
        'transaction.failed': 'terminated',
        'dialog.request': inDialog,
      },
    },
    terminated: {
      id: 'terminated',
      entry: 'endDialogs',
      always: { guard: 'settled', target: 'released' },
      on: {
        'transaction.success': repeated,
        'transaction.completed': completed,
      },
    },
    released: { type: 'final' },
  },
})
