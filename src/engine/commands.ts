/**
 * The border between API and engine: commands in, events out. Plain data, every object addressed by its id,
 * so that both sides may live in different processes.
 */
import type { SipError } from '../errors.ts'
import type { BodyPart } from '../message/multipart.ts'
import type { HeaderPair, Malformed, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { AkaAnswer, AkaChallenge } from '../rules/aka.ts'
import type { BranchCommand, BranchEvent } from './border/branches.ts'
import type { ChangeCommand, ChangeEvent } from './border/changes.ts'
import type { ConnectionOptions } from './border/connections.ts'
import type { EventsCommand, EventsEvent } from './border/events.ts'
import type { LineCommand, LineEvent } from './border/lines.ts'
import type { NotifierCommand, NotifierEvent } from './border/notifiers.ts'
import type { ProfileCommand, ProfileEvent } from './border/profiles.ts'
import type { PublicationCommand, PublicationEvent } from './border/publications.ts'
import type { ReferralCommand, ReferralEvent } from './border/referrals.ts'
import type { RefreshRequest, RegistrationCommand, RegistrationEvent } from './border/registrations.ts'
import type { ResolverCommand, ResolverEvent } from './border/resolver.ts'
import type { SessionCommand, SessionEvent } from './border/sessions.ts'
import type { SubscriptionCommand, SubscriptionEvent } from './border/subscriptions.ts'
import type { UnboundEvent } from './border/unbound.ts'
import type { Address, SocketOptions, Source, TransportName } from './ports.ts'
import type { ObjectState } from './states.ts'

export type { ConnectionOptions, SecurityAgreementOptions } from './border/connections.ts'
export type { RegistrationOptions } from './border/registrations.ts'

/** Chosen by the side that creates the object; unique within one engine. */
export type Id = string

/** A user name with its password, or with the hash of both (RFC 7616 §3.4.2, `H(username:realm:password)`). */
export interface Credentials {
  readonly username: string
  readonly password?: string
  /** H(A1) in hexadecimal, for the algorithm the realm uses. */
  readonly ha1?: string
  /** The realm they are good for; absent: any that challenges this request. */
  readonly realm?: string
  /** What a SIM has answered; set by the stack, see `akaProvider`. RFC 3310 */
  readonly aka?: AkaAnswer & { readonly nonce: string }
}

/** A request outside dialogs, or inside one. */
export interface OutgoingRequest {
  readonly method: string
  readonly uri: string
  /** From as name-addr text; default: the registration's AOR, else our Contact. */
  readonly from?: string
  /** To as name-addr text; default: the Request-URI. */
  readonly to?: string
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
  /** The registration whose AOR, Service-Route and credentials are used. */
  readonly registration?: Id
  readonly credentials?: readonly Credentials[]
  /** Contact, for a request that the engine makes itself. */
  readonly contact?: string
  /** Repeat it before what it asked for expires. */
  readonly refresh?: RefreshRequest
}

export interface OutgoingInvite extends Omit<OutgoingRequest, 'method' | 'body' | 'contentType'> {
  /** SDP offer; absent: the peer offers in its 2xx. */
  readonly offer?: string
  /** Further parts of the body, behind the description. RFC 5621 */
  readonly attachments?: readonly BodyPart[]
  /** The offer follows by `call.described`. */
  readonly describing?: boolean
  /** False: the application acknowledges the 2xx by `call.ack`. Default true. */
  readonly autoAck?: boolean
  /** False: the application acknowledges reliable provisional responses by `call.prack`. Default true. RFC 3262 */
  readonly autoPrack?: boolean
  /** Whether provisional responses may be, must be or are not reliable. Default `supported`. RFC 3262 */
  readonly reliable?: 'supported' | 'required' | 'off'
  /** What becomes of a further 2xx of a fork: a call of its own, or ACK and BYE. Default: that of the connection. §13.2.2.4 */
  readonly forking?: 'surface' | 'first'
  /** Whether a 3xx is followed. Default `follow`. §8.1.3.4 */
  readonly redirects?: 'follow' | 'surface'
  /** Seconds until the INVITE is taken back when nobody has answered. §13.2.1 */
  readonly expires?: number
  /** Session timer of this call; default: that of the connection. RFC 4028 */
  readonly sessionExpires?: number
  readonly minSE?: number
}

export interface OutgoingResponse {
  readonly status: number
  readonly reason?: string
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

export type Command =
  | ChangeCommand
  | BranchCommand
  | ReferralCommand
  | PublicationCommand
  | NotifierCommand
  | EventsCommand
  | ProfileCommand
  | LineCommand
  | SessionCommand
  | SubscriptionCommand
  | RegistrationCommand
  | ResolverCommand
  | { readonly type: 'connection.open'; readonly id: Id; readonly options: ConnectionOptions }
  /** Ends what the connection holds (BYE, then REGISTER with Expires 0), then closes its sockets. */
  | { readonly type: 'connection.close'; readonly id: Id }
  /** Looks for a lost network. */
  | { readonly type: 'connection.refresh'; readonly id: Id }
  | { readonly type: 'connection.configure'; readonly id: Id; readonly sockets: SocketOptions }
  | {
      readonly type: 'request.send'
      readonly id: Id
      readonly connection: Id
      readonly request: OutgoingRequest
    }
  | { readonly type: 'transaction.respond'; readonly id: Id; readonly response: OutgoingResponse }
  | {
      readonly type: 'call.invite'
      readonly id: Id
      readonly connection: Id
      readonly invite: OutgoingInvite
    }
  /** 101 to 199 on an incoming call. */
  | {
      readonly type: 'call.provisional'
      readonly id: Id
      readonly response: OutgoingResponse
      /** RFC 3262; `not-supported` when the peer does not know it. */
      readonly reliable?: boolean
    }
  /** 200 to 299. `sessionExpires`: the timer that this call is to have, instead of its connection's. RFC 4028 */
  | {
      readonly type: 'call.accept'
      readonly id: Id
      readonly response: OutgoingResponse
      readonly sessionExpires?: number
    }
  /** 300 to 699. */
  | { readonly type: 'call.reject'; readonly id: Id; readonly response: OutgoingResponse }
  | { readonly type: 'call.ack'; readonly id: Id; readonly answer?: string }
  /** CANCEL before a final response (queued until the first 1xx). */
  | { readonly type: 'call.cancel'; readonly id: Id; readonly headers?: readonly HeaderPair[] }
  /** BYE; on an outgoing call that is not answered yet CANCEL, or BYE when `early` and a dialog exists. */
  | { readonly type: 'call.hangUp'; readonly id: Id; readonly headers?: readonly HeaderPair[] }
  | {
      readonly type: 'dialog.request'
      readonly id: Id
      readonly dialog: Id
      readonly request: Omit<OutgoingRequest, 'uri' | 'from' | 'to'>
    }
  | { readonly type: 'challenge.provide'; readonly id: Id; readonly credentials: readonly Credentials[] }
  | { readonly type: 'challenge.ignore'; readonly id: Id }
  /** Forgets what was learnt about one realm, or all. */
  | { readonly type: 'credentials.clear'; readonly realm?: string }

/** One realm that asks for credentials. */
export interface ChallengedRealm {
  readonly realm: string
  readonly kind: 'user' | 'proxy'
  readonly algorithm: string
  /** What the network asks the SIM, when the algorithm is AKA, and the nonce that holds it. RFC 3310 */
  readonly aka?: AkaChallenge & { readonly nonce: string }
}

/** What was agreed on with a next hop. RFC 3329 */
export interface NegotiatedSecurity {
  /** `digest` or `tls`. */
  readonly mechanism: string
  /** The mechanisms that the server has listed, as it wrote them. */
  readonly offered: readonly string[]
}

export type EngineEvent =
  | ChangeEvent
  | BranchEvent
  | ReferralEvent
  | PublicationEvent
  | NotifierEvent
  | EventsEvent
  | ProfileEvent
  | LineEvent
  | SessionEvent
  | SubscriptionEvent
  | RegistrationEvent
  | ResolverEvent
  | UnboundEvent
  /** An object has a new state; `message` has brought it about. For an object the engine made, its own event below comes first. */
  | { readonly type: 'state'; readonly id: Id; readonly state: ObjectState; readonly message?: SipMessage }
  /** Something went wrong with an object, told once. Its state has already changed. */
  | { readonly type: 'error'; readonly id: Id; readonly error: SipError; readonly message?: SipMessage }
  /** The object is gone: its streams complete. `connectionLost`: without errors of its own. */
  | { readonly type: 'closed'; readonly id: Id; readonly reason?: 'connectionLost' }
  /** The connection is bound. */
  | {
      readonly type: 'listening'
      readonly id: Id
      readonly addresses: readonly (Address & { readonly transport: TransportName })[]
      /** Our address on its network, where that is known. */
      readonly local?: string
    }
  /** The network that a connection is on. */
  | { readonly type: 'network'; readonly id: Id; readonly networkId: string }
  /** Why it is not active any more. No error of its own: the state tells. */
  | { readonly type: 'lost'; readonly id: Id; readonly error: SipError }
  /** A response to a client transaction, a call or a registration. Challenges answered by the engine are not told. */
  | { readonly type: 'response'; readonly id: Id; readonly response: SipResponse }
  /** A request for the application, with the server transaction that waits for its answer. */
  | {
      readonly type: 'request'
      readonly id: Id
      readonly connection: Id
      readonly dialog?: Id
      readonly request: SipRequest
      readonly from: Source
      /** The registration for whose Contact it came, if that is a profile's; outside dialogs. */
      readonly registration?: Id
    }
  /** An INVITE outside dialogs. */
  | {
      readonly type: 'call'
      readonly id: Id
      readonly connection: Id
      readonly request: SipRequest
      readonly from: Source
      /** The call whose place it takes when it is accepted. RFC 3891 */
      readonly replaces?: Id
      /** The registration for whose Contact it came, if that is a profile's. */
      readonly registration?: Id
    }
  /** A dialog came to be within a call. */
  | {
      readonly type: 'dialog'
      readonly id: Id
      readonly call: Id
      readonly connection: Id
      readonly dialog: DialogInfo
      readonly message?: SipMessage
    }
  /** Credentials are wanted; answer with `challenge.provide` or `challenge.ignore`. */
  | {
      readonly type: 'challenge'
      readonly id: Id
      readonly connection: Id
      readonly object: Id
      readonly realms: readonly ChallengedRealm[]
      readonly response: SipResponse
    }
  /** An agreement on security with a next hop, or that there is none any more. RFC 3329 */
  | {
      readonly type: 'security'
      readonly id: Id
      readonly hop: string
      readonly agreed?: NegotiatedSecurity
    }
  /** The 2xx that established an outgoing call; with `autoAck: false` it waits for `call.ack`. */
  | { readonly type: 'answered'; readonly id: Id; readonly response: SipResponse }
  /** A CANCEL came for an incoming call; `tooLate` after our 2xx. */
  | { readonly type: 'canceled'; readonly id: Id; readonly request: SipRequest; readonly tooLate?: true }
  /** The ACK for our 2xx came; with the answer, when the offer was in the 2xx. */
  | { readonly type: 'acknowledged'; readonly id: Id; readonly request: SipRequest }
  /** 64·T1 after the first 2xx: no further 2xx is accepted. */
  | { readonly type: 'inviteCompleted'; readonly id: Id }
  /** A request of the peer's names the INFO packages that it takes from now on. RFC 6086 §5.2.1 */
  | { readonly type: 'infoPackages'; readonly id: Id; readonly packages: readonly string[] }
  /** Something arrived that is no SIP message. `answered`: with this status. */
  | {
      readonly type: 'malformed'
      readonly connection: Id
      readonly malformed: Malformed
      readonly from: Address & { readonly transport: TransportName }
      readonly answered?: number
    }

/** What identifies a dialog. RFC 3261 §12. */
export interface DialogInfo {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly localUri: string
  readonly remoteUri: string
  readonly remoteTarget: string
  readonly routeSet: readonly string[]
  readonly secure: boolean
}

/** What the API holds of an engine, in this process or another. */
export interface EnginePort {
  /** Carries a command out. Throws a `SipError` on misuse, and then nothing has happened. */
  dispatch(command: Command): void
  /** Called with each event after the step that caused it is complete. One listener. */
  onEvent(listener: (event: EngineEvent) => void): void
  /** Observes the engine for traces; see `src/inspect/frame.ts`. Returns the way to stop. */
  trace(listener: (frame: import('../inspect/frame.ts').Frame) => void): () => void
  /** The same for who keeps frames that nobody may ever ask for: each is made when it is asked for. */
  record(recorder: (recorded: import('./tap-step.ts').RecordedFrame) => void): () => void
  /**
   * Every actor that lives. Taken in the same turn as `trace` is begun, the two leave no hole: frames up to its `seq` are in
   * it already, all others follow.
   */
  actors(): import('./presence.ts').Presence
  /** What the machine of one actor remembers: plain data without secrets. Undefined when there is no such actor. */
  context(actor: Id): unknown
  /** The application listens to requests on networks on which it has no connection: those that wait for it can come. */
  listens?(): void
  /** A fresh id for an object of the caller's. */
  newId(kind: string): Id
}
