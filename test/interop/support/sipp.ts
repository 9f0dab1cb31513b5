/** SIPp as a peer: one run of a scenario, and what its statistics say afterwards. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { host } from './party.ts'
import { freePort } from './ports.ts'
import { type Program, start } from './program.ts'
import { bound } from './ready.ts'

const scenarios = fileURLToPath(new URL('../sipp', import.meta.url))

/** What a run of SIPp is to do. */
export interface SippOptions {
  /** A scenario that SIPp brings along (`uac`, `uas`), a file of `test/interop/sipp` without `.xml`, or the XML itself. */
  readonly scenario: string
  readonly transport: 'UDP' | 'TCP'
  /** Port of ours that it calls; absent: it is called. */
  readonly target?: number
  /** True: a socket of its own for each call, instead of one for all. */
  readonly socketForEach?: boolean
  /** True: what comes while the scenario pauses is lost. */
  readonly deafInPauses?: boolean
  /** Calls until it ends; default 1. */
  readonly calls?: number
  /** Calls per second; default 10. */
  readonly rate?: number
  /** Milliseconds of a pause without a length of its own; default 0. */
  readonly hold?: number
  /** User part that it calls; default `service`. */
  readonly service?: string
  /** What `[authentication]` answers challenges with. */
  readonly credentials?: { readonly username: string; readonly password: string }
}

/** Counters of one step of the scenario, for example of `180 received`. */
export interface StepCount {
  /** `INVITE`, `180`. */
  readonly message: string
  readonly counts: Readonly<Record<string, number>>
}

/** What a run came to. */
export interface SippResult {
  readonly status: number | undefined
  readonly successful: number
  readonly failed: number
  /** Requests and responses that SIPp sent again, and those of ours that came again. */
  readonly retransmissions: number
  /** Step by step: `Sent`, `Recv`, `Retrans`, `Unexp`, `Timeout`, `Lost`. */
  readonly steps: readonly StepCount[]
}

export interface Sipp {
  readonly program: Program
  readonly port: number
  /** Awaits the end. Fails unless SIPp ended with 0, every call was a success, and nothing unexpected came. */
  readonly succeeded: () => Promise<SippResult>
  /** What the scenario wrote by `<log>`. */
  readonly log: () => string
}

/** The last line of a CSV file of SIPp, by the names of the first. */
const lastLine = (text: string): ReadonlyMap<string, string> => {
  const lines = text.split('\n').filter(line => line.includes(';'))
  const names = lines[0]?.split(';') ?? []
  const values = lines.at(-1)?.split(';') ?? []
  return new Map(names.map((name, index) => [name, values[index] ?? '']))
}

const stepsOf = (line: ReadonlyMap<string, string>): readonly StepCount[] => {
  const steps = new Map<string, { message: string; counts: Record<string, number> }>()
  for (const [column, value] of line) {
    const [index = '', message = '', name = ''] = column.split('_')
    if (!/^\d+$/.test(index) || name === '') continue
    const step = steps.get(index) ?? { message, counts: {} }
    step.counts[name] = Number(value)
    steps.set(index, step)
  }
  return [...steps.values()]
}

/** Starts SIPp for the test that runs. As a callee it is ready when this settles. */
export const sipp = async (options: SippOptions): Promise<Sipp> => {
  const {
    scenario,
    transport,
    target,
    socketForEach,
    deafInPauses,
    calls = 1,
    rate = 10,
    hold,
    service,
    credentials,
  } = options
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-sipp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [port, media, control] = [await freePort(), await freePort(), await freePort()]
  const builtIn = scenario === 'uac' || scenario === 'uas'
  const written = join(folder, 'scenario.xml')
  const file = scenario.startsWith('<') ? written : join(scenarios, `${scenario}.xml`)
  if (file === written) writeFileSync(file, scenario)
  const read = (ending: string): string => {
    const name = readdirSync(folder).find(file => file.endsWith(ending))
    return name === undefined ? '' : readFileSync(join(folder, name), 'utf8')
  }
  const program = start(
    'sipp',
    [
      ...(target === undefined ? [] : [`${host}:${target}`]),
      ...(builtIn ? ['-sn', scenario] : ['-sf', file]),
      ...['-t', (transport === 'UDP' ? 'u' : 't') + (socketForEach ? 'n' : '1')],
      ...['-i', host, '-p', String(port), '-mi', host, '-mp', String(media)],
      ...['-ci', host, '-cp', String(control)],
      ...['-m', String(calls), '-r', String(rate), '-nostdin', '-skip_rlimit', '-watchdog_interval', '0'],
      ...['-timeout', '15s', '-timeout_error', '-recv_timeout', '5000'],
      ...(deafInPauses ? ['-pause_msg_ign'] : []),
      ...(hold === undefined ? [] : ['-d', String(hold)]),
      ...(service === undefined ? [] : ['-s', service]),
      ...(credentials ? ['-au', credentials.username, '-ap', credentials.password] : []),
      ...['-trace_err', '-error_file', join(folder, 'errors.log')],
      ...['-trace_msg', '-message_file', join(folder, 'messages.log')],
      ...['-trace_logs', '-log_file', join(folder, 'scenario.log')],
      ...['-trace_stat', '-stf', join(folder, 'stat.csv'), '-trace_counts'],
    ],
    { cwd: folder, more: () => read('errors.log') + read('messages.log') },
  )
  // It cannot be asked: any message would be a call, and not the one that its scenario expects.
  if (target === undefined) await bound(transport, port)
  return {
    program,
    port,
    log: () => read('scenario.log'),
    succeeded: async () => {
      const { status } = await program.ended()
      const stat = lastLine(read('stat.csv'))
      const number = (name: string): number => Number(stat.get(name) ?? Number.NaN)
      const result: SippResult = {
        status,
        successful: number('SuccessfulCall(C)'),
        failed: number('FailedCall(C)'),
        retransmissions: number('Retransmissions(C)'),
        steps: stepsOf(lastLine(read('_counts.csv'))),
      }
      expect(read('errors.log')).toBe('')
      expect(result).toMatchObject({ status: 0, successful: calls, failed: 0 })
      for (const { message, counts } of result.steps) {
        const { Unexp = 0, Timeout = 0 } = counts
        expect({ message, Unexp, Timeout }).toEqual({ message, Unexp: 0, Timeout: 0 })
      }
      return result
    },
  }
}

/** One counter summed over the steps with this message. */
export const count = ({ steps }: SippResult, message: string, counter: string): number =>
  steps.filter(step => step.message === message).reduce((sum, { counts }) => sum + (counts[counter] ?? 0), 0)
