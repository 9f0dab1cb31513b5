/** A request that came in and waits for our answer. RFC 3261 §8.2, §17.2.2; CSIPServerTransaction. */
import type { Id } from '../engine/commands.ts'
import type { Source } from '../engine/ports.ts'
import type { ServerTransactionState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { badArgument, checkResponse } from './check.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import { Handle } from './live.ts'
import { abandon, alone, requireOpen, type Scope } from './scope.ts'

/** What may accompany a status. */
export interface ResponseOptions {
  /** Reason phrase; default: that of RFC 3261 §21. */
  readonly reason?: string
  /** Headers besides those of the stack (`header-not-allowed` for its own: Via, From, To, Call-ID, CSeq …). */
  readonly headers?: readonly HeaderPair[]
  /** Media type of the body, for example `text/plain`. Needed when there is a body. */
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

/**
 * A request from a peer. Answer it once with `respond`; repeats of the request are answered underneath.
 *
 * @example
 * connection.requests$.subscribe(transaction => transaction.respond(200))
 */
export class ServerTransaction extends Handle<ServerTransactionState> {
  /** Tells the handles apart. */
  readonly kind = 'serverTransaction'
  /** The request as received. */
  readonly request: SipRequest
  /** Where it came from: the sender's address, the transport, and the names in its certificate when it showed one over TLS. */
  readonly from: Source
  /** The connection it lives on. */
  readonly connection: Connection
  /** The dialog it belongs to. */
  readonly dialog: Dialog | undefined
  #final = false;
  [alone] = false

  constructor(
    scope: Scope,
    id: Id,
    connection: Connection,
    event: { readonly request: SipRequest; readonly from: Source },
    dialog?: Dialog,
  ) {
    super(scope, id, { is: 'trying' })
    this.connection = connection
    this.request = event.request
    this.from = event.from
    this.dialog = dialog
  }

  /** Method of the request. */
  get method(): string {
    return this.request.method
  }

  /** True while `respond` is possible: in `trying` and `proceeding`, and never for an ACK. */
  get canRespond(): boolean {
    const { is } = this.state
    return !this.gone && !this.#final && (is === 'trying' || is === 'proceeding') && this.method !== 'ACK'
  }

  /**
   * Sends a response, 101 to 699. Via, From, To with its tag, Call-ID, CSeq and Record-Route are filled in.
   *
   * Throws `invalid-transaction-state` after a final response and for an ACK; `argument` for 100 (the stack's own), for
   * 408 and every 1xx to anything but INVITE (RFC 4320 §4), and for bad parts; `header-not-allowed`;
   * `invalid-dialog-state` when its dialog has ended; `resource-not-available` when its connection is closed.
   */
  respond(status: number, options: ResponseOptions = {}): void {
    requireOpen(this.connection)
    const response = checkResponse(status, options, 101, 699)
    if (this.method !== 'INVITE') {
      if (status < 200) throw badArgument('only INVITE has provisional responses besides 100 (RFC 4320 §4.1)')
      if (status === 408) throw badArgument('408 is of no use to anything but INVITE (RFC 4320 §4.2)')
    }
    if (!this.canRespond) {
      throw new SipError('invalid-transaction-state', `the ${this.method} cannot be answered any more`)
    }
    if (this.dialog?.state.is === 'terminated') {
      throw new SipError('invalid-dialog-state', 'the dialog of the request has ended')
    }
    this.scope.dispatch({ type: 'transaction.respond', id: this.id, response })
    this.#final = status >= 200
  }

  [abandon](): void {
    if (this[alone] && this.canRespond) this.scope.attempt(() => this.respond(500))
  }

  protected override final(): ServerTransactionState {
    return { is: 'terminated' }
  }
}
