/**
 * States of `client-request.ts` in which no new target is sought any more: the answer is looked at for what it proves,
 * the INVITE is withdrawn, further 2xx are awaited. RFC 3261 §9.1, §13.2.2.4; RFC 7616 §3.5; RFC 3329 §2.3.1.
 */
import type { SipResponse } from '../src/message/types.ts'
import { clientRequestSetup } from './client-request-setup.ts'
import { completed, failed, failure, gaveUp, provisional, success } from './transaction/tell.ts'

/** A 2xx is worth something only when the server has proved itself as agreed. */
export const verifying = clientRequestSetup.createStateConfig({
  entry: { type: 'verify', params: ({ event }) => (event as { response: SipResponse }).response },
  on: {
    'answer.good': [
      { guard: 'invite', target: 'accepted', actions: success },
      { target: 'terminated', actions: success },
    ],
    'answer.refused': { target: 'terminated', actions: failed },
  },
})

/** §9.1: no CANCEL before a provisional response. No retry of any kind from here on. */
export const withdrawing = clientRequestSetup.createStateConfig({
  initial: 'queued',
  on: {
    'transaction.success': { target: 'accepted', actions: success },
    'transaction.failure': [
      {
        guard: 'expired',
        target: 'terminated',
        actions: gaveUp('timeout', 'no final response to the INVITE'),
      },
      { target: 'terminated', actions: failure },
    ],
    'transaction.failed': { target: 'terminated', actions: failed },
  },
  states: {
    queued: { on: { 'transaction.provisional': { target: 'told', actions: provisional } } },
    told: {
      entry: 'cancel',
      after: {
        cancelLimit: {
          target: '#clientRequest.terminated',
          actions: ['abandon', gaveUp('timeout', 'no final response to the cancelled INVITE')],
        },
      },
    },
  },
})

/** Repeated and forked 2xx, until Timer M of the transaction. */
export const accepted = clientRequestSetup.createStateConfig({
  on: {
    'transaction.success': { actions: success },
    'transaction.completed': { target: 'terminated', actions: completed },
    'transaction.failed': { target: 'terminated', actions: completed },
  },
})
