/**
 * `bench registrations`: 100,000 bindings (or `--bindings N`) in one process, each renewed by itself, at a registrar
 * without sockets and in virtual time; an hour of it is measured. The package `sip` has neither registrations nor
 * refreshes, so it has no row.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, spread } from './lib/rounds.mjs'

const program = fileURLToPath(new URL('lib/registrations-subject.mjs', import.meta.url))

/** Bench, key of the subject's answer, unit, what it is. */
const figuresOf = bindings => [
  [
    'registrations',
    'bytes',
    'B/binding',
    `kept of each of ${bindings.toLocaleString('en')}, Call-ID, machines and handle included`,
  ],
  ['registrations.refresh', 'cpu', 'µs/refresh', 'CPU'],
  [
    'registrations.held',
    'p99',
    'ms',
    '99 % of the time, for 100 ms of virtual time: what an event loop would wait',
  ],
  ['registrations.refreshes', 'refreshes', '', 'in an hour'],
  ['registrations.missed', 'missed', '', 'bindings that the registrar had forgotten before'],
]

export const run = async ({ subjects, rounds = 1, bindings = 100_000 }, report) => {
  if (subjects !== undefined && !subjects.includes('sipactor')) return
  const results = []
  for (let round = 0; round < rounds; round++) {
    report.say('registrations: sipactor …')
    const args = ['--expose-gc', '--max-old-space-size=4096', program, 'sipactor', String(bindings)]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) {
      const reason = stderr.split('\n').find(line => line.includes('Error')) ?? 'the process failed'
      return report.fail('registrations', 'sipactor', reason)
    }
    results.push(JSON.parse(stdout))
  }
  for (const [bench, key, unit, what] of figuresOf(bindings)) {
    const values = results.map(result => result[key])
    report.add(bench, 'sipactor', median(values), unit, [what, spread(values)].filter(Boolean).join('; '))
  }
  if (results.some(({ missed, active }) => missed > 0 || active < bindings)) report.failed = true
}
