/**
 * The network under a connection: looked for, there, held, lost and looked for again. CSIPConnection.
 *
 *   resolving ⟲ no address yet ──seen──▶ active ⇄ suspended          any ──removed──▶ unavailable
 *                                        ▲   │ absent, or nothing can be bound
 *                                   seen │   ▼
 *                         connecting ◀──────── monitoring ⟲ seen: active
 *                              └── 20 s ──────────▲    recovery schedule, or the application asks
 *
 * It only looks and tells its owner, the connection, which binds and drops.
 */
import { type ActorRef, assign, type Snapshot, sendTo, setup } from 'xstate'
import { SipError } from '../src/errors.ts'
import {
  isFatalFailure,
  mostLooks,
  type NetworkRecovery,
  nextLook,
  recoveryAfter,
} from '../src/rules/network.ts'
import { effect } from './effects.ts'

/** What a network tells the connection on it. */
export type NetworkEvent =
  | { readonly type: 'network.up' | 'network.suspended' | 'network.moved' }
  | { readonly type: 'network.down' | 'network.gone'; readonly error: SipError }

/** What `networkMonitor` starts with. */
export interface NetworkMonitorInput {
  readonly owner: ActorRef<Snapshot<unknown>, NetworkEvent>
  readonly recovery: NetworkRecovery
}

interface Context extends NetworkMonitorInput {
  /** The local address in use. */
  readonly address: string | undefined
  readonly looks: number
  /** Attempts to come back that failed, and whether the latest is one that time hardly mends. */
  readonly failures: number
  readonly fatal: boolean
}

type Event =
  | { type: 'network.seen'; address: string }
  | { type: 'network.held' | 'network.absent' | 'network.unaddressed' | 'network.removed' }
  | { type: 'binding.done' | 'tu.refresh' }
  | { type: 'binding.failed'; error: SipError }

/** Counted as long as it makes a difference. */
const oneMore = ({ failures, recovery }: Context): number => Math.min(failures + 1, recovery.first.length)
const noNetwork = (text: string): SipError => new SipError('could-not-connect', text)
const removed = { target: '#networkMonitor.unavailable', actions: 'tellGone' } as const
const found = { target: '#networkMonitor.active', actions: ['note', 'tellUp'] } as const
const lost = { target: '#networkMonitor.monitoring', actions: ['reset', 'tellDown'] } as const

/** The network that a connection is on, as its host shows it. */
export const networkMonitor = setup({
  types: {} as { input: NetworkMonitorInput; context: Context; events: Event },
  actions: {
    look: effect('look'),
    probe: effect('probe'),
    note: assign({ address: ({ event }) => (event as { address: string }).address }),
    countLook: assign({ looks: ({ context }) => Math.min(context.looks + 1, mostLooks) }),
    countFailure: assign({ failures: ({ context }) => oneMore(context), fatal: false }),
    countFault: assign({
      failures: ({ context }) => oneMore(context),
      fatal: ({ event }) => isFatalFailure((event as { error: SipError }).error),
    }),
    reset: assign({ looks: 0, failures: 0, fatal: false }),
    tellUp: sendTo(({ context }) => context.owner, { type: 'network.up' }),
    tellSuspended: sendTo(({ context }) => context.owner, { type: 'network.suspended' }),
    tellMoved: sendTo(({ context }) => context.owner, { type: 'network.moved' }),
    tellDown: sendTo(({ context }) => context.owner, {
      type: 'network.down',
      error: noNetwork('the network is down'),
    }),
    tellGone: sendTo(({ context }) => context.owner, {
      type: 'network.gone',
      error: noNetwork('there is no such network'),
    }),
  },
  guards: {
    moved: ({ context, event }) => event.type === 'network.seen' && event.address !== context.address,
  },
  delays: {
    nextLook: ({ context }) => nextLook(context.looks),
    recovery: ({ context }) => recoveryAfter(context.recovery, context.failures, context.fatal),
    retry: 4000,
    patience: 20_000,
  },
}).createMachine({
  id: 'networkMonitor',
  context: ({ input }) => ({ ...input, address: undefined, looks: 0, failures: 0, fatal: false }),
  initial: 'resolving',
  on: { 'network.removed': removed, 'binding.done': { actions: 'reset' } },
  states: {
    resolving: {
      entry: 'look',
      on: { 'network.seen': found, 'binding.failed': { target: 'monitoring', actions: 'countFault' } },
      after: { nextLook: { target: 'resolving', reenter: true, actions: 'countLook' } },
    },
    active: {
      on: {
        'network.seen': { guard: 'moved', actions: ['note', 'tellMoved'] },
        'network.held': { target: 'suspended', actions: 'tellSuspended' },
        'network.absent': lost,
        'network.unaddressed': { target: 'resolving', actions: ['reset', 'tellDown'] },
        'binding.failed': { target: 'monitoring', actions: 'countFault' },
      },
    },
    suspended: {
      on: {
        // Held while its connection was still being bound.
        'binding.done': { actions: ['reset', 'tellSuspended'] },
        'network.seen': [
          { guard: 'moved', target: 'active', actions: ['note', 'tellUp', 'tellMoved'] },
          { target: 'active', actions: 'tellUp' },
        ],
        'network.absent': lost,
        'network.unaddressed': { target: 'resolving', actions: ['reset', 'tellDown'] },
      },
    },
    monitoring: {
      on: { 'network.seen': found, 'network.unaddressed': 'resolving', 'tu.refresh': 'connecting' },
      after: { recovery: 'connecting' },
    },
    connecting: {
      initial: 'probing',
      on: { 'network.seen': found, 'network.unaddressed': 'resolving' },
      states: {
        probing: { entry: 'probe', after: { retry: { target: 'probing', reenter: true } } },
      },
      after: { patience: { target: 'monitoring', actions: 'countFailure' } },
    },
    unavailable: { type: 'final' },
  },
})
