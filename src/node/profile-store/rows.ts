/** Profiles and bindings as rows. Everything here runs within a transaction of the caller. */
import { SipError } from '../../errors.ts'
import { checkProfileFields } from '../../profiles/check.ts'
import type { ProfileFields, ProfileSecrets, StoredBinding, StoredProfile } from '../../profiles/data.ts'
import { type StoredProfiles, theDefault, type UnreadableProfile } from '../../profiles/store.ts'
import type { Database, Row } from './driver.ts'
import type { Sealer } from './seal.ts'

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** None when it cannot be read: its registration begins anew. */
const bindingOf = (data: unknown): StoredBinding[] => {
  try {
    const binding: unknown = JSON.parse(data as string)
    return typeof binding === 'object' && binding !== null ? [binding as StoredBinding] : []
  } catch {
    return []
  }
}

export class Rows {
  readonly #database: Database
  readonly #sealer: Sealer
  /** Profiles whose secrets no key of ours opens: they stay as they are until there are others. */
  readonly #sealed = new Set<string>()

  constructor(database: Database, sealer: Sealer) {
    this.#database = database
    this.#sealer = sealer
  }

  read(): StoredProfiles {
    const unreadable: UnreadableProfile[] = []
    const profiles = this.#database
      .all(
        `select id, fields, key, sealed from profile left join secret on secret.profile = profile.id
         order by profile.rowid`,
      )
      .flatMap(row => this.#profile(row, unreadable))
    const there = new Set(profiles.map(({ id }) => id))
    const bindings = this.#database
      .all('select data from binding order by rowid')
      .flatMap(({ data }) => bindingOf(data))
      .filter(({ profile }) => there.has(profile))
    const [chosen] = this.#database.all("select value from setting where name = 'default'")
    const defaultId = theDefault(profiles, chosen?.value as string | undefined)
    return {
      profiles,
      bindings,
      ...(defaultId !== undefined && { defaultId }),
      ...(unreadable.length > 0 && { unreadable }),
    }
  }

  #profile(row: Row, unreadable: UnreadableProfile[]): StoredProfile[] {
    const id = row.id as string
    let fields: ProfileFields
    try {
      fields = checkProfileFields(JSON.parse(row.fields as string))
    } catch (error) {
      unreadable.push({ id, what: 'profile', reason: reasonOf(error) })
      return []
    }
    let secrets: ProfileSecrets = {}
    try {
      if (row.sealed instanceof Uint8Array) secrets = this.#sealer.open(id, row.sealed)
    } catch (error) {
      this.#sealed.add(id)
      const other = row.key !== null && row.key !== this.#sealer.keyId
      const reason = other
        ? `sealed with the key ${String(row.key)}, not with ${this.#sealer.keyId}`
        : reasonOf(error)
      unreadable.push({ id, what: 'secrets', reason })
    }
    return [{ id, fields, secrets }]
  }

  saveProfile({ id, fields, secrets }: StoredProfile, asDefault?: string): void {
    if (asDefault !== undefined && asDefault !== id) this.#need(asDefault)
    this.#database.run(
      'insert into profile (id, fields) values (?, ?) on conflict (id) do update set fields = excluded.fields',
      id,
      JSON.stringify(fields),
    )
    this.#saveSecrets(id, secrets)
    if (asDefault !== undefined) this.#setDefault(asDefault)
  }

  #saveSecrets(id: string, secrets: ProfileSecrets): void {
    const some = Object.keys(secrets).length > 0
    if (!some && this.#sealed.has(id)) return
    this.#database.run('delete from secret where profile = ?', id)
    if (some)
      this.#database.run(
        'insert into secret (profile, key, sealed) values (?, ?, ?)',
        id,
        this.#sealer.keyId,
        this.#sealer.seal(id, secrets),
      )
    this.#sealed.delete(id)
  }

  removeProfile(id: string, newDefault?: string): void {
    this.#need(id)
    if (newDefault !== undefined) {
      if (newDefault === id)
        throw new SipError('not-found', `the profile ${id} is removed: it cannot be the default`)
      this.#need(newDefault)
    }
    for (const table of ['binding', 'secret'])
      this.#database.run(`delete from ${table} where profile = ?`, id)
    this.#database.run('delete from profile where id = ?', id)
    this.#sealed.delete(id)
    if (newDefault !== undefined) this.#setDefault(newDefault)
  }

  setDefault(id: string): void {
    this.#need(id)
    this.#setDefault(id)
  }

  saveBinding(binding: StoredBinding): void {
    this.#need(binding.profile)
    this.#database.run(
      'insert into binding (profile, data) values (?, ?) on conflict (profile) do update set data = excluded.data',
      binding.profile,
      JSON.stringify(binding),
    )
  }

  removeBinding(profile: string): void {
    this.#database.run('delete from binding where profile = ?', profile)
  }

  #setDefault(id: string): void {
    this.#database.run(
      "insert into setting (name, value) values ('default', ?) on conflict (name) do update set value = excluded.value",
      id,
    )
  }

  /** Throws `not-found` before anything has changed. */
  #need(id: string): void {
    if (this.#database.all('select 1 from profile where id = ?', id).length === 0)
      throw new SipError('not-found', `there is no profile ${id}`)
  }
}
