/**
 * What the engine keeps beside each actor: its place in the world. Sockets, keys and raw requests live here, so that
 * machines hold ids, numbers and the last message only.
 */
import type { AnyActorRef } from 'xstate'
import type { TimerConfig } from '../../machines/timers.ts'
import type { MessageStream } from '../message/stream.ts'
import type { HeaderPair, SipRequest, SipResponse, SipUri } from '../message/types.ts'
import type { MergedCapabilities } from '../rules/capabilities.ts'
import type { AnswerInput } from '../rules/digest.ts'
import type { Wanted } from '../rules/network.ts'
import type {
  CallEntry,
  ChangeEntry,
  DescriptionEntry,
  DialogEntry,
  ExpiryEntry,
  ProvisionalEntry,
  SessionEntry,
  SessionTimerEntry,
} from './call-entries.ts'
import type { ConnectionOptions, Credentials, Id, OutgoingRequest } from './commands.ts'
import type { Nonce, Space } from './credential-store.ts'
import type { AnyDialogEntry, EventDialogEntry } from './event-usages.ts'
import type { LineEntry } from './line-entries.ts'
import type { SocketOptions } from './network-port.ts'
import type { NotifierEntry } from './notifier-entries.ts'
import type { Address, Flow, Listener, Target, Transport, TransportName } from './ports.ts'
import type { ProfileEntry } from './profile-entries.ts'
import type { MessageEntry, PublicationEntry } from './publication-entries.ts'
import type { ReferralEntry } from './referral-entries.ts'
import type { RefreshEntry, RegistrationEntry, RepeatedEntry } from './registration-entries.ts'
import type { ObjectState } from './states.ts'
import type { SubscriptionEntry } from './subscription-entries.ts'

export interface EntryBase {
  readonly id: Id
  readonly connection: ConnectionEntry
  /** The actor; set as soon as it is made. */
  actor: AnyActorRef
  /** The entry that it serves. */
  readonly owner?: Entry | undefined
  /** Key by which messages find it. */
  readonly key?: string | undefined
  /** The application has an object for it: its states are told. */
  visible: boolean
  /** The state last told. */
  told?: ObjectState
  /** In the registry. */
  alive?: boolean
  /** Since when it is in the state that it is in, by the engine's clock. */
  since?: number
  /** It has a state that was not told yet. */
  moved?: boolean
  /** Provisional responses told. */
  provisionals?: Map<string, string>
}

/** CSeq numbers of one Call-ID, drawn one by one. */
export interface Numbering {
  seq: number
}

/** A request of ours before it has a Via: what stays the same over targets, challenges and numbers. */
export interface Draft {
  readonly method: string
  readonly uri: string
  /** URI the next hop is found by. §8.1.2 */
  readonly nextHop: SipUri
  /** Max-Forwards, Route, From, To, Call-ID and CSeq. */
  head(seq: number, local: LocalNames): readonly HeaderPair[]
  /** Contact as text, `own` for ours, absent for none. */
  readonly contact?: 'own' | string
  /** User part of our own Contact, where it is not the connection's. */
  readonly contactUser?: string | undefined
  /** Parameters within the URI of our own Contact. */
  readonly contactUriParams?: string
  /** Host and port that our Contact names instead of the flow's. */
  readonly contactHost?: string
  /** Parameters behind our Contact. */
  readonly contactParams?: string
  readonly extra: readonly HeaderPair[]
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly credentials: readonly Credentials[]
  /** Where it goes, whatever the name of the next hop means by now. */
  readonly place?: Target | undefined
  /** Only asks whether somebody is there: any answer will do, a challenge too. */
  readonly probes?: true
  /** When it is big it goes where congestion is controlled, or not at all. RFC 3428 §8 */
  readonly polite?: true
  /** Via offers keep-alives. RFC 6223 §4.3 */
  readonly keeps?: true
  /** Contacts of ours that are to go, those that are others than the present one. */
  readonly former?: readonly string[] | undefined
  /** Within a dialog: whether proxies have stayed on its way. */
  readonly withinDialog?: 'routed' | 'direct'
  /** Who we are, for as long as nothing else authorises it. 3GPP TS 24.229 §5.1.1.2 */
  readonly introduction?: HeaderPair | undefined
  /** Hears of the request when it is sent for the first time. */
  readonly sent?: (request: SipRequest) => void
}

/** How we are called on one flow. */
export interface LocalNames {
  readonly host: string
  readonly port: number
  /** `sip:user@host:port`, with the transport where it is needed. */
  readonly contact: string
  /** Via asks for the use of our stream in both directions. RFC 5923 */
  readonly alias?: boolean
}

export interface ConnectionEntry extends EntryBase {
  readonly kind: 'connection'
  readonly options: ConnectionOptions
  readonly timers: TimerConfig
  /** User part of our Contact. */
  readonly user: string
  readonly listeners: Map<TransportName, BoundTransport>
  /** Stream flows by what they may be used for: see `stream-pool.ts`. */
  readonly streams: Map<string, FlowEntry>
  serverTransactions: number
  calls: number
  /** Subscriptions of peers. RFC 6665 §4.2 */
  notifiers?: number
  /** Profiles whose network it is. */
  profiles?: Set<ProfileEntry>
  /** Made by the engine for profiles: it ends with the last of them. */
  shared?: true
  /** Registrations with a GRUU, a flow or a Contact of their own: calls for them are answered under it. */
  reachable?: RegistrationEntry[]
  /** Tells networks apart: the name of an interface, `*` for all of them. */
  readonly networkId: string
  /** What is watched of it. */
  readonly wanted?: Wanted | undefined
  /** Who watches it. */
  network?: NetworkEntry | undefined
  /** Counts the times that sockets were asked for or given up: what is bound for an earlier one comes too late. */
  binding: number
  /** For streams that are there and those to come. */
  sockets?: SocketOptions
  /** Event packages that its calls take NOTIFYs of unasked; absent: none. */
  allowedEvents?: readonly string[] | undefined
  /** What the applications that share it can do together. */
  announced?: MergedCapabilities | undefined
  /** By next hop; made with the first. RFC 3329 */
  agreements?: Map<string, SecurityEntry>
}

/** The network that a connection is on. */
export interface NetworkEntry extends EntryBase {
  readonly kind: 'network'
  readonly wanted: Wanted
  /** Our address there, latest known. */
  address?: string
  stop(): void
}

export interface BoundTransport {
  readonly transport: Transport
  readonly local: Address
  readonly listener: Listener
  /** The datagram socket. */
  readonly flow?: FlowEntry | undefined
}

export interface FlowEntry extends EntryBase {
  readonly kind: 'flow'
  readonly transport: Transport
  flow: Flow
  readonly stream?: MessageStream
  /** Who waits for it to open. */
  waiting: { ready(): void; failed(error: import('../errors.ts').SipError): void }[]
  open: boolean
  /** A stream that the peer opened. */
  readonly accepted: boolean
  /** By which the connection's `streams` has it. */
  readonly keys: string[]
  /** What finds out whether its peers live. RFC 5626 §4.4 */
  keepers?: KeepAliveEntry[] | undefined
}

/** What keeps one flow alive: a stream, or a datagram socket and the address of one peer. RFC 5626 §4.4 */
export interface KeepAliveEntry extends EntryBase {
  readonly kind: 'keepAlive'
  readonly way: Way
  /** What it was asked for: whoever asks for the same shares it. */
  readonly wish: string
  /** The registrations that rely on it. */
  users: RegistrationEntry[]
  /** Transaction of the STUN request under way. */
  stun?: { readonly id: string; readonly bytes: Uint8Array; readonly probe: number } | undefined
  readonly numbering: Numbering
}

/** Where a message goes: a flow and, for datagrams, the address. */
export interface Way {
  flow: FlowEntry
  to: Address
}

export interface ServerEntry extends EntryBase {
  readonly kind: 'server'
  readonly invite: boolean
  readonly method: string
  /** The final response as it was sent. */
  final?: Uint8Array
  /** Dropped once the final response is out. */
  request?: SipRequest | undefined
  readonly way: Way
  readonly toTag: string
  /** By which copies of the request are found that came another way; absent within dialogs. */
  readonly mergeKey?: string | undefined
  /** The dialog that the request came in. */
  readonly dialog?: AnyDialogEntry | undefined
  /** The object that the request belongs to, when neither owner nor dialog tells: a subscription, the call of a CANCEL. */
  usage?: Entry | undefined
}

/** A server transaction past its final response, without an actor: see `parking.ts`. */
export interface ParkedEntry extends EntryBase {
  readonly kind: 'parked'
  readonly invite: boolean
  readonly way: Way
  readonly mergeKey?: string | undefined
  state: string
  /** The bytes of the response, one character each: half the size of a byte array. */
  readonly response: string
}

export interface ClientEntry extends EntryBase {
  readonly kind: 'client'
  readonly request: SipRequest
  readonly way: Way
}

export interface RequestEntry extends EntryBase {
  readonly kind: 'request'
  draft: Draft
  readonly numbering: Numbering
  /** Number in use; drawn when the request is first built. */
  seq: number
  /** Counts the targets tried; what is heard of an earlier one is past. */
  attempt?: number
  /** The flow that the present target is reached by. */
  way?: Way
  /** The transaction under way, and the request as it was sent. */
  transaction?: ClientEntry
  sent?: SipRequest
  /** Names used in From when the application gave none: fixed by the first flow. */
  names?: LocalNames
  auth?: AuthRecord
  /** What it says of the security between us and the next hop. RFC 3329 */
  security?: SecurityRecord
  /** How often a response to it has listed what the next hop can. */
  securityLists?: number
}

/** The part that one request has in an agreement on security. RFC 3329 §2.3.1 */
export interface SecurityRecord {
  readonly agreement: SecurityEntry
  readonly headers: readonly HeaderPair[]
  /** It carries our offer. */
  readonly offered: boolean
  /** The answer that waits for what becomes of the agreement. */
  waiting?: { readonly response: SipResponse; readonly final: boolean } | undefined
}

/** An agreement on security with one next hop. RFC 3329 */
export interface SecurityEntry extends EntryBase {
  readonly kind: 'security'
  readonly hop: string
}

/** What one realm is answered with in one request. */
export interface GivenAnswer {
  readonly space: Space
  readonly nonce: Nonce
  /** Given before the realm asked. */
  readonly unasked: boolean
  /** As it went out last. */
  sent?: AnswerInput
}

/** What was tried for the challenges of one request. */
export interface AuthRecord {
  /** Realm (and kind) → how often each secret went to it. */
  readonly tried: Map<string, Map<string, number>>
  /** Realm (and kind) → what answers it. */
  readonly answers: Map<string, GivenAnswer>
  /** The headers that the request carries. */
  headers: readonly HeaderPair[]
  /** Given by the application when asked, latest first. */
  provided: readonly Credentials[]
  asked: number
}

export interface StandAloneEntry extends EntryBase {
  readonly kind: 'standAlone'
  /** The application's id: that of the request it owns. */
  readonly requestId: Id
  readonly outgoing: OutgoingRequest
  readonly dialog?: DialogEntry | undefined
}

/** A request of which it is not known yet whose it is. */
export interface ResolverEntry extends EntryBase {
  readonly kind: 'resolver'
}

export type Entry =
  | ConnectionEntry
  | FlowEntry
  | ServerEntry
  | ParkedEntry
  | ClientEntry
  | RequestEntry
  | DialogEntry
  | CallEntry
  | SessionEntry
  | DescriptionEntry
  | ChangeEntry
  | SessionTimerEntry
  | ProvisionalEntry
  | ExpiryEntry
  | ReferralEntry
  | SubscriptionEntry
  | NotifierEntry
  | EventDialogEntry
  | PublicationEntry
  | MessageEntry
  | ProfileEntry
  | RegistrationEntry
  | RefreshEntry
  | RepeatedEntry
  | StandAloneEntry
  | SecurityEntry
  | KeepAliveEntry
  | NetworkEntry
  | LineEntry
  | ResolverEntry

export type Kind = Entry['kind']

export type {
  Acknowledgement,
  CallEntry,
  ChangeEntry,
  DescriptionEntry,
  DialogEntry,
  ExpiryEntry,
  ProvisionalEntry,
  SessionEntry,
  SessionTimerEntry,
} from './call-entries.ts'
export type { AnyDialogEntry, EventDialogEntry, EventUsage } from './event-usages.ts'
export type { LineEntry } from './line-entries.ts'
export type { NotifierEntry } from './notifier-entries.ts'
export type { ProfileEntry, ProfileRecord, ProfileShare } from './profile-entries.ts'
export type { MessageEntry, PublicationEntry } from './publication-entries.ts'
export type { IncomingReferralEntry, OutgoingReferralEntry, ReferralEntry } from './referral-entries.ts'
export type { RefreshEntry, RegistrationEntry, RepeatedEntry } from './registration-entries.ts'
export type { SubscriptionEntry } from './subscription-entries.ts'
