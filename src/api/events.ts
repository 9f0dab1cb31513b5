/** Everything that happens, as one union: the event layer of Windows CE RTC and our own, with the message behind each event. */
import { filter, type OperatorFunction } from 'rxjs'
import type { ObjectState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { Malformed, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { Call } from './call/call.ts'
import type { Referral } from './call/referral.ts'
import type { SessionTimer } from './call/session-timer.ts'
import type { Challenge } from './challenge.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import type { LocalAddress } from './connection-network.ts'
import type { Dialog } from './dialog.ts'
import type { RtcEvent } from './events-rtc.ts'
import type { Line } from './line/line.ts'
import type { Notifier } from './notifier.ts'
import type { ProfilesEvent } from './profiles/profile-book.ts'
import type { Publication } from './publication.ts'
import type { IncomingReferral } from './referrals.ts'
import type { Refresh } from './refresh.ts'
import type { Registration } from './registration.ts'
import type { ServerTransaction } from './server-transaction.ts'
import type { Subscription } from './subscription.ts'

/** Every kind of handle, told apart by `kind`. */
export type SipObject =
  | Connection
  | ClientTransaction
  | ServerTransaction
  | Registration
  | Refresh
  | Call
  | Dialog
  | SessionTimer
  | Referral
  | IncomingReferral
  | Publication
  | Subscription
  | Notifier
  | Line

type OwnKinds =
  /** Something happened to a profile. */
  | ({ readonly type: 'profile'; readonly message?: undefined } & ProfilesEvent)
  /** An object has a new state. */
  | {
      readonly type: 'state'
      readonly object: SipObject
      readonly state: ObjectState
      /** What the peer has sent to bring it about, if that is how it came. */
      readonly message?: SipMessage
    }
  /** Something went wrong with an object. */
  | {
      readonly type: 'error'
      readonly object: SipObject
      readonly error: SipError
      readonly message?: SipMessage
    }
  /** An object is gone; `connectionLost`: with the network. */
  | {
      readonly type: 'closed'
      readonly object: SipObject
      readonly reason?: 'connectionLost'
      readonly message?: undefined
    }
  /** A connection is bound. */
  | {
      readonly type: 'listening'
      readonly connection: Connection
      readonly addresses: readonly LocalAddress[]
      readonly message?: undefined
    }
  /** A response came. */
  | {
      readonly type: 'response'
      readonly object: ClientTransaction | Registration | Publication | Call
      readonly message: SipResponse
    }
  /** A request came, outside dialogs or within one. */
  | { readonly type: 'request'; readonly transaction: ServerTransaction; readonly message: SipRequest }
  /** An INVITE came outside dialogs. */
  | { readonly type: 'call'; readonly call: Call; readonly message: SipRequest }
  /** A further 2xx to a forked INVITE: `surfaced` is its call, `call` that of the first. RFC 3261 §13.2.2.4 */
  | { readonly type: 'fork'; readonly call: Call; readonly surfaced: Call; readonly message: SipResponse }
  /** An INVITE of ours goes to another place. `message`: what the one before said. RFC 3261 §8.1.3.4 */
  | {
      readonly type: 'redirected'
      readonly call: Call
      readonly uri: string
      readonly message?: SipResponse
    }
  /** The peer has acknowledged a reliable provisional response of ours. RFC 3262 §3 */
  | { readonly type: 'pracked'; readonly call: Call; readonly message: SipRequest }
  /** A peer subscribes. RFC 6665 */
  | { readonly type: 'notifier'; readonly notifier: Notifier; readonly message: SipRequest }
  /** The other end of a REFER of ours tells by NOTIFY how far it is. */
  | {
      readonly type: 'progress'
      readonly referral: Referral
      readonly status: number
      readonly reason: string
      readonly message: SipRequest
    }
  /** A dialog came to be. */
  | {
      readonly type: 'dialog'
      readonly dialog: Dialog
      readonly call: Call
      readonly message?: SipMessage
    }
  /** A registration began to refresh itself. */
  | {
      readonly type: 'refresh'
      readonly refresh: Refresh
      readonly registration: Registration
      readonly message?: SipMessage
    }
  /** A server asks for credentials. */
  | { readonly type: 'challenge'; readonly challenge: Challenge; readonly message: SipResponse }
  /** A 2xx answered our INVITE. */
  | { readonly type: 'answered'; readonly call: Call; readonly message: SipResponse }
  /** The peer changes the session, by re-INVITE or UPDATE; `call.offers$` has what answers it. */
  | { readonly type: 'change'; readonly call: Call; readonly message: SipRequest }
  /** Both descriptions of a call are agreed anew. */
  | {
      readonly type: 'session'
      readonly call: Call
      readonly local: string
      readonly remote: string
      readonly message?: SipMessage
    }
  /** The session of a call has a timer. RFC 4028 */
  | {
      readonly type: 'sessionTimer'
      readonly timer: SessionTimer
      readonly call: Call
      readonly message?: SipMessage
    }
  /** The ACK for our 2xx came. */
  | { readonly type: 'acknowledged'; readonly call: Call; readonly message: SipRequest }
  /** The peer cancelled its INVITE; `tooLate`: after our 2xx. */
  | {
      readonly type: 'canceled'
      readonly call: Call
      readonly tooLate?: true
      readonly message: SipRequest
    }
  /** 64·T1 after the first 2xx to our INVITE. RFC 6026 §7.2 */
  | { readonly type: 'inviteCompleted'; readonly call: Call; readonly message?: undefined }
  /** The registrar granted less than we accept. Both in seconds; `used` is what we work with. */
  | {
      readonly type: 'grantedBelowMinimum'
      readonly registration: Registration
      readonly granted: number
      readonly used: number
      readonly message?: SipMessage
    }
  /** Something came that is no SIP message; `answered`: with this status. `message`: what was readable of it. */
  | {
      readonly type: 'malformed'
      readonly connection: Connection
      readonly malformed: Malformed
      readonly from: LocalAddress
      readonly answered?: number
      readonly message?: SipMessage
    }

/** An event of ours: what Windows CE RTC does not have, and the same things in finer steps. */
export type OwnEvent = OwnKinds & { readonly source: 'sipactor' }

/**
 * One thing that happened, told apart by `type`. `message`: the SIP message behind it, when there is one. `source`: whether it
 * is a kind of Windows CE RTC (`rtc`) or one of ours. Both views stand beside each other: when a call is confirmed there is a
 * `state` of ours and a `sessionState` of theirs, in this order, so take the one or the other.
 */
export type SipEvent = RtcEvent | OwnEvent

/**
 * Keeps the events of these types, and narrows their type.
 *
 * @example
 * sip.events$.pipe(ofType('call', 'canceled')).subscribe(({ call }) => show(call))
 */
export const ofType = <Type extends SipEvent['type']>(
  ...types: readonly Type[]
): OperatorFunction<SipEvent, Extract<SipEvent, { type: Type }>> => {
  const wanted: ReadonlySet<string> = new Set(types)
  return filter((event): event is Extract<SipEvent, { type: Type }> => wanted.has(event.type))
}

/**
 * The SIP message behind an event. Throws `no-message` when none caused it. IRTCSIPEvent::GetSIPMessage() of old.
 *
 * Its headers are found by any spelling of their name, compact or long: `header` gives the first (GetFirstHeader), `headers` all
 * in their order, lines as they came and comma lists not split (GetHeader), `parsed` their value.
 *
 * @example
 * for (const value of getSipMessage(event).headers('Via')) show(value)
 */
export const getSipMessage = (event: SipEvent): SipMessage => {
  if (event.message) return event.message
  throw new SipError('no-message', `the event ${event.type} was not caused by a message`)
}
