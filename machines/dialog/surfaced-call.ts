/**
 * A call by a further 2xx to an INVITE of ours that a proxy has forked. RFC 3261 §13.2.2.4.
 *
 *   confirmed ──BYE──▶ terminating ──▶ terminated
 *
 * The call that the first 2xx made owns the INVITE: it absorbs what is repeated, also for this one.
 */
import type { SipResponse } from '../../src/message/types.ts'
import type { CallContext } from './call.ts'
import { callSetup } from './call-setup.ts'
import { established } from './established-call.ts'

const response = ({ context }: { context: CallContext }): SipResponse => context.last!

/** A further call by an INVITE of ours, from its 2xx (`last`) to its end. RFC 3261 §13.2.2.4, §15. */
export const surfacedCall = callSetup.createMachine({
  id: 'surfacedCall',
  context: ({ input }) => ({
    ...input,
    settled: true,
    remoteTag: input.last?.toTag ?? '',
    interval: input.timers.t1,
  }),
  entry: [
    { type: 'openDialog', params: response },
    {
      type: 'announce',
      params: ({ context }) => ({ type: 'response', response: response({ context }) }),
    },
    {
      type: 'announce',
      params: ({ context }) => ({ type: 'answered', response: response({ context }) }),
    },
  ],
  initial: 'confirmed',
  states: {
    ...established,
    terminated: { id: 'terminated', entry: 'endDialogs', always: 'released' },
    released: { type: 'final' },
  },
})
