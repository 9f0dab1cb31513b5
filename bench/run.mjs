/**
 * `npm run bench -- <name> …`: measures sipactor beside other stacks, all in one run. `--help` lists the benches.
 *
 * Builds the package when its sources are newer, and installs the packages compared (bench/package-lock.json) on
 * first use; `--no-prepare` leaves both out. Exit status 1 when a subject failed, 2 when nothing could be run.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isBusy, machineLine } from './lib/machine.mjs'
import { prepare } from './lib/prepare.mjs'
import { createReport } from './lib/report.mjs'

const benches = {
  parse: 'ten messages from bytes, as each parser does it, and with the mandatory headers typed',
  serialize: 'the same ten to bytes again, and a request of one’s own, built and written',
  actors:
    'what a transaction and a whole call cost as XState actors, compiled against stock; siblings, timers, memory',
  'call-cost': 'CPU time and memory of one answered call, in process, without sockets',
  registrations:
    '100,000 bindings in one process (or --bindings), renewed for an hour of virtual time; never run by CI',
  profiles: 'memory of a profile that is stored, enabled and registered; 10,000 of them (--bindings N)',
  'profile-store':
    'the store of profiles by each SQLite driver: writing, opening, size, and 200 processes killed while they write',
  shared:
    'the shared server beside an engine in process: calls, commands, time to the answer; 200 kills (--kills N)',
  calls: 'answered calls per second, SIPp uac, highest rate without failures; minutes for each server',
  visualizer:
    'the page of the inspector with 10,000 actors and 100,000 records: ms to scroll, search, filter; needs chromium',
  steady: '60 s of calls at a fixed rate: failures, retransmissions, memory; never run by CI',
}

const help = `usage: npm run bench -- <name> … [options]

${Object.entries(benches)
  .map(([name, what]) => `  ${name.padEnd(13)}  ${what}`)
  .join('\n')}

  --json             one object a line: { bench, subject, value, unit }
  --subjects a,b     only these, for example sipactor,sip
  --rounds N         how often each is measured, in turn; the median counts
  --seconds S        how long one measurement lasts
  --rate R,R         steady: calls per second (default 3000,5000)
  --baseline DIR     calls, steady, call-cost: also another checkout of sipactor, built, as the subject baseline
  --traced           call-cost: also with the engine watched, nobody reading; and with a ring of frames
  --bindings N       registrations, profiles: how many (default 100000 and 10000)
  --kills N          profile-store, shared: how many processes are killed (default 200)
  --profile          call-cost: also the functions that take most time and memory
  --no-prepare       neither build nor install first
`

const options = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  subjects: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
  baseline: { type: 'string' },
  bindings: { type: 'string' },
  kills: { type: 'string' },
  profile: { type: 'boolean', default: false },
  traced: { type: 'boolean', default: false },
  prepare: { type: 'boolean', default: true },
}

const refuse = text => {
  console.error(`bench: ${text}`)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({ options, allowPositionals: true, allowNegative: true })
  } catch (error) {
    return refuse(error.message)
  }
}

const positive = (name, text) => {
  if (text === undefined) return undefined
  const value = Number(text)
  return value > 0 && Number.isFinite(value) ? value : refuse(`--${name} is a number above 0, not ${text}`)
}

const { values, positionals } = read()
if (values.help || positionals.length === 0) {
  console.log(help)
  process.exit(values.help ? 0 : 2)
}
for (const name of positionals)
  if (!Object.hasOwn(benches, name))
    refuse(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`)

const settings = {
  subjects: values.subjects?.split(','),
  rounds: positive('rounds', values.rounds),
  seconds: positive('seconds', values.seconds),
  rates: values.rate?.split(',').map(rate => positive('rate', rate)),
  bindings: positive('bindings', values.bindings),
  kills: positive('kills', values.kills),
  profile: values.profile,
  traced: values.traced,
}

// The servers and subjects are processes of their own.
if (values.baseline) process.env.SIPACTOR_BASELINE = resolve(values.baseline)
if (values.prepare && !prepare()) process.exit(2)
const report = createReport(values.json)
report.say(machineLine())
if (isBusy()) report.say('this machine is busy: the figures will be worth little')
for (const name of positionals) {
  const { run } = await import(`./${name}.mjs`)
  await run(settings, report)
  report.print()
}
report.say(machineLine())
process.exitCode = report.failed ? 1 : 0
