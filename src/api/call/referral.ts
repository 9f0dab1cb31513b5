/** A REFER of ours: somebody else is asked to make a request, and tells how far it is. RFC 3515, RFC 4488. */
import type { Observable } from 'rxjs'
import type { OutgoingReferral } from '../../engine/border/referrals.ts'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import type { ReferralState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { SipRequest } from '../../message/types.ts'
import { errorForStatus, isFinal, isSuccess } from '../../rules/calls.ts'
import { formatReferTo } from '../../rules/refer.ts'
import { badArgument, checkNameAddr, checkObject, checkParts } from '../check.ts'
import type { Connection } from '../connection.ts'
import { Handle, type Outcome } from '../live.ts'
import { credentialList, type Parties, type RequestParts } from '../options.ts'
import { receive, type Scope } from '../scope.ts'
import type { Call } from './call.ts'

/** What a REFER may have besides Refer-To. */
export interface ReferOptions extends RequestParts {
  /** Who refers, for whoever is called then: name-addr text. RFC 3892 */
  readonly referredBy?: string
  /** False: nobody tells how it goes, and `completed` settles with the answer to the REFER. Default true. RFC 4488 */
  readonly subscription?: boolean
}

/** A REFER outside dialogs. */
export interface ReferRequest extends ReferOptions, Parties {
  /** Whom the other end is to call: name-addr text or URI; headers behind `?` and `;method=` go along. RFC 3515 §2.1 */
  readonly referTo: string
}

/** How far the other end is, by its NOTIFY. */
export interface ReferralProgress {
  /** Status of the latest response to the request that it makes. */
  readonly status: number
  readonly reason: string
  /** The NOTIFY. */
  readonly message: SipRequest
}

/** How the request ended that the other end made. */
export interface ReferralOutcome {
  /** Its final status; absent when no subscription was wanted: then nobody knows. */
  readonly status?: number
  readonly reason?: string
  /** True for a 2xx. */
  readonly succeeded: boolean
}

/**
 * A REFER of ours, made by `call.refer` or `connection.refer`.
 *
 * @example
 * const referral = call.refer('sip:carol@example.com')
 * referral.progress$.subscribe(({ status, reason }) => show(status, reason))
 * const { status } = await referral.completed()
 */
export class Referral extends Handle<ReferralState, { progress: ReferralProgress }> {
  /** Tells the handles apart. */
  readonly kind = 'referral'
  /** The connection it lives on. */
  readonly connection: Connection
  /** The call in whose dialog it was sent. */
  readonly call: Call | undefined
  #last: ReferralProgress | undefined

  constructor(scope: Scope, id: Id, connection: Connection, call?: Call) {
    super(scope, id, { is: 'sent' })
    this.connection = connection
    this.call = call
  }

  /** How far the other end is: one value for each NOTIFY. Hot; completes with the last. */
  get progress$(): Observable<ReferralProgress> {
    return this.stream('progress')
  }

  /** The latest of them. */
  get lastProgress(): ReferralProgress | undefined {
    return this.#last
  }

  /**
   * Settles with how the request ended, also when it failed. Rejects with `rejected` (and the status) when the other end
   * does not carry it out, with `timeout` when nothing final was told in time, otherwise with what happened to the REFER.
   */
  completed(): Promise<ReferralOutcome> {
    return this.when(() => this.#outcome())
  }

  #outcome(): Outcome<ReferralOutcome> {
    const { state } = this
    const last = this.#last
    if (last && isFinal(last.status)) {
      const { status, reason } = last
      return { value: { status, reason, succeeded: isSuccess(status) } }
    }
    switch (state.is) {
      case 'done':
        return { value: { succeeded: true } }
      case 'rejected':
        return {
          error: state.response
            ? errorForStatus(state.response)
            : new SipError('rejected', `the peer answered ${state.status}`, { status: state.status }),
        }
      case 'failed':
        return { error: state.error ?? new SipError('closed', 'it ended with its connection') }
      case 'expired':
        return { error: new SipError('timeout', 'the other end told no outcome in time') }
      default:
        return undefined
    }
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'progress') {
      const { status, reason, request } = event
      this.#last = { status, reason, message: request }
      this.emit('progress', this.#last)
      this.settle()
    } else super[receive](event)
  }

  protected override final(): ReferralState {
    const { is } = this.state
    if (is !== 'sent' && is !== 'accepted') return this.state
    return { is: 'failed', error: new SipError('closed', 'it ended with its connection') }
  }
}

/** Refer-To and the rest as the engine wants it. Throws `argument` and `header-not-allowed`. */
export const outgoingReferral = (
  target: string | { readonly replacing: Id },
  options: ReferOptions,
): OutgoingReferral => {
  const { credentials, referredBy, subscription, headers, contentType, body } = checkObject(
    options,
    'the options',
  )
  checkParts(options)
  if (referredBy !== undefined) checkNameAddr(referredBy, 'referredBy')
  if (subscription !== undefined && typeof subscription !== 'boolean') {
    throw badArgument('subscription must be true or false')
  }
  return {
    ...(typeof target === 'string'
      ? { referTo: formatReferTo(checkNameAddr(target, 'Refer-To'), []) }
      : target),
    ...(referredBy !== undefined && { referredBy }),
    ...(subscription !== undefined && { subscription }),
    ...(headers && { headers }),
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
    ...credentialList(credentials),
  }
}
