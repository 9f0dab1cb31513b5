/**
 * `bench profile-store`: what the store of profiles costs by each driver, and 200 processes (or `--kills N`) killed by
 * SIGKILL while they write. `node` runs under a newer Node where this one has no SQLite of its own.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chosen, median, spread } from './lib/rounds.mjs'
import { killWriters } from './lib/store-kills.mjs'

const program = fileURLToPath(new URL('lib/profile-store-subject.mjs', import.meta.url))
const module = fileURLToPath(new URL('../dist/src/node/profile-store/store.js', import.meta.url))

/** A Node that has node:sqlite: this one, else what npx gives. */
const newerNode = () => {
  if (process.getBuiltinModule?.('node:sqlite')) return process.execPath
  const { status, stdout } = spawnSync('npx', ['-y', 'node@24', '-p', 'process.execPath'], {
    encoding: 'utf8',
  })
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined
}

/** Bench, key of the subject's answer, unit, what it is. */
const figures = [
  ['profile-store.write', 'write', 'ms', 'a profile alone, until it is on the disk'],
  ['profile-store.batch', 'batch', 'µs/profile', '1,000 asked for at once'],
  ['profile-store.open', 'open', 'ms', 'opened, checked and read: 10,000 profiles with a binding each'],
  ['profile-store.size', 'size', 'B/profile', 'of the file'],
]

const measure = (node, driver, report, rounds) => {
  const results = []
  for (let round = 0; round < rounds; round++) {
    const { status, stdout, stderr } = spawnSync(node, [program, module, driver], { encoding: 'utf8' })
    if (status !== 0) return report.fail('profile-store', driver, stderr.trim().split('\n').at(-1))
    results.push(JSON.parse(stdout))
  }
  for (const [bench, key, unit, what] of figures) {
    const values = results.map(result => result[key])
    report.add(bench, driver, median(values), unit, [what, spread(values)].filter(Boolean).join('; '))
  }
}

export const run = async ({ subjects, rounds = 3, kills = 200 }, report) => {
  for (const driver of chosen(['wasm', 'node'], subjects)) {
    report.say(`profile-store: ${driver} …`)
    const node = driver === 'wasm' ? process.execPath : newerNode()
    if (node === undefined) {
      report.miss('profile-store', driver, 'this Node has no node:sqlite, and npx gave no newer one')
      continue
    }
    measure(node, driver, report, rounds)
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-bench-'))
    try {
      const { writes } = await killWriters({ node, module, path: join(folder, 'profiles.db'), driver, kills })
      report.add(
        'profile-store.kills',
        driver,
        kills,
        'kills',
        `${writes} writes confirmed, nothing lost or half written`,
      )
    } catch (error) {
      report.fail('profile-store.kills', driver, error.message)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
