/** `sipactor resolve <uri>`: where a request would go, and why. RFC 3263 */
import {
  type DnsRecord,
  type PlannedTarget,
  type ResolutionPlan,
  type ResolutionStep,
  resolveUri,
  type TransportName,
} from '../index.ts'
import { type Paint, painter } from './ansi.ts'
import { exitStatus, explain } from './exit.ts'
import type { Io } from './io.ts'
import { placeText } from './session.ts'
import { demandsTls } from './ways.ts'

/** Options of the command. */
export interface ResolveCommandOptions {
  readonly server?: string
  readonly transport?: readonly TransportName[]
  readonly json?: boolean
  readonly debug?: boolean
}

const outcomes: Readonly<Record<string, string>> = {
  'no-name': 'no such name (NXDOMAIN)',
  'no-data': 'no such record',
}

const recordText = (record: DnsRecord): string => {
  const ttl = record.ttl === undefined ? '' : `  (${record.ttl} s)`
  switch (record.type) {
    case 'NAPTR':
      return `order ${record.order}, preference ${record.preference}, "${record.flags}" ${record.service}  ${record.replacement}${ttl}`
    case 'SRV':
      return `priority ${record.priority}, weight ${record.weight}, port ${record.port}  ${record.target}${ttl}`
    default:
      return `${record.address}${ttl}`
  }
}

const stepLines = (step: ResolutionStep, paint: Paint): readonly string[] => {
  switch (step.is) {
    case 'asked': {
      const head = `  ${step.type.padEnd(6)} ${step.name}`
      const remembered = step.remembered ? '  (remembered)' : ''
      if (step.records.length > 0)
        return [`${head}${remembered}`, ...step.records.map(record => `           ${recordText(record)}`)]
      const heard = step.text ?? outcomes[step.outcome] ?? step.outcome
      return [`${head}  ${paint(step.text === undefined ? 'quiet' : 'failure', heard)}${remembered}`]
    }
    case 'chosen': {
      const name = step.name === undefined ? '' : ` ${step.name}`
      return [`  ${paint('success', 'take')}   ${step.transport}${name}  ${paint('quiet', step.reason)}`]
    }
    case 'skipped':
      return [`  ${paint('quiet', `skip   ${step.what}  ${step.reason}`)}`]
  }
}

const targetLine = (target: PlannedTarget, index: number): string => {
  const { transport, priority, weight, server } = target
  const why = server === undefined ? '' : `  ${server}, priority ${priority}, weight ${weight}`
  return `  ${String(index + 1).padStart(2)}  ${transport.padEnd(4)} ${placeText(target)}${why}`
}

const printed = (io: Io, uri: string, { steps, targets }: ResolutionPlan): void => {
  const paint = painter(io.colour)
  io.out(paint('bold', uri))
  for (const step of steps) for (const line of stepLines(step, paint)) io.out(line)
  if (targets.length === 0) return
  io.out(paint('bold', targets.length === 1 ? 'The target:' : 'Targets, in this order:'))
  targets.forEach((target, index) => {
    io.out(targetLine(target, index))
  })
}

export const resolveCommand = async (
  io: Io,
  uri: string,
  { server, transport, json }: ResolveCommandOptions,
): Promise<number> => {
  const platform = io.platform(undefined, server === undefined ? undefined : { servers: [server] })
  const transports = transport ?? (demandsTls(uri) ? ['TLS' as const] : undefined)
  const plan = await resolveUri(platform, uri, transports ? { transports } : {})
  const { error, ...rest } = plan
  if (json) {
    const told = error ? { code: error.code, error: error.message } : {}
    io.out(JSON.stringify({ ts: new Date(io.now()).toISOString(), type: 'plan', uri, ...rest, ...told }))
  } else printed(io, uri, plan)
  if (!error) return exitStatus.ok
  const { status, what } = explain(error, {
    transports: transports ?? platform.transports.map(({ name }) => name),
  })
  io.err(`sipactor: ${what}`)
  return status
}
