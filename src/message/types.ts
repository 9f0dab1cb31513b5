/** The shapes of messages and their parts. No code. RFC 3261 §7, §19, §20. */

/** Parameters by lower-case name, in order. A flag such as `;lr` has the value `undefined`; quotes are removed. */
export type Params = ReadonlyMap<string, string | undefined>

/** `sip:` or `sips:`. RFC 3261 §19.1. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** As on the wire, escapes kept. */
  readonly user?: string
  readonly password?: string
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string
  readonly port?: number
  readonly params: Params
  /** The part behind `?`, escapes kept. */
  readonly headers: Params
}

/** `tel:`. RFC 3966. */
export interface TelUri {
  readonly scheme: 'tel'
  readonly number: string
  readonly params: Params
}

/** Any other scheme, kept as text. */
export interface OtherUri {
  readonly scheme: string
  readonly opaque: string
}

/** A URI of any scheme; `isSipUri` tells the SIP ones apart. */
export type Uri = SipUri | TelUri | OtherUri

/** From, To, Contact, Route and their like. */
export interface NameAddr {
  readonly displayName?: string
  readonly uri: Uri
  /** The parameters of the header, not those of the URI. */
  readonly params: Params
}

/** One Via value. RFC 3261 §20.42. */
export interface Via {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS` …, upper case. */
  readonly transport: string
  readonly host: string
  readonly port?: number
  readonly params: Params
}

/** `CSeq`: number and method of a request. RFC 3261 §20.16. */
export interface CSeq {
  readonly seq: number
  readonly method: string
}

/** A challenge or credentials: scheme and parameters, quotes removed. RFC 7616. */
export interface AuthValue {
  /** As written, for example `Digest`. */
  readonly scheme: string
  readonly params: Params
}

/** `Content-Type`, a value of `Accept`, and others of the form `value;param=…`. */
export interface ValueWithParams {
  readonly value: string
  readonly params: Params
}

/** `Retry-After`. RFC 3261 §20.33. */
export interface RetryAfter {
  /** Seconds. */
  readonly delay: number
  readonly comment?: string
  readonly params: Params
}

/** `RAck`: which reliable provisional response a PRACK acknowledges. RFC 3262 §7.2. */
export interface RAck {
  readonly rseq: number
  readonly cseq: number
  readonly method: string
}

/** One value of `Warning`. RFC 3261 §20.43. */
export interface Warning {
  readonly code: number
  readonly agent: string
  readonly text: string
}

/** `Replaces`. RFC 3891. */
export interface DialogReference {
  readonly callId: string
  readonly toTag?: string
  readonly fromTag?: string
  readonly params: Params
}

/** One header line: the name as written, the value unfolded and without outer white space. */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

/** What a header is, once parsed, by its long name in lower case. Comma lists are split; repeated lines are joined. */
export interface HeaderTypes {
  accept: readonly ValueWithParams[]
  'accept-contact': readonly ValueWithParams[]
  'accept-encoding': readonly ValueWithParams[]
  'accept-language': readonly ValueWithParams[]
  'alert-info': readonly ValueWithParams[]
  allow: readonly string[]
  'allow-events': readonly string[]
  'authentication-info': Params
  authorization: readonly AuthValue[]
  'call-id': string
  'call-info': readonly ValueWithParams[]
  contact: '*' | readonly NameAddr[]
  'content-disposition': ValueWithParams
  'content-encoding': readonly string[]
  'content-language': readonly string[]
  'content-length': number
  'content-type': ValueWithParams
  cseq: CSeq
  /** Milliseconds since 1970. */
  date: number
  'error-info': readonly ValueWithParams[]
  event: ValueWithParams
  expires: number
  'flow-timer': number
  from: NameAddr
  'history-info': readonly NameAddr[]
  identity: string
  'in-reply-to': readonly string[]
  'info-package': ValueWithParams
  join: DialogReference
  'max-breadth': number
  'max-forwards': number
  'mime-version': string
  'min-expires': number
  'min-se': ValueWithParams
  organization: string
  'p-access-network-info': readonly ValueWithParams[]
  'p-asserted-identity': readonly NameAddr[]
  'p-associated-uri': readonly NameAddr[]
  'p-called-party-id': NameAddr
  'p-preferred-identity': readonly NameAddr[]
  path: readonly NameAddr[]
  priority: string
  privacy: readonly string[]
  'proxy-authenticate': readonly AuthValue[]
  'proxy-authentication-info': Params
  'proxy-authorization': readonly AuthValue[]
  'proxy-require': readonly string[]
  rack: RAck
  reason: readonly ValueWithParams[]
  'record-route': readonly NameAddr[]
  'recv-info': readonly ValueWithParams[]
  'refer-sub': ValueWithParams
  'refer-to': NameAddr
  'referred-by': NameAddr
  'reject-contact': readonly ValueWithParams[]
  replaces: DialogReference
  'reply-to': NameAddr
  'request-disposition': readonly string[]
  require: readonly string[]
  'retry-after': RetryAfter
  route: readonly NameAddr[]
  rseq: number
  'security-client': readonly ValueWithParams[]
  'security-server': readonly ValueWithParams[]
  'security-verify': readonly ValueWithParams[]
  server: string
  'service-route': readonly NameAddr[]
  'session-expires': ValueWithParams
  'sip-etag': string
  'sip-if-match': string
  subject: string
  'subscription-state': ValueWithParams
  supported: readonly string[]
  timestamp: string
  to: NameAddr
  unsupported: readonly string[]
  'user-agent': string
  via: readonly Via[]
  warning: readonly Warning[]
  'www-authenticate': readonly AuthValue[]
}

/** Names that `parsed` knows: long, lower case. */
export type HeaderName = keyof HeaderTypes

/** What a request and a response have in common. Immutable. */
interface MessageBase {
  /** All header lines in the order of the wire, names as written. */
  readonly fields: readonly HeaderField[]
  readonly body: Uint8Array
  /** The body as text (UTF-8). */
  readonly text: string

  /** The first line of that header, a comma list not split. Compact and long names are one, case does not matter. */
  header(name: string): string | undefined
  /** Every line of that header, in order, comma lists not split. */
  headers(name: string): readonly string[]
  /** The header typed, parsed on first use; `undefined` when it is absent or malformed (see `fault`). */
  parsed<Name extends HeaderName>(name: Name): HeaderTypes[Name] | undefined
  /** Why `parsed(name)` yields nothing though the header is there. */
  fault(name: HeaderName): Malformed | undefined

  /** The topmost Via. A message from `parse` has one. */
  readonly via: Via
  readonly from: NameAddr
  readonly to: NameAddr
  readonly fromTag: string | undefined
  readonly toTag: string | undefined
  readonly callId: string
  readonly cseq: CSeq
}

/** A request, as received or made. Immutable. RFC 3261 §7.1. */
export interface SipRequest extends MessageBase {
  readonly kind: 'request'
  readonly method: string
  /** The Request-URI as on the wire. */
  readonly uri: string
  /** The Request-URI parsed. */
  readonly target: Uri
}

/** A response, as received or made. Immutable. RFC 3261 §7.2. */
export interface SipResponse extends MessageBase {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
}

/** A request or a response, told apart by `kind`. */
export type SipMessage = SipRequest | SipResponse

/** What could not be read, where, and how it may be answered. A value, never an exception. */
export interface Malformed {
  readonly kind: 'malformed'
  /** One sentence that names the fault. */
  readonly reason: string
  /** Header or part at fault. */
  readonly header?: string
  /** Characters from the start of the message (or of the text given). */
  readonly offset: number
  /** The response it deserves when it is a request that can be answered: 400 or 505 (413, 513 for limits). */
  readonly status: number
  /** What was readable, when that is enough to answer (a request with Via, From, To, Call-ID and CSeq lines). */
  readonly message?: SipMessage
}

/** `[name, value]`, as given by an application or by the stack. */
export type HeaderPair = readonly [name: string, value: string]

/** What a request is made of. */
export interface RequestInit {
  readonly method: string
  readonly uri: string
  readonly headers: readonly HeaderPair[]
  readonly body?: string | Uint8Array
}

/** What a response is made of. */
export interface ResponseInit {
  readonly status: number
  /** Default: the phrase of RFC 3261 §21. */
  readonly reason?: string
  readonly headers: readonly HeaderPair[]
  readonly body?: string | Uint8Array
}
