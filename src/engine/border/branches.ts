/** Commands and events about the branches of an INVITE: reliable provisional responses, forks. RFC 3262, RFC 3261 §13.2. */
import type { HeaderPair, SipRequest, SipResponse } from '../../message/types.ts'
import type { Id } from '../commands.ts'

export type BranchCommand =
  /** PRACK for the reliable response of that dialog that waits for one; `body`: the SDP answer, or a new offer. */
  | { readonly type: 'call.prack'; readonly id: Id; readonly dialog: Id; readonly body?: string }
  /** Answers the event `prack`: 200 with the SDP answer, or without one 488. */
  | { readonly type: 'call.prackAnswer'; readonly id: Id; readonly transaction: Id; readonly answer?: string }
  /** BYE for one early dialog of an INVITE of ours. RFC 3261 §15.1.1 */
  | {
      readonly type: 'call.leave'
      readonly id: Id
      readonly dialog: Id
      readonly headers?: readonly HeaderPair[]
    }

export type BranchEvent =
  /** A reliable provisional response waits for `call.prack`; `answer`: with the SDP answer to its offer. */
  | {
      readonly type: 'reliable'
      readonly id: Id
      readonly dialog: Id
      readonly response: SipResponse
      readonly answer: boolean
    }
  /** A PRACK of the peer's has an offer: `call.prackAnswer`. RFC 3262 §5 */
  | { readonly type: 'prack'; readonly id: Id; readonly transaction: Id; readonly request: SipRequest }
  /** The peer has acknowledged a reliable response of ours. */
  | { readonly type: 'pracked'; readonly id: Id; readonly request: SipRequest }
  /** A further 2xx of a forked INVITE: a call of its own, `id`; `call`: the one that the first 2xx made. */
  | {
      readonly type: 'fork'
      readonly id: Id
      readonly call: Id
      readonly connection: Id
      /** Its dialog, when there was an early one. */
      readonly dialog?: Id
      readonly response: SipResponse
    }
  /** The INVITE goes to another place. RFC 3261 §8.1.3.4 */
  | { readonly type: 'redirected'; readonly id: Id; readonly uri: string; readonly response?: SipResponse }
  /** The peer is reached elsewhere now: a target refresh, or the 2xx after an early dialog. RFC 3261 §12.2.1.2 */
  | {
      readonly type: 'target'
      readonly id: Id
      readonly remoteTarget: string
      readonly routeSet: readonly string[]
    }
