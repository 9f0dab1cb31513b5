/**
 * `bench call-cost`: one answered call (INVITE, 180, 200, ACK, BYE, 200) in process, without sockets, in virtual time.
 * The package `sip` does less for it: it has neither dialogs nor calls.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, spread } from './lib/rounds.mjs'

const program = fileURLToPath(new URL('lib/call-cost-subject.mjs', import.meta.url))
/** With `--traced` also this package while somebody watches: nobody reading, and the last 100,000 frames kept. */
const namesOf = traced => [
  'sipactor',
  ...(traced ? ['sipactor-traced', 'sipactor-ring'] : []),
  ...(process.env.SIPACTOR_BASELINE ? ['baseline'] : []),
  'sip',
  'node-floor',
]

const measure = (name, seconds, profile) => {
  const args = ['--expose-gc', program, name, String(seconds), profile ? 'profile' : '']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0)
    throw new Error(stderr.split('\n').find(line => line.includes('Error')) ?? 'the process failed')
  return JSON.parse(stdout)
}

/** Bench, key of the subject's answer, unit, what it is. */
const figures = [
  ['call-cost', 'cpu', 'µs/call', 'CPU, garbage collection included'],
  ['call-cost.elapsed', 'elapsed', 'µs/call', ''],
  ['call-cost.beside-10000', 'beside', 'µs/call', 'CPU, beside 10,000 live calls'],
  ['call-cost.allocated', 'bytes', 'B/call', 'sampled; the caller’s own share is about that of node-floor'],
  ['call-cost.ended', 'held', 'B/call', 'kept of a call that has ended, for 32 s'],
  ['call-cost.live', 'alive', 'B/call', 'kept of a confirmed call (sip and node-floor have none)'],
]

export const run = async ({ subjects, rounds = 3, seconds = 3, profile, traced }, report) => {
  const found = namesOf(traced)
    .filter(name => subjects === undefined || subjects.includes(name))
    .map(name => ({ name, results: [], error: undefined }))
  for (let round = 0; round < rounds; round++) {
    for (const subject of found) {
      if (subject.error) continue
      report.say(`call-cost: ${subject.name} …`)
      try {
        const result = measure(subject.name, seconds, profile && round === 0)
        if (result.lines.length > 0 && profile && round === 0) report.say(result.lines.join('\n'))
        subject.results.push(result)
      } catch (error) {
        subject.error = error
      }
    }
  }
  for (const [bench, key, unit, what] of figures) {
    for (const { name, results, error } of found) {
      if (error && key === 'cpu') report.fail(bench, name, error.message)
      const values = results.map(result => result[key])
      if (values.length > 0)
        report.add(bench, name, median(values), unit, [what, spread(values)].filter(Boolean).join('; '))
    }
  }
}
