/**
 * A connection: one client's presence on one network, and the parent of every other actor. CSIPConnection.
 *
 *   init (waiting, binding) ──bound──▶ active ⇄ suspended ──▶ unavailable
 *                                      ▲ │ down                ▲ removed
 *                         bound again  │ ▼                     │
 *                         inactive (waiting, binding) ─────────┘     … ── close ──▶ closing ──▶ closed
 *
 * Nothing new is sent or taken in but in `active`; what is under way goes on in `suspended`. In `inactive` and
 * `unavailable` it has no sockets and holds nothing. Closing ends the calls, then the registrations.
 */
import type { SipError } from '../src/errors.ts'
import { type Arrival, connectionSetup } from './connection-setup.ts'

export type { Arrival, ConnectionInput, NetworkNews } from './connection-setup.ts'

const error = ({ event }: { event: { error: SipError } }) => event.error
const serving = {
  'wire.request': { actions: { type: 'route', params: ({ event }: { event: Arrival }) => event } },
} as const
const reportLoss = { type: 'reportLoss', params: error } as const
const lost = {
  'network.down': { target: '#connection.inactive', actions: [reportLoss, 'dropChildren'] },
  'network.gone': { target: '#connection.unavailable', actions: [reportLoss, 'dropChildren'] },
} as const
const tellNetwork = {
  type: 'tellNetwork',
  params: ({ event }: { event: { error: SipError } }) =>
    ({ type: 'binding.failed', error: event.error }) as const,
} as const
const bound = {
  target: '#connection.active',
  actions: { type: 'tellNetwork', params: { type: 'binding.done' } },
} as const

const again = { target: 'binding', reenter: true } as const
/** At another address, or at none. */
const moving = {
  'transport.moved': { actions: 'announceMove' },
  'transport.failed': {
    target: '#connection.inactive',
    actions: [reportLoss, 'dropChildren', tellNetwork],
  },
} as const

/** A connection: bound, active, lost and found again, closed in order. CSIPConnection. */
export const connection = connectionSetup.createMachine({
  id: 'connection',
  context: ({ input }) => input,
  initial: 'init',
  on: {
    'xstate.done.actor.*': {
      actions: { type: 'forget', params: ({ event }) => event as { actorId: string } },
    },
    'xstate.error.actor.*': {
      actions: { type: 'reportCrash', params: ({ event }) => event as { actorId: string; error: unknown } },
    },
  },
  states: {
    init: {
      initial: 'waiting',
      on: {
        'transport.failed': { target: 'unavailable', actions: { type: 'reportFailure', params: error } },
        'network.gone': lost['network.gone'],
        'tu.close': 'closed',
      },
      states: {
        waiting: { entry: 'watch', on: { 'network.up': 'binding' } },
        binding: {
          entry: 'bind',
          on: { 'transport.bound': bound, 'network.down': lost['network.down'], 'network.moved': again },
        },
      },
    },
    active: {
      on: {
        ...serving,
        ...lost,
        ...moving,
        'tu.command': { actions: { type: 'carryOut', params: ({ event }) => event.command } },
        'tu.close': 'closing',
        'network.suspended': 'suspended',
        'network.moved': { actions: 'rebind' },
      },
    },
    suspended: { on: { ...lost, ...moving, 'network.up': 'active', 'tu.close': 'closing' } },
    inactive: {
      entry: 'unbind',
      initial: 'waiting',
      on: {
        'network.gone': lost['network.gone'],
        'tu.refresh': { actions: { type: 'tellNetwork', params: { type: 'tu.refresh' } } },
        'tu.close': 'closed',
      },
      states: {
        waiting: { on: { 'network.up': 'binding' } },
        binding: {
          entry: 'bind',
          on: {
            'transport.bound': bound,
            'network.moved': again,
            'transport.failed': { target: 'waiting', actions: [reportLoss, tellNetwork] },
            'network.down': { target: 'waiting', actions: [reportLoss, 'unbind'] },
          },
        },
      },
    },
    unavailable: { entry: ['unbind', 'unwatch'], on: { 'tu.close': 'closed' } },
    closing: {
      initial: 'calls',
      on: { ...serving, 'network.down': 'closed', 'network.gone': 'closed' },
      states: {
        calls: {
          entry: 'endCalls',
          on: { 'children.gone': 'registrations' },
          after: { patience: 'registrations' },
        },
        registrations: {
          entry: 'endRegistrations',
          initial: 'waiting',
          on: { 'children.gone': '#connection.closed' },
          states: {
            // So many a second may leave, and no more: patience ends when none has for a while.
            waiting: {
              on: { 'children.fewer': { target: 'waiting', reenter: true } },
              after: { patience: '#connection.closed' },
            },
          },
        },
      },
    },
    closed: { entry: ['dropChildren', 'unbind', 'unwatch', 'release'], type: 'final' },
  },
})
