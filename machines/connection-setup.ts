/** The vocabulary of `connection.ts`: what it hears, and what it asks of the engine. */
import { setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipRequest } from '../src/message/types.ts'
import { effect } from './effects.ts'
import type { NetworkEvent } from './network-monitor.ts'
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

/** What the network hears of its connection. */
export type NetworkNews =
  | { readonly type: 'binding.done' | 'tu.refresh' }
  | { readonly type: 'binding.failed'; readonly error: SipError }

type Event =
  /** `transport.moved`: bound at the new address of the network. */
  | { type: 'transport.bound' | 'transport.moved' }
  | { type: 'transport.failed'; error: SipError }
  | ({ type: 'wire.request' } & Arrival)
  /** What the application asks for: a registration, a call, a request. */
  | { type: 'tu.command'; command: object }
  | { type: 'tu.close' | 'tu.refresh' }
  | NetworkEvent
  /** No call (then: no registration) is left; one registration fewer. */
  | { type: 'children.gone' | 'children.fewer' }
  | { type: `xstate.done.actor.${string}`; actorId: string }
  | { type: `xstate.error.actor.${string}`; actorId: string; error: unknown }

/** Names and delays of `connection`. */
export const connectionSetup = setup({
  types: {} as { input: ConnectionInput; context: ConnectionInput; events: Event },
  actions: {
    watch: effect('watch'),
    tellNetwork: effect<NetworkNews>('tellNetwork'),
    bind: effect('bind'),
    rebind: effect('rebind'),
    announceMove: effect('announceMove'),
    unbind: effect('unbind'),
    release: effect('release'),
    unwatch: effect('unwatch'),
    reportFailure: effect<SipError>('reportFailure'),
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
})
