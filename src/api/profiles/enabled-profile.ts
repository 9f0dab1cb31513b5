/** One use of a profile: while there is any, it is registered. CSIPProfileRegistry::EnableL, Disable, RefreshEnableL. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import type { ProfileState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { Call } from '../call/call.ts'
import { Connection } from '../connection.ts'
import { done, Handle, quietly } from '../live.ts'
import { Registration } from '../registration.ts'
import { alone, receive, receiveRequest, type Scope } from '../scope.ts'
import type { ServerTransaction } from '../server-transaction.ts'
import type { Profile } from './profile.ts'
import type { ProfileNews, ProfileRecord } from './profile-record.ts'

interface Streams {
  calls: Call
  requests: ServerTransaction
  events: ProfileNews
}

/**
 * A use of a profile, made by `profile.enable`. All uses share one registration: the last that ends takes the binding back,
 * unless the profile registers by itself.
 *
 * `state` is that of the profile. The use is over when `disable` has settled, when somebody forces the profile to end, and
 * when registering failed for good: then the streams complete, the reason is on `errors$`, and the profile has to be enabled
 * anew.
 *
 * @example
 * const enabled = sip.profiles.default().enable()
 * await enabled.registered()
 * const call = enabled.connection.invite('sip:bob@example.com', { from: enabled })
 * await enabled.disable()
 */
export class EnabledProfile extends Handle<ProfileState, Streams> {
  /** Tells the handles apart. */
  readonly kind = 'enabledProfile'
  /** The profile as it was when it was enabled. */
  readonly profile: Profile
  readonly #record: ProfileRecord
  #ending: Promise<void> | undefined

  constructor(scope: Scope, id: Id, profile: Profile, record: ProfileRecord) {
    super(scope, id, record.state)
    this.profile = profile
    this.#record = record
  }

  /** It is over, or about to be. */
  get isOver(): boolean {
    return this.gone || this.#ending !== undefined
  }

  /** The connection of its network, which others may share; `undefined` until the profile has one. */
  get connection(): Connection | undefined {
    const found = this.scope.handles.get(this.state.connection ?? '')
    return !this.isOver && found instanceof Connection ? found : undefined
  }

  /** The registration that all its uses share; `undefined` until the profile has one. For `from` of calls and requests. */
  get registration(): Registration | undefined {
    const found = this.scope.handles.get(this.state.registration ?? '')
    return !this.isOver && found instanceof Registration ? found : undefined
  }

  /** What becomes of the profile: registered, deregistered, updated, errors, migration. Hot. */
  get events$(): Observable<ProfileNews> {
    return this.stream('events')
  }

  /**
   * Calls that came for the Contact of this profile and that no line of it takes. Those of a profile that nobody listens for
   * go to `calls$` of the connection.
   */
  get calls$(): Observable<Call> {
    return this.stream('calls')
  }

  /** Requests outside dialogs that came for the Contact of this profile; while nobody subscribes: `requests$` of the connection. */
  get requests$(): Observable<ServerTransaction> {
    return this.stream('requests')
  }

  /**
   * Settles when the profile is registered, after however many attempts. Rejects with what ended the use before: `rejected`,
   * `forbidden`, `timeout` …, `closed` when it was disabled.
   */
  registered(): Promise<void> {
    return this.when(() => {
      if (this.gone) return { error: this.failure ?? new SipError('closed', 'the profile is not enabled') }
      if (this.#ending) return { error: new SipError('closed', 'the profile was disabled') }
      const { is } = this.state
      return is === 'registered' || is === 'migrating' ? done : undefined
    })
  }

  /**
   * Ends the use; the last one un-REGISTERs, unless the profile registers by itself. Settles when it is over, and the binding
   * with it. A second call only waits.
   */
  disable(): Promise<void> {
    if (this.gone) return Promise.resolve()
    if (!this.#ending) {
      this.#ending = this.when(() => (this.gone ? done : undefined))
      this.scope.dispatch({ type: 'profile.disable', id: this.id })
      this.settle()
    }
    return this.#ending
  }

  /**
   * Tries at once, when the profile waits to try again or for its network. Throws `invalid-registration-state` when it does
   * not, `resource-not-available` when the use is over. RefreshEnableL() of old.
   */
  retryNow(): void {
    this.#requireUse()
    this.scope.dispatch({ type: 'profile.retry', id: this.id })
  }

  /**
   * Agrees that the profile moves to the network that `migrationAvailable` named; it does when all its uses agree. Throws
   * `invalid-registration-state` when none was offered, `resource-not-available`.
   */
  allowMigration(): void {
    this.#requireUse()
    this.scope.dispatch({ type: 'profile.allowMigration', id: this.id })
  }

  /** The profile stays where it is, until another network is there. Throws as `allowMigration` does. */
  disallowMigration(): void {
    this.#requireUse()
    this.scope.dispatch({ type: 'profile.disallowMigration', id: this.id })
  }

  /** For `await using`: the same as `disable`. */
  [Symbol.asyncDispose](): Promise<void> {
    return quietly(this.disable())
  }

  #requireUse(): void {
    if (this.isOver) throw new SipError('resource-not-available', 'the profile is not enabled any more')
  }

  override [receive](event: EngineEvent): void {
    if (event.type !== 'profileEvent') return super[receive](event)
    if (this.gone) return
    const { type: _type, profile: _profile, uses: _uses, ...news } = event
    this.emit('events', news)
    if (news.error) super[receive]({ type: 'error', id: this.id, error: news.error })
  }

  /** Hands a call or request to those who listen; false when nobody does. */
  [receiveRequest](incoming: Call | ServerTransaction): boolean {
    const name = incoming.kind === 'call' ? 'calls' : 'requests'
    const listeners = this.listeners(name)
    if (listeners === 0) return false
    incoming[alone] = listeners === 1
    if (incoming.kind === 'call') this.emit('calls', incoming)
    else this.emit('requests', incoming)
    return true
  }

  protected override final(): ProfileState {
    return this.#record.state
  }
}
