/**
 * One request of ours with all it takes to get its final answer: the target and the next one, the connection, the
 * challenges, the cancellation. RFC 3261 §8.1, §9.1, §22; RFC 3263 §4.3.
 *
 *   locating ──▶ connecting ──▶ sent (waiting ──1xx──▶ proceeding) ──final──▶ accepted (INVITE, 2xx) ──▶ terminated
 *                 ▲   ▲ next target │          │ 401, 407                     │ any other final ────────▲
 *                 │   └─────────────┘          ▼                              │
 *                 └──────────────────── authenticating                        │
 *                          sent ──cancel──▶ withdrawing (queued ──1xx──▶ told)┘
 *                          sent ──2xx with something to prove──▶ verifying ──▶ accepted, terminated
 *
 * Its owner (call, registration, application) sees neither the challenges answered nor the targets that failed.
 */
import type { SipResponse } from '../src/message/types.ts'
import { accepted, verifying, withdrawing } from './client-request-ends.ts'
import { avoid, connecting, hurried, next, place, unsent, waiting } from './client-request-failover.ts'
import { clientRequestSetup } from './client-request-setup.ts'
import { failed, failure, gaveUp, provisional, success } from './transaction/tell.ts'

const told = '#clientRequest.withdrawing.told'

/** One request of ours with all it takes: finding targets, connecting, challenges, the next target. RFC 3261 §8.1, RFC 3263. */
export const clientRequest = clientRequestSetup.createMachine({
  id: 'clientRequest',
  context: ({ input }) => ({
    ...input,
    targets: [],
    at: 0,
    failures: [],
    rung: false,
    reused: false,
    verifies: false,
    raises: 0,
    expired: false,
  }),
  initial: 'locating',
  states: {
    locating: {
      entry: 'locate',
      on: {
        'resolver.located': {
          target: 'connecting',
          actions: { type: 'keepTargets', params: ({ event }) => event.targets },
        },
        'resolver.failed': { target: 'terminated', actions: failed },
        'tu.cancel': unsent,
      },
    },
    connecting,
    sent: {
      entry: { type: 'send', params: place },
      initial: 'waiting',
      on: {
        'transaction.success': [
          { guard: 'verifies', target: 'verifying' },
          { guard: 'invite', target: 'accepted', actions: success },
          { target: 'terminated', actions: success },
        ],
        'transaction.failure': [
          {
            guard: { type: 'challenged', params: ({ event }) => event.response },
            target: 'authenticating',
          },
          {
            guard: { type: 'tooShort', params: ({ event }) => event.response.status },
            target: 'raising',
            actions: 'countRaise',
          },
          {
            guard: { type: 'unavailable', params: ({ event }) => event.response.status },
            target: 'connecting',
            actions: next,
          },
          {
            guard: { type: 'overloaded', params: ({ event }) => event.response.status },
            target: 'terminated',
            actions: [avoid, failure],
          },
          { target: 'terminated', actions: failure },
        ],
      },
      states: {
        waiting,
        hurried,
        proceeding: {
          on: {
            // Each provisional response extends the limit.
            'transaction.provisional': {
              target: 'proceeding',
              reenter: true,
              actions: ['hear', provisional],
            },
            'transaction.failed': { target: '#clientRequest.terminated', actions: failed },
            'tu.cancel': { guard: 'invite', target: told },
          },
          after: { proceedingLimit: { guard: 'limited', target: told, actions: 'expire' } },
        },
      },
    },
    authenticating: {
      entry: { type: 'authenticate', params: ({ event }) => (event as { response: SipResponse }).response },
      on: {
        'credentials.given': [
          {
            guard: 'elsewhere',
            target: 'connecting',
            actions: { type: 'keepTargets', params: ({ event }) => event.targets! },
          },
          { target: 'connecting' },
        ],
        'credentials.refused': { target: 'terminated', actions: failed },
        'tu.cancel': unsent,
      },
      // A provider that never answers must not hold the request for ever.
      after: {
        patience: {
          target: 'terminated',
          actions: gaveUp('forbidden', 'no credentials were provided in time'),
        },
      },
    },
    // RFC 4028 §7.3: a longer session timer is asked for, as far as the 422 demands one.
    raising: {
      entry: { type: 'raise', params: ({ event }) => (event as { response: SipResponse }).response },
      on: {
        'interval.raised': 'connecting',
        'interval.kept': { target: 'terminated', actions: failure },
      },
    },
    verifying,
    withdrawing,
    accepted,
    terminated: { type: 'final' },
  },
})
