/**
 * A state that we publish at a server which composes it with that of others. RFC 3903 §4, §5.
 *
 *   publishing ──2xx──▶ live (idle ⇄ refreshing) ──remove──▶ removing ──▶ removed
 *    ▲ └─ refused ─▶ terminated     │ │  └─ its time is over, no refresh ──▶ expired
 *    └───────── 412 ────────────────┘ └─ a renewal was refused ──▶ terminated
 *
 * Each PUBLISH waits until no other to the same place is under way (queued), then goes out (asked). A change that is refused
 * leaves the state before it in force.
 */
import {
  brief,
  failed,
  heard,
  lost,
  noted,
  publish,
  queued,
  rejected,
  remove,
  success,
  told,
} from './publication-answers.ts'
import { publicationSetup, unpublished } from './publication-setup.ts'

export type { PublicationInput, Publish } from './publication-setup.ts'

/** A state of ours that a server publishes. RFC 3903. */
export const publication = publicationSetup.createMachine({
  id: 'publication',
  context: ({ input }) => ({ ...input, ...unpublished }),
  initial: 'publishing',
  states: {
    publishing: {
      id: 'publishing',
      exit: 'leaveQueue',
      initial: 'queued',
      on: {
        ...noted,
        'transaction.failed': [
          { guard: 'leaving', target: 'removed', actions: failed },
          { target: 'terminated', actions: failed },
        ],
      },
      states: {
        queued: { ...queued, on: { ...queued.on, 'tu.remove': '#removed' } },
        asked: {
          entry: publish,
          on: {
            ...heard,
            'transaction.success': success,
            'transaction.failure': [
              { guard: 'leaving', target: '#removed', actions: told },
              brief('asked'),
              { target: '#terminated', actions: [told, ...rejected] },
            ],
            'tu.remove': { actions: 'leave' },
          },
        },
      },
    },
    live: {
      id: 'live',
      entry: { type: 'noteGrant', params: ({ context }) => context.published! },
      initial: 'idle',
      after: { lifetime: { guard: 'unrenewed', actions: 'lapse' } },
      states: {
        idle: {
          always: [
            { guard: 'leaving', target: '#removing' },
            { guard: 'lapsed', target: '#expired' },
            { guard: 'wanting', target: 'refreshing' },
          ],
          on: {
            'tu.update': { target: 'refreshing', actions: 'note' },
            'refresh.due': { target: 'refreshing', actions: 'noteDue' },
            'tu.remove': '#removing',
          },
        },
        refreshing: {
          exit: 'leaveQueue',
          initial: 'queued',
          on: {
            ...noted,
            'refresh.due': { actions: 'noteDue' },
          },
          states: {
            queued: {
              ...queued,
              on: {
                ...queued.on,
                'transaction.failed': { target: '#terminated', actions: failed },
                'tu.remove': '#removing',
              },
            },
            asked: {
              entry: publish,
              on: {
                ...heard,
                'transaction.success': success,
                'transaction.failure': [
                  { guard: 'leaving', target: '#removing', actions: told },
                  { guard: 'unknown', target: '#publishing', actions: ['lose', told] },
                  brief('asked'),
                  { guard: 'changing', target: '#live.idle', actions: ['noteUnrenewed', told, ...rejected] },
                  { target: '#terminated', actions: [told, ...lost] },
                ],
                'transaction.failed': [
                  { guard: 'changing', target: '#live.idle', actions: ['noteUnrenewed', ...failed] },
                  { target: '#terminated', actions: failed },
                ],
                'tu.remove': { actions: 'leave' },
              },
            },
          },
        },
      },
    },
    removing: {
      id: 'removing',
      entry: 'stopRefresh',
      exit: 'leaveQueue',
      initial: 'queued',
      on: { 'transaction.failed': { target: 'removed', actions: failed } },
      states: {
        queued,
        asked: {
          entry: remove,
          // Whatever the answer, we no longer count on it.
          on: {
            'transaction.success': { target: '#removed', actions: told },
            'transaction.failure': { target: '#removed', actions: told },
          },
        },
      },
    },
    removed: { id: 'removed', entry: 'stopRefresh', type: 'final' },
    expired: { id: 'expired', entry: 'stopRefresh', type: 'final' },
    terminated: { id: 'terminated', entry: 'stopRefresh', type: 'final' },
  },
})
