/** Stored profiles: found and watched. CSIPProfileRegistry, MSIPProfileRegistryObserver. */
import type { Observable } from 'rxjs'
import type { Id } from '../../engine/commands.ts'
import type { SipError } from '../../errors.ts'
import type { ProfileType } from '../../profiles/data.ts'
import type { MovedAside, UnreadableProfile } from '../../profiles/store.ts'
import { checkObject } from '../../rules/arguments.ts'
import { checkString } from '../../rules/text.ts'
import { IsolatedObservable } from '../isolated.ts'
import type { Profile } from './profile.ts'
import { ProfileAdmin } from './profile-admin.ts'
import type { ProfileBook, ProfilesEvent } from './profile-book.ts'

/** Which profiles are wanted; all of them when nothing is said. */
export interface ProfileFilter {
  /** The name of a type (`ietf`, `ims`), or its class. */
  readonly type?: string | Partial<ProfileType>
  /** One of the addresses of record, as it is written there. */
  readonly aor?: string
}

const typeFits = (type: ProfileType, wanted: ProfileFilter['type']): boolean => {
  if (wanted === undefined) return true
  if (typeof wanted === 'string') return wanted === type.name || wanted === type.class
  return (wanted.name ?? type.name) === type.name && (wanted.class ?? type.class) === type.class
}

/**
 * The profiles of this engine. They live in its store, and those that say `autoRegister` are registered whether anybody asks
 * or not. Everything is read from memory, at once; what changes the store is in `admin`.
 *
 * @example
 * await sip.profiles.ready()
 * const enabled = sip.profiles.default()?.enable()
 */
export class Profiles {
  readonly #book: ProfileBook

  constructor(book: ProfileBook) {
    this.#book = book
  }

  /**
   * Settles when the store is open and its profiles are known. Rejects with why it could not be opened; with `not-supported`
   * when `createSip` was given none (`profiles: { store }`).
   */
  ready(): Promise<void> {
    return this.#book.opened
  }

  /** A former store that could not be read: it was put aside, this one began empty. */
  get movedAside(): MovedAside | undefined {
    return this.#book.movedAside
  }

  /**
   * What in the store could not be read when it was opened, and why; it stays there until it is saved anew or removed. Of one that
   * lacks its `secrets` alone the rest is in `list()`. Empty before `ready()` has settled, and when all could be read.
   */
  get unreadable(): readonly UnreadableProfile[] {
    return this.#book.unreadable
  }

  /** What changes profiles. Throws `permission` without the scope `profile.write`. */
  get admin(): ProfileAdmin {
    this.#book.demand('profile.write')
    return new ProfileAdmin(this.#book)
  }

  /**
   * All profiles, or those of a type or with an address of record. Throws `not-ready` before `ready()` has settled, `permission`
   * without the scope `profile.read`, `argument`.
   */
  list(wanted: ProfileFilter = {}): readonly Profile[] {
    const { type, aor } = checkObject(wanted, 'the filter of profiles')
    return this.#book
      .list()
      .filter(({ info: { fields } }) => typeFits(fields.type, type))
      .filter(({ info: { fields } }) => aor === undefined || fields.aors.includes(aor))
      .map(record => this.#book.show(record))
  }

  /** The profile with that id. Throws `not-found`, and as `list` does. */
  get(id: Id): Profile {
    return this.#book.get(checkString(id, 'the id of a profile'))
  }

  /** The default profile; `undefined` while there are no profiles at all. Throws as `list` does. */
  default(): Profile | undefined {
    return this.#book.default()
  }

  /**
   * The types that profiles may have: `ietf`, `ims`, `other`, and those that an agent was registered for.
   * SupportedProfileTypesL() of old. Throws as `list` does.
   */
  types(): readonly ProfileType[] {
    return this.#book.types
  }

  /** What happens to profiles, each event once, after the profile's own streams have it. Hot. */
  get events$(): Observable<ProfilesEvent> {
    return new IsolatedObservable(this.#book.report, subscriber => this.#book.events.subscribe(subscriber))
  }

  /** What went wrong with any profile, and with the store. Hot. */
  get errors$(): Observable<SipError> {
    return new IsolatedObservable(this.#book.report, subscriber => this.#book.errors.subscribe(subscriber))
  }
}
