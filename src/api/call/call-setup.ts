/** A call from its INVITE to its end: setting up, answering, ending. RFC 3261 §13 to §15, RFC 6026. */
import type { Observable } from 'rxjs'
import type { EngineEvent, OutgoingResponse } from '../../engine/commands.ts'
import type { CallEnd, CallState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import { checkObject, checkResponse, checkSdp, checkSessionTimer } from '../check.ts'
import type { Dialog } from '../dialog.ts'
import { done } from '../live.ts'
import { abandon, alone, attach, receive, requireActive, requireOpen } from '../scope.ts'
import type { AcceptOptions, CallEvent, EndOptions, ProvisionalOptions, RejectOptions } from './call-event.ts'
import { CallParties } from './call-parties.ts'
import { type CallOperation, callRefusal, endError, endHeaders, refusalParts, sdpOf } from './call-rules.ts'
import { refusalOf } from './media.ts'

/** What every call has: how it is set up, how it is answered and how it ends. */
export abstract class CallSetup extends CallParties {
  #branches: readonly { readonly dialog: Dialog; readonly remoteTag: string }[] = []
  #chosen: Dialog | undefined
  #answered: SipResponse | undefined
  #acknowledged = false
  /** Media has not yet given the description of a 2xx. */
  #asked = false
  /** Why it never did. */
  #unmet: SipError | undefined
  /** What our final answer made of it, until the engine tells: a second answer in the same breath is refused. */
  #decided: 'accepted' | 'terminating' | undefined;
  [alone] = false

  /** The dialog: the one of the 2xx once answered, before that the first. `undefined` while there is none. */
  get dialog(): Dialog | undefined {
    return this.#chosen ?? this.#branches[0]?.dialog
  }

  /** Responses to our INVITE, provisional ones (never 100) and the final one. */
  get responses$(): Observable<SipResponse> {
    return this.stream('responses')
  }

  /** What happens besides states and responses. */
  get events$(): Observable<CallEvent> {
    return this.stream('events')
  }

  /** True when that method is possible now, as far as the state of call and connection goes. */
  can(operation: CallOperation): boolean {
    return this.connection.state.is === 'active' && this.#refusal(operation) === undefined
  }

  /**
   * Sends 180 Ringing on an incoming call, again every minute until it is answered (RFC 3261 §13.3.1.1). Early media may ride
   * along as body.
   */
  ring(options: ProvisionalOptions = {}): void {
    this.#require('ring')
    this.#provisional(180, options)
  }

  /** Sends a provisional response, 101 to 199, on an incoming call; 183 with an SDP body for early media. */
  progress(status: number, options: ProvisionalOptions = {}): void {
    this.#require('progress')
    this.#provisional(status, options)
  }

  /**
   * Answers an incoming call: 200, or another 2xx by `status`, with the SDP answer (an offer if the INVITE had none);
   * without one the media of the call gives it. Settles on the ACK; rejects with `no-ack` when none comes within 64·T1,
   * with `media` when media fails (the peer gets 488 or 500), otherwise with why the call ended.
   */
  accept(answer?: string, options: AcceptOptions = {}): Promise<void> {
    this.#require('accept')
    checkSdp(answer, 'the answer')
    const { status = 200, sessionExpires, ...parts } = checkObject(options, 'the options')
    if (sessionExpires !== undefined) checkSessionTimer({ sessionExpires })
    const timer = sessionExpires === undefined ? {} : { sessionExpires }
    const sdp = (body: string) => ({ contentType: 'application/sdp', body })
    const written = answer === undefined ? parts : { ...parts, ...sdp(answer) }
    const response = checkResponse(status, written, 200, 299)
    const before = this.failure
    const send = (full: OutgoingResponse): void => {
      this.scope.dispatch({ type: 'call.accept', id: this.id, response: full, ...timer })
      this.#decided = 'accepted'
      this.#asked = false
    }
    if (written.body !== undefined) send(response)
    else {
      this.describe('start', sdpOf(this.request!), {
        pending: () => {
          this.#decided = 'accepted'
          this.#asked = true
        },
        described: body => send({ ...response, ...sdp(body) }),
        failed: error => this.#fail(error),
      })
    }
    return this.when(() => {
      if (this.state.is === 'confirmed') return done
      if (this.#unmet) return { error: this.#unmet }
      if (this.failure && this.failure !== before) return { error: this.failure }
      return this.state.is === 'terminated' ? { error: endError(this.state.end) } : undefined
    })
  }

  /** Refuses an incoming call, 300 to 699; default 486 Busy Here. For 3xx give Contact among the headers. */
  reject(status = 486, options: RejectOptions = {}): void {
    this.#require('reject')
    this.#refuse(checkResponse(status, refusalParts(options), 300, 699))
  }

  /**
   * Ends the call: BYE when it is up, CANCEL (or BYE in an early dialog) when an outgoing one is not answered yet.
   * After our 2xx and before its ACK the call is `terminating` at once and the BYE follows the ACK (RFC 3261 §15).
   * Settles when the call is over; on one that is ending or over it only waits for that.
   *
   * Throws `invalid-dialog-state` on an incoming call before its 2xx: `reject` it.
   */
  hangUp(options: EndOptions = {}): Promise<void> {
    requireOpen(this.connection)
    const headers = endHeaders(options)
    const is = this.#is
    if (is !== 'terminating' && is !== 'terminated' && is !== 'cancelling') {
      this.#require('hangUp')
      // The 2xx has not left: it is refused after all.
      if (this.#asked) this.#refuse({ status: 480, ...headers })
      else this.scope.dispatch({ type: 'call.hangUp', id: this.id, ...headers })
    }
    return this.when(() => (this.state.is === 'terminated' || this.gone ? done : undefined))
  }

  /**
   * Takes an outgoing INVITE back that has no final response; the CANCEL waits for the first provisional one
   * (RFC 3261 §9.1). Should a 2xx cross it, the call is acknowledged and hung up. Throws `invalid-transaction-state`.
   */
  cancel(options: EndOptions = {}): void {
    this.#require('cancel')
    this.scope.dispatch({ type: 'call.cancel', id: this.id, ...endHeaders(options) })
  }

  /**
   * Acknowledges the 2xx of an outgoing call that was made with `autoAck: false`. To an INVITE without an offer the offer
   * is in the 2xx and the answer goes here (RFC 3261 §13.2.1); when it is not given, the media of the call gives it.
   * Until then the peer repeats its 2xx.
   */
  ack(answer?: string): void {
    this.#require('ack')
    checkSdp(answer, 'the answer')
    if (answer === undefined && this.#offered !== undefined && !this.agreed) this.#answer(this.#offered)
    else this.#acknowledge(answer)
  }

  /** Settles when the call is up; rejects with why it never was: `rejected` (with `status`), `cancelled`, `timeout` … */
  established(): Promise<void> {
    return this.when(() => {
      const { state } = this
      if (state.is === 'confirmed') return done
      return state.is === 'terminated' ? { error: endError(state.end) } : undefined
    })
  }

  /** Settles with why and by whom it ended. Does not reject. */
  ended(): Promise<CallEnd> {
    return this.when(() => (this.state.is === 'terminated' ? { value: this.state.end } : undefined))
  }

  /** The peer's offer in the 2xx to our INVITE, which had none. */
  get #offered(): string | undefined {
    const bare = this.origin.direction === 'outgoing' && !this.origin.offered
    return bare && this.#answered ? sdpOf(this.#answered) : undefined
  }

  #acknowledge(answer?: string): void {
    this.scope.dispatch({ type: 'call.ack', id: this.id, ...(answer !== undefined && { answer }) })
    this.#acknowledged = true
  }

  /** The answer by media, in the ACK. */
  #answer(offer: string): void {
    this.describe('start', offer, {
      described: answer => this.#acknowledge(answer),
      failed: error => {
        this.fault(error)
        this.scope.dispatch({ type: 'call.hangUp', id: this.id })
      },
    })
  }

  /** No description, no 2xx. */
  #fail(error: SipError): void {
    this.#unmet = error
    this.fault(error)
    this.#refuse(refusalOf(error))
  }

  #refuse(response: OutgoingResponse): void {
    this.scope.dispatch({ type: 'call.reject', id: this.id, response })
    this.#decided = 'terminating'
    this.#asked = false
  }

  #provisional(status: number, options: ProvisionalOptions): void {
    const { reliable, ...parts } = checkObject(options, 'the options')
    const response = checkResponse(status, parts, 101, 199)
    const asked = reliable === undefined ? {} : { reliable }
    this.scope.dispatch({ type: 'call.provisional', id: this.id, response, ...asked })
  }

  #refusal(operation: CallOperation): SipError | undefined {
    const origin = this.origin
    const manual = origin.direction === 'outgoing' && !(origin.autoAck && origin.offered)
    const waitsForAck = manual && this.#answered !== undefined && !this.#acknowledged
    return callRefusal(operation, origin.direction, this.#is, waitsForAck)
  }

  get #is(): CallState['is'] {
    const { is } = this.state
    return is === 'incoming' || is === 'ringing' ? (this.#decided ?? is) : is
  }

  #require(operation: CallOperation): void {
    requireActive(this.connection)
    const refusal = this.#refusal(operation)
    if (refusal) throw refusal
  }

  override [receive](event: EngineEvent): void {
    super[receive](event)
    if (event.type === 'response') this.emit('responses', event.response)
    else if (event.type === 'answered') {
      const { response } = event
      this.#answered = response
      this.#chosen = this.#branches.find(({ remoteTag }) => remoteTag === (response.toTag ?? ''))?.dialog
      this.emit('events', { type: 'answered', response })
      this.#acknowledgeOffer()
    } else if (event.type === 'acknowledged') {
      this.emit('events', { type: 'acknowledged', request: event.request })
    } else if (event.type === 'canceled') {
      const late = event.tooLate ? { tooLate: event.tooLate } : {}
      this.emit('events', { type: 'canceled', request: event.request, ...late })
    } else if (event.type === 'inviteCompleted') this.emit('events', { type: 'inviteCompleted' })
  }

  /** The 2xx to an INVITE without an offer, when the application leaves its ACK to us. */
  #acknowledgeOffer(): void {
    const { origin } = this
    if (origin.direction === 'incoming' || origin.offered || !origin.autoAck || this.#acknowledged) return
    const offer = this.agreed ? undefined : this.#offered
    this.scope.attempt(() => (offer === undefined ? this.#acknowledge() : this.#answer(offer)))
  }

  [attach](dialog: Dialog, remoteTag: string): void {
    this.#branches = [...this.#branches, { dialog, remoteTag }]
    this.emit('events', { type: 'dialog', dialog })
  }

  [abandon](): void {
    if (this[alone] && this.can('reject')) this.scope.attempt(() => this.reject(500))
  }

  protected override final(reason: 'connectionLost' | undefined): CallState {
    if (this.state.is === 'terminated') return this.state
    const error = new SipError('closed', reason ? 'the connection was lost' : 'the connection was closed')
    return { is: 'terminated', end: { by: 'network', reason: 'failed', error } }
  }
}
