/** Processes that are killed while they write profiles leave nothing half written, and nothing that was confirmed is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killWriters } from '../../bench/lib/store-kills.mjs'
import { drivers } from './support/profile-drivers.ts'

const project = resolve(import.meta.dirname, '../..')
const stores = mkdtempSync(join(tmpdir(), 'sipactor-kills-'))
// Within the project: it imports node-sqlite3-wasm by name.
const built = mkdtempSync(join(project, 'node_modules', '.store-'))

beforeAll(async () => {
  await build({
    root: project,
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: join(project, 'src/node/profile-store/store.ts'),
      outDir: built,
      rolldownOptions: { output: { entryFileNames: 'store.mjs' } },
    },
  })
})
afterAll(() => {
  for (const folder of [stores, built]) rmSync(folder, { recursive: true, force: true })
})

describe.each(drivers)('the store of profiles, by %s', driver => {
  it('survives 50 kills while it writes', async () => {
    // Two at a time, each over a store of its own.
    const results = await Promise.all(
      [1, 2].map(seed =>
        killWriters({
          module: join(built, 'store.mjs'),
          path: join(stores, `${driver}-${seed}`, 'profiles.db'),
          driver,
          kills: 25,
          seed,
        }),
      ),
    )
    for (const { writes } of results) expect(writes).toBeGreaterThan(25)
  }, 120_000)
})
