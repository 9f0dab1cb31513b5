/** A dialog, and requests within it. RFC 3261 §12; CSIPDialog, CSIPDialogAssocBase. */
import type { Observable } from 'rxjs'
import type { DialogInfo, EngineEvent, Id } from '../engine/commands.ts'
import type { DialogState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { checkToken } from '../rules/text.ts'
import type { Call } from './call/call.ts'
import { badArgument, checkParts } from './check.ts'
import { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import { Handle } from './live.ts'
import { credentialList, type RequestParts } from './options.ts'
import { alone, receive, receiveRequest, requireActive, type Scope } from './scope.ts'
import type { ServerTransaction } from './server-transaction.ts'
import { type DialogUsage, usagesOf } from './usages.ts'

/** The method by which a dialog hears whose it is now. */
export const adopt: unique symbol = Symbol('adopt')

/** What only the stack, or another method of the API, sends within a dialog. IsNonTargetRefreshRequest() of old. */
const notByHand: ReadonlySet<string> = new Set([
  'ACK',
  'BYE',
  'CANCEL',
  'INVITE',
  'NOTIFY',
  'PRACK',
  'REFER',
  'REGISTER',
  'SUBSCRIBE',
  'UPDATE',
])

/** The dialog behind a call. It has the identity of the dialog, and carries requests such as INFO and MESSAGE. */
export class Dialog extends Handle<DialogState, { requests: ServerTransaction }> {
  /** Tells the handles apart. */
  readonly kind = 'dialog'
  /** The connection it lives on. */
  readonly connection: Connection
  #call: Call
  #info: DialogInfo

  constructor(scope: Scope, id: Id, call: Call, info: DialogInfo) {
    super(scope, id, { is: 'init' })
    this.#call = call
    this.connection = call.connection
    this.#info = info
  }

  /** The call it carries: that of its own 2xx, when a forked INVITE has several (RFC 3261 §13.2.2.4). */
  get call(): Call {
    return this.#call
  }

  /**
   * What lives in it now: its call, and the subscriptions and referrals of both sides that share it, in no order. The dialog stays as long as
   * one of them does, also when the call is over. CSIPDialog::SIPDialogAssociations(). RFC 5057
   */
  get usages(): readonly DialogUsage[] {
    return usagesOf(this.scope, this)
  }

  /** Call-ID. This and the other getters throw `invalid-dialog-state` while the dialog is `init`. */
  get callId(): string {
    return this.#known.callId
  }

  /** Our tag. */
  get localTag(): string {
    return this.#known.localTag
  }

  /** The peer's tag; empty for a peer of RFC 2543. */
  get remoteTag(): string {
    return this.#known.remoteTag
  }

  /** Our From or To, without its tag. */
  get localUri(): string {
    return this.#known.localUri
  }

  /** The peer's To or From, without its tag. */
  get remoteUri(): string {
    return this.#known.remoteUri
  }

  /** The peer's Contact, as it said last: requests of ours go there. RFC 3261 §12.2 */
  get remoteTarget(): string {
    return this.#known.remoteTarget
  }

  /** Route of requests within the dialog, nearest first. RFC 3261 §12.1 */
  get routeSet(): readonly string[] {
    return this.#known.routeSet
  }

  /** True when it was made over TLS with a `sips:` URI. RFC 3261 §12.1 */
  get secure(): boolean {
    return this.#known.secure
  }

  /**
   * Requests of the peer within the dialog, such as INFO or MESSAGE. While nobody subscribes they are answered 405: a
   * 480 would end the call at the peer (RFC 5057 §5.1).
   */
  get requests$(): Observable<ServerTransaction> {
    return this.stream('requests')
  }

  /**
   * Sends a request within the dialog: INFO, MESSAGE, OPTIONS or an extension.
   *
   * Throws `argument` for a method that is no token, belongs to the stack or has its own method here (REGISTER, INVITE,
   * BYE, CANCEL, ACK, SUBSCRIBE, NOTIFY, UPDATE, PRACK, REFER), and for bad parts; `header-not-allowed`;
   * `invalid-dialog-state` unless early or confirmed; `not-ready`; `resource-not-available`.
   */
  request(method: string, options: RequestParts = {}): ClientTransaction {
    requireActive(this.connection)
    if (notByHand.has(checkToken(method, 'the method'))) {
      throw badArgument(`${method} cannot be sent by hand within a dialog`)
    }
    checkParts(options)
    const { is } = this.state
    if (this.gone || (is !== 'early' && is !== 'confirmed')) {
      throw new SipError('invalid-dialog-state', `the dialog is ${is}`)
    }
    const { credentials, ...parts } = options
    const transaction = new ClientTransaction(
      this.scope,
      this.scope.newId('transaction'),
      method,
      this.connection,
      this,
    )
    return this.scope.open(transaction, {
      type: 'dialog.request',
      id: transaction.id,
      dialog: this.id,
      request: { method, ...parts, ...credentialList(credentials) },
    })
  }

  get #known(): DialogInfo {
    if (this.state.is !== 'init') return this.#info
    throw new SipError('invalid-dialog-state', 'the dialog is neither early nor confirmed yet')
  }

  override [receive](event: EngineEvent): void {
    if (event.type !== 'target') return super[receive](event)
    const { remoteTarget, routeSet } = event
    this.#info = { ...this.#info, remoteTarget, routeSet }
  }

  /** Another call takes it over. */
  [adopt](call: Call): void {
    this.#call = call
  }

  /** Hands a request to those who listen; false when nobody does. */
  [receiveRequest](transaction: ServerTransaction): boolean {
    const listeners = this.listeners('requests')
    if (listeners === 0) return false
    transaction[alone] = listeners === 1
    this.emit('requests', transaction)
    return true
  }

  protected override final(): DialogState {
    return { is: 'terminated' }
  }
}
