/** What calls and subscriptions on a line have in common: a stage, a result, events, and an end. RSubConnection. */
import type { Observable } from 'rxjs'
import type { ChallengedRealm, Id } from '../../engine/commands.ts'
import type { LineRefusal, LineSessionState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import { lineResult } from '../../rules/line-result.ts'
import { done, Handle, quietly } from '../live.ts'
import type { Notification } from '../notification.ts'
import { type CredentialsOption, checkCredentials } from '../options.ts'
import { receive, type Scope } from '../scope.ts'
import type { Line } from './line.ts'
import { authenticationEvent, type LineEvent, terminatedEvent } from './line-event.ts'

interface Streams {
  events: LineEvent
  notifications: Notification
}

/** What a session came to. */
export type LineResult = 'established' | LineRefusal

/** Whether an object of the stack is the session's. */
export const carries: unique symbol = Symbol('carries')

/** By which the router hands on a challenge that no credentials are known for. */
export const challenged: unique symbol = Symbol('challenged')

/**
 * A call or subscription on a line. It does by itself what the protocol asks for: ACK, the 200 to BYE and NOTIFY, refreshes.
 * States: `initiation → established → terminated`.
 */
export abstract class LineSession extends Handle<LineSessionState, Streams> {
  /** The line it is on. */
  readonly line: Line
  #result: LineResult | undefined
  #realms: readonly string[] = []

  constructor(scope: Scope, id: Id, line: Line) {
    super(scope, id, { is: 'initiation' })
    this.line = line
  }

  /** Responses, challenges that nobody could answer, notifications, and the end; numbered as in the High Level API. Hot. */
  get events$(): Observable<LineEvent> {
    return this.stream('events')
  }

  /**
   * `established`, `denied` (somebody said no) or `notReachable` (nobody said anything); `undefined` while that is open, and
   * when it was taken back.
   */
  get result(): LineResult | undefined {
    return this.#result
  }

  /** Realms that have asked for credentials which nobody gave: why it was denied. */
  get realms(): readonly string[] {
    return this.#realms
  }

  /** Settles when it is established; rejects with why it never was: `rejected` (with `status`), `forbidden`, `timeout` … */
  established(): Promise<void> {
    return this.when(() => {
      if (this.#result === 'established') return done
      const { state } = this
      if (state.is !== 'terminated') return undefined
      return { error: state.error ?? new SipError('closed', 'it ended before it was established') }
    })
  }

  /** Settles when it is over; never rejects. */
  ended(): Promise<Extract<LineSessionState, { is: 'terminated' }>> {
    return this.when(() => (this.state.is === 'terminated' ? { value: this.state } : undefined))
  }

  /**
   * Ends it as its stage asks for: CANCEL, BYE, or SUBSCRIBE with a lifetime of 0. Settles when it is over. Throws `not-ready`
   * when it is already.
   */
  stop(): Promise<void> {
    if (this.state.is === 'terminated') throw new SipError('not-ready', 'it is over')
    this.end()
    return this.when(() => (this.state.is === 'terminated' ? done : undefined))
  }

  /** Ends it if it is not over yet; a second call only waits. */
  close(): Promise<void> {
    return this.state.is === 'terminated' ? Promise.resolve() : this.stop()
  }

  /** For `await using`: the same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return quietly(this.close())
  }

  /** Sends what ends it. */
  protected abstract end(): void

  /** The credentials of a new session instead of this one. Throws `not-ready` unless it was denied for want of some. */
  protected again(credentials: CredentialsOption): CredentialsOption {
    if (this.state.is !== 'terminated' || this.#realms.length === 0) {
      throw new SipError('not-ready', 'it is not over, or nobody asked for credentials')
    }
    return checkCredentials(credentials)
  }

  protected tell(event: LineEvent): void {
    this.emit('events', event)
  }

  protected become(state: LineSessionState): void {
    if (this.gone || state.is === this.state.is) return
    if (state.is === 'established') this.#result = 'established'
    if (state.is === 'terminated' && this.#result === undefined && state.result) this.#result = state.result
    if (state.is === 'terminated') this.tell(terminatedEvent(state.by, state.status, state.error))
    this[receive]({ type: 'state', id: this.id, state })
    if (state.is === 'terminated') this[receive]({ type: 'closed', id: this.id })
  }

  /** The end, of one that was established or never was. */
  protected finish(by: 'local' | 'remote' | 'network', error?: SipError): void {
    const result = error && this.#result === undefined ? lineResult(error.code) : undefined
    const status = error?.status
    this.become({
      is: 'terminated',
      by,
      ...(result && { result }),
      ...(status !== undefined && { status }),
      ...(error && { error }),
    })
  }

  /** True for what carries its requests. */
  [carries](id: Id): boolean {
    return id === this.id
  }

  [challenged](realms: readonly ChallengedRealm[], response: SipResponse): void {
    this.#realms = realms.map(({ realm }) => realm)
    for (const realm of this.#realms) this.tell(authenticationEvent(realm, response))
  }

  protected override final(): LineSessionState {
    return this.state.is === 'terminated' ? this.state : { is: 'terminated', by: 'network' }
  }
}
