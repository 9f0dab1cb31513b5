/**
 * Offer and answer in one dialog: one exchange at a time. RFC 3264 §4 to §8, RFC 6337; rollback RFC 6141 §3.
 *
 *             ┌── offer sent ──▶ offered ──answer received──┐
 *   none ─────┤                    │  ▲                     ├──▶ stable ──offer, either way──▶ …
 *     ▲       └─ offer received ▶ received ──answer sent────┘      ▲
 *     └──────── withdrawn ─────────┴── withdrawn: as before ───────┘            dialog ended ──▶ ended
 *
 * A description in an unreliable 1xx is a preview of the answer: it binds nobody. RFC 3261 §13.2.1
 */
import { assign, setup } from 'xstate'
import { misfit } from '../../src/sdp/scan.ts'
import { effect } from '../effects.ts'

/** What both sides agreed on. */
export interface Agreement {
  readonly local: string
  readonly remote: string
  /** Who offered. */
  readonly offerer: 'local' | 'remote'
}

/** A description that breaks the rules. */
export interface Violation {
  readonly part: 'offer' | 'answer'
  readonly by: 'local' | 'remote'
  readonly fault: string
}

/** What `offer-answer` remembers. */
export interface SessionContext {
  readonly agreed?: Agreement | undefined
  /** The offer that waits for its answer. */
  readonly offer?: string | undefined
  /** What the peer will answer, as it says. */
  readonly preview?: string | undefined
}

type Described = {
  type: 'offer.sent' | 'offer.received' | 'answer.sent' | 'answer.received' | 'answer.previewed'
  sdp: string
}
type Event =
  | Described
  /** The request that carried the offer failed, or the final response had no answer. */
  | { type: 'exchange.withdrawn' }
  | { type: 'dialog.ended' }

type Args = { context: SessionContext; event: { sdp: string } }

const second = (by: Violation['by']) =>
  ({
    actions: { type: 'violate', params: { part: 'offer', by, fault: 'an offer is still unanswered' } },
  }) as const
/** While an offer waits. */
const busy = {
  'offer.sent': second('local'),
  'offer.received': second('remote'),
  'exchange.withdrawn': 'undone',
} as const
const answered = (offerer: Agreement['offerer']) =>
  ({
    guard: 'fits',
    target: 'stable',
    actions: [
      {
        type: 'settle',
        params: ({ context: { offer = '' }, event: { sdp } }: Args): Agreement =>
          offerer === 'local'
            ? { local: offer, remote: sdp, offerer }
            : { local: sdp, remote: offer, offerer },
      },
      { type: 'agree', params: ({ context }: { context: SessionContext }) => context.agreed! },
    ],
  }) as const
const bad = (by: Violation['by']) =>
  ({
    target: 'undone',
    actions: [
      {
        type: 'violate',
        params: ({ context, event }: Args) => ({
          part: 'answer' as const,
          by,
          fault: misfit(context.offer!, event.sdp) ?? '',
        }),
      },
    ],
  }) as const

/** Offer and answer: none, offered, received, stable. RFC 3264. */
export const offerAnswer = setup({
  types: {} as { context: SessionContext; events: Event },
  actions: {
    /** Both descriptions are agreed. */
    agree: effect<Agreement>('agree'),
    violate: effect<Violation>('violate'),
    keep: assign({ offer: ({ event }) => (event as Described).sdp, preview: undefined }),
    look: assign({ preview: ({ event }) => (event as Described).sdp }),
    settle: assign({ agreed: (_, agreement: Agreement) => agreement, offer: undefined, preview: undefined }),
    drop: assign({ offer: undefined, preview: undefined }),
  },
  guards: {
    agreed: ({ context }) => context.agreed !== undefined,
    fits: ({ context, event }) => misfit(context.offer!, (event as Described).sdp) === undefined,
  },
}).createMachine({
  id: 'offerAnswer',
  context: {},
  initial: 'none',
  on: { 'dialog.ended': '.ended' },
  states: {
    none: { on: { 'offer.sent': 'offered', 'offer.received': 'received' } },
    offered: {
      entry: 'keep',
      on: {
        'answer.received': [answered('local'), bad('remote')],
        'answer.previewed': { actions: 'look' },
        ...busy,
      },
    },
    received: { entry: 'keep', on: { 'answer.sent': [answered('remote'), bad('local')], ...busy } },
    stable: { on: { 'offer.sent': 'offered', 'offer.received': 'received' } },
    // RFC 6141 §3: what failed leaves the session as it was.
    undone: { entry: 'drop', always: [{ guard: 'agreed', target: 'stable' }, { target: 'none' }] },
    ended: { type: 'final' },
  },
})
