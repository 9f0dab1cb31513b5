/** Commands about profiles: checked, written to the store in their order, then handed to the machines. Symbian SIP Profile API. */
import { isSipError, SipError } from '../errors.ts'
import { checkProfileFields, checkProfileSecrets, checkReadOnly, keptSecrets } from '../profiles/check.ts'
import type { StoredProfile } from '../profiles/data.ts'
import type { ProfileStore, StoredProfiles } from '../profiles/store.ts'
import { profileTypes } from '../rules/profile-agents.ts'
import { defaultAmong, profileUpdate } from '../rules/profile-updates.ts'
import type { ProfileCommand, ProfileInfo } from './border/profiles.ts'
import type { Id } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { ProfileBindings } from './profile-bindings.ts'
import type { ProfileConnections } from './profile-connections.ts'
import type { ProfileEntry, ProfileRecord } from './profile-entries.ts'
import { contactUserLength } from './profile-options.ts'
import type { Profiles } from './profiles.ts'
import type { Runtime } from './runtime.ts'

type Of<Type extends ProfileCommand['type']> = Extract<ProfileCommand, { type: Type }>

const infoOf = ({ id, fields, secrets }: StoredProfile): ProfileInfo => ({
  id,
  fields,
  secrets: (['registrarPassword', 'proxyPassword'] as const).filter(name => (secrets[name] ?? '') !== ''),
})

const failure = (cause: unknown): SipError =>
  isSipError(cause) ? cause : new SipError('storage', 'the store of profiles failed', { cause })

/** State of the machine of a profile. */
const standing = ({ actor }: ProfileEntry): string => {
  const { value } = actor.getSnapshot()
  return typeof value === 'string' ? value : Object.keys(value)[0]!
}

const usesOf = (entry: ProfileEntry | undefined): readonly Id[] =>
  entry ? (entry.actor.getSnapshot().context as { readonly uses: readonly Id[] }).uses : []

export class ProfileRegistry {
  readonly #runtime: Runtime
  readonly #store: ProfileStore
  readonly #profiles: Profiles
  readonly #bindings: ProfileBindings
  readonly #connections: ProfileConnections
  #defaultId: Id | undefined
  #ready = false
  #failed: SipError | undefined
  /** Who waits for the store to open. */
  #waiting: ((failed?: SipError) => void)[] = []
  #closed = false
  /** Changes are written one after the other. */
  #written: Promise<unknown> = Promise.resolve()
  /** Profiles on their way out, and who asked for it. */
  readonly #leaving = new Map<ProfileRecord, Id>()

  /** Who asked for the end of all, and the profiles that it waits for. */
  #closing: Id | undefined
  readonly #ending = new Set<ProfileEntry>()

  constructor(
    runtime: Runtime,
    store: ProfileStore,
    profiles: Profiles,
    bindings: ProfileBindings,
    connections: ProfileConnections,
  ) {
    this.#runtime = runtime
    this.#store = store
    this.#profiles = profiles
    this.#bindings = bindings
    this.#connections = connections
    profiles.onRemoved = record => this.#removed(record)
    store.open().then(
      stored => runtime.run(() => this.#opened(stored)),
      (error: unknown) =>
        runtime.run(() => {
          this.#failed = failure(error)
          runtime.born({ type: 'profilesFailed', error: this.#failed })
          this.#stand()
        }),
    )
  }

  readonly commands: Pick<Required<Handlers>, ProfileCommand['type']> = {
    'profiles.save': command => this.#save(command),
    'profiles.remove': command => this.#remove(command),
    'profiles.setDefault': ({ request, profile }) => {
      this.#find(profile)
      this.#write(request, async () => {
        await this.#store.setDefault(profile)
        return () => {
          this.#defaultId = profile
          this.#runtime.news({ type: 'profileChanged', profile, change: 'default', defaultId: profile })
        }
      })
    },
    'profiles.close': command => this.#close(command),
    'profile.enable': ({ id, profile }) => {
      const record = this.#find(profile)
      if (this.#profiles.uses.has(id)) throw new SipError('already-exists', 'this use is there already')
      if (usesOf(record.entry).length >= this.#runtime.limits.profileUsers)
        throw new SipError('in-use', 'too many use this profile already')
      this.#profiles.uses.set(id, record)
      this.#runtime.post(this.#profiles.actorOf(record), { type: 'tu.enable', use: id })
    },
    'profile.disable': ({ id }) => {
      const record = this.#profiles.uses.get(id)
      this.#profiles.uses.delete(id)
      this.#runtime.post(record?.entry, { type: 'tu.disable', use: id })
    },
    'profile.forceDisable': ({ profile }) =>
      this.#runtime.post(this.#profiles.actorOf(this.#find(profile)), { type: 'tu.forceDisable' }),
    'profile.retry': ({ id }) => {
      const entry = this.#used(id)
      if (!['delayed', 'waitingForNetwork'].includes(standing(entry)))
        throw new SipError('invalid-registration-state', 'the profile waits for nothing')
      this.#runtime.post(entry, { type: 'tu.retry' })
    },
    'profile.allowMigration': ({ id }) =>
      this.#runtime.post(this.#offered(id), { type: 'tu.allow', use: id }),
    'profile.disallowMigration': ({ id }) =>
      this.#runtime.post(this.#offered(id), { type: 'tu.disallow', use: id }),
  }

  #find(id: Id): ProfileRecord {
    if (this.#closed) throw new SipError('resource-not-available', 'the profiles are closed')
    if (!this.#ready) throw new SipError('not-ready', 'the store of profiles is not open yet')
    const record = this.#profiles.records.get(id)
    if (!record || record.removing) throw new SipError('not-found', `there is no profile ${id}`)
    return record
  }

  #used(use: Id): ProfileEntry {
    const entry = this.#profiles.uses.get(use)?.entry
    if (!entry) throw new SipError('resource-not-available', 'this use is over')
    return entry
  }

  #offered(use: Id): ProfileEntry {
    const entry = this.#used(use)
    const { offered } = entry.actor.getSnapshot().context as { readonly offered?: number }
    if (offered === undefined) throw new SipError('invalid-registration-state', 'no other network is offered')
    return entry
  }

  #opened({ profiles, bindings, defaultId, movedAside, unreadable }: StoredProfiles): void {
    const { records } = this.#profiles
    for (const stored of profiles) records.set(stored.id, { stored })
    for (const binding of bindings) {
      const record = records.get(binding.profile)
      if (record) record.binding = binding
    }
    this.#bindings.opened(bindings)
    this.#defaultId = defaultAmong(profiles, defaultId)
    this.#ready = true
    this.#runtime.born({
      type: 'profiles',
      profiles: profiles.map(infoOf),
      types: profileTypes(),
      ...(this.#defaultId !== undefined && { defaultId: this.#defaultId }),
      ...(movedAside && { movedAside }),
      ...(unreadable && { unreadable }),
    })
    for (const record of records.values()) this.#start(record)
    this.#stand()
  }

  /** Id of the default profile, when there is any. */
  get defaultId(): Id | undefined {
    return this.#defaultId
  }

  /** Runs when the store is open, at once if it is; `failed`: it never will be. */
  whenReady(task: (failed?: SipError) => void): void {
    if (this.#ready || this.#failed) task(this.#failed)
    else this.#waiting.push(task)
  }

  #stand(): void {
    for (const task of this.#waiting.splice(0)) task(this.#failed)
  }

  /** One that registers by itself does so. */
  #start(record: ProfileRecord): void {
    if (!this.#profiles.termsOf(record.stored.fields).autoRegister) return
    this.#runtime.post(this.#profiles.actorOf(record), { type: 'tu.start' })
  }

  #save({ request, profile, fields: given, secrets = {} }: Of<'profiles.save'>): void {
    const known = profile === undefined ? undefined : this.#find(profile)
    if (profile === undefined && (this.#closed || !this.#ready)) this.#find('')
    checkReadOnly(known?.stored.fields, given)
    const contactUser = known?.stored.fields.contactUser ?? this.#runtime.token().slice(0, contactUserLength)
    const fields = checkProfileFields({ ...given, contactUser })
    const checked = checkProfileSecrets(secrets)
    const { records } = this.#profiles
    const requireRoom = (): void => {
      if (!known && records.size >= this.#runtime.limits.profiles)
        throw new SipError('in-use', `there are ${records.size} profiles already`)
    }
    requireRoom()
    const id = profile ?? `profile-${this.#runtime.token().slice(0, 13)}`
    this.#write(
      request,
      async () => {
        // Others may have been made since it was asked for.
        requireRoom()
        const stored = { id, fields, secrets: keptSecrets(known?.stored.secrets ?? {}, checked) }
        const first = records.size === 0
        await this.#store.saveProfile(stored, first ? id : undefined)
        return () => this.#saved(known, stored, first)
      },
      id,
    )
  }

  #saved(known: ProfileRecord | undefined, stored: StoredProfile, first: boolean): void {
    if (known?.removing) return
    const { records } = this.#profiles
    const before = known?.stored.fields
    const record: ProfileRecord = known ?? { stored }
    record.stored = stored
    records.set(stored.id, record)
    if (first) this.#defaultId = stored.id
    this.#runtime.news({
      type: 'profileChanged',
      profile: stored.id,
      change: before ? 'updated' : 'created',
      info: infoOf(stored),
      ...(this.#defaultId !== undefined && { defaultId: this.#defaultId }),
    })
    const { entry } = record
    if (entry && before) {
      const update = profileUpdate(before, stored.fields)
      // Credentials and the like take the place of the old ones in silence.
      if (update === 'cosmetic') this.#profiles.refit(entry, false)
      this.#runtime.post(entry, { type: 'tu.save', update, terms: this.#profiles.termsOf(stored.fields) })
    } else this.#start(record)
  }

  #remove({ request, profile }: Of<'profiles.remove'>): void {
    const record = this.#find(profile)
    if (usesOf(record.entry).length > 0) throw new SipError('in-use', 'somebody uses the profile')
    record.removing = true
    this.#leaving.set(record, request)
    if (record.entry) this.#runtime.post(record.entry, { type: 'tu.remove' })
    else this.#removed(record)
  }

  /** It has let go of everything. */
  #removed(record: ProfileRecord): void {
    const request = this.#leaving.get(record)
    this.#leaving.delete(record)
    if (request === undefined) return
    const { records } = this.#profiles
    const { id } = record.stored
    this.#write(
      request,
      async () => {
        const others = [...records.values()].flatMap(({ stored }) => (stored.id === id ? [] : [stored]))
        const next = defaultAmong(others, this.#defaultId)
        await this.#store.removeProfile(id, next)
        return () => {
          records.delete(id)
          this.#defaultId = next
          this.#profiles.tell(record, { is: 'destroyed' }, [])
          this.#runtime.news({
            type: 'profileChanged',
            profile: id,
            change: 'removed',
            ...(next !== undefined && { defaultId: next }),
          })
        }
      },
      undefined,
      () => {
        delete record.removing
      },
    )
  }

  /** What the registration does not depend on has failed: told, and no more. */
  tellFault({ stored, entry }: ProfileRecord, cause: unknown): void {
    if (this.#closed) return
    const error = failure(cause)
    this.#runtime.news({ type: 'profileEvent', profile: stored.id, uses: usesOf(entry), is: 'error', error })
  }

  /** Writes, and tells what has become of it: what `change` gives is done when it stands in the store. */
  #write(request: Id, change: () => Promise<() => void>, profile?: Id, undone?: () => void): void {
    const runtime = this.#runtime
    const id = profile === undefined ? {} : { profile }
    this.#written = this.#written.then(change).then(
      stored =>
        runtime.run(() => {
          stored()
          runtime.news({ type: 'profileDone', request, ...id })
        }),
      (cause: unknown) =>
        runtime.run(() => {
          undone?.()
          runtime.news({ type: 'profileDone', request, error: failure(cause) })
        }),
    )
  }

  #close({ request, keep = false }: Of<'profiles.close'>): void {
    if (this.#closed) throw new SipError('resource-not-available', 'the profiles are closed')
    this.#closed = true
    const { records, uses } = this.#profiles
    if (keep) this.#profiles.abandon()
    else for (const { entry } of records.values()) this.#runtime.post(entry, { type: 'tu.close' })
    uses.clear()
    for (const { entry } of records.values()) if (entry) this.#ending.add(entry)
    this.#closing = request
    this.#runtime.afterwards(() => this.settle())
  }

  /** Goes on closing: when no profile is registered the connections go, then the store. */
  settle(): void {
    const request = this.#closing
    if (request === undefined) return
    for (const entry of this.#ending) {
      if (entry.alive && standing(entry) !== 'unregistered') return
      this.#ending.delete(entry)
    }
    const { all } = this.#connections
    if (all.length > 0) {
      for (const connection of all) this.#runtime.post(connection, { type: 'tu.close' })
      return
    }
    this.#closing = undefined
    this.#write(request, async () => {
      await this.#store.close()
      return () => {}
    })
  }
}
