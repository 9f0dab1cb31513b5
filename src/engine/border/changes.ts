/** Commands and events about the session of a call: how it is described, and how it is changed. RFC 3264, 3311, 4028. */
import type { SipError } from '../../errors.ts'
import type { HeaderPair, SipMessage, SipRequest, SipResponse } from '../../message/types.ts'
import type { Purpose } from '../../sdp/media-port.ts'
import type { Credentials, Id, OutgoingResponse } from '../commands.ts'

export type { Purpose } from '../../sdp/media-port.ts'

/** A change of the session by us. */
export interface SessionChange {
  /** `auto`: UPDATE while no final answer is there or to refresh a peer that allows it, else INVITE. */
  readonly method: 'INVITE' | 'UPDATE' | 'auto'
  readonly purpose: Purpose
  /**
   * SDP offer; absent: the engine asks by `describe` when its turn has come (a refresh offers what is in force); `none`: the
   * request carries no offer.
   */
  readonly offer?: string | 'none'
  readonly headers?: readonly HeaderPair[]
  readonly credentials?: readonly Credentials[]
  /** True: it waits for the changes before it; else `request-pending` is thrown while there are any. */
  readonly queue?: boolean
  /** Local address, `host` or `host:port`, that Contact names from now on. */
  readonly moveTo?: string
}

export type ChangeCommand =
  /** `id` is that of the change, a new object. Throws `request-pending`, `invalid-dialog-state`. */
  | { readonly type: 'change.open'; readonly id: Id; readonly call: Id; readonly change: SessionChange }
  /** Answers the event `describe`: the offer, or the answer to the one in the event. Without one the change is given up. */
  | { readonly type: 'change.describe'; readonly id: Id; readonly sdp?: string; readonly error?: SipError }
  /** 200 to a change of the peer's, with the SDP answer (or offer, when its INVITE had none) as body. */
  | { readonly type: 'change.accept'; readonly id: Id; readonly response: OutgoingResponse }
  /** 300 to 699: the session stays as it was. RFC 6141 */
  | { readonly type: 'change.reject'; readonly id: Id; readonly response: OutgoingResponse }

/** `id` is that of the call, `change` that of the change. */
export type ChangeEvent =
  /** A description of ours is wanted, for a change of ours whose turn has come: an offer, or the answer to `offer`. */
  | {
      readonly type: 'describe'
      readonly id: Id
      readonly change: Id
      readonly purpose: Purpose
      readonly offer?: string
      /** Our host from now on. */
      readonly host?: string
    }
  /** The peer changes the session. `offer`: its SDP; absent when we are to offer. Answer by `change.accept` or `.reject`. */
  | {
      readonly type: 'change'
      readonly id: Id
      readonly change: Id
      readonly dialog: Id
      readonly request: SipRequest
      readonly offer?: string
    }
  /** A change is over: ours has its final outcome, the peer's is agreed (its ACK came) or off the table. */
  | {
      readonly type: 'changed'
      readonly id: Id
      readonly change: Id
      /** Whose it was, and by which request; absent for one of ours that was refused before it began. */
      readonly by?: 'local' | 'remote'
      readonly method?: string
      readonly response?: SipResponse
      readonly error?: SipError
      /** The message that ended it: a response to ours, for the peer's the ACK. */
      readonly message?: SipMessage
    }
  /** The session of a dialog has a timer. RFC 4028 */
  | {
      readonly type: 'sessionTimer'
      readonly id: Id
      readonly call: Id
      readonly interval: number
      readonly refresher: 'local' | 'remote'
      readonly message?: SipMessage
    }
  /** The descriptions of a dialog are agreed anew: told after each completed exchange of offer and answer. */
  | {
      readonly type: 'session'
      readonly id: Id
      readonly call: Id
      readonly dialog: Id
      readonly local: string
      readonly remote: string
      /** Who offered. */
      readonly offerer: 'local' | 'remote'
      /** The peer's message that completed it. */
      readonly message?: SipMessage
    }
