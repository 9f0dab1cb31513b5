/**
 * A call: the INVITE usage of a dialog, in both directions. RFC 3261 §13 to §15, RFC 6026; CSIPInviteDialogAssoc.
 *
 * Its class is built in layers, one a file: `CallParties`, `CallSetup` (invite, answer, end), `CallBranches` (forks, reliable
 * provisional responses), `CallOffers` (what the peer changes), `CallSession` (hold, resume, change),
 * `CallNotifications` (static headers, NOTIFYs), `CallSubscriptions`, and here transfer.
 */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import { SipError } from '../../errors.ts'
import type { DialogReference, HeaderPair, NameAddr } from '../../message/types.ts'
import { infoPackagesOf } from '../../rules/info.ts'
import { checkToken, sameText } from '../../rules/text.ts'
import { badArgument, checkObject, checkParts } from '../check.ts'
import type { ClientTransaction } from '../client-transaction.ts'
import type { Connection } from '../connection.ts'
import type { RequestParts } from '../options.ts'
import type { IncomingReferral } from '../referrals.ts'
import { alone, receive, receiveReferral, requireActive, type Scope, takeReferral } from '../scope.ts'
import type { CallOrigin } from './call-event.ts'
import type { BranchOperation, CallOperation } from './call-rules.ts'
import { CallSubscriptions } from './call-subscriptions.ts'
import type { ChangeOperation } from './change-rules.ts'
import { outgoingReferral, type ReferOptions, Referral } from './referral.ts'
import {
  conclude,
  isRefer,
  type ReferOperation,
  referRefusal,
  type TransferOptions,
  type TransferOutcome,
} from './transfer.ts'

const nothing = (): void => {}

/**
 * A call. Outgoing: `calling → proceeding → early → confirmed`; incoming: `incoming → ringing → accepted → confirmed`;
 * both end `terminating → terminated`.
 *
 * Methods throw `resource-not-available` when the connection is closed, `not-ready` while it cannot send,
 * `invalid-dialog-state` or `invalid-transaction-state` when the call is not at that point (`can` tells beforehand),
 * `argument` and `header-not-allowed` for what they were given.
 *
 * @example
 * const call = connection.invite('sip:bob@example.com', { offer })
 * await call.established()
 * await call.hangUp()
 */
export class Call extends CallSubscriptions {
  readonly #replaces: Call | undefined
  #packages: readonly string[] | undefined
  #referral: IncomingReferral | undefined

  constructor(scope: Scope, id: Id, connection: Connection, origin: CallOrigin) {
    super(scope, id, connection, origin)
    this.#replaces = origin.direction === 'incoming' ? origin.replaces : undefined
    if (origin.direction === 'incoming') this.#packages = infoPackagesOf(origin.request)
  }

  /**
   * The call whose place an incoming one asks for, as in an attended transfer: accepting this one ends that one. Whoever
   * knows Call-ID and tags of a call can ask for its place; look at `referredBy` and `remote`. RFC 3891
   */
  get replaces(): Call | undefined {
    return this.#replaces
  }

  /** The REFER of a peer that an outgoing call was made for. */
  get referral(): IncomingReferral | undefined {
    return this.#referral
  }

  /** Who says to have sent the caller to us, or us to the callee. IRTCSessionCallControl::ReferredByURI. RFC 3892 */
  get referredBy(): NameAddr | undefined {
    return this.request ? this.request.parsed('referred-by') : this.#referral?.referredBy
  }

  /** What stands in Replaces of the INVITE. IRTCSessionCallControl::ReferCookie. RFC 3891 */
  get referCookie(): DialogReference | undefined {
    return this.request ? this.request.parsed('replaces') : this.#referral?.replaces
  }

  /**
   * REFERs of the peer in this call: it asks us to call somebody else. While nobody subscribes they go to
   * `connection.referrals$`; when nobody does there, 603. RFC 3515
   */
  get referrals$(): Observable<IncomingReferral> {
    return this.stream('referrals')
  }

  /**
   * INFO packages that the peer takes, by the latest Recv-Info it sent; `undefined` while it has sent none: then it knows of
   * no packages. RFC 6086 §5.2
   */
  get remoteInfoPackages(): readonly string[] | undefined {
    return this.#packages
  }

  /**
   * Sends an INFO with a package, once there is a dialog. Throws `not-supported` for a package that the peer does not take
   * (`remoteInfoPackages`), and as `dialog.request` does; an INFO without a package is sent by `call.dialog.request`.
   * RFC 6086 §4.2.1
   *
   * @example
   * call.info('conference', { contentType: 'text/plain', body: 'mute' })
   */
  info(name: string, options: RequestParts = {}): ClientTransaction {
    requireActive(this.connection)
    checkToken(name, 'the INFO package')
    checkParts(options)
    const { dialog } = this
    if (!dialog) throw new SipError('invalid-dialog-state', 'there is no dialog yet')
    if (!this.#packages?.some(known => sameText(known, name))) {
      throw new SipError('not-supported', `the peer does not take the INFO package ${name}`)
    }
    const disposition: HeaderPair[] =
      options.body === undefined ? [] : [['Content-Disposition', 'Info-Package']]
    const headers = [['Info-Package', name] as const, ...disposition, ...(options.headers ?? [])]
    return dialog.request('INFO', { ...options, headers })
  }

  /** True when that method is possible now, as far as the state of call and connection goes. */
  override can(operation: CallOperation | BranchOperation | ChangeOperation | ReferOperation): boolean {
    if (!isRefer(operation)) return super.can(operation)
    return this.connection.state.is === 'active' && referRefusal(this.state.is) === undefined
  }

  /**
   * Asks the peer to call somebody: name-addr text or URI; headers behind `?` and `;method=` go along. Nothing becomes of
   * this call: see `transfer`. Throws `invalid-dialog-state` unless the call is confirmed. RFC 3515
   *
   * @example
   * const { status } = await call.refer('sip:carol@example.com').completed()
   */
  refer(target: string, options: ReferOptions = {}): Referral {
    return this.#refer(target, options)
  }

  /**
   * Connects the peer with somebody else. With a URI it calls that one (blind transfer); with another call of ours it takes
   * our place in that one (attended transfer): hold both before, if you like. Settles when the peer has told how its call
   * ended: on success our calls with both are over, else they stand as before. Rejects as `referral.completed` does when
   * the peer refused, or told no outcome; the calls stand then, too.
   *
   * Throws `invalid-dialog-state` unless the calls are confirmed, `argument`, `header-not-allowed`. RFC 5589
   *
   * @example
   * const { transferred, status } = await call.transfer('sip:carol@example.com')
   */
  transfer(target: string | Call, options: TransferOptions = {}): Promise<TransferOutcome> {
    const other = typeof target === 'string' ? undefined : target
    if (other === this) throw badArgument('a call cannot be transferred to itself')
    if (other && other.kind !== 'call') throw badArgument('the target must be a URI or a call')
    const refusal = other && referRefusal(other.state.is)
    if (refusal) throw refusal
    const referredBy = checkObject(options, 'the options').referredBy ?? this.dialog?.localUri
    const referral = this.#refer(other ? { replacing: other.id } : (target as string), {
      ...options,
      ...(referredBy !== undefined && { referredBy }),
    })
    const outcome = referral.completed().then(told => conclude(referral, told, this, other))
    // The same failure is in the state and on errors$ of the referral.
    outcome.catch(nothing)
    return outcome
  }

  #refer(target: string | { readonly replacing: Id }, options: ReferOptions): Referral {
    requireActive(this.connection)
    const referral = outgoingReferral(target, options)
    const refusal = referRefusal(this.state.is)
    if (refusal) throw refusal
    const handle = new Referral(this.scope, this.scope.newId('referral'), this.connection, this)
    return this.scope.open(handle, { type: 'referral.open', id: handle.id, call: this.id, referral })
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'infoPackages') this.#packages = event.packages
    else if ('response' in event && event.response)
      this.#packages = infoPackagesOf(event.response) ?? this.#packages
    super[receive](event)
  }

  /** Hands a REFER to those who listen; false when nobody does. */
  [receiveReferral](referral: IncomingReferral): boolean {
    const listeners = this.listeners('referrals')
    if (listeners === 0) return false
    referral[alone] = listeners === 1
    this.emit('referrals', referral)
    return true
  }

  [takeReferral](referral: IncomingReferral): void {
    this.#referral = referral
  }
}
