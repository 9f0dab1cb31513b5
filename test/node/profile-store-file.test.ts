/** The file of profiles: where it is, who may read it, what becomes of an old, a broken, a foreign and a locked one. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sqliteProfileStore } from '../../src/node/index.ts'
import { type Database, driverOf } from '../../src/node/profile-store/driver.ts'
import { defaultPath } from '../../src/node/profile-store/file.ts'
import { bindingOf, fullProfile, smallProfile } from '../support/profile-data.ts'
import { drivers } from './support/profile-drivers.ts'

const fixture = join(import.meta.dirname, '..', 'fixtures', 'profiles', 'schema-1.db')
const root = mkdtempSync(join(tmpdir(), 'sipactor-file-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

const folderOf = (): string => {
  const folder = join(root, `${++count}`)
  mkdirSync(folder)
  return folder
}

describe.each(drivers)('the file of profiles, by %s', driver => {
  const place = (folder = folderOf()) => {
    const path = join(folder, 'profiles.db')
    return { folder, path, store: () => sqliteProfileStore({ path, driver }) }
  }

  /** A store with a full profile, a small one and a binding, closed. */
  const filled = async () => {
    const there = place()
    const store = there.store()
    await store.open()
    await store.saveProfile(smallProfile('small'))
    await store.saveProfile(fullProfile, fullProfile.id)
    await store.saveBinding(bindingOf(fullProfile.id, 42))
    await store.close()
    return there
  }
  const all = {
    profiles: [smallProfile('small'), fullProfile],
    bindings: [bindingOf(fullProfile.id, 42)],
    defaultId: fullProfile.id,
  }

  const look = async (store: ReturnType<typeof sqliteProfileStore>) => {
    const found = await store.open()
    await store.close()
    return found
  }

  /** Does something to a closed file with SQLite itself. */
  const tamper = async (path: string, change: (database: Database) => void) => {
    const database = (await driverOf(driver))(path)
    database.exec('pragma locking_mode = exclusive')
    change(database)
    database.close()
  }

  it('A profile file from the previous schema opens: nothing is lost, and it is of the current one then', async () => {
    const { path, store } = place()
    copyFileSync(fixture, path)
    copyFileSync(`${fixture}.key`, `${path}.key`)
    const tables = "select group_concat(name, ' ') as names from sqlite_master where type = 'table'"
    const before: unknown[] = []
    await tamper(path, database =>
      before.push(...database.all(tables), ...database.all('pragma user_version')),
    )
    expect(before).toEqual([{ names: 'profile binding setting' }, { user_version: 1 }])
    expect(await look(store())).toEqual(all)
    const after: unknown[] = []
    await tamper(path, database =>
      after.push(...database.all(tables), ...database.all('pragma user_version')),
    )
    expect(after).toEqual([{ names: 'profile binding setting secret' }, { user_version: 2 }])
    expect(await look(store())).toEqual(all)
  })

  it('leaves a file of a newer schema, and one of another program, as they are', async () => {
    const newer = await filled()
    await tamper(newer.path, database => database.exec('pragma user_version = 99'))
    await expect(newer.store().open()).rejects.toMatchObject({ code: 'not-supported' })
    const foreign = place()
    await tamper(foreign.path, database => database.exec('create table theirs (it text)'))
    await expect(foreign.store().open()).rejects.toMatchObject({ code: 'not-supported' })
    for (const { folder } of [newer, foreign]) {
      expect(readdirSync(folder).filter(name => /corrupt|lock/.test(name))).toEqual([])
    }
  })

  it('moves a file that is no database aside, tells it, and never wipes it', async () => {
    const { folder, path, store } = place()
    const junk = 'this is no database\n'.repeat(500)
    writeFileSync(path, junk)
    const opened = store()
    const found = await opened.open()
    expect(found).toMatchObject({ profiles: [], bindings: [], movedAside: { path: expect.any(String) } })
    const { path: aside, reason } = found.movedAside!
    expect(aside).toMatch(/profiles\.db\.corrupt-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+Z$/)
    expect(reason).toMatch(/not a database/)
    expect(readFileSync(aside, 'utf8')).toBe(junk)
    await opened.saveProfile(smallProfile('a'))
    await opened.close()
    expect(await look(store())).toEqual({ profiles: [smallProfile('a')], bindings: [], defaultId: 'a' })
    expect(readdirSync(folder).filter(name => name.includes('corrupt'))).toHaveLength(1)
  })

  it('moves a damaged database aside, wherever it is damaged', async () => {
    const { path: sound } = await filled()
    const bytes = readFileSync(sound)
    const pages = bytes.length / 4096
    for (let page = 0; page < pages; page += 1) {
      const { path, store } = place()
      const broken = Buffer.from(bytes)
      broken.fill(0xa5, page * 4096, page * 4096 + 4096)
      writeFileSync(path, broken)
      copyFileSync(`${sound}.key`, `${path}.key`)
      const found = await look(store())
      expect(found.movedAside, `page ${page}`).toBeDefined()
      expect(readFileSync(found.movedAside!.path)).toEqual(broken)
      expect(found.profiles).toEqual([])
    }
    const { path, store } = place()
    copyFileSync(sound, path)
    truncateSync(path, bytes.length - 4096)
    expect((await look(store())).movedAside).toBeDefined()
  })

  it('gives the other profiles when the row of one cannot be read, and tells which', async () => {
    const { path, store } = await filled()
    await tamper(path, database =>
      database.run('update profile set fields = ? where id = ?', '{"aors":[]}', 'small'),
    )
    const found = await look(store())
    expect(found.profiles).toEqual([fullProfile])
    expect(found.unreadable).toEqual([{ id: 'small', what: 'profile', reason: 'a profile needs an AOR' }])
    expect(found.movedAside).toBeUndefined()
  })

  it('a binding that cannot be read is left out, and costs nothing else', async () => {
    const { path, store } = await filled()
    for (const data of ['{', 'null', '7']) {
      await tamper(path, database =>
        database.run(
          'insert into binding (profile, data) values (?, ?) on conflict (profile) do update set data = excluded.data',
          fullProfile.id,
          data,
        ),
      )
      const found = await look(store())
      expect(found.profiles).toHaveLength(2)
      expect(found.bindings.map(({ profile }) => profile)).not.toContain(fullProfile.id)
      expect(found.movedAside).toBeUndefined()
    }
  })

  it('keeps passwords sealed: none is in any file beside it', async () => {
    const { folder, store } = place()
    const open = store()
    await open.open()
    await open.saveProfile(fullProfile)
    const files = () =>
      readdirSync(folder)
        .map(name => join(folder, name))
        .filter(name => statSync(name).isFile())
    const clear = () =>
      files().filter(name => {
        const bytes = readFileSync(name)
        return bytes.includes('correct horse') || bytes.includes('staple')
      })
    expect(files().length).toBeGreaterThan(2)
    for (const name of files()) expect(statSync(name).mode & 0o077, name).toBe(0)
    expect(clear()).toEqual([])
    await open.close()
    expect(clear()).toEqual([])
  })

  it('takes a key that others may read from them', async () => {
    const { path, store } = await filled()
    chmodSync(`${path}.key`, 0o644)
    expect(await look(store())).toEqual(all)
    expect(statSync(`${path}.key`).mode & 0o777).toBe(0o600)
  })

  it('without its key gives all but the passwords, and keeps those until there are others', async () => {
    const { path, store } = await filled()
    const key = readFileSync(`${path}.key`)
    rmSync(`${path}.key`)
    const without = store()
    const found = await without.open()
    expect(found.profiles).toEqual([smallProfile('small'), { ...fullProfile, secrets: {} }])
    expect(found.unreadable).toEqual([
      {
        id: fullProfile.id,
        what: 'secrets',
        reason: expect.stringMatching(/^sealed with the key \w+, not with/),
      },
    ])
    // A change of the rest does not cost the passwords.
    await without.saveProfile({ ...fullProfile, secrets: {} })
    await without.close()
    const second = readFileSync(`${path}.key`)
    writeFileSync(`${path}.key`, key)
    expect((await look(store())).profiles[1]).toEqual(fullProfile)
    writeFileSync(`${path}.key`, second)
    const anew = store()
    await anew.open()
    await anew.saveProfile(fullProfile)
    await anew.close()
    expect(await look(store())).toEqual(all)
  })

  it('does not open what was sealed for one profile as the passwords of another', async () => {
    const { path, store } = await filled()
    await tamper(path, database => database.exec("update secret set profile = 'small'"))
    const found = await look(store())
    expect(found.profiles.map(({ secrets }) => secrets)).toEqual([{}, {}])
    expect(found.unreadable).toMatchObject([{ id: 'small', what: 'secrets' }])
  })

  it('moves a key of the wrong length aside', async () => {
    const { folder, path, store } = await filled()
    writeFileSync(`${path}.key`, 'short')
    expect((await look(store())).unreadable).toHaveLength(1)
    const [aside] = readdirSync(folder).filter(name => name.startsWith('profiles.db.key.corrupt-'))
    expect(readFileSync(join(folder, aside!), 'utf8')).toBe('short')
  })

  it('is open in one place at a time: the second gets `in-use`, and may have it afterwards', async () => {
    const { store } = await filled()
    const [first, second] = [store(), store()]
    await first.open()
    await expect(second.open()).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(`${process.pid}`),
    })
    await first.saveProfile(smallProfile('more'))
    await first.close()
    expect((await second.open()).profiles).toHaveLength(3)
    await second.close()
  })

  it('takes over from a process that is gone, also from one whose number another one has', async () => {
    const { folder, path, store } = await filled()
    const host = encodeURIComponent(hostname())
    // No number is as high; and this process did not begin at tick 1.
    for (const left of [`${host}~99999999~7~1`, `${host}~${process.pid}~1~1`, `${host}~${process.ppid}~1~1`])
      writeFileSync(`${path}.lock~${left}`, '')
    // What node-sqlite3-wasm leaves behind when it is killed.
    mkdirSync(`${path}.lock`)
    expect(await look(store())).toEqual(all)
    expect(readdirSync(folder).sort()).toEqual(['profiles.db', 'profiles.db.key'])
  })

  it('believes a process of another host for as long as it gives signs of life', async () => {
    const { path, store } = await filled()
    const theirs = `${path}.lock~elsewhere~1~1~1`
    writeFileSync(theirs, '')
    await expect(store().open()).rejects.toMatchObject({ code: 'in-use' })
    const before = Date.now() / 1000 - 60
    utimesSync(theirs, before, before)
    expect(await look(store())).toEqual(all)
    expect(existsSync(theirs)).toBe(false)
  })

  it('tells what the system refuses as `storage`, and can be opened when that has passed', async () => {
    const folder = folderOf()
    writeFileSync(join(folder, 'file'), '')
    const { store } = place(join(folder, 'file'))
    const one = store()
    await expect(one.open()).rejects.toMatchObject({ code: 'storage' })
    rmSync(join(folder, 'file'))
    expect((await one.open()).profiles).toEqual([])
    await one.close()
  })
})

describe('where profiles are', () => {
  it('is a folder of each user’s state', () => {
    expect(defaultPath({ XDG_STATE_HOME: '/state', HOME: '/home/a' }, 'linux')).toBe(
      '/state/sipactor/profiles.db',
    )
    expect(defaultPath({ HOME: '/home/a' }, 'linux')).toBe('/home/a/.local/state/sipactor/profiles.db')
    expect(defaultPath({ LOCALAPPDATA: 'C:/L' }, 'win32')).toBe(join('C:/L', 'sipactor', 'profiles.db'))
  })

  it('refuses what is no name of a file, and no driver', () => {
    for (const path of ['', 'a\0b', 7]) {
      expect(() => sqliteProfileStore({ path: path as string })).toThrow(
        expect.objectContaining({ code: 'argument' }),
      )
    }
    expect(() => sqliteProfileStore({ driver: 'oracle' as 'wasm' })).toThrow(/node or wasm/)
  })

  it.skipIf(drivers.includes('node'))('has no driver `node` where Node has no SQLite', async () => {
    const store = sqliteProfileStore({ path: join(folderOf(), 'p.db'), driver: 'node' })
    await expect(store.open()).rejects.toMatchObject({ code: 'not-supported' })
  })
})
