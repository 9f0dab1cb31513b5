/** `sipactor serve` and `sipactor status`: the shared server of this user. */
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from '../index.ts'
import {
  byToken,
  defaultSocket,
  readApplications,
  readTokens,
  type ServerStatus,
  type ServeSharedOptions,
  type StatusObject,
  serverStatus,
  serveShared,
} from '../shared/index.ts'
import { CliError, exitStatus, usage } from './exit.ts'
import type { Io } from './io.ts'

export interface ServeOptions {
  readonly socket?: string
  /** Seconds. */
  readonly idle?: number
  /** `host:port` or `port`, any number of them. */
  readonly listen?: readonly string[]
  readonly host?: string
  readonly tokens?: string
  /** Path of what says which programs can be started. */
  readonly applications?: string
  /** Path of the store, or true for the user's own. */
  readonly profiles?: boolean | string
  readonly inspect?: boolean | number
  readonly debug?: boolean
}

export interface StatusOptions {
  readonly socket?: string
  readonly json?: boolean
  readonly debug?: boolean
}

/** `5060`, `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export const placeOf = (text: string): ConnectionOptions => {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw usage(`--listen ${text} is no place. Write it like 192.0.2.1:5060`)
  const host = match[1] ?? match[2]
  return { port, ...(host !== undefined && { host }) }
}

const textOf = async (option: string, path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CliError(exitStatus.usage, `${option} ${path} cannot be read`, { cause })
  }
}

const accessOf = async (path: string): Promise<NonNullable<ServeSharedOptions['access']>> =>
  byToken(readTokens(await textOf('--tokens', path)))

/** The programs find the server by its socket. */
const applicationsOf = async (
  path: string,
  socket = defaultSocket(),
): Promise<NonNullable<ServeSharedOptions['applications']>> =>
  readApplications(await textOf('--applications', path), { SIPACTOR_SOCKET: socket })

/** Runs the server until Ctrl-C, or until it has been idle for long enough. */
export const serveCommand = async (io: Io, options: ServeOptions): Promise<number> => {
  const { socket, idle, listen = [], host, tokens, applications, inspect, profiles } = options
  const places = listen.map(placeOf)
  const running = await serveShared({
    platform: io.platform(host),
    version: io.version,
    listen: places,
    ...(socket !== undefined && { socket }),
    ...(idle !== undefined && { idle: idle * 1000 }),
    ...(profiles &&
      io.profileStore && {
        profiles: { store: io.profileStore(profiles === true ? undefined : profiles) },
      }),
    ...(tokens !== undefined && { access: await accessOf(tokens) }),
    ...(applications !== undefined && { applications: await applicationsOf(applications, socket) }),
    ...(inspect !== undefined && inspect !== false && { inspect: inspect === true ? 0 : inspect }),
  })
  io.out(`the shared server is at ${running.socket}; Ctrl-C ends`)
  if (running.inspector !== undefined) io.out(`see it think: ${running.inspector}`)
  const stop = io.onInterrupt(() => void running.close())
  try {
    await running.ended
  } finally {
    stop()
  }
  return exitStatus.ok
}

const spanText = (seconds: number): string => {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

const objectLine = ({ id, state, client }: StatusObject, more = ''): string =>
  `  ${id.padEnd(20)} ${state.padEnd(14)} ${client ?? '(the server)'}${more}`

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [`${title}: none`] : [`${title}:`, ...lines]

/** The lines of a status. */
export const statusLines = (status: ServerStatus): readonly string[] => [
  `sipactor ${status.version}, process ${status.pid}, since ${spanText(status.uptime)}`,
  ...(status.inspector === undefined ? [] : [`inspector: ${status.inspector}`]),
  ...section(
    'clients',
    status.clients.map(
      ({ client, session, objects }) => `  ${client.padEnd(20)} ${session.padEnd(14)} ${objects} objects`,
    ),
  ),
  ...section(
    'connections',
    status.connections.map(one => objectLine(one, one.addresses.map(address => `  ${address}`).join(''))),
  ),
  ...section(
    'registrations',
    status.registrations.map(one => objectLine(one)),
  ),
  ...section(
    'calls',
    status.calls.map(one => objectLine(one)),
  ),
]

/** Who and what the server has. It is not started for that: status 3 when there is none. */
export const statusCommand = async (io: Io, { socket, json }: StatusOptions): Promise<number> => {
  const token = io.env.SIPACTOR_TOKEN
  const status = await serverStatus({
    ...(socket !== undefined && { socket }),
    ...(token !== undefined && { token }),
  }).catch((error: unknown) => {
    const code = (error as { code?: unknown }).code
    if (code === 'permission') {
      const what = `${(error as Error).message}. Give one in SIPACTOR_TOKEN`
      throw new CliError(exitStatus.authentication, what, { cause: error })
    }
    if (code !== 'could-not-connect') throw error
    throw new CliError(exitStatus.unreachable, 'no shared server runs. Start one with sipactor serve', {
      cause: error,
    })
  })
  if (json) io.out(JSON.stringify(status))
  else for (const line of statusLines(status)) io.out(line)
  return exitStatus.ok
}
