/** Calls on a line, in both directions. CSubConSIPInviteParamSet, and the session of a sub-connection. */

import { formatNameAddr } from '../../message/name-addr.ts'
import type { SipRequest } from '../../message/types.ts'
import type { Call } from '../call/call.ts'
import type { AcceptOptions, RejectOptions } from '../call/call-event.ts'
import { endError } from '../call/call-rules.ts'
import type { CredentialsOption } from '../options.ts'
import { abandon, type Scope } from '../scope.ts'
import type { Line } from './line.ts'
import { responseEvent } from './line-event.ts'
import { type LineCallOptions, withoutCredentials } from './line-options.ts'
import { LineSession } from './line-session.ts'

/** What both directions share: the call, shown as a session. */
abstract class CallSession extends LineSession {
  /** The call itself, with all that a line does not show: hold, transfer, media, its dialog. */
  readonly call: Call

  constructor(scope: Scope, line: Line, call: Call) {
    super(scope, call.id, line)
    this.call = call
  }

  /** Begins to show what the call does. */
  protected follow(): void {
    const { call } = this
    call.responses$.subscribe(response => this.tell(responseEvent(response)))
    const show = (): void => {
      const { state } = call
      if (state.is === 'confirmed') this.become({ is: 'established' })
      else if (state.is === 'terminated') {
        const { by, reason } = state.end
        // A BYE ends what was established, and is no failure.
        this.finish(by, reason === 'bye' ? undefined : endError(state.end))
      }
    }
    // The last state of a lost call comes without a word of its own.
    call.state$.subscribe({ next: show, complete: show })
  }
}

/**
 * An outgoing call on a line, made by `line.call`: the INVITE has left. A 2xx is acknowledged by itself.
 *
 * @example
 * const call = line.call({ requestUri: 'sip:bob@example.com' })
 * await call.established().catch(() => show(call.result)) // 'denied', 'notReachable'
 */
export class LineCall extends CallSession {
  /** Tells the handles apart. */
  readonly kind = 'lineCall'
  /** What it was made with, but for the credentials. */
  readonly options: LineCallOptions

  constructor(scope: Scope, line: Line, call: Call, options: LineCallOptions) {
    super(scope, line, call)
    this.options = withoutCredentials(options)
    this.follow()
  }

  /**
   * Calls once more with these credentials, after this one was denied for want of them (`realms`): a new session. Throws
   * `not-ready` when that is not so, `argument`, and as `line.call` does.
   *
   * @example
   * call.events$.pipe(ofType…)
   * const second = call.retryWith({ realm: call.realms[0], username: 'alice', password: 'secret' })
   */
  retryWith(credentials: CredentialsOption): LineCall {
    return this.line.call({ ...this.options, credentials: this.again(credentials) })
  }

  protected override end(): void {
    if (this.call.can('cancel')) this.call.cancel()
    else void this.call.hangUp()
  }
}

/** What an incoming call says of itself. The granted parameters of a sub-connection. */
export interface IncomingParams {
  readonly requestUri: string
  /** Name-addr text. */
  readonly from: string
  readonly to: string
  readonly contentType?: string
  /** The body as text: the offer, as a rule. */
  readonly content?: string
}

const paramsOf = (request: SipRequest): IncomingParams => {
  const contentType = request.header('content-type')
  return {
    requestUri: request.uri,
    from: formatNameAddr(request.from),
    to: formatNameAddr(request.to),
    ...(contentType !== undefined && { contentType }),
    ...(request.body.length > 0 && { content: request.text }),
  }
}

/**
 * A call that came for a line. 180 Ringing has been sent; answer it with `accept` or `reject`.
 *
 * @example
 * line.incoming$.subscribe(async call => { await call.accept() })
 */
export class IncomingLineCall extends CallSession {
  /** Tells the handles apart. */
  readonly kind = 'incomingLineCall'
  /** Request-URI, From, To and body of the INVITE. */
  readonly params: IncomingParams

  constructor(scope: Scope, line: Line, call: Call, request: SipRequest) {
    super(scope, line, call)
    this.params = paramsOf(request)
    scope.attempt(() => call.ring())
    this.follow()
  }

  /**
   * Answers with 200 and the SDP answer; without one the media of the call gives it. Settles on the ACK; rejects with `no-ack`
   * when none comes, else with why it ended. Throws as `call.accept` does.
   */
  accept(answer?: string, options: AcceptOptions = {}): Promise<void> {
    return this.call.accept(answer, options)
  }

  /** Refuses it, 300 to 699; default 488 Not Acceptable Here. Throws as `call.reject` does. */
  reject(status = 488, options: RejectOptions = {}): void {
    this.call.reject(status, options)
  }

  [abandon](): void {
    this.call[abandon]()
  }

  protected override end(): void {
    if (this.call.can('reject')) this.call.reject(480)
    else void this.call.hangUp()
  }
}
