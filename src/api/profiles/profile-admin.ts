/** Changing what is stored: profiles made, changed and removed. CSIPManagedProfileRegistry, CSIPManagedProfile. */
import type { Id } from '../../engine/commands.ts'
import { defaultProfileFields } from '../../profiles/check.ts'
import type { ProfileFields, ProfileInput, ProfileSecrets, ProfileType } from '../../profiles/data.ts'
import { checkObject } from '../../rules/arguments.ts'
import type { Profile } from './profile.ts'
import type { ProfileBook } from './profile-book.ts'

/** What of a profile is to change. `undefined` takes a field away. */
export type ProfileChanges = { readonly [Name in keyof ProfileFields]?: ProfileFields[Name] | undefined }

/**
 * What changes stored profiles. Its promises settle when the change would survive the end of the process. All methods throw
 * `permission` without the scope `profile.write`, `not-ready` before `sip.profiles.ready()`.
 */
export class ProfileAdmin {
  readonly #book: ProfileBook

  constructor(book: ProfileBook) {
    this.#book = book
  }

  /** The fields that a new profile of that type has if nobody says otherwise. CreateL() of old. */
  defaults(type?: ProfileType): Omit<ProfileFields, 'aors'> {
    return defaultProfileFields(type)
  }

  /**
   * Adds a profile, with the default for each field that is not given; the first one becomes the default profile. Throws
   * `argument`, `header-not-allowed`; rejects with `in-use` or `transport` when the store does not take it.
   *
   * @example
   * const profile = await sip.profiles.admin.create(
   *   { name: 'Work', aors: ['sip:alice@example.com'], registrar: { uri: 'sip:example.com', username: 'alice' } },
   *   { registrarPassword: 'secret' },
   * )
   */
  create(fields: ProfileInput, secrets: ProfileSecrets = {}): Promise<Profile> {
    return this.#book.save(undefined, fields, secrets)
  }

  /**
   * Changes a profile: what is not named stays as it is in the object that was given, or as it is now when it is an id.
   * Passwords that are not given, or empty, stay. A profile that is registered stays so where it can: a name, `autoRegister`
   * and passwords are changed in silence, Contact parameters by a REGISTER, all else by taking the binding back and making
   * another. Settles with the profile as it is now; objects read before keep their values.
   *
   * Throws `argument`, `header-not-allowed`, `permission` for what is read-only (`contactUser`), `not-found`.
   */
  save(profile: Profile | Id, changes: ProfileChanges, secrets: ProfileSecrets = {}): Promise<Profile> {
    const [id, before] =
      typeof profile === 'string' ? [profile, this.#book.fieldsOf(profile)] : [profile.id, profile.fields]
    const all = { ...before, ...checkObject(changes, 'the changes of a profile') }
    const left = Object.entries(all).filter(([, value]) => value !== undefined)
    return this.#book.save(id, Object.fromEntries(left) as unknown as ProfileInput, secrets)
  }

  /** Removes a profile; another becomes the default if it was. Throws `in-use` while somebody uses it, `not-found`. */
  remove(profile: Profile | Id): Promise<void> {
    const id = typeof profile === 'string' ? profile : profile.id
    return this.#book.remove(id)
  }

  /** Makes it the default profile: that of lines that name none. Throws `not-found`. */
  setDefault(profile: Profile | Id): Promise<void> {
    const id = typeof profile === 'string' ? profile : profile.id
    return this.#book.setDefault(id)
  }
}
