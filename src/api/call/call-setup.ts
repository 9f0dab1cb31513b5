/** A call from its INVITE to its end: setting up, answering, ending. RFC 3261 §13 to §15, RFC 6026. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import type { CallEnd, CallState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { NameAddr, SipRequest, SipResponse } from '../../message/types.ts'
import { checkObject, checkParts, checkResponse, checkSdp } from '../check.ts'
import type { Connection } from '../connection.ts'
import type { Dialog } from '../dialog.ts'
import { done, Handle } from '../live.ts'
import { abandon, alone, attach, receive, requireActive, requireOpen, type Scope } from '../scope.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { CallEvent, CallOrigin, CallStreams, EndOptions } from './call-event.ts'
import { type CallOperation, callRefusal, endError, sdpOf, userOf } from './call-rules.ts'

/** What every call has: how it came to be, who is at the other end, how it is answered and how it ends. */
export abstract class CallSetup extends Handle<CallState, CallStreams> {
  /** Tells the handles apart. */
  readonly kind = 'call'
  /** The connection it lives on. */
  readonly connection: Connection
  readonly #origin: CallOrigin
  #branches: readonly { readonly dialog: Dialog; readonly remoteTag: string }[] = []
  #chosen: Dialog | undefined
  #answered: SipResponse | undefined
  #acknowledged = false
  /** What our final answer made of it, until the engine tells: a second answer in the same breath is refused. */
  #decided: 'accepted' | 'terminating' | undefined
  #description: string | undefined;
  [alone] = false

  constructor(scope: Scope, id: Id, connection: Connection, origin: CallOrigin) {
    super(scope, id, { is: origin.direction === 'incoming' ? 'incoming' : 'calling' })
    this.connection = connection
    this.#origin = origin
  }

  /** Who called: the peer, or we. */
  get direction(): 'incoming' | 'outgoing' {
    return this.#origin.direction
  }

  /** The other party: From of an incoming call, the address that an outgoing one is for. */
  get remote(): NameAddr {
    return this.#origin.direction === 'incoming' ? this.#origin.request.from : this.#origin.remote
  }

  /**
   * Who that is, for a display or a log: the user part of its `sip:` or `sips:` URI with escapes resolved (as they are
   * when they hide a line break), the number of a `tel:` URI; `undefined` without one. Anybody may claim to be anyone.
   */
  get remoteUser(): string | undefined {
    return userOf(this.remote.uri)
  }

  /** The INVITE of an incoming call. */
  get request(): SipRequest | undefined {
    return this.#origin.direction === 'incoming' ? this.#origin.request : undefined
  }

  /** The peer's SDP offer: in its INVITE, or in its 2xx to an INVITE of ours that had none. */
  get offer(): string | undefined {
    const origin = this.#origin
    if (origin.direction === 'incoming') return sdpOf(origin.request)
    return origin.offered ? undefined : this.#description
  }

  /**
   * The peer's SDP answer: to the offer in our INVITE (before the 2xx that of early media), or to the one in our 2xx, when
   * its INVITE had none (RFC 3261 §13.2.1).
   */
  get answer(): string | undefined {
    const origin = this.#origin
    const offered = origin.direction === 'outgoing' ? origin.offered : sdpOf(origin.request) === undefined
    return offered ? this.#description : undefined
  }

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

  /** Sends 180 Ringing on an incoming call. Early media may ride along as body. */
  ring(options: ResponseOptions = {}): void {
    this.#require('ring')
    this.#provisional(180, options)
  }

  /** Sends a provisional response, 101 to 199, on an incoming call; 183 with an SDP body for early media. */
  progress(status: number, options: ResponseOptions = {}): void {
    this.#require('progress')
    this.#provisional(status, options)
  }

  /**
   * Answers an incoming call: 200, or another 2xx by `status`, with the SDP answer (an offer if the INVITE had none).
   * Settles on the ACK; rejects with `no-ack` when none comes within 64·T1, otherwise with why the call ended.
   */
  accept(answer?: string, options: ResponseOptions & { readonly status?: number } = {}): Promise<void> {
    this.#require('accept')
    checkSdp(answer, 'the answer')
    const sdp = answer === undefined ? {} : { contentType: 'application/sdp', body: answer }
    const { status = 200, ...parts } = checkObject(options, 'the options')
    const response = checkResponse(status, { ...parts, ...sdp }, 200, 299)
    const before = this.failure
    this.scope.dispatch({ type: 'call.accept', id: this.id, response })
    this.#decided = 'accepted'
    return this.when(() => {
      if (this.state.is === 'confirmed') return done
      if (this.failure && this.failure !== before) return { error: this.failure }
      return this.state.is === 'terminated' ? { error: endError(this.state.end) } : undefined
    })
  }

  /** Refuses an incoming call, 300 to 699; default 486 Busy Here. For 3xx give Contact among the headers. */
  reject(status = 486, options: ResponseOptions = {}): void {
    this.#require('reject')
    const response = checkResponse(status, options, 300, 699)
    this.scope.dispatch({ type: 'call.reject', id: this.id, response })
    this.#decided = 'terminating'
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
    checkParts(options)
    const is = this.#is
    if (is !== 'terminating' && is !== 'terminated' && is !== 'cancelling') {
      this.#require('hangUp')
      this.scope.dispatch({ type: 'call.hangUp', id: this.id, ...options })
    }
    return this.when(() => (this.state.is === 'terminated' || this.gone ? done : undefined))
  }

  /**
   * Takes an outgoing INVITE back that has no final response; the CANCEL waits for the first provisional one
   * (RFC 3261 §9.1). Should a 2xx cross it, the call is acknowledged and hung up. Throws `invalid-transaction-state`.
   */
  cancel(options: EndOptions = {}): void {
    this.#require('cancel')
    checkParts(options)
    this.scope.dispatch({ type: 'call.cancel', id: this.id, ...options })
  }

  /**
   * Acknowledges the 2xx of an outgoing call that was made with `autoAck: false`, or without an offer: then the offer is
   * in the 2xx and the answer goes here (RFC 3261 §13.2.1). Until then the peer repeats its 2xx.
   */
  ack(answer?: string): void {
    this.#require('ack')
    checkSdp(answer, 'the answer')
    this.scope.dispatch({ type: 'call.ack', id: this.id, ...(answer !== undefined && { answer }) })
    this.#acknowledged = true
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

  #provisional(status: number, options: ResponseOptions): void {
    const response = checkResponse(status, options, 101, 199)
    this.scope.dispatch({ type: 'call.provisional', id: this.id, response })
  }

  #refusal(operation: CallOperation): SipError | undefined {
    const origin = this.#origin
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
    if (event.type === 'response') {
      this.#description = sdpOf(event.response) ?? this.#description
      this.emit('responses', event.response)
    } else if (event.type === 'answered') {
      const { response } = event
      this.#answered = response
      this.#description = sdpOf(response) ?? this.#description
      this.#chosen = this.#branches.find(({ remoteTag }) => remoteTag === (response.toTag ?? ''))?.dialog
      this.emit('events', { type: 'answered', response })
    } else if (event.type === 'acknowledged') {
      this.#description = sdpOf(event.request)
      this.emit('events', { type: 'acknowledged', request: event.request })
    } else if (event.type === 'canceled') {
      const late = event.tooLate ? { tooLate: event.tooLate } : {}
      this.emit('events', { type: 'canceled', request: event.request, ...late })
    } else if (event.type === 'inviteCompleted') this.emit('events', { type: 'inviteCompleted' })
    else super[receive](event)
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
