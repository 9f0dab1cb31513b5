/** Commands and events about the session of a call: how it is described, and how it is changed. RFC 3264, 3311, 4028. */
import type { HeaderPair, SipRequest } from '../../message/types.ts'
import type { Id, OutgoingResponse } from '../commands.ts'

/** What a session description is wanted for. */
export type Purpose =
  /** The first offer, or the first answer. */
  | 'start'
  | 'hold'
  | 'resume'
  /** Whatever the application has in mind. */
  | 'change'
  /** The same session once more: a session timer, a new local address. */
  | 'refresh'

/** A change of the session by us. */
export interface SessionChange {
  /** `auto`: UPDATE while no final answer is there or to refresh a peer that allows it, else INVITE. */
  readonly method: 'INVITE' | 'UPDATE' | 'auto'
  readonly purpose: Purpose
  /** SDP offer; absent: the engine asks by `describe` when its turn has come; `none`: the request carries no offer. */
  readonly offer?: string | 'none'
  readonly headers?: readonly HeaderPair[]
  /** True: it waits for the changes before it; else `request-pending` is thrown while there are any. */
  readonly queue?: boolean
  /** Local address, `host` or `host:port`, that Contact names from now on. */
  readonly moveTo?: string
}

export type ChangeCommand =
  /** `id` is that of the change, a new object. */
  | { readonly type: 'change.open'; readonly id: Id; readonly call: Id; readonly change: SessionChange }
  /** Answers the event `describe`; without an offer the change is given up. */
  | { readonly type: 'change.describe'; readonly id: Id; readonly offer?: string }
  /** 200 to a change of the peer's, with the SDP answer (or offer, when its INVITE had none) as body. */
  | { readonly type: 'change.accept'; readonly id: Id; readonly response: OutgoingResponse }
  /** 300 to 699: the session stays as it was. RFC 6141 */
  | { readonly type: 'change.reject'; readonly id: Id; readonly response: OutgoingResponse }

export type ChangeEvent =
  /** An offer of ours is wanted, for a change of ours whose turn has come. */
  | { readonly type: 'describe'; readonly id: Id; readonly call: Id; readonly purpose: Purpose }
  /** The peer changes the session. `offer`: its SDP; absent when we are to offer. Answer by `change.accept` or `.reject`. */
  | {
      readonly type: 'change'
      readonly id: Id
      readonly call: Id
      readonly request: SipRequest
      readonly offer?: string
    }
  /** The descriptions of a dialog are agreed anew: told after each completed exchange of offer and answer. */
  | {
      readonly type: 'session'
      readonly id: Id
      readonly call: Id
      readonly dialog: Id
      readonly local: string
      readonly remote: string
    }
