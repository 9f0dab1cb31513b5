/**
 * A dialog: what two user agents remember of each other. RFC 3261 §12; CSIPDialog.
 *
 *   init ──101-199──▶ early ──2xx──▶ confirmed ──last usage ended──▶ terminated
 *     └─────────2xx─────────────────────▲
 *
 * It checks the order and the Contact of what arrives, keeps the remote target, and hands each request to the usage
 * that it belongs to. Its own sequence numbers are drawn when a request is built.
 */
import { assign, setup } from 'xstate'
import type { SipRequest } from '../../src/message/types.ts'
import { acceptRequest, afterAccepted, type DialogRecord } from '../../src/rules/dialog.ts'
import type { Refusal } from '../../src/rules/respond.ts'
import { effect } from '../effects.ts'

/** What `dialog` starts with. */
export interface DialogInput {
  readonly record: DialogRecord
  /** Born by a 2xx rather than a provisional response. */
  readonly confirmed: boolean
}

type Context = DialogInput

/** A request in the dialog, and the server transaction that waits for its answer. */
export interface RequestInDialog {
  readonly request: SipRequest
  readonly transaction: string
}

type WireRequest = { type: 'wire.request' } & RequestInDialog
type Event =
  | WireRequest
  | { type: 'wire.ack'; request: SipRequest }
  /** An ACK for the 2xx of a re-INVITE, with the branch of that. */
  | { type: 'transaction.ack'; request: SipRequest }
  /** A later response of the exchange that makes the dialog: a 2xx confirms it. §12.1, §12.3 */
  | { type: 'dialog.confirmed'; record: DialogRecord }
  /** We answered a request of the peer with 2xx. §12.2.2 */
  | { type: 'dialog.accepted'; request: SipRequest }
  /** A target refresh of ours was answered with 2xx. §12.2.1.2 */
  | { type: 'dialog.refreshed'; record: DialogRecord }
  | { type: 'dialog.ended' }

const verdict = (context: Context, event: WireRequest) => acceptRequest(context.record, event.request)

const learnt = ({ event }: { event: { record: DialogRecord } }) => event.record
const tellTarget = {
  type: 'announceTarget',
  params: ({ context }: { context: Context }) => context.record,
} as const

const requests = {
  'wire.request': [
    {
      guard: 'acceptable',
      actions: ['note', { type: 'deliver', params: ({ event }: { event: WireRequest }) => event }],
    },
    {
      actions: {
        type: 'refuse',
        params: ({ context, event }: { context: Context; event: WireRequest }) => ({
          transaction: event.transaction,
          refusal: verdict(context, event) as Refusal,
        }),
      },
    },
  ],
  'dialog.accepted': { guard: 'moves', actions: ['move', tellTarget] },
  'dialog.refreshed': [
    { guard: { type: 'elsewhere', params: learnt }, actions: ['learn', tellTarget] },
    { actions: 'learn' },
  ],
  'dialog.ended': 'terminated',
} as const

/** A dialog: init, early, confirmed, terminated. RFC 3261 §12. */
export const dialog = setup({
  types: {} as { input: DialogInput; context: Context; events: Event },
  actions: {
    deliver: effect<RequestInDialog>('deliver'),
    deliverAck: effect<SipRequest>('deliverAck'),
    /** The peer is reached elsewhere from now on. */
    announceTarget: effect<DialogRecord>('announceTarget'),
    refuse: effect<{ transaction: string; refusal: Refusal }>('refuse'),
    /** The remote sequence number rises. §12.2.2 */
    note: assign(({ context, event }) => {
      const result = verdict(context, event as WireRequest)
      return 'record' in result ? { record: result.record } : {}
    }),
    /** A target refresh moves the remote target. §12.2.2 */
    move: assign(({ context, event }) => ({
      record: afterAccepted(context.record, (event as { request: SipRequest }).request),
    })),
    learn: assign(({ event }) => ({ record: (event as { record: DialogRecord }).record })),
  },
  guards: {
    confirmed: ({ context }) => context.confirmed,
    moves: ({ context, event }) =>
      afterAccepted(context.record, (event as { request: SipRequest }).request) !== context.record,
    elsewhere: ({ context }, { remoteTarget, routeSet }: DialogRecord) =>
      remoteTarget !== context.record.remoteTarget || routeSet.join() !== context.record.routeSet.join(),
    acceptable: ({ context, event }) => 'record' in verdict(context, event as WireRequest),
  },
}).createMachine({
  id: 'dialog',
  context: ({ input }) => input,
  initial: 'init',
  states: {
    init: { always: [{ guard: 'confirmed', target: 'confirmed' }, { target: 'early' }] },
    early: {
      on: {
        ...requests,
        'dialog.confirmed': [
          {
            guard: { type: 'elsewhere', params: learnt },
            target: 'confirmed',
            actions: ['learn', tellTarget],
          },
          { target: 'confirmed', actions: 'learn' },
        ],
      },
    },
    confirmed: {
      // An ACK for a non-2xx belongs to its transaction and never comes here.
      on: {
        ...requests,
        'wire.ack': { actions: { type: 'deliverAck', params: ({ event }) => event.request } },
        'transaction.ack': { actions: { type: 'deliverAck', params: ({ event }) => event.request } },
      },
    },
    terminated: { type: 'final' },
  },
})
