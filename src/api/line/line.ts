/** A line: start it and you are registered; then call, be called, and subscribe. RConnection and RSubConnection. */
import { filter, map, type Observable } from 'rxjs'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import type { LineState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { Call } from '../call/call.ts'
import type { Connection } from '../connection.ts'
import { done, Handle, quietly } from '../live.ts'
import type { Profile } from '../profiles/profile.ts'
import type { ProfileBook } from '../profiles/profile-book.ts'
import type { Registration } from '../registration.ts'
import { alone, receive, receiveRequest, type Scope } from '../scope.ts'
import type { ServerTransaction } from '../server-transaction.ts'
import type { SubscriptionRequest } from '../subscription-options.ts'
import { IncomingLineCall, LineCall } from './line-call.ts'
import {
  checkParties,
  checkRequestUri,
  joined,
  type LineCallOptions,
  type LineOptions,
  type LineSubscribeOptions,
} from './line-options.ts'
import type { LineSession } from './line-session.ts'
import { LineSubscription } from './line-subscription.ts'

/** Whether calls for a profile are those of a line. */
export const serves: unique symbol = Symbol('serves')

/** Where a line stands. TCprStage. */
export type LineStage = LineState['is']

/** A stage, and why it is not registered, if it is not. */
export interface LineProgress {
  readonly stage: LineStage
  readonly error?: SipError
}

interface Streams {
  incoming: IncomingLineCall
}

const progressOf = (state: LineState): LineProgress => ({
  stage: state.is,
  ...('error' in state && state.error && { error: state.error }),
})

/**
 * A line, made by `sip.line`: it uses a profile while it is started, and does by itself what the protocol asks for.
 * `fresh → starting → active → stopping → stopped`; `failed` when the profile has given up. Lines and other users of the same
 * profile share one registration and one connection.
 *
 * @example
 * await using line = sip.line() // the default profile
 * await line.start()
 * line.incoming$.subscribe(call => void call.accept())
 * const call = line.call({ requestUri: 'sip:bob@example.com' })
 * await call.established()
 * await call.stop()
 */
export class Line extends Handle<LineState, Streams> {
  /** Tells the handles apart. */
  readonly kind = 'line'
  readonly #book: ProfileBook
  readonly #options: LineOptions
  readonly #sessions = new Set<LineSession>()
  #profile: Id | undefined
  #leaving = false
  #closing: Promise<void> | undefined

  constructor(scope: Scope, id: Id, book: ProfileBook, options: LineOptions) {
    super(scope, id, { is: 'fresh' })
    this.#book = book
    this.#options = options
    const { profile } = options
    this.#profile = typeof profile === 'string' ? profile : profile?.id
  }

  /** The profile that it uses, as it is now; `undefined` for the default one before the line was started. */
  get profile(): Profile | undefined {
    return this.#profile === undefined ? undefined : this.#book.peek(this.#profile)
  }

  /** The connection that it shares with all users of its network; `undefined` unless it is started. */
  get connection(): Connection | undefined {
    return this.#used ? this.#book.connectionOf(this.#profile) : undefined
  }

  /** The registration that it shares with all users of its profile; `undefined` unless it is started. */
  get registration(): Registration | undefined {
    return this.#used ? this.#book.registrationOf(this.#profile) : undefined
  }

  /** Calls and subscriptions that are not over. */
  get sessions(): readonly LineSession[] {
    return [...this.#sessions]
  }

  /** The stages, the present one first. Completes when the line is closed. */
  get progress$(): Observable<LineProgress> {
    return this.state$.pipe(map(progressOf))
  }

  /** Only these stages. */
  progress(...stages: readonly LineStage[]): Observable<LineProgress> {
    return this.progress$.pipe(filter(({ stage }) => stages.includes(stage)))
  }

  /**
   * Calls that come for its profile; 180 Ringing is sent at once. While nobody subscribes they go to the next line of the same
   * profile, then to `calls$` of the profile's uses, then to that of the connection, and else get 480.
   */
  get incoming$(): Observable<IncomingLineCall> {
    return this.stream('incoming')
  }

  /**
   * Registers by its profile. Settles when it is active; at once when it is already. Rejects with what prevents it: `not-found`
   * (no such profile, or none at all), `rejected`, `forbidden`, `timeout` …; `cancelled` when it is stopped meanwhile.
   *
   * Throws `not-ready` while it stops, `resource-not-available` when it is closed. Parameters of a registration cannot be given
   * by hand: they are in the profile.
   */
  start(...given: readonly never[]): Promise<void> {
    if (given.length > 0) throw new SipError('argument', 'a line is registered by its profile alone')
    this.#requireOpen()
    const { is } = this.state
    if (this.#leaving && (is === 'starting' || is === 'active' || is === 'stopping')) {
      throw new SipError('not-ready', 'the line is stopping')
    }
    const before = this.failure
    if (is !== 'starting' && is !== 'active') {
      this.#leaving = false
      this.scope.dispatch({ type: 'line.start', id: this.id })
    }
    return this.when(() => {
      const { state } = this
      if (this.#leaving) return { error: new SipError('cancelled', 'the line was stopped') }
      if (state.is === 'active') return done
      return state.is === 'failed' && state.error !== before ? { error: state.error } : undefined
    })
  }

  /**
   * Ends its calls and subscriptions, then its use of the profile: BYE, SUBSCRIBE with a lifetime of 0, REGISTER with one when
   * nobody else uses the profile. Waits for an attempt to register that is under way. Settles when all is done; at once when it is not started.
   */
  stop(): Promise<void> {
    this.#requireOpen()
    const { is } = this.state
    if (is === 'fresh' || is === 'stopped') return Promise.resolve()
    if (!this.#leaving || is === 'failed') this.#leave('line.stop')
    return this.when(() => (this.state.is === 'stopped' || this.gone ? done : undefined))
  }

  /** Stops it, and ends the object: its streams complete. A second call only waits. */
  close(): Promise<void> {
    if (this.gone) return Promise.resolve()
    if (!this.#closing) {
      this.#leave('line.close')
      this.#closing = this.when(() => (this.gone ? done : undefined))
    }
    return this.#closing
  }

  /** For `await using`: the same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return quietly(this.close())
  }

  /**
   * Calls somebody. The INVITE leaves at once with Request-URI, To, From and Contact as given. Throws `not-ready` unless the
   * line is active, `argument` (`header` names what is missing), and as `connection.invite` does.
   */
  call(options: LineCallOptions): LineCall {
    const registration = this.#requireActive()
    checkRequestUri(options, 'the options of a call')
    checkParties(options)
    const { requestUri, from, credentials, ...rest } = options
    const call = registration.connection.invite(requestUri, {
      ...rest,
      from: from ?? registration,
      registration,
      ...joined(credentials, this.#options.credentials),
    })
    return this.#hold(new LineCall(this.scope, this, call, options))
  }

  /**
   * Subscribes to an event package of somebody. The SUBSCRIBE leaves at once with Request-URI, To, From and Contact as given. Throws
   * `not-ready` unless the line is active, `argument` (`header` names what is missing), and as `connection.subscribe` does.
   */
  subscribe<Event extends string>(options: LineSubscribeOptions<Event>): LineSubscription<Event> {
    const registration = this.#requireActive()
    checkRequestUri(options, 'the options of a subscription')
    checkParties(options)
    const { requestUri, from, credentials, ...rest } = options
    const subscription = registration.connection.subscribe(requestUri, {
      ...rest,
      from: from ?? registration,
      registration,
      ...joined(credentials, this.#options.credentials),
    } as SubscriptionRequest<Event>)
    return this.#hold(new LineSubscription(this.scope, this, subscription, options))
  }

  get #used(): boolean {
    const { is } = this.state
    return !this.gone && is !== 'fresh' && is !== 'stopped' && is !== 'failed'
  }

  #leave(type: 'line.stop' | 'line.close'): void {
    const sessions = [...this.#sessions].map(({ id }) => id)
    this.scope.dispatch({ type, id: this.id, sessions })
    this.#leaving = true
    this.settle()
  }

  #requireOpen(): void {
    if (this.gone || this.#closing) throw new SipError('resource-not-available', 'the line is closed')
  }

  #requireActive(): Registration {
    this.#requireOpen()
    const { registration } = this
    if (this.state.is === 'active' && !this.#leaving && registration) return registration
    throw new SipError('not-ready', `the line is ${this.#leaving ? 'stopping' : this.state.is}`)
  }

  #hold<Session extends LineSession>(session: Session): Session {
    this.#sessions.add(session)
    this.#book.sessions.set(session.id, session)
    session.state$.subscribe({
      complete: () => {
        this.#sessions.delete(session)
        this.#book.sessions.delete(session.id)
      },
    })
    return session
  }

  /** True when calls for that profile are its own. */
  [serves](profile: Id): boolean {
    return this.#used && !this.#leaving && this.#profile === profile
  }

  /** Takes a call that came for its profile; false when nobody listens. */
  [receiveRequest](call: Call | ServerTransaction): boolean {
    const listeners = this.listeners('incoming')
    if (listeners === 0 || call.kind !== 'call' || call.request === undefined) return false
    call[alone] = listeners === 1
    const incoming = this.#hold(new IncomingLineCall(this.scope, this, call, call.request))
    this.emit('incoming', incoming)
    return true
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'line') this.#profile = event.profile
    else {
      if (event.type === 'state' && event.state.is === 'stopped') this.#leaving = false
      if (event.type === 'closed') this.#book.lines.delete(this)
      super[receive](event)
    }
  }

  protected override final(): LineState {
    return { is: 'stopped' }
  }
}
