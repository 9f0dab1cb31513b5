/** SQLite as the store needs it, by whichever driver this Node has. */
import { SipError } from '../../errors.ts'

/** What may stand in a column. */
export type Value = string | number | Uint8Array | null
/** A row by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/** An open database. Everything throws what SQLite says. */
export interface Database {
  /** Statements without values or rows. */
  exec(sql: string): void
  all(sql: string, ...values: readonly Value[]): readonly Row[]
  run(sql: string, ...values: readonly Value[]): void
  close(): void
}

/** `node`: `node:sqlite`, in Node since 22.13. `wasm`: node-sqlite3-wasm, which runs everywhere. */
export type DriverName = 'node' | 'wasm'

/** Opens a file, and makes it when there is none. */
export type Driver = (path: string) => Database

/** The part of `node:sqlite` that is used, as the types of the oldest Node that we support know nothing of it. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void
    prepare(sql: string): {
      all(...values: readonly Value[]): Row[]
      run(...values: readonly Value[]): unknown
    }
    close(): void
  }
}

const builtin = (): NodeSqlite | undefined =>
  process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as NodeSqlite | undefined

/** True where Node has SQLite of its own. */
export const hasNodeSqlite = (): boolean => builtin() !== undefined

const nodeDriver = ({ DatabaseSync }: NodeSqlite): Driver => {
  return path => {
    const database = new DatabaseSync(path)
    return {
      exec: sql => database.exec(sql),
      all: (sql, ...values) => database.prepare(sql).all(...values),
      run: (sql, ...values) => void database.prepare(sql).run(...values),
      close: () => database.close(),
    }
  }
}

const wasmDriver = async (): Promise<Driver> => {
  // Loaded when it is needed: compiling it takes 25 ms.
  const { default: sqlite } = await import('node-sqlite3-wasm')
  return path => {
    const database = new sqlite.Database(path)
    return {
      exec: sql => database.exec(sql),
      all: (sql, ...values) => database.all(sql, [...values]),
      run: (sql, ...values) => void database.run(sql, [...values]),
      close: () => database.close(),
    }
  }
}

/** The driver of a name; by default that of Node where there is one. Rejects with `not-supported` for one that is not here. */
export const driverOf = async (name?: DriverName): Promise<Driver> => {
  const sqlite = name === 'wasm' ? undefined : builtin()
  if (sqlite) return nodeDriver(sqlite)
  if (name === 'node') throw new SipError('not-supported', `Node ${process.version} has no node:sqlite`)
  return wasmDriver()
}

/** True when SQLite says that a file is none of its own, or is damaged. */
export const saysCorrupt = (error: unknown): boolean =>
  error instanceof Error && /not a database|malformed|corrupt/i.test(error.message)
