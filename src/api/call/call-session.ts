/** The session of a call: what was offered and answered, and how it is changed. RFC 3264, RFC 3311, RFC 3261 §14. */
import type { Observable } from 'rxjs'
import type { SessionChange } from '../../engine/border/changes.ts'
import type { EngineEvent } from '../../engine/commands.ts'
import type { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import { isHeldBy } from '../../sdp/direction.ts'
import { Description, type Purpose, type SessionInForce } from '../../sdp/media-port.ts'
import { done } from '../live.ts'
import { credentialList } from '../options.ts'
import { attachTimer, receive, requireActive } from '../scope.ts'
import { CallOffers, type OpenChange } from './call-offers.ts'
import type { BranchOperation, CallOperation } from './call-rules.ts'
import {
  type ChangeOperation,
  type ChangeOptions,
  type ChangeOutcome,
  changeRefusal,
  checkAddress,
  checkChange,
  type Held,
  isChange,
  type ReinviteOptions,
  type SessionDescriptions,
} from './change-rules.ts'
import type { SessionTimer } from './session-timer.ts'

const holds = (sdp: string | undefined): boolean => {
  const session = sdp === undefined ? undefined : new Description(sdp).session
  return session !== undefined && isHeldBy(session)
}

/** What a call has to do with its session. */
export abstract class CallSession extends CallOffers {
  #host: string | undefined
  #timer: SessionTimer | undefined

  /**
   * Both descriptions, whenever they are agreed anew: by the answer to the first offer, by a hold, by a change of either
   * side. Hot; `localDescription` and `remoteDescription` have what is in force.
   */
  get session$(): Observable<SessionDescriptions> {
    return this.stream('sessions')
  }

  /** The timer of the session; `undefined` while there is none. Its states tell of every refresh. RFC 4028 */
  get sessionTimer(): SessionTimer | undefined {
    return this.#timer?.state.is === 'running' ? this.#timer : undefined
  }

  /** Who is on hold, as the descriptions in force say. RFC 3264 §8.4 */
  get held(): Held {
    return { local: holds(this.localDescription), remote: holds(this.remoteDescription) }
  }

  /**
   * True when that method is possible now, as far as the state of call and connection goes; for those that change the
   * session, only while no other change is under way (with `queue` they may be called all the same).
   */
  override can(operation: CallOperation | BranchOperation | ChangeOperation): boolean {
    if (!isChange(operation)) return super.can(operation)
    const busy = this.isChanging
    return this.connection.state.is === 'active' && !busy && this.#changeRefusal(operation) === undefined
  }

  /**
   * Puts the peer on hold: a re-INVITE whose offer takes no media (`sendonly`, or `inactive`). Settles when the peer has
   * agreed; what a promise of these five methods rejects with is on `errors$` as well: `rejected` (with `status`),
   * `timeout`, `transport`, `media`, `closed`. A refused change leaves the session as it was (RFC 6141); after 481, 408 or
   * silence the call ends (RFC 5057). A change that meets one of the peer's (491) is sent again, four times in all.
   *
   * Throws `request-pending` while another change is under way, unless it may `queue`; `invalid-dialog-state` before the
   * call is answered; `argument`, `header-not-allowed`, `not-ready`, `resource-not-available`. RFC 3264 §8.4
   *
   * @example
   * await call.hold()
   * await call.resume()
   */
  hold(options: ChangeOptions = {}): Promise<void> {
    return this.#done(this.#change('hold', 'hold', 'INVITE', options))
  }

  /** Takes the peer off hold again. Settles, rejects and throws as `hold`. */
  resume(options: ChangeOptions = {}): Promise<void> {
    return this.#done(this.#change('resume', 'resume', 'INVITE', options))
  }

  /**
   * Sends a re-INVITE with a new offer: that of the options, else of the media of the call. Settles with the 2xx. Settles,
   * rejects and throws as `hold`. RFC 3261 §14.1
   */
  reinvite(options: ReinviteOptions = {}): Promise<SipResponse> {
    return this.#response(this.#change('reinvite', 'change', 'INVITE', options))
  }

  /**
   * Sends an UPDATE: with an offer when one is given, else to refresh the session and our Contact. Possible in an early
   * dialog, too; an offer there only when none is unanswered. Settles with the 2xx; rejects and throws as `hold`.
   * RFC 3311
   */
  update(options: ChangeOptions = {}): Promise<SipResponse> {
    return this.#response(
      this.#change('update', 'change', 'UPDATE', { ...options, offer: options.offer ?? 'none' }),
    )
  }

  /**
   * Tells the peer another address of ours, `host` or `host:port` (a port that is not given stays): by re-INVITE, before
   * the call is answered by UPDATE. When the peer has agreed, later requests and answers of the dialog name it, too; the
   * media of the call is told the host. Settles, rejects and throws as `hold`. RFC 3261 §12.2, §14.1
   *
   * @example
   * await call.moveTo('192.0.2.77:5060')
   */
  moveTo(address: string, options: ChangeOptions = {}): Promise<void> {
    const moveTo = checkAddress(address)
    return this.#done(this.#change('moveTo', 'refresh', 'auto', options, moveTo))
  }

  #changeRefusal(operation: ChangeOperation): SipError | undefined {
    return changeRefusal(operation, this.state.is, this.dialog !== undefined)
  }

  #change(
    operation: ChangeOperation,
    purpose: Purpose,
    method: SessionChange['method'],
    options: ReinviteOptions,
    moveTo?: string,
  ): OpenChange {
    requireActive(this.connection)
    checkChange(options)
    const refusal = this.#changeRefusal(operation)
    if (refusal) throw refusal
    const { credentials, ...parts } = options
    const id = this.scope.newId('change')
    const change = { ...parts, ...credentialList(credentials), method, purpose, ...(moveTo && { moveTo }) }
    const open = this.openChange(id)
    try {
      this.scope.dispatch({ type: 'change.open', id, call: this.id, change })
    } catch (error) {
      this.forgetChange(id)
      throw error
    }
    return open
  }

  #response(open: OpenChange): Promise<SipResponse> {
    return this.when(() => open.outcome as ChangeOutcome)
  }

  #done(open: OpenChange): Promise<void> {
    return this.when(() => open.outcome && ('error' in open.outcome ? open.outcome : done))
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'describe') return this.#describe(event)
    super[receive](event)
    if (event.type === 'session') this.emit('sessions', { local: event.local, remote: event.remote })
  }

  [attachTimer](timer: SessionTimer): void {
    this.#timer = timer
  }

  protected override inForce(purpose: Purpose): SessionInForce {
    const session = super.inForce(purpose)
    return this.#host === undefined ? session : { ...session, host: this.#host }
  }

  /** Media is asked for our offer, or for our answer to the one in a 2xx. */
  #describe({ change, purpose, offer, host }: Extract<EngineEvent, { type: 'describe' }>): void {
    const [open, before] = [this.changeOf(change), this.#host]
    if (open && host !== undefined) {
      this.#host = host
      open.undo = () => {
        this.#host = before
      }
    }
    const say = (more: { readonly sdp?: string; readonly error?: SipError }): void =>
      this.scope.attempt(() => this.scope.dispatch({ type: 'change.describe', id: change, ...more }))
    this.describe(purpose, offer, { described: sdp => say({ sdp }), failed: error => say({ error }) })
  }
}
