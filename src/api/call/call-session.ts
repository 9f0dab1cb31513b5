/** The session of a call: what was offered and answered, and how it is changed. RFC 3264, RFC 3311, RFC 3261 §14. */
import type { Observable } from 'rxjs'
import type { SessionChange } from '../../engine/border/changes.ts'
import type { EngineEvent, Id, OutgoingResponse } from '../../engine/commands.ts'
import { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import { isHeldBy } from '../../sdp/direction.ts'
import { Description, type Purpose, type SessionInForce } from '../../sdp/media-port.ts'
import { checkResponse, checkSdp } from '../check.ts'
import { done } from '../live.ts'
import { credentialList } from '../options.ts'
import { alone, attachTimer, receive, requireActive, requireOpen } from '../scope.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { Call } from './call.ts'
import { CallBranches } from './call-branches.ts'
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
import { refusalOf } from './media.ts'
import { Offer } from './offer.ts'
import type { SessionTimer } from './session-timer.ts'

type Changed = Extract<EngineEvent, { type: 'changed' }>

/** A change under way: of ours, or one of the peer's that waits for our answer or its ACK. */
interface Open {
  outcome: ChangeOutcome | { readonly value: undefined }
  /** The peer's: it was answered, or its answer is asked for. */
  answered: boolean
  /** Ours: undoes what its description has changed here. */
  undo?: () => void
}

const holds = (sdp: string | undefined): boolean => {
  const session = sdp === undefined ? undefined : new Description(sdp).session
  return session !== undefined && isHeldBy(session)
}

/** What a call has to do with its session. */
export abstract class CallSession extends CallBranches {
  #changes: Map<Id, Open> | undefined
  #host: string | undefined
  #timer: SessionTimer | undefined

  /**
   * Both descriptions, whenever they are agreed anew: by the answer to the first offer, by a hold, by a change of either
   * side. Hot; `localDescription` and `remoteDescription` have what is in force.
   */
  get session$(): Observable<SessionDescriptions> {
    return this.stream('sessions')
  }

  /**
   * Changes of the session that the peer asks for. While nobody subscribes the media of the call answers; when the only
   * subscriber throws, or its promise rejects, before it answered: 500.
   */
  get offers$(): Observable<Offer> {
    return this.stream('offers')
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
    const busy = (this.#changes?.size ?? 0) > 0
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
  ): Open {
    requireActive(this.connection)
    checkChange(options)
    const refusal = this.#changeRefusal(operation)
    if (refusal) throw refusal
    const { credentials, ...parts } = options
    const id = this.scope.newId('change')
    const change = { ...parts, ...credentialList(credentials), method, purpose, ...(moveTo && { moveTo }) }
    const open = this.#open(id)
    try {
      this.scope.dispatch({ type: 'change.open', id, call: this.id, change })
    } catch (error) {
      this.#changes?.delete(id)
      throw error
    }
    return open
  }

  #response(open: Open): Promise<SipResponse> {
    return this.when(() => open.outcome as ChangeOutcome)
  }

  #done(open: Open): Promise<void> {
    return this.when(() => open.outcome && ('error' in open.outcome ? open.outcome : done))
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'describe') return this.#describe(event)
    if (event.type === 'changed') return this.#settled(event)
    if (event.type === 'change') return this.#offered(event)
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

  #open(id: Id): Open {
    const open: Open = { outcome: undefined, answered: false }
    this.#changes ??= new Map()
    this.#changes.set(id, open)
    return open
  }

  #settled({ change, response, error }: Changed): void {
    const open = this.#changes?.get(change)
    if (!open) return
    this.#changes?.delete(change)
    if (error) open.undo?.()
    open.outcome = error ? { error } : { value: response as SipResponse }
    this.settle()
  }

  /** Media is asked for our offer, or for our answer to the one in a 2xx. */
  #describe({ change, purpose, offer, host }: Extract<EngineEvent, { type: 'describe' }>): void {
    const [open, before] = [this.#changes?.get(change), this.#host]
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

  #offered({ change, request, offer: sdp, dialog: within }: Extract<EngineEvent, { type: 'change' }>): void {
    const open = this.#open(change)
    const dialog = this.dialog?.id === within ? this.dialog : undefined
    const offer = new Offer(this as unknown as Call, dialog, request, sdp, {
      isOpen: () => !open.answered && open.outcome === undefined && !this.gone,
      accept: (answer, options) => this.#accept(change, open, sdp, answer, options),
      reject: (status, options) => this.#reject(change, open, status, options),
    })
    const listeners = this.listeners('offers')
    offer[alone] = listeners === 1
    if (listeners === 0) this.scope.attempt(() => void offer.accept())
    else this.emit('offers', offer)
  }

  #accept(
    id: Id,
    open: Open,
    offer: string | undefined,
    answer: string | undefined,
    options: ResponseOptions,
  ): Promise<void> {
    this.#requireUnanswered(open)
    checkSdp(answer, 'the answer')
    const response = checkResponse(200, options, 200, 200)
    const failed: { error?: SipError } = {}
    const send = (sdp: string): void => {
      const full: OutgoingResponse = { ...response, contentType: 'application/sdp', body: sdp }
      this.scope.dispatch({ type: 'change.accept', id, response: full })
      open.answered = true
    }
    const fail = (error: SipError): void => {
      failed.error = error
      this.fault(error)
      this.scope.dispatch({ type: 'change.reject', id, response: refusalOf(error) })
      open.answered = true
    }
    if (answer !== undefined) send(answer)
    else {
      const pending = (): void => {
        open.answered = true
      }
      this.describe('change', offer, { pending, described: send, failed: fail })
    }
    return this.when(() => {
      if (open.outcome === undefined) return undefined
      if (failed.error) return { error: failed.error }
      return 'error' in open.outcome ? open.outcome : done
    })
  }

  #reject(id: Id, open: Open, status: number, options: ResponseOptions): void {
    this.#requireUnanswered(open)
    const response = checkResponse(status, options, 300, 699)
    this.scope.dispatch({ type: 'change.reject', id, response })
    open.answered = true
  }

  #requireUnanswered({ answered, outcome }: Open): void {
    requireOpen(this.connection)
    if (!answered && outcome === undefined && !this.gone) return
    throw new SipError('invalid-transaction-state', 'the change has been answered, or is off the table')
  }
}
