/** SIPp's built-in `uac` scenario: INVITE, 180, 200, ACK, BYE, 200. One run at one rate. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { has, start, stop, usage } from './processes.mjs'
import { median } from './rounds.mjs'

/** Where the servers listen, and where the load comes from. */
export const port = 5070
const loadPort = 5061

/** True when SIPp is installed. */
export const hasSipp = () => has('sipp', '-v')

/** SIPp's statistics so far: one object a sample. */
const samples = file => {
  let text
  try {
    text = readFileSync(file, 'latin1')
  } catch {
    return []
  }
  const [head = '', ...lines] = text.trimEnd().split('\n')
  const names = head.split(';')
  return lines
    .map(line => line.split(';'))
    .filter(cells => cells.length >= names.length)
    .map(cells => Object.fromEntries(names.map((name, i) => [name, cells[i]])))
}

/**
 * Calls at `rate` a second for `seconds`. Given up early when more than one in twenty fails or is repeated.
 *
 * A run is good when no call failed, at most one in a thousand messages was repeated, and the rate was reached.
 * `watch(elapsed)` is called about four times a second.
 */
export const callsAt = async (server, rate, seconds, watch = () => {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-bench-'))
  const file = join(folder, 'statistics.csv')
  const calls = Math.max(50, Math.round(rate * seconds))
  const before = usage(server)
  const began = performance.now()
  const args = [
    '-sn',
    'uac',
    '-i',
    '127.0.0.1',
    '-p',
    loadPort,
    '-mi',
    '127.0.0.1',
    '-s',
    'service',
    '-r',
    rate,
  ]
  args.push('-m', calls, '-l', 200_000, '-buff_size', 4_194_304, '-nostdin', '-skip_rlimit')
  args.push('-trace_stat', '-stf', file, '-fd', 1, '-timeout', Math.ceil(seconds * 2 + 25), '-timeout_error')
  const load = start('sipp', [...args, `127.0.0.1:${port}`].map(String), { core: 1, cwd: folder })
  /** How much of its core SIPp uses. */
  let loadShare = 0
  try {
    while (load.isRunning()) {
      await Promise.race([load.ended, sleep(250)])
      const elapsed = (performance.now() - began) / 1000
      watch(elapsed)
      const used = usage(load)
      if (used && elapsed > 1 && load.isRunning()) loadShare = used.cpu / elapsed
      const last = samples(file).at(-1)
      const lost = last ? Number(last['Retransmissions(C)']) + Number(last['FailedCall(C)']) : 0
      if (lost > calls / 20 || elapsed > seconds * 1.5 + 4 || !server.isRunning()) await stop(load)
    }
    const all = samples(file)
    const last = all.at(-1)
    if (!last) throw new Error(`SIPp left no statistics: ${load.output().trim().split('\n').at(-1)}`)
    const after = usage(server)
    const names = ['TotalCallCreated', 'SuccessfulCall(C)', 'FailedCall(C)', 'Retransmissions(C)']
    const [made, ok, failed, repeated] = names.map(name => Number(last[name]))
    const rates = all.slice(2, -2).map(sample => Number(sample['CallRate(P)']))
    const achieved = rates.length > 0 ? median(rates) : Number(last['CallRate(C)'])
    return {
      rate,
      calls,
      made,
      ok,
      failed,
      repeated,
      achieved,
      cpu: after && before && ok > 0 ? ((after.cpu - before.cpu) / ok) * 1e6 : undefined,
      megabytes: after?.megabytes,
      loadShare,
      good: failed === 0 && ok >= calls && repeated <= Math.max(1, calls / 1000) && achieved >= 0.97 * rate,
    }
  } finally {
    await stop(load)
    rmSync(folder, { recursive: true, force: true })
  }
}
