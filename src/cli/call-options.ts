/** What `call` and `listen` understand besides what all commands do. */
import { type Command, Option } from 'commander'
import {
  peerArgument,
  redirectsArgument,
  refusalArgument,
  secondsArgument,
  sessionArgument,
} from './arguments.ts'

/** Adds what is done with a call of ours. */
export const forCall = (command: Command): Command =>
  command
    .option('--duration <seconds>', 'hang up after that; default: at Ctrl-C', secondsArgument)
    .option('--hold-after <seconds>', 'put it on hold after that, off hold after as long', secondsArgument)
    .option('--transfer <uri>', 'once it is up, send the peer there, and tell the outcome', peerArgument)
    .option('--session-expires <seconds>', 'session timer to ask for, from 90', sessionArgument)
    .option('--reliable', 'demand reliable provisional responses (100rel)')
    .option('--redirects <how>', 'follow (default), or surface: end with the 3xx', redirectsArgument)

/** Adds what is done with a call that comes: one manner of them. */
export const forListen = (command: Command): Command =>
  command
    .addOption(
      new Option('--answer [seconds]', 'answer calls (default), after so long')
        .argParser(secondsArgument)
        .conflicts(['busy', 'reject', 'redirect', 'ringOnly', 'ringFor']),
    )
    .addOption(
      new Option('--busy', 'refuse calls with 486').conflicts(['reject', 'redirect', 'ringOnly', 'ringFor']),
    )
    .addOption(
      new Option('--reject <status>', 'refuse calls with that, 300 to 699')
        .argParser(refusalArgument)
        .conflicts(['redirect', 'ringOnly', 'ringFor']),
    )
    .addOption(
      new Option('--redirect <uri>', 'send callers there, with 302')
        .argParser(peerArgument)
        .conflicts(['ringOnly', 'ringFor']),
    )
    .addOption(new Option('--ring-only', 'let it ring').conflicts('ringFor'))
    .option('--ring-for <seconds>', 'let it ring that long, then refuse with 480', secondsArgument)
    .option('--reliable', 'ring reliably where the caller can (100rel)')
    .option(
      '--session-expires <seconds>',
      'session timer of calls that are answered, from 90',
      sessionArgument,
    )
