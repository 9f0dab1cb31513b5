/** A client's place on a network: its sockets, and everything it sends and receives. CSIPConnection. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id, NegotiatedSecurity } from '../engine/commands.ts'
import type { Address, TransportName } from '../engine/ports.ts'
import type { ConnectionState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { SipUri } from '../message/types.ts'
import { checkToken } from '../rules/text.ts'
import { Call } from './call/call.ts'
import { begin } from './call/call-media.ts'
import { type CallMediaPort, mediaPort } from './call/media.ts'
import {
  badArgument,
  checkContact,
  checkExpires,
  checkNameAddr,
  checkObject,
  checkParts,
  checkSeconds,
  checkSipUri,
  checkUri,
} from './check.ts'
import { ClientTransaction } from './client-transaction.ts'
import { done, Handle } from './live.ts'
import {
  credentialList,
  type InviteOptions,
  outgoingInvite,
  outgoingRequest,
  type RegistrationOptions,
  type RequestOptions,
} from './options.ts'
import { Registration } from './registration.ts'
import { alone, receive, receiveRequest, requireActive, type Scope } from './scope.ts'
import type { ServerTransaction } from './server-transaction.ts'

/** An address of ours and the transport it belongs to. */
export type LocalAddress = Address & { readonly transport: TransportName }

/** What has its own method, belongs to a dialog, or is the stack's: no request of this kind stands alone. */
const notStandAlone: ReadonlySet<string> = new Set([
  'ACK',
  'BYE',
  'CANCEL',
  'INFO',
  'INVITE',
  'NOTIFY',
  'PRACK',
  'REFER',
  'REGISTER',
  'SUBSCRIBE',
  'UPDATE',
])

interface Streams {
  calls: Call
  requests: ServerTransaction
  addresses: LocalAddress
}

/**
 * A connection. Made by `sip.connect`; only while `active` can it send. When the network goes, everything it holds ends
 * silently: one value on `state$`, and the streams of the rest complete.
 *
 * @example
 * const connection = sip.connect()
 * await connection.active()
 * connection.calls$.subscribe(call => call.ring())
 */
export class Connection extends Handle<ConnectionState, Streams> {
  /** Tells the handles apart. */
  readonly kind = 'connection'
  /** Methods that the application handles, as given in the options. */
  readonly methods: readonly string[]
  #addresses: readonly LocalAddress[] = []
  readonly #security = new Map<string, NegotiatedSecurity>()
  #closing = false

  readonly [mediaPort]: CallMediaPort

  constructor(scope: Scope, id: Id, methods: readonly string[], media: CallMediaPort) {
    super(scope, id, { is: 'init' })
    this.methods = methods
    this[mediaPort] = media
  }

  /** Where it listens, one entry for each transport; empty until active, and other ones after the network returned. */
  get addresses(): readonly LocalAddress[] {
    return this.#addresses
  }

  /** The first of `addresses`, now and whenever it changes. */
  get localAddress$(): Observable<LocalAddress> {
    return this.observable(subscriber => {
      const subscription = this.stream('addresses').subscribe(subscriber)
      const [first] = this.#addresses
      if (first && !this.gone) subscriber.next(first)
      return subscription
    })
  }

  /** Why it is not active, or the latest failure otherwise; `undefined` when there was none. GetConnectionErrorL(). */
  get lastError(): SipError | undefined {
    return this.failure
  }

  /**
   * Incoming calls. While nobody subscribes, an INVITE is answered 480; when the only subscriber throws, or the promise
   * of its callback rejects, before it answered: 500.
   */
  get calls$(): Observable<Call> {
    return this.stream('calls')
  }

  /**
   * Incoming requests outside dialogs, such as MESSAGE. While nobody subscribes they are answered 480, when the only
   * subscriber fails before it answered 500; methods that are not in `methods` of the options get 405 in any case.
   */
  get requests$(): Observable<ServerTransaction> {
    return this.stream('requests')
  }

  /** Settles when the connection is active; rejects with the reason when it will not be. */
  active(): Promise<void> {
    return this.when(() => {
      const { is } = this.state
      if (is === 'active') return done
      if (is === 'unavailable') return this.failure && { error: this.failure }
      return is === 'closed' ? { error: new SipError('closed', 'the connection is closed') } : undefined
    })
  }

  /**
   * Sends a request outside dialogs.
   *
   * Throws `argument` for a method that is no token, is INVITE, ACK, CANCEL, BYE, SUBSCRIBE, NOTIFY, REFER, UPDATE,
   * PRACK, REGISTER or INFO, and for bad parts; `header-not-allowed`; `invalid-registration-state` when `from` is a
   * registration that is not active; `not-ready`; `resource-not-available`.
   */
  request(options: RequestOptions): ClientTransaction {
    requireActive(this)
    const { method } = checkObject(options, 'the options { method, uri }')
    if (notStandAlone.has(checkToken(method, 'the method'))) {
      throw badArgument(`${method} cannot be sent outside dialogs by hand`)
    }
    checkUri(options.uri, 'the Request-URI')
    const request = outgoingRequest(options)
    const transaction = new ClientTransaction(this.scope, this.scope.newId('transaction'), method, this)
    return this.scope.open(transaction, {
      type: 'request.send',
      id: transaction.id,
      connection: this.id,
      request,
    })
  }

  /**
   * Binds an address of record to our Contact, and keeps it bound. The first REGISTER leaves at once.
   *
   * Throws `argument` when the AOR, registrar or proxy is no SIP URI, the Contact is not exactly one SIP URI with a user
   * part, or a lifetime is below `minRequestedExpires` (60 s); `header-not-allowed`; `not-ready`;
   * `resource-not-available`. RFC 3261 §10.2
   */
  register(options: RegistrationOptions): Registration {
    requireActive(this)
    const { credentials, ...rest } = checkObject(options, 'the options { aor }')
    const least = checkSeconds(options.minRequestedExpires ?? 60, 'minRequestedExpires')
    const aor = checkSipUri(options.aor, 'the AOR')
    if (options.registrar !== undefined) checkSipUri(options.registrar, 'the registrar')
    if (options.outboundProxy !== undefined) checkSipUri(options.outboundProxy, 'the outbound proxy')
    if (options.contact !== undefined) checkContact(options.contact, aor.scheme === 'sips')
    if (options.expires !== undefined) checkExpires(options.expires, least)
    if (options.minGrantedExpires !== undefined) checkSeconds(options.minGrantedExpires, 'minGrantedExpires')
    if (options.maxMinExpires !== undefined) checkSeconds(options.maxMinExpires, 'maxMinExpires')
    if (options.headers !== undefined) checkParts({ headers: options.headers })
    const registration = new Registration(
      this.scope,
      this.scope.newId('registration'),
      this,
      options.aor,
      least,
    )
    return this.scope.open(registration, {
      type: 'registration.open',
      id: registration.id,
      connection: this.id,
      options: { ...rest, ...credentialList(credentials) },
    })
  }

  /**
   * Calls somebody. The INVITE leaves at once, or when media has an offer for it: then the call is `describing`. Throws `argument`, `header-not-allowed`, `invalid-registration-state`,
   * `not-ready`, `resource-not-available` as `request` does. RFC 3261 §13.2
   */
  invite(uri: string, options: InviteOptions = {}): Call {
    requireActive(this)
    const target = checkUri(uri, 'the Request-URI')
    const invite = outgoingInvite(uri, options)
    const remote =
      options.to === undefined ? { uri: target, params: new Map() } : checkNameAddr(options.to, 'to')
    const call = new Call(this.scope, this.scope.newId('call'), this, {
      direction: 'outgoing',
      remote,
      offered: options.offer !== 'none',
      autoAck: options.autoAck ?? true,
      ...(options.media && { media: options.media }),
    })
    return call[begin](invite)
  }

  /**
   * Ends what it holds (BYE for calls, REGISTER with a lifetime of 0), then closes its sockets. Settles when all is
   * done. A second call only waits for that.
   */
  close(): Promise<void> {
    if (!this.#closing && !this.gone && this.state.is !== 'closing' && this.state.is !== 'closed') {
      this.scope.dispatch({ type: 'connection.close', id: this.id })
      this.#closing = true
    }
    return this.when(() => (this.gone || this.state.is === 'closed' ? done : undefined))
  }

  /**
   * What was agreed on with a next hop, a `sip:` URI such as that of the outbound proxy; `undefined` when nothing is.
   * Throws `argument` for what is no SIP URI. RFC 3329; CSIPConnection::NegotiatedSecurityMechanismL().
   *
   * @example
   * connection.negotiatedSecurity('sip:proxy.example.com')?.mechanism // 'tls'
   */
  negotiatedSecurity(hop: string): NegotiatedSecurity | undefined {
    const { host, port } = checkSipUri(hop, 'the next hop') as SipUri
    return this.#security.get(`${host.toLowerCase()}${port === undefined ? '' : `:${port}`}`)
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'security') {
      if (event.agreed) this.#security.set(event.hop, event.agreed)
      else this.#security.delete(event.hop)
    } else if (event.type === 'listening') {
      const [before] = this.#addresses
      this.#addresses = event.addresses
      const [first] = event.addresses
      const same = first?.host === before?.host && first?.port === before?.port
      if (first && !(before && same)) this.emit('addresses', first)
    } else super[receive](event)
  }

  /** Hands a call or request to those who listen; false when nobody does. */
  [receiveRequest](incoming: Call | ServerTransaction): boolean {
    const name = incoming.kind === 'call' ? 'calls' : 'requests'
    const listeners = this.listeners(name)
    if (listeners === 0) return false
    incoming[alone] = listeners === 1
    if (incoming.kind === 'call') this.emit('calls', incoming)
    else this.emit('requests', incoming)
    return true
  }

  protected override final(): ConnectionState {
    return { is: 'closed' }
  }
}
