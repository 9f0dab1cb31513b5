/** Kamailio as a presence server, with its tables in a file of SQLite. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { onTestFinished } from 'vitest'
import { type Kamailio, kamailio } from './kamailio.ts'
import { host } from './party.ts'
import { freePort } from './ports.ts'

/** Where Kamailio's own tables are described. */
const tables = (name: string): string => {
  const folder = ['/usr/share', '/usr/local/share']
    .map(share => join(share, 'kamailio/db_sqlite'))
    .find(existsSync)
  if (!folder) throw new Error('the tables of kamailio-sqlite-modules are missing')
  return readFileSync(join(folder, `${name}-create.sql`), 'utf8')
}

/** Starts it for the test that runs. */
export const presenceServer = async (): Promise<Kamailio> => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-presence-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'presence.db')
  const database = new sqlite.Database(file)
  try {
    for (const name of ['standard', 'presence']) database.exec(tables(name))
  } finally {
    database.close()
  }
  const port = await freePort()
  const define = [`DB_URL="sqlite:///${file}"`, `SELF="sip:${host}:${port}"`]
  return kamailio({ port, config: 'presence', define })
}
