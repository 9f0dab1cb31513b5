/**
 * One binding of an address of record to our contact. RFC 3261 §10.2, RFC 5626 §4.5; CSIPRegistrationBinding.
 *
 *   unregistered ──▶ registering ──2xx──▶ registered ⇄ refreshing, updating ──▶ unregistering ──▶ unregistered
 *                    ⟲ 423, 439, once │        ├── lifetime over, no refresh ──▶ expired
 *             what passes, when asked ▼        ▼ flow died
 *                            recovering: waiting ⇄ REGISTER ──2xx──▶ registered
 *
 * Each REGISTER waits for its turn (queued) before it goes out (asked): one target is not asked by all at once.
 */
import { asking, givenUp, lost, rejected, tellResponse, unregister, waiting } from './registration-answers.ts'
import { newborn } from './registration-context.ts'
import { registrationSetup } from './registration-setup.ts'

export type { RegistrationInput } from './registration-context.ts'

/** One binding of an address of record to our Contact. RFC 3261 §10.2. */
export const registration = registrationSetup.createMachine({
  id: 'registration',
  context: ({ input }) => ({ ...input, ...newborn }),
  initial: 'unregistered',
  on: { 'flow.accompanied': { actions: 'accompany' } },
  states: {
    unregistered: {
      id: 'unregistered',
      entry: ['stopRefresh', 'reset'],
      always: { guard: 'closing', target: 'released' },
      on: { 'tu.register': 'registering', 'tu.close': 'released' },
    },
    registering: { id: 'registering', ...asking('#registering', rejected, givenUp.unknown) },
    registered: {
      id: 'registered',
      initial: 'entering',
      states: {
        entering: {
          always: [
            { guard: 'leaving', target: '#unregistering' },
            { guard: 'outdated', target: '#refreshing', actions: 'startAfresh' },
            { guard: 'refreshes', target: 'renewed' },
            { target: 'unrenewed' },
          ],
        },
        renewed: {
          entry: { type: 'grantRefresh', params: ({ context }) => ({ expires: context.binding!.granted }) },
        },
        unrenewed: { after: { lifetime: '#expired' } },
      },
      entry: { type: 'announceGrant', params: ({ context }) => context.binding! },
      on: {
        'refresh.due': { target: 'refreshing', actions: 'forgive' },
        'tu.update': { target: 'updating', actions: 'ask' },
        'tu.unregister': 'unregistering',
        'tu.close': { target: 'unregistering', actions: 'close' },
        'network.changed': { target: 'refreshing', actions: 'startAfresh' },
        'flow.died': [
          { guard: 'diesYoung', target: '#recovering.waiting', actions: 'countFailure' },
          { target: 'recovering', actions: 'countDeath' },
        ],
      },
    },
    refreshing: { id: 'refreshing', ...asking('#refreshing', lost) },
    updating: { id: 'updating', ...asking('#updating', rejected) },
    recovering: {
      id: 'recovering',
      initial: 'queued',
      states: { ...asking('#recovering', lost, givenUp.perhaps).states, waiting },
    },
    unregistering: {
      id: 'unregistering',
      initial: 'queued',
      on: { 'tu.close': { actions: 'close' }, 'transaction.failed': 'unregistered' },
      states: {
        queued: { entry: 'joinQueue', exit: 'leaveQueue', on: { 'pacer.go': 'asked' } },
        asked: {
          entry: unregister,
          // Whatever the answer, we no longer count on the binding.
          on: {
            'transaction.success': { target: '#unregistered', actions: tellResponse },
            'transaction.failure': { target: '#unregistered', actions: tellResponse },
          },
        },
      },
    },
    expired: {
      id: 'expired',
      entry: 'reset',
      on: { 'tu.register': 'registering', 'tu.close': 'released' },
    },
    released: { type: 'final' },
  },
})
