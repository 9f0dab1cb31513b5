/** A stored profile in a user's hands: what it says, where it stands, and the way to use it. CSIPProfile. */
import { filter, type Observable, Subject, takeUntil } from 'rxjs'
import type { Id } from '../../engine/commands.ts'
import type { ProfileState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { ProfileFields, ProfileSecrets, ProfileType } from '../../profiles/data.ts'
import type { Connection } from '../connection.ts'
import { IsolatedObservable } from '../isolated.ts'
import type { Registration } from '../registration.ts'
import type { EnabledProfile } from './enabled-profile.ts'
import type { ProfileBook } from './profile-book.ts'
import type { ProfileNews, ProfileRecord } from './profile-record.ts'

const migrations: ReadonlySet<string> = new Set([
  'migrationAvailable',
  'migrationStarted',
  'migrationCompleted',
  'migrationFailed',
])

/**
 * A profile, as it was when it was read: a later `admin.save` does not change what this object says (`fields`, `isDefault`),
 * only `state` and the streams go on. Got from `sip.profiles`. Passwords are never in it.
 *
 * @example
 * const enabled = sip.profiles.get(id).enable()
 * await enabled.registered()
 */
export class Profile {
  /** Tells the handles apart. */
  readonly kind = 'profile'
  /** Unique in its store, and the same after a restart. */
  readonly id: Id
  /** All that it says. Plain data that cannot be changed: `sip.profiles.admin.save` does that. */
  readonly fields: ProfileFields
  /** Which of its passwords are known. They are never told. */
  readonly secrets: readonly (keyof ProfileSecrets)[]
  /** It was the default profile when it was read. */
  readonly isDefault: boolean
  readonly #book: ProfileBook
  readonly #record: ProfileRecord
  readonly #released = new Subject<void>()
  #enabled: EnabledProfile | undefined
  #over = false

  constructor(book: ProfileBook, record: ProfileRecord, isDefault: boolean) {
    this.#book = book
    this.#record = record
    const { id, fields, secrets } = record.info
    this.id = id
    this.fields = fields
    this.secrets = secrets
    this.isDefault = isDefault
  }

  /** What people call it: the name of the provider. */
  get name(): string {
    return this.fields.name
  }

  /** What kind of service it is for. */
  get type(): ProfileType {
    return this.fields.type
  }

  /** Addresses of record; the first is the one that is registered. */
  get aors(): readonly string[] {
    return this.fields.aors
  }

  /** Where it stands now, whoever uses it. */
  get state(): ProfileState {
    return this.#record.state
  }

  /** Where it stands, and what that becomes. Gives the latest at once; completes when the profile is removed or released. */
  get state$(): Observable<ProfileState> {
    return this.#live(this.#record.states, () => this.#record.state)
  }

  /** What becomes of it: registered, deregistered, updated, destroyed, forciblyDisabled, errors, migration. Hot. */
  get events$(): Observable<ProfileNews> {
    return this.#live(this.#record.news)
  }

  /** Those of `events$` that are about moving to another network. MSipProfileAlrObserver. */
  get migration$(): Observable<ProfileNews> {
    return this.events$.pipe(filter(({ is }) => migrations.has(is)))
  }

  /** Why it failed last; `undefined` once somebody enabled or disabled it since. LastRegistrationError() of old. */
  get lastError(): SipError | undefined {
    return this.#record.lastError
  }

  /** Somebody uses it, here or elsewhere: it cannot be removed. IsInUseL() of old. */
  get inUse(): boolean {
    return this.state.users > 0
  }

  /** This object has it enabled. */
  get isEnabled(): boolean {
    return this.enabled !== undefined
  }

  /** The use that `enable` of this object has begun, while it lasts. */
  get enabled(): EnabledProfile | undefined {
    return this.#enabled?.isOver === false ? this.#enabled : undefined
  }

  /** Enabled by this object and registered: requests can be made from it. IsContextActive() of old. */
  get isActive(): boolean {
    return this.enabled?.registration?.isActive === true
  }

  /** The registration of the use that this object has begun. Throws `invalid-registration-state` when it has none. */
  get registration(): Registration {
    return this.#use().registration ?? this.#unregistered()
  }

  /** The connection it is on. Throws `invalid-registration-state` unless this object has it enabled. ConnectionL() of old. */
  get connection(): Connection {
    return this.#use().connection ?? this.#unregistered()
  }

  /**
   * Uses it: registers when nobody did before, and shares the registration otherwise. Has to be done before anything is
   * sent from it, also when it is registered already. Returns at once: `await enabled.registered()` to know.
   *
   * Throws `argument` when this object has it enabled already, `not-found` when it was removed, `not-ready` before
   * `sip.profiles.ready()`, `permission` without the scope `profile.read`.
   */
  enable(): EnabledProfile {
    this.#requireHeld()
    if (this.isEnabled) throw new SipError('argument', 'this object has enabled the profile already')
    this.#enabled = this.#book.use(this, this.#record)
    return this.#enabled
  }

  /**
   * Ends the use of everybody at once, and un-REGISTERs. Their calls stay; `autoRegister` waits for the next enable, save or
   * start. Throws `permission` without the scope `profile.admin`, `not-found`.
   */
  forceDisable(): void {
    this.#requireHeld()
    this.#book.force(this.id)
  }

  /**
   * Says that this object is not needed any more: its streams complete, and its methods throw `resource-not-available`. A use
   * that it began goes on; `disable` that.
   */
  release(): void {
    this.#over = true
    this.#released.next()
    this.#released.complete()
  }

  /** What may be shown and logged: no secrets. */
  toJSON(): object {
    const { id, fields, secrets, isDefault, state } = this
    return { id, fields, secrets, isDefault, state }
  }

  #use(): EnabledProfile {
    this.#requireHeld()
    return this.enabled ?? this.#unregistered()
  }

  #unregistered(): never {
    throw new SipError(
      'invalid-registration-state',
      'the profile is not enabled by this object, or not yet registered',
    )
  }

  #requireHeld(): void {
    if (this.#over) throw new SipError('resource-not-available', 'the profile object was released')
    if (this.#record.gone) throw new SipError('not-found', 'the profile was removed')
  }

  /** What the record tells, until this object is released. */
  #live<T>(source: Subject<T>, first?: () => T): Observable<T> {
    return new IsolatedObservable<T>(this.#book.report, subscriber => {
      if (this.#over || this.#record.gone) {
        if (first) subscriber.next(first())
        subscriber.complete()
        return undefined
      }
      const subscription = source.pipe(takeUntil(this.#released)).subscribe(subscriber)
      if (first) subscriber.next(first())
      return subscription
    })
  }
}
