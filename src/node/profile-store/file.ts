/** The file of a store: where it is by default, how it is opened, and what becomes of one that cannot be read. */
import { closeSync, existsSync, openSync, renameSync, rmdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { MovedAside } from '../../profiles/store.ts'
import { type Database, type Driver, saysCorrupt } from './driver.ts'
import { migrate } from './schema.ts'

/** One store for each user: state that is not worth sharing between machines. */
export const defaultPath = (env: NodeJS.ProcessEnv = process.env, platform = process.platform): string => {
  const home = env.HOME ?? homedir()
  const folder =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : env.XDG_STATE_HOME || join(home, '.local', 'state')
  return join(folder, 'sipactor', 'profiles.db')
}

/** Moves a file out of the way, under a name that says when and that nothing else has. Returns it. */
export const moveAside = (path: string, companions: readonly string[] = []): string => {
  const stem = `${path}.corrupt-${new Date().toISOString().replaceAll(':', '-')}`
  let aside = stem
  for (let count = 2; existsSync(aside); count += 1) aside = `${stem}-${count}`
  renameSync(path, aside)
  for (const suffix of companions) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  }
  return aside
}

/** A folder that node-sqlite3-wasm locks by, and leaves behind when it is killed. We hold our own lock by now. */
const dropLeftLock = (path: string): void => {
  try {
    rmdirSync(`${path}.lock`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** What is read of a database once it is open. */
type Reader<Content> = (database: Database) => Content

const openSound = <Content>(path: string, driver: Driver, reader: Reader<Content>) => {
  // SQLite would make it for everybody to read.
  closeSync(openSync(path, 'a', 0o600))
  const database = driver(path)
  try {
    // Exclusive before anything is read: node-sqlite3-wasm has no shared memory, which WAL needs otherwise.
    database.exec('pragma locking_mode = exclusive')
    database.exec('pragma journal_mode = wal')
    // A commit is on the disk when it returns: it outlives the power as well as the process.
    database.exec('pragma synchronous = full')
    database.exec('pragma foreign_keys = on')
    const [check] = database.all('pragma quick_check(1)')
    const said = String(Object.values(check ?? {})[0])
    if (said !== 'ok') throw new Error(`malformed: ${said}`)
    migrate(database)
    return { database, content: reader(database) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens a store. One that cannot be read is moved aside with all that belongs to it, and an empty one begun. */
export const openFile = <Content>(path: string, driver: Driver, reader: Reader<Content>) => {
  dropLeftLock(path)
  try {
    return openSound(path, driver, reader)
  } catch (error) {
    if (!saysCorrupt(error)) throw error
    const movedAside: MovedAside = {
      path: moveAside(path, ['-wal', '-shm', '-journal']),
      reason: (error as Error).message,
    }
    dropLeftLock(path)
    return { ...openSound(path, driver, reader), movedAside }
  }
}
