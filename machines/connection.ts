/**
 * A connection: one client's presence on one network, and the parent of every other actor. CSIPConnection.
 *
 *   init ──bound──▶ active ⇄ suspended, inactive ──▶ unavailable
 *                     └── close ──▶ closing (calls, then registrations) ──▶ closed
 *
 * Nothing is sent or taken in but in `active`; what is under way goes on in `suspended`.
 */
import { setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipRequest } from '../src/message/types.ts'
import { effect } from './effects.ts'
import { sixtyFourT1, type TimerConfig } from './timers.ts'

/** What `connection` starts with. */
export interface ConnectionInput {
  readonly timers: TimerConfig
}

/** A request that matches no transaction, with what the engine needs to answer it. */
export interface Arrival {
  readonly request: SipRequest
  /** Where it came from, for the engine's eyes. */
  readonly origin: unknown
}

type Event =
  | { type: 'transport.bound' }
  | { type: 'transport.failed'; error: SipError }
  | ({ type: 'wire.request' } & Arrival)
  /** What the application asks for: a registration, a call, a request. */
  | { type: 'tu.command'; command: object }
  | { type: 'tu.close' }
  | { type: 'network.up' | 'network.suspended' }
  | { type: 'network.down' | 'network.gone'; error: SipError }
  /** No call (then: no registration) is left; one registration fewer. */
  | { type: 'children.gone' | 'children.fewer' }
  | { type: `xstate.done.actor.${string}`; actorId: string }
  | { type: `xstate.error.actor.${string}`; actorId: string; error: unknown }

const error = ({ event }: { event: { error: SipError } }) => event.error
const serving = {
  'wire.request': { actions: { type: 'route', params: ({ event }: { event: Arrival }) => event } },
} as const
const lost = {
  'network.down': { target: 'inactive', actions: [{ type: 'reportLoss', params: error }, 'dropChildren'] },
  'network.gone': { target: 'unavailable', actions: [{ type: 'reportLoss', params: error }, 'dropChildren'] },
} as const

/** A connection: bound, active, lost and found again, closed in order. CSIPConnection. */
export const connection = setup({
  types: {} as { input: ConnectionInput; context: ConnectionInput; events: Event },
  actions: {
    bind: effect('bind'),
    unbind: effect('unbind'),
    route: effect<Arrival>('route'),
    carryOut: effect<object>('carryOut'),
    reportLoss: effect<SipError>('reportLoss'),
    dropChildren: effect('dropChildren'),
    endCalls: effect('endCalls'),
    endRegistrations: effect('endRegistrations'),
    forget: effect<{ actorId: string }>('forget'),
    reportCrash: effect<{ actorId: string; error: unknown }>('reportCrash'),
  },
  delays: { patience: ({ context }) => sixtyFourT1(context.timers) },
}).createMachine({
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
      entry: 'bind',
      on: {
        'transport.bound': 'active',
        'transport.failed': { target: 'unavailable', actions: { type: 'reportLoss', params: error } },
        'tu.close': 'closed',
      },
    },
    active: {
      on: {
        ...serving,
        ...lost,
        'tu.command': { actions: { type: 'carryOut', params: ({ event }) => event.command } },
        'tu.close': 'closing',
        'network.suspended': 'suspended',
      },
    },
    suspended: { on: { ...lost, 'network.up': 'active', 'tu.close': 'closing' } },
    inactive: {
      on: { 'network.up': 'active', 'network.gone': lost['network.gone'], 'tu.close': 'closed' },
    },
    unavailable: { on: { 'tu.close': 'closed' } },
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
    closed: { entry: ['dropChildren', 'unbind'], type: 'final' },
  },
})
