/** Commands and events about our subscriptions. RFC 6665 §4.1. */
import type { HeaderPair, SipRequest } from '../../message/types.ts'
import type { Credentials, Id, OutgoingRequest, OutgoingResponse } from '../commands.ts'

/** What a SUBSCRIBE may carry besides what its subscription gives it. */
export interface SubscriptionElements {
  /** In every SUBSCRIBE from now on. */
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

/** A subscription of ours. */
export interface OutgoingSubscription extends SubscriptionElements {
  /** The event package, as it is to be written. */
  readonly event: string
  /** Tells several subscriptions to one package apart that share a dialog. */
  readonly id?: string
  /** Media types of bodies that are understood. */
  readonly accept?: readonly string[]
  /** Seconds to ask for; 0: the present state and no more. */
  readonly expires: number
  /** Renew it, and begin it anew when the notifier says so. */
  readonly autoRefresh: boolean
  /** Further notifiers of a SUBSCRIBE that was forked: subscriptions of their own, or refused. Default: that of the connection. */
  readonly forking?: 'surface' | 'first'
  readonly credentials?: readonly Credentials[]
}

/** Whom a SUBSCRIBE outside dialogs goes to, and who sends it. `contact`: instead of ours, in its dialog, too. */
export type SubscriptionParty = Pick<OutgoingRequest, 'uri' | 'from' | 'to' | 'registration' | 'contact'>

export type SubscriptionCommand =
  /** SUBSCRIBE outside dialogs. `id` is that of the subscription, a new object. */
  | {
      readonly type: 'subscription.open'
      readonly id: Id
      readonly connection: Id
      readonly request: SubscriptionParty
      readonly subscription: OutgoingSubscription
    }
  /** SUBSCRIBE in the dialog of `beside`, a call or another subscription. */
  | {
      readonly type: 'subscription.join'
      readonly id: Id
      readonly beside: Id
      readonly subscription: OutgoingSubscription
    }
  /** Asks anew now, with other elements in the place of what it had. The body goes along once. */
  | {
      readonly type: 'subscription.update'
      readonly id: Id
      readonly expires?: number
      readonly elements: SubscriptionElements
    }
  | { readonly type: 'subscription.end'; readonly id: Id }
  /** The answer to a NOTIFY. */
  | {
      readonly type: 'subscription.answer'
      readonly id: Id
      readonly transaction: Id
      readonly response: OutgoingResponse
    }

export type SubscriptionEvent =
  /** A NOTIFY of a subscription, which waits for its answer, unless it was `answered`. */
  | {
      readonly type: 'notification'
      readonly id: Id
      readonly transaction: Id
      readonly request: SipRequest
      readonly answered: boolean
    }
  /** A further notifier of the SUBSCRIBE that `of` sent: a subscription of its own. §4.3 */
  | {
      readonly type: 'subscriptionFork'
      readonly id: Id
      readonly of: Id
      readonly connection: Id
      readonly request: SipRequest
    }
