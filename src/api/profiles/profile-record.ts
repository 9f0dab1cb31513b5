/** What one profile is at present, for all the objects that show it. */
import { Subject } from 'rxjs'
import type { ProfileHappening, ProfileInfo } from '../../engine/border/profiles.ts'
import type { Id } from '../../engine/commands.ts'
import type { ProfileState } from '../../engine/states.ts'
import type { SipError } from '../../errors.ts'
import { structured } from '../../profiles/check.ts'
import type { EnabledProfile } from './enabled-profile.ts'

/** What became of a profile, as `profile.events$` tells it. TEvent of MSIPProfileRegistryObserver. */
export interface ProfileNews {
  readonly is: ProfileHappening | 'updated'
  /** With `error` and `migrationFailed`. */
  readonly error?: SipError
  /** With `error`: true when the profile has given up, and nobody uses it any more. */
  readonly fatal?: boolean
  /** With those of a migration: to which network. */
  readonly network?: string
}

const idle: ProfileState = { is: 'unregistered', users: 0, autoRegister: false }

/** What came from another process can be changed; nobody is to. */
const fixed = (info: ProfileInfo): ProfileInfo =>
  Object.isFrozen(info.fields) ? info : { ...info, fields: structured(info.fields) }

export class ProfileRecord {
  readonly id: Id
  #info: ProfileInfo
  state: ProfileState = idle
  /** Why it failed last. */
  lastError: SipError | undefined
  /** Who uses it here. */
  uses: readonly EnabledProfile[] = []
  /** Everybody has heard that it goes. */
  destroyed = false
  /** It is removed. */
  gone = false
  #states: Subject<ProfileState> | undefined
  #news: Subject<ProfileNews> | undefined

  constructor(info: ProfileInfo) {
    this.id = info.id
    this.#info = fixed(info)
  }

  /** What it says now. */
  get info(): ProfileInfo {
    return this.#info
  }

  set info(info: ProfileInfo) {
    this.#info = fixed(info)
  }

  /** Made by the first who asks: most profiles are only listed. */
  get states(): Subject<ProfileState> {
    return (this.#states ??= new Subject())
  }

  get news(): Subject<ProfileNews> {
    return (this.#news ??= new Subject())
  }

  become(state: ProfileState): void {
    this.state = state
    this.#states?.next(state)
  }

  tell(news: ProfileNews): void {
    this.#news?.next(news)
  }

  end(): void {
    this.gone = true
    this.#states?.complete()
    this.#news?.complete()
  }
}
