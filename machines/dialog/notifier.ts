/**
 * A subscription of the peer's: what it asks, what we tell, and how it ends. RFC 6665 §4.2.
 *
 *   asked ──2xx──▶ held ──terminate, Expires 0, time over──▶ closing ──▶ concluding ──answered──▶ terminated
 *     │            ├ standing: pending ──▶ active              └──────NOTIFY failed, dialog gone──────▲
 *     │            ├ notice: telling ⇄ behind, waiting, deferred
 *     │            └ lifetime: running, anew with each refresh
 *     └──3xx-6xx, nobody decides──▶ rejected
 *
 * One NOTIFY at a time, so that none overtakes another; meanwhile only the latest state of the resource waits.
 */
import type { Refusal } from '../../src/rules/respond.ts'
import { given, held, keep, notify, refuse, timeout } from './notifier-held.ts'
import { type Acceptance, notifierSetup } from './notifier-setup.ts'

export type { NotifierInput } from './notifier-setup.ts'

const noSubscription: Refusal = { reply: { status: 481, headers: [] } }
const acceptance = ({ event }: { event: Acceptance }): Acceptance => event
const accepted = [
  { type: 'grant', params: acceptance },
  { type: 'acceptSubscription', params: acceptance },
] as const
const reject = (status: number) => ({ type: 'rejectSubscription', params: { status } }) as const
const ended = { target: '#terminated' } as const
const over = {
  'transaction.failure': ended,
  'transaction.failed': ended,
  // What comes now has crossed the end.
  'wire.subscribe': { actions: refuse(() => noSubscription) },
} as const

/** The peer's subscription, from our answer to the last NOTIFY. RFC 6665 §4.2. */
export const notifier = notifierSetup.createMachine({
  id: 'notifier',
  context: ({ input }) => ({
    ...input,
    expires: 0,
    longest: 0,
    standing: 'active',
    content: {},
    underWay: false,
    deferral: 0,
  }),
  initial: 'asked',
  on: { 'dialog.ended': ended },
  states: {
    asked: {
      on: {
        'tu.accept': [
          {
            guard: { type: 'once', params: acceptance },
            target: 'closing',
            actions: [...accepted, timeout],
          },
          {
            guard: { type: 'pends', params: acceptance },
            target: '#notifier.held.standing.pending',
            actions: accepted,
          },
          { target: 'held', actions: accepted },
        ],
        'tu.reject': { target: 'rejected', actions: { type: 'rejectSubscription', params: given } },
        'dialog.ended': { target: 'rejected', actions: reject(481) },
      },
      // The peer waits for 64·T1, and no answer may come later than that. RFC 4320 §4.2
      after: { tooLong: { target: 'rejected', actions: reject(480) } },
    },
    held: {
      ...held,
      on: { 'tu.terminate': { target: 'closing', actions: [{ type: 'end', params: given }, keep] } },
    },
    // The last NOTIFY waits for the answer to the one under way.
    closing: {
      id: 'closing',
      always: { guard: 'idle', target: 'concluding' },
      on: { ...over, 'transaction.success': 'concluding' },
    },
    concluding: { entry: notify, on: { ...over, 'transaction.success': ended } },
    terminated: { id: 'terminated', type: 'final' },
    rejected: { type: 'final' },
  },
})
