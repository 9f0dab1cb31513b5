/**
 * What the engine keeps beside each actor: its place in the world. Sockets, keys and raw requests live here, so that
 * machines hold ids, numbers and the last message only.
 */
import type { AnyActorRef } from 'xstate'
import type { TimerConfig } from '../../machines/timers.ts'
import type { MessageStream } from '../message/stream.ts'
import type { HeaderPair, SipRequest, SipUri } from '../message/types.ts'
import type { DigestChallenge } from '../rules/digest.ts'
import type {
  CallEntry,
  ChangeEntry,
  DialogEntry,
  ProvisionalEntry,
  ReferralEntry,
  SessionEntry,
  SessionTimerEntry,
} from './call-entries.ts'
import type { ConnectionOptions, Credentials, Id, OutgoingRequest, RegistrationOptions } from './commands.ts'
import type { Address, Flow, Listener, Transport, TransportName } from './ports.ts'
import type { ObjectState } from './states.ts'

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
  readonly visible: boolean
  /** The state last told. */
  told?: ObjectState
  /** In the registry. */
  alive?: boolean
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
  /** Parameters behind our Contact. */
  readonly contactParams?: string
  readonly extra: readonly HeaderPair[]
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly credentials: readonly Credentials[]
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
  readonly dialog?: DialogEntry | undefined
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
  readonly draft: Draft
  readonly numbering: Numbering
  /** Number in use; drawn when the request is first built. */
  seq: number
  /** The flow that the present target is reached by. */
  way?: Way
  /** The transaction under way, and the request as it was sent. */
  transaction?: ClientEntry
  sent?: SipRequest
  /** Names used in From when the application gave none: fixed by the first flow. */
  names?: LocalNames
  auth?: AuthRecord
}

/** What was tried for the challenges of one request. */
export interface AuthRecord {
  /** Realm (and kind) → how often each secret went to it. */
  readonly tried: Map<string, Map<string, number>>
  /** Realm (and kind) → what answers it, with the count of its nonce. */
  readonly answers: Map<
    string,
    { readonly challenge: DigestChallenge; readonly credentials: Credentials; nc: number }
  >
  /** The headers that the request carries. */
  headers: readonly HeaderPair[]
  /** Given by the application when asked, latest first. */
  provided: readonly Credentials[]
  asked: number
}

export interface RegistrationEntry extends EntryBase {
  readonly kind: 'registration'
  readonly options: RegistrationOptions
  readonly callId: string
  readonly fromTag: string
  readonly numbering: Numbering
  serviceRoute: readonly string[]
  registrarExpiresAt: number
  refresh?: RefreshEntry | undefined
}

export interface RefreshEntry extends EntryBase {
  readonly kind: 'refresh'
}

export interface StandAloneEntry extends EntryBase {
  readonly kind: 'standAlone'
  /** The application's id: that of the request it owns. */
  readonly requestId: Id
  readonly outgoing: OutgoingRequest
  readonly dialog?: DialogEntry | undefined
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
  | ChangeEntry
  | SessionTimerEntry
  | ProvisionalEntry
  | ReferralEntry
  | RegistrationEntry
  | RefreshEntry
  | StandAloneEntry

export type Kind = Entry['kind']

export type {
  Acknowledgement,
  CallEntry,
  ChangeEntry,
  DialogEntry,
  ProvisionalEntry,
  ReferralEntry,
  SessionEntry,
  SessionTimerEntry,
} from './call-entries.ts'
