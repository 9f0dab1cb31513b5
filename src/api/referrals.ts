/** A REFER of a peer's: it asks us to call somebody, or to do something else. RFC 3515 §2.4, RFC 3892, RFC 5589. */
import type { Id } from '../engine/commands.ts'
import type { IncomingReferralState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { dialogReference } from '../message/headers/addresses.ts'
import { isMalformed } from '../message/malformed.ts'
import { reasonPhrase } from '../message/reasons.ts'
import type { DialogReference, HeaderPair, NameAddr, SipRequest } from '../message/types.ts'
import { referredByToken } from '../rules/attachments.ts'
import { type ReferTarget, referTarget } from '../rules/refer.ts'
import { checkText } from '../rules/text.ts'
import type { Call } from './call/call.ts'
import { badArgument, checkResponse } from './check.ts'
import type { Connection } from './connection.ts'
import { Handle } from './live.ts'
import type { InviteOptions } from './options.ts'
import { abandon, alone, requireActive, requireOpen, type Scope, takeReferral } from './scope.ts'
import type { ResponseOptions } from './server-transaction.ts'

export type { ReferTarget } from '../rules/refer.ts'

const nowhere: NameAddr = { uri: { scheme: '', opaque: '' }, params: new Map() }

/**
 * A REFER of a peer's. Whether we do as it asks is the application's to decide: answer it once with `accept`, `reject` or
 * `notify`, within 60·T1 (30 s): then it is refused with 480. Anybody can ask for anything, and the call may cost money: look at `referTo`.
 *
 * @example
 * call.referrals$.subscribe(referral => {
 *   if (mayCall(referral.referTo.uri)) referral.accept()
 *   else referral.reject()
 * })
 */
export class IncomingReferral extends Handle<IncomingReferralState> {
  /** Tells the handles apart. */
  readonly kind = 'incomingReferral'
  /** The REFER. */
  readonly request: SipRequest
  /** The connection it lives on. */
  readonly connection: Connection
  /** The call in whose dialog it came: its other party is who refers us. */
  readonly call: Call | undefined
  /** What is asked for: `method` (INVITE unless it says otherwise), `uri`, and `headers` for that request. */
  readonly referTo: ReferTarget
  #made: Call | undefined
  #decided = false;
  [alone] = false

  constructor(scope: Scope, id: Id, connection: Connection, request: SipRequest, call?: Call) {
    super(scope, id, { is: 'asked' })
    this.connection = connection
    this.request = request
    this.call = call
    this.referTo = referTarget(request.parsed('refer-to') ?? nowhere)
  }

  /** Who says to have sent it, as it is passed on to whom we call. RFC 3892 */
  get referredBy(): NameAddr | undefined {
    return this.request.parsed('referred-by')
  }

  /** The dialog of somebody else whose place our call is to take: an attended transfer. RFC 3891, RFC 5589 §7 */
  get replaces(): DialogReference | undefined {
    const header = this.referTo.headers.find(([name]) => name.toLowerCase() === 'replaces')
    const value = header && dialogReference(header[1])
    return value === undefined || isMalformed(value) ? undefined : value
  }

  /** The call that was made for it. */
  get madeCall(): Call | undefined {
    return this.#made
  }

  /**
   * Does as it asks: calls whom it names, with Referred-By (and the token that vouches for it) and Replaces, and tells the peer by NOTIFY how that goes. From
   * is ours of the call that we are referred in, unless `from` says otherwise. The call that we have with the peer stays.
   *
   * Throws `not-supported` when it asks for another method than INVITE, or for no SIP URI: do it yourself and use
   * `notify`. Throws as `connection.invite` does, and `invalid-transaction-state` when it was answered.
   */
  accept(options: InviteOptions = {}): Call {
    requireActive(this.connection)
    this.#requireAsked()
    const { method, uri, headers, address } = this.referTo
    if (method !== 'INVITE' || !('host' in address.uri)) {
      throw new SipError('not-supported', `${method} ${uri} is not carried out by the stack: use notify`)
    }
    const by = this.request.header('referred-by')
    const extra: HeaderPair[] = by === undefined ? [...headers] : [...headers, ['Referred-By', by]]
    const token = referredByToken(this.request)
    const attachments = [...(token ? [token] : []), ...(options.attachments ?? [])]
    const local = this.call?.dialog?.localUri
    const call = this.connection.invite(uri, {
      ...(local !== undefined && { from: local }),
      ...options,
      ...(attachments.length > 0 && { attachments }),
      headers: [...extra, ...(options.headers ?? [])],
    })
    this.scope.dispatch({ type: 'referral.accept', id: this.id, call: call.id })
    this.#decided = true
    this.#made = call
    call[takeReferral](this)
    return call
  }

  /**
   * Refuses it, 300 to 699; default 603 Decline. Throws `invalid-transaction-state` when it was answered, `argument`,
   * `header-not-allowed`.
   */
  reject(status = 603, options: ResponseOptions = {}): void {
    requireOpen(this.connection)
    const response = checkResponse(status, options, 300, 699)
    this.#requireAsked()
    this.scope.dispatch({ type: 'referral.reject', id: this.id, response })
    this.#decided = true
  }

  /**
   * Tells the peer how far we are, when the application does by itself what was asked: 100 to 199 as often as it likes,
   * then one of 200 to 699, which ends it. The first one accepts the REFER. Throws `invalid-transaction-state` when it was
   * refused, is over, or has a call that tells it; `argument`.
   */
  notify(status: number, reason: string = reasonPhrase(status)): void {
    requireActive(this.connection)
    if (!Number.isInteger(status) || status < 100 || status > 699) {
      throw badArgument('the status must be 100 to 699')
    }
    checkText(reason, 'the reason')
    const { is } = this.state
    if (this.#made || this.gone || is === 'rejected' || is === 'terminated') {
      throw new SipError('invalid-transaction-state', 'there is nothing to tell of this REFER any more')
    }
    if (!this.#decided) {
      this.scope.dispatch({ type: 'referral.accept', id: this.id })
      this.#decided = true
    }
    // Without a subscription nobody hears it (RFC 4488).
    this.scope.attempt(() => this.scope.dispatch({ type: 'referral.notify', id: this.id, status, reason }))
  }

  #requireAsked(): void {
    if (!this.#decided && !this.gone && this.state.is === 'asked') return
    throw new SipError('invalid-transaction-state', 'the REFER was answered already')
  }

  [abandon](): void {
    if (this[alone] && !this.#decided && this.state.is === 'asked') this.scope.attempt(() => this.reject(500))
  }

  protected override final(): IncomingReferralState {
    const { is } = this.state
    return is === 'rejected' ? this.state : { is: 'terminated' }
  }
}
