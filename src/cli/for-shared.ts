/** What `sipactor serve` and `sipactor status` understand. */
import type { Command } from 'commander'
import { portArgument, secondsArgument } from './arguments.ts'
import type { Io } from './io.ts'
import { type ServeOptions, type StatusOptions, serveCommand, statusCommand } from './serve.ts'

type Make = (name: string, summary: string, ...shown: readonly string[]) => Command
type Does = <Args extends unknown[]>(
  act: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Adds both commands. */
export const forShared = (io: Io, command: Make, does: Does): void => {
  command(
    'serve',
    'run the shared server of this user in the foreground, until Ctrl-C',
    'sipactor serve',
    'sipactor serve --listen 192.0.2.1:5060 --inspect',
    'sipactor serve --tokens tokens.json',
  )
    .option('--socket <path>', "path of the socket; default: in the user's own folder")
    .option('--idle <seconds>', 'end after so long without an application; default: never', secondsArgument)
    .option('--listen <place>', 'also take requests there: host:port or port; may be repeated', collect)
    .option('--host <address>', 'address that connections bind by default; default: all')
    .option('--tokens <file>', 'who may do what: { "<token>": ["send", "register"] }')
    .option('--applications <file>', 'what to start for which requests; see docs/shared-server.md')
    .option('--profiles [file]', "serve stored profiles; default: the user's own store")
    .option('--inspect [port]', 'serve the page of the inspector, on a free port by default', portArgument)
    .option('--debug', 'show where an error comes from')
    .action(does((options: ServeOptions) => serveCommand(io, options)))

  command(
    'status',
    'show what the shared server has: clients, connections, registrations, calls',
    'sipactor status',
    'SIPACTOR_TOKEN=… sipactor status --json',
  )
    .option('--socket <path>', "path of the socket; default: in the user's own folder")
    .option('--json', 'as one JSON object')
    .option('--debug', 'show where an error comes from')
    .action(does((options: StatusOptions) => statusCommand(io, options)))
}
