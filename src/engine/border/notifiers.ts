/** Commands and events about subscriptions of peers: what we notify of. RFC 6665 §4.2. */
import type { HeaderPair, SipRequest } from '../../message/types.ts'
import type { Ending, NotifiedState, Standing } from '../../rules/notify.ts'
import type { Credentials, Id, OutgoingResponse } from '../commands.ts'
import type { Source } from '../ports.ts'

/** How a subscription is accepted. */
export interface NotifierAcceptance {
  readonly standing: Standing
  /** Seconds granted; 0 where the SUBSCRIBE asks once only. */
  readonly expires: number
  /** The state of the resource, for the first NOTIFY. */
  readonly content: NotifiedState
  /** Headers of the 2xx. */
  readonly headers?: readonly HeaderPair[]
  /** Credentials that its NOTIFYs are challenged for. */
  readonly credentials?: readonly Credentials[]
}

export type NotifierCommand =
  | { readonly type: 'notifier.accept'; readonly id: Id; readonly acceptance: NotifierAcceptance }
  | { readonly type: 'notifier.reject'; readonly id: Id; readonly response: OutgoingResponse }
  /** NOTIFY with a new state of the resource, or the same again. `activate`: the subscriber may see it now. */
  | {
      readonly type: 'notifier.notify'
      readonly id: Id
      readonly content?: NotifiedState
      readonly activate?: boolean
    }
  /** The last NOTIFY. */
  | {
      readonly type: 'notifier.terminate'
      readonly id: Id
      readonly ending: Ending
      readonly content?: NotifiedState
    }

export type NotifierEvent =
  /** A peer subscribes. `call`: in whose dialog, if any; `expires`: seconds that it asks for. */
  {
    readonly type: 'notifier'
    readonly id: Id
    readonly connection: Id
    readonly call?: Id
    readonly request: SipRequest
    readonly from: Source
    readonly expires: number
  }
