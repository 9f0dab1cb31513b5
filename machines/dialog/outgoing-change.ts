/**
 * A change of the session that we want, by re-INVITE or UPDATE. RFC 3261 §14.1, RFC 3311 §5.1, RFC 6141.
 *
 *   queued ──its turn──▶ describing ──offer──▶ requesting ──2xx──▶ (answering ──▶) acknowledged ──Timer M──▶ settled
 *     ▲▲────── overtaken ─────┴── none: given up ──▶   │  └──2xx of an UPDATE, 3xx-6xx, no answer ──────────────▲
 *     └──────────────── waiting ◀──491, 500 later─────┘──the call ends──▶ abandoned ────────────────────────────┘
 *
 * One that fails leaves the session as it was; 481, 408 and silence end the call (RFC 5057). The limit of a re-INVITE
 * that gets no final answer, its CANCEL and its challenges are those of `client-request.ts`.
 */
import {
  accepted,
  acknowledge,
  acknowledgeOffer,
  answered,
  failed,
  gaveUp,
  observe,
  outgoingChangeSetup,
  refused,
  response,
  succeeds,
  undescribed,
} from './outgoing-change-setup.ts'

const callOver = gaveUp('closed', 'the call ended before its session was changed')
const unsent = { 'dialog.ended': { target: 'settled', actions: callOver } } as const
const invite = { type: 'invite', params: response } as const
/** §13.2.2.4: the 2xx is acknowledged, but what it offers is not taken. */
const unanswerable = {
  target: 'acknowledged',
  actions: [acknowledgeOffer, 'withdraw', undescribed('no answer was made to the offer'), 'endCall'],
} as const

/** A change of the session by us. RFC 3261 §14.1, RFC 3311. */
export const outgoingChange = outgoingChangeSetup.createMachine({
  id: 'outgoingChange',
  context: ({ input }) => ({ ...input, attempts: 0, pause: 0, sent: false }),
  initial: 'queued',
  states: {
    queued: {
      entry: 'queue',
      on: {
        'change.turn': [{ guard: 'describes', target: 'describing' }, { target: 'requesting' }],
        ...unsent,
      },
    },
    describing: {
      entry: { type: 'describe', params: undefined },
      on: {
        'tu.describe': [
          { guard: 'described', target: 'requesting', actions: 'keepOffer' },
          { target: 'settled', actions: undescribed('no offer was made') },
        ],
        // What was made follows a session that is no more.
        'change.overtaken': 'queued',
        ...unsent,
      },
      after: { patience: { target: 'settled', actions: gaveUp('timeout', 'no offer was made in time') } },
    },
    requesting: {
      entry: [
        'count',
        {
          type: 'request',
          params: ({ context: { offer } }): { offer?: string } => (offer === undefined ? {} : { offer }),
        },
      ],
      on: {
        'request.sent': {
          guard: 'first',
          actions: ['noteSent', { type: 'observe', params: ({ event }) => event.request }],
        },
        'transaction.success': [
          {
            guard: { type: 'offering', params: response },
            target: 'answering',
            actions: [{ type: 'keepAnswer', params: response }, observe, accepted],
          },
          {
            guard: invite,
            target: 'acknowledged',
            actions: [observe, accepted, acknowledge, succeeds],
          },
          { target: 'settled', actions: [observe, accepted, succeeds] },
        ],
        'transaction.failure': [
          {
            guard: { type: 'again', params: response },
            target: 'waiting',
            actions: ['withdraw', { type: 'choosePause', params: response }],
          },
          {
            guard: { type: 'endsCall', params: response },
            target: 'settled',
            actions: ['withdraw', refused, 'endCall'],
          },
          { target: 'settled', actions: ['withdraw', refused] },
        ],
        'transaction.failed': [
          { guard: 'lost', target: 'settled', actions: ['withdraw', failed, 'endCall'] },
          { target: 'settled', actions: ['withdraw', failed] },
        ],
        'dialog.ended': { target: 'abandoned', actions: callOver },
      },
    },
    waiting: {
      // The peer's own change may pass meanwhile.
      entry: 'settle',
      on: unsent,
      after: { pause: 'queued' },
    },
    answering: {
      entry: { type: 'describe', params: ({ context }) => context.answer },
      on: {
        'tu.describe': [
          { guard: 'described', target: 'acknowledged', actions: [acknowledgeOffer, answered] },
          unanswerable,
        ],
        'dialog.ended': { target: 'acknowledged', actions: [acknowledgeOffer, callOver] },
      },
      after: { patience: unanswerable },
    },
    acknowledged: {
      entry: 'settle',
      on: {
        'transaction.success': { actions: acknowledge },
        'transaction.completed': 'settled',
        'transaction.failed': 'settled',
      },
      // Its transaction tells, unless it has ended before (`answering`).
      after: { patience: 'settled' },
    },
    abandoned: {
      // A 2xx that crossed our BYE is acknowledged like any other.
      on: {
        'transaction.success': [
          { guard: invite, target: 'acknowledged', actions: acknowledge },
          { target: 'settled' },
        ],
        'transaction.failure': 'settled',
        'transaction.failed': 'settled',
      },
      after: { patience: 'settled' },
    },
    settled: { entry: 'settle', type: 'final' },
  },
})
