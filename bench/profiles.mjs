/**
 * `bench profiles`: what a profile costs, stored and nobody using it, and enabled and registered; 10,000 of them (or
 * `--bindings N`) in one engine, on one connection, in virtual time.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, spread } from './lib/rounds.mjs'

const program = fileURLToPath(new URL('lib/profiles-subject.mjs', import.meta.url))

/** Bench, key of the subject's answer, unit, what it is. */
const figures = [
  ['profiles.stored', 'stored', 'B/profile', 'that nobody uses: its fields and passwords, in engine and API'],
  [
    'profiles.enabled',
    'enabled',
    'B/profile',
    'on top of that when it is registered, with the handle of its use',
  ],
  ['profiles.later', 'later', 'B/profile', 'the same an hour and a refresh later'],
  ['profiles.refresh', 'refresh', 'µs/refresh', 'CPU'],
]

export const run = async ({ subjects, rounds = 1, bindings = 10_000 }, report) => {
  if (subjects !== undefined && !subjects.includes('sipactor')) return
  const results = []
  for (let round = 0; round < rounds; round++) {
    report.say('profiles: sipactor …')
    const args = ['--expose-gc', '--max-old-space-size=4096', program, String(bindings)]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (stdout !== '') results.push(JSON.parse(stdout))
    if (status === 0) continue
    const reason = stderr.split('\n').find(line => line.includes('Error')) ?? `not all registered: ${stdout}`
    return report.fail('profiles', 'sipactor', reason)
  }
  for (const [bench, key, unit, what] of figures) {
    const values = results.map(result => result[key])
    report.add(bench, 'sipactor', median(values), unit, [what, spread(values)].filter(Boolean).join('; '))
  }
}
