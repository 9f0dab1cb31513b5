/**
 * States of `client-request.ts` in which the next target may be the better one, and what leaving a target takes.
 * RFC 3263 §4.3, RFC 3261 §8.1.3.1, §21.5.4.
 */
import { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { type ClientRequestContext, clientRequestSetup, type TargetFailure } from './client-request-setup.ts'
import type { Place, TransactionEvent } from './effects.ts'
import { gaveUp, provisional } from './transaction/tell.ts'

/** The target in use. */
export const place = ({ context }: { context: ClientRequestContext }): Place => context.targets[context.at]!

const failure = ({ context, event }: { context: ClientRequestContext; event: object }): TargetFailure => {
  const { error, response } = event as { error?: SipError; response?: SipResponse }
  const text = response ? `${response.status} ${response.reason}` : 'nothing was heard in time'
  return {
    place: place({ context }),
    error: error ?? new SipError(response ? 'rejected' : 'timeout', text, { response }),
  }
}

/** The target has failed: others come before it for a while. */
export const avoid = { type: 'avoid', params: failure } as const

/** The same, and on to the next one. */
export const next = [avoid, { type: 'nextTarget', params: failure }] as const

const told = ({ place: { transport, host, port }, error }: TargetFailure): string =>
  `${transport} ${host.includes(':') ? `[${host}]` : host}:${port} (${error.message})`

/** The last target has failed: the error says how the others did. */
export const failedAtLast = {
  type: 'tell',
  params: ({
    context,
    event,
  }: {
    context: ClientRequestContext
    event: { error: SipError }
  }): TransactionEvent => {
    const { error } = event
    if (context.failures.length === 0) return { type: 'transaction.failed', error }
    const text = `${error.message}; tried before: ${context.failures.map(told).join(', ')}`
    const { icmp, status, response } = error
    return {
      type: 'transaction.failed',
      error: new SipError(error.code, text, { cause: error, icmp, status, response }),
    }
  },
} as const

/** It ends before it was sent. */
export const unsent = {
  target: '#clientRequest.terminated',
  actions: gaveUp('cancelled', 'cancelled before it was sent'),
} as const

/** A flow to the target is there, or is being opened. */
export const connecting = clientRequestSetup.createStateConfig({
  entry: { type: 'connect', params: place },
  initial: 'reaching',
  on: {
    'flow.ready': [
      { guard: 'hurried', target: '#clientRequest.sent.hurried', actions: 'keepReady' },
      { target: '#clientRequest.sent', actions: 'keepReady' },
    ],
    'flow.failed': [
      { guard: 'another', target: '#clientRequest.connecting', reenter: true, actions: next },
      { target: '#clientRequest.terminated', actions: [avoid, failedAtLast] },
    ],
    'tu.cancel': unsent,
  },
  states: {
    reaching: { on: { 'flow.opening': 'opening' } },
    opening: {
      after: {
        silence: { guard: 'hurried', target: '#clientRequest.connecting', reenter: true, actions: next },
      },
    },
  },
})

const heard = { target: 'proceeding', actions: ['hear', provisional] } as const
const withdrawn = { guard: 'invite', target: '#clientRequest.withdrawing' } as const
const again = { guard: 'stale', target: '#clientRequest.connecting' } as const

/** Sent, and nothing was heard yet. */
export const waiting = clientRequestSetup.createStateConfig({
  on: {
    'transaction.provisional': heard,
    'transaction.failed': [
      again,
      // Nothing was heard: the next target may do better.
      { guard: 'another', target: '#clientRequest.connecting', actions: next },
      { target: '#clientRequest.terminated', actions: [avoid, failedAtLast] },
    ],
    'tu.cancel': withdrawn,
  },
})

/** The same while there is another target: nobody waits half a minute for a dead one. */
export const hurried = clientRequestSetup.createStateConfig({
  on: {
    'transaction.provisional': heard,
    'transaction.failed': [again, { target: '#clientRequest.connecting', actions: next }],
    'tu.cancel': withdrawn,
  },
  after: { silence: { target: '#clientRequest.connecting', actions: ['abandon', ...next] } },
})
