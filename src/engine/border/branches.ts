/** Commands and events about the branches of an INVITE: reliable provisional responses, forks. RFC 3262, RFC 3261 §13.2. */
import type { SipResponse } from '../../message/types.ts'
import type { Id } from '../commands.ts'

export type BranchCommand =
  /** PRACK by hand, for the reliable response named; `body`: the SDP answer or a new offer. */
  {
    readonly type: 'call.prack'
    readonly id: Id
    readonly dialog: Id
    readonly rseq: number
    readonly body?: string
  }

export type BranchEvent =
  /** A reliable provisional response that waits for `call.prack`. */
  | { readonly type: 'reliable'; readonly id: Id; readonly dialog: Id; readonly response: SipResponse }
  /** A further 2xx of a forked INVITE: a call of its own, acknowledged like the first. */
  | {
      readonly type: 'fork'
      readonly id: Id
      readonly call: Id
      readonly connection: Id
      readonly dialog: Id
      readonly response: SipResponse
    }
