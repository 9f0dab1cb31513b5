import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sqliteProfileStore } from '../../src/node/index.ts'
import { profileStoreContract } from '../support/profile-store-contract.ts'
import { drivers } from './support/profile-drivers.ts'

const folder = mkdtempSync(join(tmpdir(), 'sipactor-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

for (const driver of drivers) {
  profileStoreContract(`SQLite by ${driver}`, {
    fresh: () => {
      const path = join(folder, `${driver}-${++count}`, 'profiles.db')
      const same = () => sqliteProfileStore({ path, driver })
      return { store: same(), same }
    },
  })
}
