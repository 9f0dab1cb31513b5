/** A request of ours and its answers. RFC 3261 §8.1, §17.1.2; CSIPClientTransaction. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { ClientTransactionState } from '../engine/states.ts'
import type { SipResponse } from '../message/types.ts'
import { errorForStatus, isFinal, isSuccess } from '../rules/calls.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import { Handle, type Outcome } from './live.ts'
import type { Refresh } from './refresh.ts'
import { attach, receive, type Scope } from './scope.ts'

/**
 * A request other than INVITE that was sent, and the answers to it. Challenges and further targets are dealt with
 * underneath: it is one transaction however many attempts it takes. It cannot be cancelled (RFC 4320 §4.1), and
 * unsubscribing from its streams does not stop it.
 *
 * @example
 * const options = connection.request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
 * const response = await options.response()
 */
export class ClientTransaction extends Handle<ClientTransactionState, { responses: SipResponse }> {
  /** Tells the handles apart. */
  readonly kind = 'clientTransaction'
  /** Method of the request. */
  readonly method: string
  /** The connection it lives on. */
  readonly connection: Connection
  /** The dialog it was sent in. */
  readonly dialog: Dialog | undefined
  #last: SipResponse | undefined
  #refresh: Refresh | undefined

  constructor(scope: Scope, id: Id, method: string, connection: Connection, dialog?: Dialog) {
    super(scope, id, { is: 'constructing' })
    this.method = method
    this.connection = connection
    this.dialog = dialog
  }

  /** Every response as it comes: provisional ones (never 100), then the final one. Hot; completes after the last. */
  get responses$(): Observable<SipResponse> {
    return this.stream('responses')
  }

  /** What repeats the request, when it was sent with `refresh`. It lives on when the transaction has ended. */
  get refresh(): Refresh | undefined {
    return this.#refresh
  }

  [attach](refresh: Refresh): void {
    this.#refresh = refresh
  }

  /** The most recent response. */
  get lastResponse(): SipResponse | undefined {
    return this.#last
  }

  /**
   * The final response, when it is a 2xx. Rejects with `rejected` (and the response) on 3xx to 6xx, otherwise with what
   * happened: `timeout`, `transport`, `resolving`, `forbidden`, `closed` … May be asked for at any time.
   */
  response(): Promise<SipResponse> {
    return this.when(() => this.#outcome())
  }

  #outcome(): Outcome<SipResponse> {
    const last = this.#last
    if (this.failure) return { error: this.failure }
    if (!last || !isFinal(last.status)) return undefined
    return isSuccess(last.status) ? { value: last } : { error: errorForStatus(last) }
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'response') {
      this.#last = event.response
      this.emit('responses', event.response)
      this.settle()
    } else super[receive](event)
  }

  protected override final(): ClientTransactionState {
    return this.state.is === 'terminated' ? this.state : { ...this.state, is: 'terminated' }
  }
}
