/** A client's place on a network: its sockets, and everything it sends and receives. CSIPConnection. */
import type { Observable } from 'rxjs'
import type {
  EngineEvent,
  RegistrationOptions as EngineRegistration,
  Id,
  NegotiatedSecurity,
  OutgoingRequest,
} from '../engine/commands.ts'
import type { ConnectionState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { SipUri } from '../message/types.ts'
import { checkToken } from '../rules/text.ts'
import { addressToward } from '../sdp/media-port.ts'
import { Call } from './call/call.ts'
import { begin } from './call/call-media.ts'
import { type CallMediaPort, mediaPort } from './call/media.ts'
import { outgoingReferral, type ReferRequest, Referral } from './call/referral.ts'
import { badArgument, checkNameAddr, checkObject, checkSeconds, checkSipUri, checkUri } from './check.ts'
import { ClientTransaction } from './client-transaction.ts'
import type { NotifierStreams } from './connection-notifying.ts'
import { SubscribingConnection } from './connection-subscriptions.ts'
import { type Contact, type ContactsOptions, contactsOf, registerRequest } from './contacts.ts'
import { done, quietly } from './live.ts'
import {
  type InviteOptions,
  outgoingInvite,
  outgoingRequest,
  partiesFor,
  type RegistrationOptions,
  type RequestOptions,
  refreshRequest,
} from './options.ts'
import type { IncomingReferral } from './referrals.ts'
import { Refresh } from './refresh.ts'
import { further, Registration } from './registration.ts'
import { registrationOptions } from './registration-options.ts'
import {
  alone,
  attach,
  receive,
  receiveReferral,
  receiveRequest,
  requireActive,
  type Scope,
} from './scope.ts'
import type { ServerTransaction } from './server-transaction.ts'
import type { Sip } from './sip.ts'

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

interface Streams extends NotifierStreams {
  calls: Call
  requests: ServerTransaction
  referrals: IncomingReferral
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
export class Connection extends SubscribingConnection<Streams> {
  /** Tells the handles apart. */
  readonly kind = 'connection'
  /** Methods that the application handles, as given in the options. */
  readonly methods: readonly string[]
  readonly #security = new Map<string, NegotiatedSecurity>()
  #closing = false

  readonly [mediaPort]: CallMediaPort

  constructor(scope: Scope, id: Id, methods: readonly string[], media: CallMediaPort) {
    super(scope, id, { is: 'init' })
    this.methods = methods
    this[mediaPort] = media
  }

  /** The `Sip` that it belongs to. CSIPConnection::SIP(). */
  get sip(): Sip {
    return this.scope.sip
  }

  get [addressToward](): ((remote: string) => string) | undefined {
    return this.scope.localAddressFor
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
   * Sends a request outside dialogs. A `tel:` URI goes as it is to the outbound proxy (RFC 3261 §19.1.6); without one it is
   * `argument`.
   *
   * Throws `argument` for a method that is no token, is INVITE, ACK, CANCEL, BYE, SUBSCRIBE, NOTIFY, REFER, UPDATE,
   * PRACK, REGISTER or INFO, and for bad parts; `header-not-allowed`; `invalid-registration-state` when `from` is a
   * registration that is not active; `not-ready`; `resource-not-available`.
   *
   * With `refresh` it is repeated before what its Expires asks for (3600 s without one) is over; see `refresh` of what is
   * returned.
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
    const repeated = refreshRequest(options)
    if (!repeated) return this.#send(transaction, request)
    const refresh = new Refresh(this.scope, this.scope.newId('refresh'), transaction)
    transaction[attach](refresh)
    this.scope.handles.set(refresh.id, refresh)
    try {
      return this.#send(transaction, { ...request, refresh: { ...repeated, id: refresh.id } })
    } catch (error) {
      this.scope.handles.delete(refresh.id)
      throw error
    }
  }

  /**
   * Binds an address of record to our Contact, and keeps it bound. The first REGISTER leaves at once, or when its turn
   * has come (so many a second to one registrar).
   *
   * Throws `argument` when the AOR, registrar or proxy is no SIP URI (for a `sips:` AOR: no `sips:` URI), the Contact is
   * not exactly one SIP URI with a user part, or a lifetime is below `minRequestedExpires` (60 s); `header-not-allowed`;
   * `not-ready`; `resource-not-available`. RFC 3261 §10.2
   */
  register(options: RegistrationOptions): Registration {
    requireActive(this)
    const { minRequestedExpires = 60 } = checkObject(options, 'the options { aor }')
    checkSeconds(minRequestedExpires, 'minRequestedExpires')
    const [first, ...others] = registrationOptions(options, minRequestedExpires)
    const open = (checked: EngineRegistration): Registration => {
      const id = this.scope.newId('registration')
      const registration = new Registration(this.scope, id, this, options.aor, checked)
      const command = { type: 'registration.open', id, connection: this.id, options: checked } as const
      return this.scope.open(registration, command)
    }
    const registration = open(first)
    if (others.length > 0)
      registration[further](others.map(other => open({ ...other, group: registration.id })))
    return registration
  }

  /**
   * Asks the registrar which contacts an address of record has: a REGISTER that binds nothing. Rejects as
   * `request(…).response()` does. Throws as `register` does. RFC 3261 §10.2.3
   */
  fetchRegistrations(options: ContactsOptions): Promise<readonly Contact[]> {
    return quietly(this.#ask(options).response().then(contactsOf))
  }

  /**
   * Takes all bindings of an address of record back, those of others too (`Contact: *`). Registrations of ours are not
   * told: `unregister` them first, or they come back with their next refresh. Settles and throws as `fetchRegistrations`
   * does. RFC 3261 §10.2.2
   */
  unregisterAll(options: ContactsOptions): Promise<void> {
    return quietly(
      this.#ask(options, '*')
        .response()
        .then(() => {}),
    )
  }

  /**
   * Calls somebody. The INVITE leaves at once, or when media has an offer for it: then the call is `describing`. A `tel:` URI
   * goes as it is to the outbound proxy of the connection, or of the registration or profile in `from` (RFC 3261 §19.1.6).
   *
   * Throws `argument`, also for a `tel:` URI without such a proxy and for a `contact` that is no SIP URI; `header-not-allowed`,
   * `invalid-registration-state`, `not-ready`, `resource-not-available` as `request` does. RFC 3261 §13.2
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
      autoPrack: options.autoPrack ?? true,
      ...(options.media && { media: options.media }),
    })
    return call[begin](invite)
  }

  /**
   * REFERs outside dialogs, and those within calls whose own `referrals$` nobody subscribes to. While nobody subscribes
   * here either they are answered 603; when the only subscriber fails before it answered: 500. RFC 3515
   */
  get referrals$(): Observable<IncomingReferral> {
    return this.stream('referrals')
  }

  /**
   * Asks somebody, outside dialogs, to call whom `referTo` names. The REFER leaves at once. Throws `argument`,
   * `header-not-allowed`, `invalid-registration-state`, `not-ready`, `resource-not-available` as `request` does.
   * RFC 3515
   *
   * @example
   * const { status } = await connection.refer('sip:bob@example.com', { referTo: 'sip:carol@example.com' }).completed()
   */
  refer(uri: string, options: ReferRequest): Referral {
    requireActive(this)
    checkUri(uri, 'the Request-URI')
    const { from, to, referTo, ...rest } = checkObject(options, 'the options { referTo }')
    const parties = partiesFor({
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    })
    const referral = outgoingReferral(referTo, rest)
    const handle = new Referral(this.scope, this.scope.newId('referral'), this)
    return this.scope.open(handle, {
      type: 'referral.send',
      id: handle.id,
      connection: this.id,
      request: { uri, ...parties },
      referral,
    })
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

  #send(transaction: ClientTransaction, request: OutgoingRequest): ClientTransaction {
    const { id } = transaction
    return this.scope.open(transaction, { type: 'request.send', id, connection: this.id, request })
  }

  #ask(options: ContactsOptions, contact?: '*'): ClientTransaction {
    requireActive(this)
    const request = registerRequest(options, contact)
    const transaction = new ClientTransaction(this.scope, this.scope.newId('transaction'), 'REGISTER', this)
    return this.#send(transaction, request)
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'security') {
      if (event.agreed) this.#security.set(event.hop, event.agreed)
      else this.#security.delete(event.hop)
    } else super[receive](event)
  }

  /** Hands a REFER to those who listen; false when nobody does. */
  [receiveReferral](referral: IncomingReferral): boolean {
    const listeners = this.listeners('referrals')
    if (listeners === 0) return false
    referral[alone] = listeners === 1
    this.emit('referrals', referral)
    return true
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
