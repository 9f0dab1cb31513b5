/**
 * Which application gets a request that no object claims; it waits here while one is started. Symbian's client resolver.
 *
 *   byUser ──▶ byAcceptContact ──▶ byEvent ──▶ byRequest ──▶ chosen ──it runs──▶ delivered
 *                                                              └──▶ launching ──ready──┘
 *   a step leaves one: chosen      a step leaves none: refused       launching ── failed, or 0.9·64·T1 ──▶ refused
 *
 * A request that its caller takes back meanwhile is told nobody.
 */
import { assign, setup } from 'xstate'
import type { SipRequest } from '../src/message/types.ts'
import { narrow, type ResolvableClient, type ResolveStep, unavailable } from '../src/rules/resolve-client.ts'
import type { Refusal } from '../src/rules/respond.ts'
import { effect } from './effects.ts'
import { sixtyFourT1, type TimerConfig } from './timers.ts'

/** What `clientResolver` starts with. */
export interface ClientResolverInput {
  readonly request: SipRequest
  /** Those that run and those that can be started, in the order in which they were made known. */
  readonly clients: readonly ResolvableClient[]
  /** Whose dialog it is about, where it says so: nobody else is asked. RFC 3891 */
  readonly owner?: string
  readonly timers: TimerConfig
}

interface Context extends Omit<ClientResolverInput, 'request'> {
  /** Not kept for longer than it is looked at. */
  readonly request: SipRequest | undefined
  /** One of them alone is meant. */
  readonly decided: boolean
  readonly refusal: Refusal | undefined
}

type Event = { type: 'client.ready' } | { type: 'launch.failed' } | { type: 'tu.cancel' }

/** Who alone is meant has it; of several, or of all, the next step finds one. */
const by = <Next extends string>(step: ResolveStep, next: Next) =>
  ({
    entry: { type: 'narrow', params: step },
    always: [
      { guard: 'refused', target: 'refused' },
      { guard: 'decided', target: 'chosen' },
      { target: next },
    ],
  }) as const

const client = { params: ({ context }: { context: Context }) => context.clients[0]!.client } as const

/** Finds the application for a request, starts it if need be, and gives the request to it. */
export const clientResolver = setup({
  types: {} as { input: ClientResolverInput; context: Context; events: Event },
  actions: {
    narrow: assign(({ context }, step: ResolveStep) => {
      const narrowed = narrow(step, context.request!, context.clients)
      return 'reply' in narrowed ? { refusal: narrowed } : narrowed
    }),
    keepOwner: assign(({ context: { clients, owner } }) => ({
      clients: clients.filter(one => one.client === owner),
    })),
    forgetRequest: assign({ request: undefined }),
    giveUp: assign({ refusal: unavailable }),
    launch: effect<string>('launch'),
    deliver: effect<string>('deliver'),
    refuse: effect<Refusal>('refuse'),
  },
  guards: {
    refused: ({ context }) => context.refusal !== undefined,
    decided: ({ context }) => context.decided,
    owned: ({ context: { owner, clients } }) =>
      owner !== undefined && clients.some(one => one.client === owner),
    runs: ({ context }) => context.clients[0]!.attached,
  },
  // Before the transaction of the peer gives up, so that the answer still arrives.
  delays: { patience: ({ context }) => 0.9 * sixtyFourT1(context.timers) },
}).createMachine({
  id: 'clientResolver',
  context: ({ input }) => ({ ...input, decided: false, refusal: undefined }),
  initial: 'begun',
  states: {
    begun: { always: [{ guard: 'owned', target: 'chosen', actions: 'keepOwner' }, { target: 'byUser' }] },
    // Says who may have it, and means nobody.
    byUser: {
      entry: { type: 'narrow', params: 'user' },
      always: [{ guard: 'refused', target: 'refused' }, { target: 'byAcceptContact' }],
    },
    byAcceptContact: by('acceptContact', 'byEvent'),
    byEvent: by('event', 'byRequest'),
    // The last step decides, or refuses.
    byRequest: {
      entry: { type: 'narrow', params: 'request' },
      always: [{ guard: 'refused', target: 'refused' }, { target: 'chosen' }],
    },
    chosen: {
      entry: 'forgetRequest',
      always: [{ guard: 'runs', target: 'delivered' }, { target: 'launching' }],
    },
    launching: {
      entry: { type: 'launch', ...client },
      on: {
        'client.ready': 'delivered',
        'launch.failed': { target: 'refused', actions: 'giveUp' },
        'tu.cancel': 'cancelled',
      },
      after: { patience: { target: 'refused', actions: 'giveUp' } },
    },
    delivered: { entry: { type: 'deliver', ...client }, type: 'final' },
    refused: { entry: { type: 'refuse', params: ({ context }) => context.refusal! }, type: 'final' },
    cancelled: { type: 'final' },
  },
})
