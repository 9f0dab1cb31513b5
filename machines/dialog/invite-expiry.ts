/**
 * The lifetime of an INVITE that carries Expires, beside the call that waits for its answer. RFC 3261 §13.2.1, §13.3.1.
 *
 *   waiting ──Expires──▶ expired        waiting ──answered──▶ ended
 */
import { sendTo, setup } from 'xstate'
import type { Listener } from './call.ts'

/** What `inviteExpiry` starts with. */
export interface InviteExpiryInput {
  /** The call. */
  readonly owner: Listener
  /** As the header says it. */
  readonly seconds: number
}

/** Tells a call that its INVITE has expired, unless it was answered before. RFC 3261 §13.3.1. */
export const inviteExpiry = setup({
  types: {} as { input: InviteExpiryInput; context: InviteExpiryInput; events: { type: 'tu.stop' } },
  actions: { tell: sendTo(({ context }) => context.owner, { type: 'invite.expired' }) },
  delays: { expires: ({ context }) => 1000 * context.seconds },
}).createMachine({
  id: 'inviteExpiry',
  context: ({ input }) => input,
  initial: 'waiting',
  states: {
    waiting: {
      on: { 'tu.stop': 'ended' },
      after: { expires: { target: 'ended', actions: 'tell' } },
    },
    ended: { type: 'final' },
  },
})
