/**
 * Anything renewed before it expires: a binding, a subscription, a request that stands alone. CSIPRefresh.
 *
 *   inactive ──granted──▶ active ──interval──▶ (tells its owner: due) … ──stop──▶ terminated
 *
 * The owner sends the request; what is granted then sets the next interval: E−600 s above 1200 s, else E/2.
 */
import { type ActorRef, assign, type Snapshot, sendTo, setup } from 'xstate'
import { refreshAt } from '../src/rules/expiry.ts'

/** What a refresh tells its owner. */
export type RefreshOwnerEvent = { readonly type: 'refresh.due' }

/** What `refresh` starts with. */
export interface RefreshInput {
  readonly owner: ActorRef<Snapshot<unknown>, RefreshOwnerEvent>
}

interface Context extends RefreshInput {
  /** Seconds from one refresh to the next; 0 before anything was granted. */
  readonly interval: number
}

type Event =
  /** Seconds of life that the peer granted. */
  | { type: 'refresh.granted'; expires: number }
  /** The application's own interval, in seconds, until the next grant. */
  | { type: 'tu.interval'; seconds: number }
  | { type: 'refresh.stop' }

/** What is renewed before it expires. CSIPRefresh. */
export const refresh = setup({
  types: {} as { input: RefreshInput; context: Context; events: Event },
  actions: {
    schedule: assign({ interval: (_, seconds: number) => seconds }),
    tellDue: sendTo(({ context }) => context.owner, { type: 'refresh.due' }),
  },
  delays: { due: ({ context }) => context.interval * 1000 },
}).createMachine({
  id: 'refresh',
  context: ({ input }) => ({ ...input, interval: 0 }),
  initial: 'inactive',
  on: { 'refresh.stop': '.terminated' },
  states: {
    inactive: {
      on: {
        'refresh.granted': {
          target: 'active',
          actions: { type: 'schedule', params: ({ event }) => refreshAt(event.expires) },
        },
      },
    },
    active: {
      on: {
        'refresh.granted': {
          target: 'active',
          reenter: true,
          actions: { type: 'schedule', params: ({ event }) => refreshAt(event.expires) },
        },
        'tu.interval': {
          target: 'active',
          reenter: true,
          actions: { type: 'schedule', params: ({ event }) => event.seconds },
        },
      },
      after: { due: { target: 'active', reenter: true, actions: 'tellDue' } },
    },
    terminated: { type: 'final' },
  },
})
