/** The tables of a store, from the first version on. A step is never changed once it was released: a new one follows. */
import { SipError } from '../../errors.ts'
import type { Database } from './driver.ts'

/** What leads from the version of its place in the list to the next. */
const steps: readonly string[] = [
  `create table profile (id text primary key, fields text not null, secrets blob);
   create table binding (
     profile text primary key references profile (id) on delete cascade, data text not null);
   create table setting (name text primary key, value text not null)`,
  // Passwords apart from all else, with the key they are sealed with: null where that is not known.
  `create table secret (
     profile text primary key references profile (id) on delete cascade, key text, sealed blob not null);
   insert into secret (profile, sealed) select id, secrets from profile where secrets is not null;
   alter table profile drop column secrets`,
]

/** `sipa`: whose file it is. */
const applicationId = 0x73697061

const numberOf = (database: Database, pragma: string): number => {
  const [row] = database.all(`pragma ${pragma}`)
  return Number(Object.values(row ?? {})[0])
}

/** Brings a database to the current version, in one transaction. Throws `not-supported` for what a newer sipactor or another program wrote. */
export const migrate = (database: Database): void => {
  const version = numberOf(database, 'user_version')
  const owner = numberOf(database, 'application_id')
  const tables = database.all("select name from sqlite_master where type = 'table'").length
  if (owner !== applicationId && (owner !== 0 || tables > 0))
    throw new SipError('not-supported', 'it is the database of another program')
  if (version > steps.length)
    throw new SipError(
      'not-supported',
      `its schema ${version} is newer than this program, which knows ${steps.length}`,
    )
  if (version === steps.length) return
  database.exec('begin immediate')
  try {
    for (const step of steps.slice(version)) database.exec(step)
    database.exec(`pragma application_id = ${applicationId}`)
    database.exec(`pragma user_version = ${steps.length}`)
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}
