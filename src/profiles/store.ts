/** The port through which profiles outlive the process. `sipactor/node` and `sipactor/testing` implement it. */
import type { StoredBinding, StoredProfile } from './data.ts'

/** A store that could not be read, and where it was put. It is never wiped. */
export interface MovedAside {
  readonly path: string
  readonly reason: string
}

/** Something in a store that cannot be read. It stays there until it is saved anew or removed. */
export interface UnreadableProfile {
  /** Of the profile. */
  readonly id: string
  /** `secrets`: the rest of the profile is there. The key may be another one than they were sealed with. */
  readonly what: 'profile' | 'secrets'
  readonly reason: string
}

/** Everything in a store. */
export interface StoredProfiles {
  readonly profiles: readonly StoredProfile[]
  readonly bindings: readonly StoredBinding[]
  /** Id of the default profile; there is one as soon as there is a profile. */
  readonly defaultId?: string
  /** The former store could not be read: this one began empty. */
  readonly movedAside?: MovedAside
  readonly unreadable?: readonly UnreadableProfile[]
}

/** The default profile of those there are: the one chosen, else the oldest. */
export const theDefault = (profiles: readonly StoredProfile[], chosen?: string): string | undefined =>
  profiles.some(({ id }) => id === chosen) ? chosen : profiles[0]?.id

/**
 * Keeps profiles and their bindings. Every promise settles when the change would survive the end of the process, and
 * changes are made in the order they were asked for; each is there entirely or not at all. Rejects with a `SipError`:
 * `not-found` for a profile that is not there, `in-use` for a store that another process has, `not-ready` before
 * `open` and after `close`, `storage` for what the system under it refused.
 */
export interface ProfileStore {
  /** Opens it, once; it may be opened again after `close`. */
  open(): Promise<StoredProfiles>
  /** Adds a profile or takes the place of the one with its id. `asDefault`: id of the default from now on. */
  saveProfile(profile: StoredProfile, asDefault?: string): Promise<void>
  /** Removes a profile with its binding. `newDefault`: id of the default from now on. */
  removeProfile(id: string, newDefault?: string): Promise<void>
  setDefault(id: string): Promise<void>
  /** Adds the binding of a profile or takes the place of the one it had. */
  saveBinding(binding: StoredBinding): Promise<void>
  /** Forgets the binding of a profile; fine when there is none. */
  removeBinding(profile: string): Promise<void>
  /** Lets go of it after what is under way. */
  close(): Promise<void>
}
