/**
 * A profile: one registration for any number of users. Symbian SIP Profile API (CSIPProfileRegistry).
 *
 *   unregistered ──enable, auto──▶ waitingForNetwork ──up──▶ registering ──2xx──▶ registered ⟲ save, migrating
 *        ▲                          ▲  ▲        ▲ timer          │ passes            │ │ lost, ended
 *        │                          │  │        └── delayed ◀────┴───────────────────┘ │
 *        │ gone                     │  └── network lost ────────── (any) ──────────────┤ last disable, forced,
 *   unregistering ── gone, wanted ──┘                                                  │ saved (structural)
 *        ▲─────────────────────────────────────────────────────────────────────────────┘
 *
 * A failure that does not pass drops all users. A save while something is under way waits for its end.
 */
import { fresh } from './profile-context.ts'
import { profileSetup } from './profile-setup.ts'
import {
  begin,
  failed,
  fatal,
  leaving,
  lost,
  notBound,
  registered,
  save,
  tell,
  used,
} from './profile-ways.ts'

export type { ProfileMachineEvent, ProfileMachineInput, ProfileTerms } from './profile-context.ts'
export type { ProfileTold } from './profile-told.ts'

/** A profile: stored, used by many, registered once. */
export const profile = profileSetup.createMachine({
  id: 'profile',
  context: ({ input }) => ({ ...input, ...fresh }),
  initial: 'unregistered',
  states: {
    unregistered: {
      entry: [...notBound, 'settle', 'forget', 'detach'],
      always: { guard: 'removing', target: 'removed' },
      on: {
        'tu.enable': { target: 'waitingForNetwork', actions: 'use' },
        'tu.start': begin,
        'tu.save': { target: 'deciding', actions: 'take' },
        'tu.remove': { target: 'removed', actions: 'remove' },
        'tu.forceDisable': { actions: [tell('forciblyDisabled'), 'drop'] },
        'tu.close': { actions: 'drop' },
      },
    },
    deciding: { always: [begin, 'unregistered'] },
    waitingForNetwork: {
      entry: [
        ...notBound,
        { type: 'attach', params: ({ context }) => ({ network: context.network, plain: context.plain }) },
      ],
      after: {
        patience: [
          { guard: 'severalNetworks', target: 'waitingForNetwork', reenter: true, actions: 'nextNetwork' },
          { target: 'waitingForNetwork', reenter: true },
        ],
      },
      on: {
        ...used,
        ...leaving,
        ...save,
        'network.up': 'registering',
        'network.failed': { target: 'unregistering', actions: fatal },
        'tu.retry': { actions: 'probe' },
      },
    },
    registering: {
      initial: 'choosing',
      on: {
        ...used,
        ...leaving,
        ...lost,
        'tu.save': { actions: 'take' },
        'registration.failed': failed.registering,
      },
      states: {
        choosing: { always: [{ guard: 'lacksProxies', target: 'resolving' }, 'asking'] },
        resolving: {
          entry: 'resolveProxies',
          on: { 'proxies.resolved': { target: 'asking', actions: 'found' } },
        },
        asking: {
          entry: { type: 'register', params: ({ context }) => ({ proxy: context.proxy }) },
          on: { 'registration.registered': { target: '#profile.registered', actions: 'succeed' } },
        },
      },
    },
    registered,
    delayed: {
      entry: [...notBound, { type: 'noteWait', params: ({ context }) => ({ seconds: context.wait }) }],
      exit: 'waitNoMore',
      after: { retry: 'waitingForNetwork' },
      on: {
        ...used,
        ...leaving,
        ...lost,
        ...save,
        'network.up': 'waitingForNetwork',
        'tu.retry': 'waitingForNetwork',
      },
    },
    unregistering: {
      entry: ['unregister', 'settle'],
      on: {
        'tu.enable': used['tu.enable'],
        'tu.disable': { actions: 'leave' },
        'tu.save': { actions: ['take', 'settle'] },
        'tu.remove': { actions: 'remove' },
        'tu.forceDisable': { actions: [tell('forciblyDisabled'), 'drop'] },
        'tu.close': { actions: 'drop' },
        'registration.gone': [begin, 'unregistered'],
      },
    },
    removed: { entry: ['detach', 'removed'], type: 'final' },
  },
})
