/** Commands and events about profiles: stored accounts that the engine registers by itself, for any number of users. CSIPProfileRegistry. */
import type { SipError } from '../../errors.ts'
import type { ProfileFields, ProfileInput, ProfileSecrets, ProfileType } from '../../profiles/data.ts'
import type { MovedAside, UnreadableProfile } from '../../profiles/store.ts'
import type { ConnectionOptions, Id } from '../commands.ts'

/** A profile as everybody may see it. */
export interface ProfileInfo {
  /** As stored; also the id of the object that its states are told of. */
  readonly id: Id
  readonly fields: ProfileFields
  /** Which of its passwords are known; they are never told. */
  readonly secrets: readonly (keyof ProfileSecrets)[]
}

/** What became of a profile. TEvent of MSIPProfileRegistryObserver. */
export type ProfileHappening =
  | 'registered'
  | 'deregistered'
  | 'destroyed'
  | 'forciblyDisabled'
  | 'error'
  | 'migrationAvailable'
  | 'migrationStarted'
  | 'migrationCompleted'
  | 'migrationFailed'

/**
 * `request` names what is asked for: `profileDone` tells with it when it stands in the store, or why it does not. All of
 * them throw `not-ready` before `profiles` was told, and `not-supported` in an engine without a store.
 */
export type ProfileCommand =
  /**
   * Adds a profile (no `profile`: its id is told by `profileDone`), or takes the place of the fields of one. The first one is the
   * default. An empty password keeps the one there was. Throws `argument`, `permission` (a read-only field), `not-found`.
   */
  | {
      readonly type: 'profiles.save'
      readonly request: Id
      readonly profile?: Id
      readonly fields: ProfileInput
      readonly secrets?: ProfileSecrets
    }
  /** Un-REGISTERs it first. Throws `not-found`, and `in-use` while somebody uses it. */
  | { readonly type: 'profiles.remove'; readonly request: Id; readonly profile: Id }
  /** Throws `not-found`. */
  | { readonly type: 'profiles.setDefault'; readonly request: Id; readonly profile: Id }
  /**
   * Un-REGISTERs all of them, then closes their connections and the store; `profileDone` tells the end. `keep`: what is bound
   * stays bound at the registrars, for an engine that is started soon and goes on with it.
   */
  | { readonly type: 'profiles.close'; readonly request: Id; readonly keep?: boolean }
  /** Uses a profile; `id` is that of the use, a new object. Registers when it is the first use. Throws `not-found`, `already-exists` (this use). */
  | { readonly type: 'profile.enable'; readonly id: Id; readonly profile: Id }
  /** Ends a use. Un-REGISTERs when it was the last and the profile does not register by itself. A use that is over is fine. */
  | { readonly type: 'profile.disable'; readonly id: Id }
  /** Ends all uses and un-REGISTERs; `autoRegister` waits for the next enable, save or start. Throws `not-found`. */
  | { readonly type: 'profile.forceDisable'; readonly profile: Id }
  /**
   * Tries at once instead of waiting: for a use that lives, of a profile that is `delayed` or `waitingForNetwork`, otherwise
   * `invalid-registration-state`. Throws `resource-not-available` for a use that is over.
   */
  | { readonly type: 'profile.retry'; readonly id: Id }
  /**
   * This use agrees that the profile moves to the network that `migrationAvailable` named; it does when all agree.
   * Throws `invalid-registration-state` when none was offered.
   */
  | { readonly type: 'profile.allowMigration'; readonly id: Id }
  /** The offer is void until another network is there. */
  | { readonly type: 'profile.disallowMigration'; readonly id: Id }

export type ProfileEvent =
  /** The store is open: everything in it. From here on profiles can be asked for; those with `autoRegister` register. */
  | {
      readonly type: 'profiles'
      readonly profiles: readonly ProfileInfo[]
      readonly defaultId?: Id
      /** The types that are served by an agent. */
      readonly types: readonly ProfileType[]
      /** The former store could not be read: this one began empty. */
      readonly movedAside?: MovedAside
      /** What in it cannot be read; it stays there. */
      readonly unreadable?: readonly UnreadableProfile[]
    }
  /** The store could not be opened: there will be no profiles. */
  | { readonly type: 'profilesFailed'; readonly error: SipError }
  /** To everybody. `removed` has no `info`; `defaultId` is the default from now on, absent when there is no profile left. */
  | {
      readonly type: 'profileChanged'
      readonly profile: Id
      readonly change: 'created' | 'updated' | 'removed' | 'default'
      readonly info?: ProfileInfo
      readonly defaultId?: Id
    }
  /**
   * To those who hold the profile. `uses`: the uses it had when it happened; after `forciblyDisabled`, and after an `error` that
   * is `fatal`, they are over.
   */
  | {
      readonly type: 'profileEvent'
      readonly profile: Id
      readonly uses: readonly Id[]
      readonly is: ProfileHappening
      /** With `error` and `migrationFailed`. */
      readonly error?: SipError
      /** With `error`: all uses are dropped. An attempt follows only for a new enable, or for `autoRegister` when failures may pass. */
      readonly fatal?: boolean
      /** With those of a migration: to which network. */
      readonly network?: string
    }
  /** What a command with `request` has come to. `profile`: the id, for one that was added. */
  | { readonly type: 'profileDone'; readonly request: Id; readonly profile?: Id; readonly error?: SipError }
  /** The engine made a connection for profiles; `state`, `listening` and all others of a connection follow. It closes it, too. */
  | { readonly type: 'profileConnection'; readonly id: Id; readonly options: ConnectionOptions }
  /** A profile has a registration now, on this connection; `state` and `closed` follow. Errors of it are told of the profile. */
  | {
      readonly type: 'profileRegistration'
      readonly id: Id
      readonly profile: Id
      readonly connection: Id
      readonly aor: string
    }
