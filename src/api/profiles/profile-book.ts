/** What one `Sip` knows of the profiles of its engine, and who in it uses them. */
import { Subject } from 'rxjs'
import type { ProfileCommand, ProfileEvent } from '../../engine/border/profiles.ts'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import type { ProfileState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import { checkProfileFields, checkProfileSecrets, checkReadOnly } from '../../profiles/check.ts'
import type { ProfileFields, ProfileInput, ProfileSecrets, ProfileType } from '../../profiles/data.ts'
import type { MovedAside, UnreadableProfile } from '../../profiles/store.ts'
import { Connection } from '../connection.ts'
import type { Report } from '../isolated.ts'
import { type Line, serves } from '../line/line.ts'
import type { LineSession } from '../line/line-session.ts'
import { quietly } from '../live.ts'
import { Registration } from '../registration.ts'
import { type ProfileScope, receive, type Scope } from '../scope.ts'
import { EnabledProfile } from './enabled-profile.ts'
import { Profile } from './profile.ts'
import { type ProfileNews, ProfileRecord } from './profile-record.ts'

/** Something happened to a profile. `profile` is as it was then; a removed one still says what it said. */
export interface ProfilesEvent extends Omit<ProfileNews, 'is'> {
  readonly is: ProfileNews['is'] | 'created' | 'removed' | 'default'
  readonly profile: Profile
}

type Request = Extract<ProfileCommand, { request: Id }>
/** A request without the id that tells it from others. */
type Asked = Request extends infer One ? (One extends Request ? Omit<One, 'request'> : never) : never

const none: readonly never[] = []

interface Settling {
  resolve(profile: Id | undefined): void
  reject(error: SipError): void
}

/** Fed by the router; asked by everything that shows or uses profiles. */
export class ProfileBook {
  readonly #scope: Scope
  readonly #records = new Map<Id, ProfileRecord>()
  /** Profiles by their registrations. */
  readonly #owners = new Map<Id, Id>()
  readonly #uses = new Map<Id, EnabledProfile>()
  readonly #requests = new Map<Id, Settling>()
  readonly events = new Subject<ProfilesEvent>()
  readonly errors = new Subject<SipError>()
  /** Lines, and the calls and subscriptions on them by the id of what carries them. */
  readonly lines = new Set<Line>()
  readonly sessions = new Map<Id, LineSession>()
  readonly #opened: Promise<void>
  #settle!: Settling
  #types: readonly ProfileType[] = []
  #defaultId: Id | undefined
  #movedAside: MovedAside | undefined
  #unreadable: readonly UnreadableProfile[] = none
  #stands: 'opening' | 'open' | SipError

  /** `stored`: the engine has a store. */
  constructor(scope: Scope, stored: boolean) {
    this.#scope = scope
    this.#stands = stored
      ? 'opening'
      : new SipError('not-supported', 'createSip was given no store of profiles')
    this.#opened = quietly(
      new Promise<void>((resolve, reject) => {
        this.#settle = { resolve: () => resolve(), reject }
      }),
    )
    if (this.#stands instanceof SipError) this.#settle.reject(this.#stands)
  }

  /** Where faults of callbacks go. */
  get report(): Report {
    return this.#scope.report
  }

  /** Settles when the store is open. */
  get opened(): Promise<void> {
    return this.#opened
  }

  get types(): readonly ProfileType[] {
    this.#requireOpen()
    return this.#types
  }

  get movedAside(): MovedAside | undefined {
    return this.#movedAside
  }

  get unreadable(): readonly UnreadableProfile[] {
    return this.#unreadable
  }

  /** Throws `permission` unless it was granted. */
  demand(scope: ProfileScope): void {
    this.#scope.demand(scope)
  }

  /** All of them. */
  list(): readonly ProfileRecord[] {
    this.#requireOpen()
    return [...this.#records.values()]
  }

  get(id: Id): Profile {
    this.#requireOpen()
    return this.show(this.#find(id))
  }

  /** The fields of one, for whoever changes them. */
  fieldsOf(id: Id): ProfileFields {
    this.#requireOpen('profile.write')
    return this.#find(id).info.fields
  }

  default(): Profile | undefined {
    this.#requireOpen()
    return this.peek(this.#defaultId)
  }

  /** The profile with that id, when there is one. */
  peek(id: Id | undefined): Profile | undefined {
    const record = this.#records.get(id ?? '')
    return record && this.show(record)
  }

  show(record: ProfileRecord): Profile {
    return new Profile(this, record, record.id === this.#defaultId)
  }

  connectionOf(profile: Id | undefined): Connection | undefined {
    const found = this.#scope.handles.get(this.#records.get(profile ?? '')?.state.connection ?? '')
    return found instanceof Connection ? found : undefined
  }

  registrationOf(profile: Id | undefined): Registration | undefined {
    const found = this.#scope.handles.get(this.#records.get(profile ?? '')?.state.registration ?? '')
    return found instanceof Registration ? found : undefined
  }

  /** Who takes calls that came for this registration: lines first, then uses of its profile. */
  takers(registration: Id | undefined): readonly (Line | EnabledProfile)[] {
    const profile = this.#owners.get(registration ?? '')
    if (profile === undefined) return none
    const lines = [...this.lines].filter(line => line[serves](profile))
    const uses = this.#records.get(profile)?.uses.filter(use => !use.isOver) ?? []
    return [...lines, ...uses]
  }

  /** For a handle of the stack: begins a use. */
  use(profile: Profile, record: ProfileRecord): EnabledProfile {
    this.#requireOpen()
    const use = new EnabledProfile(this.#scope, this.#scope.newId('use'), profile, record)
    this.#uses.set(use.id, use)
    record.uses = [...record.uses, use]
    try {
      this.#scope.dispatch({ type: 'profile.enable', id: use.id, profile: profile.id })
    } catch (error) {
      this.#forget(use)
      throw error
    }
    record.lastError = undefined
    return use
  }

  /** Ends all uses of one. */
  force(profile: Id): void {
    this.#scope.demand('profile.admin')
    this.#scope.dispatch({ type: 'profile.forceDisable', profile })
  }

  /** Adds a profile, or takes the place of its fields. */
  save(profile: Id | undefined, fields: ProfileInput, secrets: ProfileSecrets): Promise<Profile> {
    this.#requireOpen('profile.write')
    const known = profile === undefined ? undefined : this.#find(profile).info.fields
    // Misuse is thrown here, also where the engine is in another process.
    checkReadOnly(known, fields)
    checkProfileFields(fields)
    checkProfileSecrets(secrets)
    const which = profile === undefined ? {} : { profile }
    const saved = this.request({ type: 'profiles.save', ...which, fields, secrets })
    return quietly(saved.then(id => this.show(this.#find(profile ?? id ?? ''))))
  }

  /** Takes a profile out of the store. Throws `in-use` and `not-found`, as far as we know of it. */
  remove(profile: Id): Promise<void> {
    this.#requireOpen('profile.write')
    if (this.#find(profile).state.users > 0) throw new SipError('in-use', 'somebody uses the profile')
    return quietly(this.request({ type: 'profiles.remove', profile }).then(() => {}))
  }

  /** Makes one the default. */
  setDefault(profile: Id): Promise<void> {
    this.#requireOpen('profile.write')
    this.#find(profile)
    return quietly(this.request({ type: 'profiles.setDefault', profile }).then(() => {}))
  }

  /** Asks for a change of the store; settles when it is made. Misuse is thrown. */
  request(asked: Asked): Promise<Id | undefined> {
    const request = this.#scope.newId('request')
    const promise = quietly(
      new Promise<Id | undefined>((resolve, reject) => void this.#requests.set(request, { resolve, reject })),
    )
    try {
      this.#scope.dispatch({ ...asked, request } as Request)
    } catch (error) {
      this.#requests.delete(request)
      throw error
    }
    return promise
  }

  /** A registration came to be for a profile. */
  owns(registration: Registration, profile: Id): void {
    this.#owners.set(registration.id, profile)
    registration.state$.subscribe({ complete: () => this.#owners.delete(registration.id) })
  }

  /** True for the events that are about profiles, which are then told. */
  [receive](event: EngineEvent): boolean {
    switch (event.type) {
      case 'profiles':
        this.#open(event)
        return true
      case 'profilesFailed':
        this.#stands = event.error
        this.#settle.reject(event.error)
        this.errors.next(event.error)
        return true
      case 'profileChanged':
        this.#changed(event)
        return true
      case 'profileEvent':
        this.#happened(event)
        return true
      case 'profileDone':
        this.#done(event)
        return true
      case 'state':
        return this.#moved(event.id, event.state as ProfileState)
      case 'closed':
        return this.#ended(event.id)
      default:
        return false
    }
  }

  /** Ends all profiles; `keep`: without a word to their registrars. Settles when the store is closed, too. */
  async end(keep: boolean): Promise<void> {
    await this.#opened.catch(() => {})
    if (this.#stands === 'open') await this.request({ type: 'profiles.close', keep }).catch(() => {})
  }

  /** The `Sip` is closed. */
  close(): void {
    for (const use of this.#uses.values()) use[receive]({ type: 'closed', id: use.id })
    for (const record of this.#records.values()) record.end()
    this.#uses.clear()
    for (const { reject } of this.#requests.values()) reject(new SipError('closed', 'the Sip is closed'))
    this.#requests.clear()
    this.events.complete()
    this.errors.complete()
  }

  #open(event: Extract<ProfileEvent, { type: 'profiles' }>): void {
    const { profiles, defaultId, movedAside, unreadable = none, types } = event
    for (const info of profiles) this.#records.set(info.id, new ProfileRecord(info))
    this.#types = types
    this.#defaultId = defaultId
    this.#movedAside = movedAside
    this.#unreadable = unreadable
    this.#stands = 'open'
    this.#settle.resolve(undefined)
  }

  #changed({ profile, change, info, defaultId }: Extract<ProfileEvent, { type: 'profileChanged' }>): void {
    const before = this.#records.get(profile)
    this.#defaultId = defaultId
    if (change === 'created' && info) this.#records.set(profile, new ProfileRecord(info))
    else if (info && before) before.info = info
    const record = this.#records.get(profile)
    if (!record) return
    const shown = this.show(record)
    if (change === 'updated') record.tell({ is: 'updated' })
    if (change === 'removed') {
      this.#records.delete(profile)
      record.end()
    }
    this.events.next({ is: change, profile: shown })
  }

  #happened(event: Extract<ProfileEvent, { type: 'profileEvent' }>): void {
    const { profile, uses, type: _type, ...news } = event
    const record = this.#records.get(profile)
    if (!record) return
    if (news.error) record.lastError = news.error
    else if (news.is === 'registered') record.lastError = undefined
    if (news.is === 'destroyed') record.destroyed = true
    record.tell(news)
    for (const id of uses) {
      this.#uses.get(id)?.[receive](event)
      if (news.fatal || news.is === 'forciblyDisabled') this.#ended(id)
    }
    this.events.next({ ...news, profile: this.show(record) })
    if (news.error) this.errors.next(news.error)
  }

  #done({ request, profile, error }: Extract<ProfileEvent, { type: 'profileDone' }>): void {
    const settling = this.#requests.get(request)
    this.#requests.delete(request)
    if (error) settling?.reject(error)
    else settling?.resolve(profile)
  }

  #moved(id: Id, state: ProfileState): boolean {
    const record = this.#records.get(id)
    if (!record) return false
    record.become(state)
    for (const use of record.uses) {
      use[receive]({ type: 'state', id: use.id, state })
      if (use.isOver && state.is !== 'unregistering') this.#ended(use.id)
    }
    return true
  }

  /** A use is over. */
  #ended(id: Id): boolean {
    const use = this.#uses.get(id)
    if (!use) return this.#records.has(id)
    this.#forget(use)
    use[receive]({ type: 'closed', id })
    return true
  }

  #forget(use: EnabledProfile): void {
    this.#uses.delete(use.id)
    const record = this.#records.get(use.profile.id)
    if (record) record.uses = record.uses.filter(one => one !== use)
  }

  #find(id: Id): ProfileRecord {
    const record = this.#records.get(id)
    if (!record) throw new SipError('not-found', `there is no profile ${id}`)
    return record
  }

  #requireOpen(scope: ProfileScope = 'profile.read'): void {
    this.#scope.demand(scope)
    if (this.#scope.closed) throw new SipError('resource-not-available', 'the Sip it belongs to is closed')
    if (this.#stands instanceof SipError) throw this.#stands
    if (this.#stands !== 'open')
      throw new SipError('not-ready', 'the store of profiles is not open yet: see ready()')
  }
}
