/**
 * The reliable provisional responses that come in one dialog of an INVITE of ours. RFC 3262 §4, §5.
 *
 *   receiving ──the next in order──▶ PRACK at once, or
 *   receiving ──the next in order──▶ asking ──PRACK by the application──▶ receiving
 *
 * The first response sets the number; what comes twice or out of order is dropped: the peer repeats it in time.
 */
import { assign, setup } from 'xstate'
import type { SipResponse } from '../../src/message/types.ts'
import { effect, type TransactionEvent } from '../effects.ts'

/** What `reliableReceipt` starts with. */
export interface ReliableReceiptInput {
  /** False: the application sends each PRACK. */
  readonly autoPrack: boolean
}

interface Context extends ReliableReceiptInput {
  /** Number of the latest that was taken. */
  readonly rseq?: number
  readonly latest?: SipResponse
}

/** A PRACK of ours: what it acknowledges, and an answer or offer for its body. */
export interface Prack {
  readonly response: SipResponse
  readonly rseq: number
  readonly body?: string
}

type Reliable = {
  readonly type: 'wire.reliable'
  readonly response: SipResponse
  readonly rseq: number
  /** It carries an offer, so that the PRACK has to carry an answer. */
  readonly offer: boolean
}
type Event = Reliable | TransactionEvent | { type: 'tu.prack'; body?: string } | { type: 'tu.stop' }

const taken = ({ event }: { event: Reliable }) => event
const news = { type: 'tell', params: ({ event }: { event: Reliable }) => event.response } as const
const outcome = ({ event }: { event: { response: SipResponse } }) => event.response
const automatic = {
  guard: { type: 'automatic', params: taken },
  actions: [{ type: 'note', params: taken }, news, { type: 'prack', params: taken }],
} as const
const byHand = {
  guard: { type: 'inOrder', params: taken },
  target: 'asking',
  actions: [{ type: 'note', params: taken }, news, { type: 'ask', params: taken }],
} as const

/** Reliable provisional responses at a caller: each acknowledged once, in order. RFC 3262 §4. */
export const reliableReceipt = setup({
  types: {} as { input: ReliableReceiptInput; context: Context; events: Event },
  actions: {
    note: assign((_, { rseq, response }: Reliable) => ({ rseq, latest: response })),
    tell: effect<SipResponse>('tell'),
    prack: effect<Prack>('prack'),
    /** The application is to call for the PRACK: by its own wish, or because an answer is needed. */
    ask: effect<Reliable>('ask'),
    /** The peer took a PRACK: its answer, if our PRACK had an offer. */
    agree: effect<SipResponse>('agree'),
    /** It did not. RFC 5057 §5.1 */
    fail: effect<{ readonly response?: SipResponse; readonly error?: unknown }>('fail'),
  },
  guards: {
    automatic: ({ context }, { rseq, offer }: Reliable) =>
      context.autoPrack && !offer && (context.rseq === undefined || rseq === context.rseq + 1),
    inOrder: ({ context }, { rseq }: Reliable) => context.rseq === undefined || rseq === context.rseq + 1,
  },
}).createMachine({
  id: 'reliableReceipt',
  context: ({ input }) => input,
  initial: 'receiving',
  on: {
    'transaction.success': { actions: { type: 'agree', params: outcome } },
    'transaction.failure': { actions: { type: 'fail', params: ({ event }) => event } },
    'transaction.failed': { actions: { type: 'fail', params: ({ event }) => event } },
    'tu.stop': '.ended',
  },
  states: {
    receiving: { on: { 'wire.reliable': [automatic, byHand] } },
    // §4: the peer sends no other before this one is acknowledged.
    asking: {
      on: {
        'tu.prack': {
          target: 'receiving',
          actions: {
            type: 'prack',
            params: ({ context, event }) => ({
              response: context.latest!,
              rseq: context.rseq!,
              ...(event.body !== undefined && { body: event.body }),
            }),
          },
        },
      },
    },
    ended: { type: 'final' },
  },
})
