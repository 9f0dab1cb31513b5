/** Profiles in an SQLite file. */
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isSipError, SipError } from '../../errors.ts'
import type { StoredBinding, StoredProfile } from '../../profiles/data.ts'
import type { ProfileStore, StoredProfiles } from '../../profiles/store.ts'
import { type Database, type DriverName, driverOf } from './driver.ts'
import { defaultPath, moveAside, openFile } from './file.ts'
import { type Lock, lock } from './lock.ts'
import { Rows } from './rows.ts'
import { keyOf, sealer } from './seal.ts'

/** Options of {@link sqliteProfileStore}. */
export interface ProfileStoreOptions {
  /**
   * The file. Its key (`<path>.key`, mode 0600) and its locks lie beside it, in a folder that is made when there is none. Default:
   * `sipactor/profiles.db` in `$XDG_STATE_HOME`, else in `~/.local/state`; on Windows in `%LOCALAPPDATA%`.
   */
  readonly path?: string
  /**
   * `node`: `node:sqlite`, which Node has since 22.13. `wasm`: node-sqlite3-wasm, three times slower and everywhere. Both
   * write the same file. Default: `node` where it is there.
   */
  readonly driver?: DriverName
}

/** Most writes in one transaction: about 5 ms, in which the event loop waits. */
const together = 50

interface Opened {
  readonly database: Database
  readonly rows: Rows
  readonly lock: Lock
}

interface Write {
  readonly work: (rows: Rows) => void
  readonly done: () => void
  readonly failed: (error: SipError) => void
}

const told = (error: unknown, path: string): SipError =>
  isSipError(error)
    ? error
    : new SipError('storage', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })

class SqliteStore implements ProfileStore {
  readonly #path: string
  readonly #driver: DriverName | undefined
  #opened: Opened | undefined
  #busy = false
  #writes: Write[] = []

  constructor(path: string, driver: DriverName | undefined) {
    this.#path = path
    this.#driver = driver
  }

  async open(): Promise<StoredProfiles> {
    if (this.#busy || this.#opened) throw new SipError('in-use', `${this.#path} is open already`)
    this.#busy = true
    try {
      return this.#open(await driverOf(this.#driver))
    } catch (error) {
      throw told(error, this.#path)
    } finally {
      this.#busy = false
    }
  }

  #open(driver: Awaited<ReturnType<typeof driverOf>>): StoredProfiles {
    const path = this.#path
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const held = lock(path)
    try {
      const seals = sealer(keyOf(`${path}.key`, moveAside))
      const { database, content, ...rest } = openFile(path, driver, database => {
        const rows = new Rows(database, seals)
        return { rows, stored: rows.read() }
      })
      this.#opened = { database, rows: content.rows, lock: held }
      return { ...content.stored, ...rest }
    } catch (error) {
      held.release()
      throw error
    }
  }

  saveProfile(profile: StoredProfile, asDefault?: string): Promise<void> {
    return this.#write(rows => rows.saveProfile(profile, asDefault))
  }

  removeProfile(id: string, newDefault?: string): Promise<void> {
    return this.#write(rows => rows.removeProfile(id, newDefault))
  }

  setDefault(id: string): Promise<void> {
    return this.#write(rows => rows.setDefault(id))
  }

  saveBinding(binding: StoredBinding): Promise<void> {
    return this.#write(rows => rows.saveBinding(binding))
  }

  removeBinding(profile: string): Promise<void> {
    return this.#write(rows => rows.removeBinding(profile))
  }

  async close(): Promise<void> {
    const opened = this.#opened
    if (!opened) return
    while (this.#writes.length > 0) this.#flush()
    this.#opened = undefined
    try {
      opened.database.close()
    } catch (error) {
      throw told(error, this.#path)
    } finally {
      opened.lock.release()
    }
  }

  /** What is asked for within one turn of the event loop becomes one transaction: one wait for the disk. */
  #write(work: (rows: Rows) => void): Promise<void> {
    return new Promise((done, failed) => {
      if (!this.#opened) {
        failed(new SipError('not-ready', `${this.#path} is not open`))
        return
      }
      if (this.#writes.push({ work, done, failed }) === 1) this.#flushSoon()
    })
  }

  #flushSoon(): void {
    setImmediate(() => {
      this.#flush()
      if (this.#writes.length > 0) this.#flushSoon()
    })
  }

  #flush(): void {
    if (!this.#opened || this.#writes.length === 0) return
    const writes = this.#writes.splice(0, together)
    const { database, rows } = this.#opened
    const refused = new Map<Write, SipError>()
    try {
      database.exec('begin immediate')
      for (const write of writes) {
        try {
          write.work(rows)
        } catch (error) {
          // Refused before it has changed anything; the others are not to suffer for it.
          if (!isSipError(error)) throw error
          refused.set(write, error)
        }
      }
      database.exec('commit')
    } catch (error) {
      this.#undo(database)
      for (const { failed } of writes) failed(told(error, this.#path))
      return
    }
    for (const write of writes) {
      const error = refused.get(write)
      if (error) write.failed(error)
      else write.done()
    }
  }

  #undo(database: Database): void {
    try {
      database.exec('rollback')
    } catch {
      // SQLite has done so itself, as it does when a disk is full.
    }
  }
}

/**
 * Profiles in an SQLite file of their own, for `createSip({ profiles: { store } })`: profiles with passwords sealed (AES-256-GCM),
 * and the bindings by which a restarted engine goes on with its registrations. One process at a time has it: another one
 * that opens it gets `in-use`. What is not readable is moved aside as `<path>.corrupt-<time>`, told by `open`, and never wiped.
 *
 * Opens nothing before the engine does.
 *
 * @example
 * import { createSip } from 'sipactor'
 * import { node, sqliteProfileStore } from 'sipactor/node'
 * const sip = createSip({ platform: node(), profiles: { store: sqliteProfileStore() } })
 */
export const sqliteProfileStore = (options: ProfileStoreOptions = {}): ProfileStore => {
  const { path = defaultPath(), driver } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new SipError('argument', 'path must be the name of a file')
  if (driver !== undefined && driver !== 'node' && driver !== 'wasm')
    throw new SipError('argument', 'driver must be node or wasm')
  return new SqliteStore(resolve(path), driver)
}
