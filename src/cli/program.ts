/** The commands of `sipactor` and what they say of themselves. */
import { Command, CommanderError, Option } from 'commander'
import {
  aorArgument,
  detailArgument,
  flowArgument,
  fromArgument,
  instanceArgument,
  keepAliveArgument,
  peerArgument,
  portArgument,
  secondsArgument,
  serverArgument,
  targetArgument,
  transportArgument,
  transportsArgument,
  uriArgument,
  webSocketArgument,
} from './arguments.ts'
import { forCall, forListen } from './call-options.ts'
import { type CallOptions, callCommand } from './calls.ts'
import { optionsCommand, type RegisterOptions, registerCommand } from './commands.ts'
import { type DemoOptions, demo } from './demo.ts'
import { CliError, exitStatus, explain } from './exit.ts'
import { forEvents } from './for-events.ts'
import { forLine } from './for-line.ts'
import { forProfiles } from './for-profiles.ts'
import { forShared } from './for-shared.ts'
import { type InspectOptions, inspectCommand } from './inspect.ts'
import type { Io } from './io.ts'
import { type ListenOptions, listenCommand } from './listen.ts'
import { type ResolveCommandOptions, resolveCommand } from './resolve.ts'
import type { CommonOptions } from './session.ts'
import { type TraceOptions, traceCommand } from './trace.ts'
import { withProfileOption } from './with-profile.ts'

const statuses = `
Exit status:
  0    it worked
  1    the peer, the store of profiles or the shared server refused, or a step of the demo failed
  2    wrong usage, also a transport that is not there
  3    nobody answered, or there is no way there
  4    authentication failed, or the shared server asks for another token
  70   a fault of sipactor
  130  interrupted before it was done, or while it waited for the peer
`

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}\n${statuses}`

/** Adds what every command with a connection understands. */
const common = (command: Command, port?: string): Command =>
  connected(
    withProfileOption(
      command.option('--from <address>', 'who we are, such as "Alice <sip:alice@example.com>"', fromArgument),
    ),
    port,
  )

/** The same where it is known who we are. */
const connected = (command: Command, port = 'a free one'): Command =>
  command
    .option('--host <address>', 'local address to bind; default: all')
    .option('--port <number>', `local port; default: ${port}`, portArgument)
    .option('--transport <name>', 'udp, tcp, tls, ws or wss only; default: udp and tcp', transportArgument)
    .option('--ca <file>', 'authorities to trust for TLS, as PEM; default: those of Node')
    .option('--cert <file>', 'our certificate for TLS, as PEM; with --key')
    .option('--key <file>', 'its private key, as PEM')
    .option('--web-socket-url <url>', 'WebSocket server that everything goes to', webSocketArgument)
    .option('--trace', 'show the ladder of messages and states')
    .addOption(
      new Option(
        '--trace-detail <detail>',
        'that ladder brief (default), or full: every machine and inner state',
      )
        .argParser(detailArgument)
        .implies({ trace: true }),
    )
    .option('--record <file>', 'write the trace to a file, for sipactor trace')
    .option('--inspect', 'print the address of a page that shows every message and machine, live')
    .option('--json', 'one event a line, as JSON')
    .option('--debug', 'show where an error comes from')

/** Adds what every command understands that begins something with a peer. */
const outgoing = (command: Command): Command =>
  common(command)
    .option('--proxy <uri>', 'outbound proxy for every request', uriArgument)
    .option('--username <name>', 'for digest; the password comes from SIPACTOR_PASSWORD or a prompt')

/** What is said of an argument that holds line breaks: that it does, which no argument shown in such a line may. */
const withoutBreaks = (text: string, args: readonly string[]): string => {
  const broken = args
    .flatMap(arg => [arg, arg.slice(arg.indexOf('=') + 1)])
    .find(arg => /[\r\n]/.test(arg) && text.includes(`'${arg}'`))
  if (broken === undefined) return text
  const shown = broken.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
  return text
    .replace(broken, () => shown)
    .replace(/(' is invalid(?: for argument '[^']*')?\. ).*$/s, '$1It holds a line break.')
}

/** Runs one command line; resolves with the exit status. Never rejects. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  let status: number = exitStatus.ok
  let debug = false
  let place = 'sipactor'
  const program = new Command('sipactor')
    .description('A SIP user agent at the command line.')
    .version(io.version, '--version', 'show the version')
    .exitOverride()
    .configureOutput({
      writeOut: text => io.out(text.trimEnd()),
      writeErr: text => io.err(text.trimEnd()),
      outputError: (text, write) => {
        const [first = ''] = withoutBreaks(text.replace(/^error: /, ''), args).split('\n')
        const plain = first
          .replace(/^command-argument value ('.*') is invalid for argument '(.*?)'\. /, '$1 is no <$2>: ')
          .replace(/argument ('.*') is invalid\. /, 'cannot be $1: ')
        write(`sipactor: ${plain.endsWith('.') ? plain : `${plain}.`} See ${place} --help`)
      },
      getOutHelpWidth: () => Math.min(100, io.columns),
      getOutHasColors: () => false,
    })
    .addHelpText(
      'after',
      examples(
        'sipactor demo                          two engines and a registrar, in this terminal',
        'sipactor options sip:example.com       what can they do?',
        'sipactor listen --trace                be called, and watch',
        'sipactor line                          a phone, on an account that was stored',
      ),
    )
    .hook('preAction', (_program, action) => {
      debug = action.opts().debug === true
    })

  const command = (name: string, summary: string, ...shown: readonly string[]): Command =>
    program
      .command(name)
      .description(summary)
      .addHelpText('after', examples(...shown))
  const does =
    <Args extends unknown[]>(act: (...args: Args) => Promise<number>) =>
    async (...args: Args): Promise<void> => {
      status = await act(...args)
    }

  command(
    'demo',
    'show two engines and a registrar talk on 127.0.0.1',
    'sipactor demo',
    'sipactor demo --exit',
  )
    .option('--exit', 'end after the flows; status 0 only if every step was seen to succeed')
    .option('--full', 'the ladder with every machine and inner state')
    .option('--record <file>', 'write the traces of both engines, for sipactor trace')
    .option('--json', 'one event a line, as JSON')
    .option('--debug', 'show where an error comes from')
    .action(does((options: DemoOptions) => demo(io, options)))

  outgoing(
    command(
      'options',
      'ask a peer what it can do',
      'sipactor options sip:bob@192.0.2.7 --trace',
      'sipactor options bob@example.com --profile Work',
    ),
  )
    .argument('<uri>', 'whom to ask', targetArgument)
    .action(does((uri: string, options: CommonOptions) => optionsCommand(io, uri, options)))

  outgoing(
    command(
      'register',
      'register an address of record until Ctrl-C',
      'sipactor register sip:alice@example.com',
      'SIPACTOR_PASSWORD=… sipactor register alice@example.com --registrar sip:192.0.2.1 --once',
      'sipactor register sips:alice@example.com --outbound --transport tls --proxy sips:edge.example.com',
      'sipactor register --profile Work',
    ),
  )
    .argument('[aor]', 'the address of record, unless --profile says it', aorArgument)
    .option('--registrar <uri>', 'default: the host of the address', uriArgument)
    .option('--expires <seconds>', 'lifetime to ask for', secondsArgument)
    .option('--outbound', 'keep to the flow, and replace it when it dies (RFC 5626)')
    .option('--instance <urn>', 'our name, the same after a restart, with --outbound', instanceArgument)
    .option('--reg-id <number>', 'number of the flow, with --outbound; default: 1', flowArgument)
    .option(
      '--keep-alive <how>',
      'auto, crlf, stun, options or off, with seconds if need be: options:30',
      keepAliveArgument,
    )
    .option('--once', 'register, take it back, end')
    .action(does((aor: string | undefined, options: RegisterOptions) => registerCommand(io, aor, options)))

  forCall(
    outgoing(
      command(
        'call',
        'call somebody with an offer of audio (no media is sent)',
        'sipactor call sip:bob@192.0.2.7 --duration 5',
        'sipactor call bob@example.com --from alice@example.com --proxy sip:192.0.2.1 --trace',
        'sipactor call bob@192.0.2.7 --transfer carol@192.0.2.8',
        'sipactor call bob@example.com --profile Work',
      ),
    ).argument('<uri>', 'whom to call', peerArgument),
  ).action(does((uri: string, options: CallOptions) => callCommand(io, uri, options)))

  forListen(
    common(
      command(
        'listen',
        'wait for calls and messages until Ctrl-C',
        'sipactor listen --trace',
        'sipactor listen --port 5080 --answer 3 --trace-detail full',
        'sipactor listen --redirect sip:bob@192.0.2.7',
        'sipactor listen --profile Work         registered, so that calls find it',
      ),
      '5060, or a free one when that is in use',
    ),
  ).action(does((options: ListenOptions) => listenCommand(io, options)))

  forEvents(io, { command, does, common, outgoing })

  forProfiles(
    command(
      'profile',
      'stored accounts: add, list, show, default, enable, remove, import, export',
      'sipactor profile add sip:alice@example.com',
      'sipactor profile enable',
    ),
    io,
    does,
    connected,
    examples,
  )

  forLine(io, command, does, connected)

  forShared(io, command, does)

  command(
    'inspect',
    'show a recorded trace in a page, until Ctrl-C',
    'sipactor inspect --file trace.jsonl',
    'sipactor listen --inspect              what an engine of this program does, live',
  )
    .requiredOption('--file <path>', 'the trace: JSON lines')
    .option('--port <number>', 'local port of the page; default: a free one', portArgument)
    .option('--debug', 'show where an error comes from')
    .action(does((options: InspectOptions) => inspectCommand(io, options)))

  command(
    'resolve',
    'show where a request would go, and why: NAPTR, SRV, addresses, order',
    'sipactor resolve sip:example.com',
    'sipactor resolve sips:bob@example.com --server 127.0.0.1:5353 --json',
  )
    .argument('<uri>', 'whom to find', uriArgument)
    .option('--server <address>', 'DNS server to ask; default: those of the system', serverArgument)
    .option(
      '--transport <names>',
      'transports to choose from, such as udp,tcp; default: udp and tcp, tls for a URI that demands it',
      transportsArgument,
    )
    .option('--json', 'the plan as one JSON object')
    .option('--debug', 'show where an error comes from')
    .action(does((uri: string, options: ResolveCommandOptions) => resolveCommand(io, uri, options)))

  command(
    'trace',
    'look at a trace: calls, ladder, messages, with keys',
    'sipactor trace --file call.jsonl',
    'sipactor trace --attach http://127.0.0.1:9090/…/',
    'sipactor trace --file call.jsonl --plain --save call.pcap',
  )
    .option('--file <path>', 'a trace that was recorded')
    .option('--follow', 'go on as the file grows')
    .addOption(new Option('--attach <url>', 'an inspector that runs, by its address').conflicts('file'))
    .option('--flow <id>', 'only this one: its number in the list, its id or a Call-ID')
    .option('--save <file>', 'write its messages: .pcap, .mmd (mermaid), .svg, .test.ts, .jsonl')
    .option('--plain', 'text without keys; default where output is no terminal')
    .option('--json', 'flows, rows and findings, one JSON object a line')
    .option('--debug', 'show where an error comes from')
    .action(does((options: TraceOptions) => traceCommand(io, options)))

  let within: Command | undefined = program
  for (const name of args.slice(0, 2)) {
    within = within?.commands.find(known => known.name() === name)
    if (within) place += ` ${name}`
  }
  if (args.length === 0) {
    program.outputHelp()
    return exitStatus.usage
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage
    const { status: code, what } = explain(error)
    io.err(`sipactor: ${what}`)
    const origin = error instanceof CliError ? (error.cause ?? error) : error
    if (debug && origin instanceof Error) io.err(origin.stack ?? '')
    return code
  }
}
