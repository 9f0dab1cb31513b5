/** The event kinds of Windows CE RTC (IRTCEvent), under their names, each with the message that caused it. */
import type { CallState, ReferralState, RegistrationState } from '../engine/states.ts'
import type { SipError } from '../errors.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { Call } from './call/call.ts'
import type { Referral } from './call/referral.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import type { Notification } from './notification.ts'
import type { IncomingReferral } from './referrals.ts'
import type { Registration } from './registration.ts'
import type { ServerTransaction } from './server-transaction.ts'
import type { Subscription, SubscriptionState } from './subscription.ts'

/**
 * What has been completed in a session: our INVITE got its final response, the peer acknowledged our answer (`accept`) or a
 * reliable provisional response of ours (`provisional`), a change of ours (hold, resume, re-INVITE, UPDATE) or another request
 * of ours in the dialog got its final response.
 */
export type SessionOperation = 'invite' | 'accept' | 'provisional' | 'change' | 'request'

type Kinds =
  /** A binding has another state. RTCE_REGISTRATION_STATE_CHANGE */
  | {
      readonly type: 'registrationState'
      readonly registration: Registration
      readonly state: RegistrationState
      readonly message?: SipMessage
    }
  /** A call has another state. RTCE_SESSION_STATE_CHANGE */
  | {
      readonly type: 'sessionState'
      readonly call: Call
      readonly state: CallState
      readonly message?: SipMessage
    }
  /** Something that we began in a call is over; `error`: it has failed. RTCE_SESSION_OPERATION_COMPLETE */
  | {
      readonly type: 'sessionOperationComplete'
      readonly call: Call
      readonly operation: SessionOperation
      /** Of the final response. */
      readonly status?: number
      readonly error?: SipError
      readonly message?: SipMessage
    }
  /** A re-INVITE came, and how one ended, ours (`local`) or the peer's. RTCE_REINVITE: INCOMING, SUCCEEDED, FAIL */
  | {
      readonly type: 'reinvite'
      readonly call: Call
      readonly is: 'incoming' | 'succeeded' | 'failed'
      readonly by: 'local' | 'remote'
      readonly message?: SipMessage
    }
  /** A peer's REFER came; and once more, with `call`, when the call made for it was accepted. RTCE_SESSION_REFERRED; RFC 3515 */
  | {
      readonly type: 'sessionReferred'
      readonly referral: IncomingReferral
      readonly call?: Call
      readonly message: SipRequest | SipResponse
    }
  /** A REFER of ours has another state. RTCE_SESSION_REFER_STATUS */
  | {
      readonly type: 'referStatus'
      readonly referral: Referral
      readonly state: ReferralState
      readonly message?: SipMessage
    }
  /** An INFO came within a call. RTCE_INFO */
  | {
      readonly type: 'info'
      readonly call: Call
      readonly dialog: Dialog
      readonly transaction: ServerTransaction
      readonly message: SipRequest
    }
  /** A MESSAGE came, within a call or outside. RTCE_MESSAGING */
  | {
      readonly type: 'messaging'
      readonly transaction: ServerTransaction
      readonly call?: Call
      readonly message: SipRequest
    }
  /** A subscription of ours has another state. IRTCSubscriptionStateEvent */
  | {
      readonly type: 'subscriptionState'
      readonly subscription: Subscription
      readonly state: SubscriptionState
      readonly message?: SipMessage
    }
  /** A NOTIFY of a subscription of ours came. IRTCSubscriptionNotificationEvent */
  | {
      readonly type: 'subscriptionNotification'
      readonly subscription: Subscription
      readonly notification: Notification
      readonly message: SipRequest
    }
  /** A NOTIFY came in a call that allows its package. IRTCSessionNotificationEvent */
  | {
      readonly type: 'sessionNotification'
      readonly call: Call
      readonly notification: Notification
      readonly message: SipRequest
    }
  /** A NOTIFY came outside dialogs. IRTCUnsolicitedNotificationEvent */
  | {
      readonly type: 'unsolicitedNotification'
      readonly connection: Connection
      readonly notification: Notification
      readonly message: SipRequest
    }

/** An event of Windows CE RTC. `source` tells these kinds from those that are ours. */
export type RtcEvent = Kinds & { readonly source: 'rtc' }
