/**
 * The timer of a session: refreshed at half of its interval by one side, ended by BYE when nobody did. RFC 4028 §7 to §10.
 *
 *   running (ours: holding ──half──▶ refreshing ⇄ retrying │ theirs: waiting) ──a third, at most 32 s, before──▶ expired
 *      ▲────── every 2xx to a re-INVITE or UPDATE with Session-Expires
 */
import { assign, setup } from 'xstate'
import { expiresAfter, refreshAfter, type TimerGrant } from '../../src/rules/session-timer.ts'
import { effect } from '../effects.ts'

/** What `sessionTimer` starts with. */
export interface SessionTimerInput {
  readonly grant: TimerGrant
}

type Event =
  | { type: 'timer.granted'; grant: TimerGrant }
  /** A refresh of ours failed, and the call goes on. */
  | { type: 'refresh.failed' }
  /** A 2xx without Session-Expires: the session lives on without a timer. §7.2 */
  | { type: 'timer.stopped' }
  | { type: 'dialog.ended' }

/** The timer of a session. RFC 4028. */
export const sessionTimer = setup({
  types: {} as { input: SessionTimerInput; context: SessionTimerInput; events: Event },
  actions: {
    /** The same session once more, by UPDATE or re-INVITE. §7.4 */
    refresh: effect('refresh'),
    /** Nobody refreshed it: BYE. §10 */
    expire: effect('expire'),
    renew: assign({ grant: ({ event }) => (event as { grant: TimerGrant }).grant }),
  },
  guards: { ours: ({ context }) => context.grant.refresher === 'local' },
  delays: {
    half: ({ context }) => refreshAfter(context.grant.interval) * 1000,
    again: ({ context }) => (context.grant.interval / 16) * 1000,
    limit: ({ context }) => expiresAfter(context.grant.interval) * 1000,
  },
}).createMachine({
  id: 'sessionTimer',
  context: ({ input }) => input,
  initial: 'running',
  on: { 'timer.stopped': '.ended', 'dialog.ended': '.ended' },
  states: {
    running: {
      initial: 'choosing',
      on: { 'timer.granted': { target: 'running', reenter: true, actions: 'renew' } },
      after: { limit: 'expired' },
      states: {
        choosing: { always: [{ guard: 'ours', target: 'holding' }, { target: 'waiting' }] },
        waiting: {},
        holding: { after: { half: 'refreshing' } },
        refreshing: { entry: 'refresh', on: { 'refresh.failed': 'retrying' } },
        retrying: { after: { again: 'refreshing' } },
      },
    },
    expired: { entry: 'expire', type: 'final' },
    ended: { type: 'final' },
  },
})
