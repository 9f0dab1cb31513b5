/** What `subscribe`, `notify`, `publish` and `message` understand. */
import type { Command } from 'commander'
import {
  aorArgument,
  eventArgument,
  mediaTypeArgument,
  mediaTypesArgument,
  peerArgument,
  secondsArgument,
  tokenArgument,
} from './arguments.ts'
import { type MessageCommandOptions, messageCommand } from './commands.ts'
import type { Io } from './io.ts'
import { type NotifyCommandOptions, notifyCommand } from './notify.ts'
import { type PublishCommandOptions, publishCommand } from './publish.ts'
import { type SubscribeCommandOptions, subscribeCommand } from './subscribe.ts'

/** How commands are made. */
export interface Making {
  command(name: string, summary: string, ...shown: readonly string[]): Command
  does<Args extends unknown[]>(act: (...args: Args) => Promise<number>): (...args: Args) => Promise<void>
  /** Options of every command with a connection. */
  common(command: Command, port?: string): Command
  /** The same for what begins something with a peer. */
  outgoing(command: Command): Command
}

const withEvent = (command: Command): Command =>
  command.requiredOption(
    '--event <package>',
    'the event package: presence, message-summary, dialog …',
    eventArgument,
  )

const withBody = (command: Command): Command =>
  withEvent(command)
    .requiredOption('--body <file>', 'the state, as it goes out; told again when the file changes')
    .option('--content-type <type>', 'its type; default: that of the package', mediaTypeArgument)

/** Adds the commands. */
export const forEvents = (io: Io, { command, does, common, outgoing }: Making): void => {
  withEvent(
    outgoing(
      command(
        'subscribe',
        'subscribe to an event package and print what it says, until Ctrl-C',
        'sipactor subscribe sip:alice@example.com --event message-summary',
        'sipactor subscribe bob@192.0.2.7 --event presence --once --json',
        'sipactor subscribe alice@example.com --event message-summary --profile Work',
      ),
    ).argument('<uri>', 'whom to ask', peerArgument),
  )
    .option('--id <token>', 'id of the subscription, where there are several', tokenArgument)
    .option('--accept <types>', 'media types, such as application/pidf+xml,text/plain', mediaTypesArgument)
    .option('--expires <seconds>', 'lifetime to ask for', secondsArgument)
    .option('--duration <seconds>', 'unsubscribe after that; default: at Ctrl-C', secondsArgument)
    .option('--once', 'ask for the present state, end')
    .action(does((uri: string, options: SubscribeCommandOptions) => subscribeCommand(io, uri, options)))

  withBody(
    common(
      command(
        'notify',
        'tell whoever subscribes what a file says, and again when it changes, until Ctrl-C',
        'sipactor notify --event message-summary --body mailbox.txt',
        'sipactor notify --event presence --body here.xml --port 5080 --expires 600',
      ),
      '5060, or a free one when that is in use',
    ),
  )
    .option('--expires <seconds>', 'longest lifetime to grant; default: a day', secondsArgument)
    .option('--min-expires <seconds>', 'shortest lifetime to grant (423)', secondsArgument)
    .action(does((options: NotifyCommandOptions) => notifyCommand(io, options)))

  withBody(
    outgoing(
      command(
        'publish',
        'publish what a file says, and again when it changes, until Ctrl-C',
        'sipactor publish sip:alice@example.com --event presence --body here.xml',
        'SIPACTOR_PASSWORD=… sipactor publish alice@example.com --event presence --body here.xml --once',
        'sipactor publish alice@example.com --event presence --body here.xml --profile Work',
      ),
    ).argument('<uri>', 'whose state it is', aorArgument),
  )
    .option('--expires <seconds>', 'lifetime to ask for', secondsArgument)
    .option('--once', 'publish, take it back, end')
    .action(does((uri: string, options: PublishCommandOptions) => publishCommand(io, uri, options)))

  outgoing(
    command(
      'message',
      'send a text',
      'sipactor message sip:bob@192.0.2.7 "See you at five"',
      `sipactor message bob@192.0.2.7 '<b>five</b>' --content-type text/html`,
      'sipactor message bob@example.com "See you at five" --profile Work',
    ),
  )
    .argument('<uri>', 'whom to tell', peerArgument)
    .argument('<text>', 'what to tell')
    .option('--content-type <type>', 'type of the text; default: text/plain', mediaTypeArgument)
    .action(
      does((uri: string, text: string, options: MessageCommandOptions) =>
        messageCommand(io, uri, text, options),
      ),
    )
}
