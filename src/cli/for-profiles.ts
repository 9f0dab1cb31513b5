/** The command `profile` and what is under it. */
import { type Command, Option } from 'commander'
import { aorArgument, uriArgument } from './arguments.ts'
import type { Io } from './io.ts'
import {
  type AddOptions,
  type EnableOptions,
  type ImportOptions,
  type ProfileOptions,
  profileAdd,
  profileDefault,
  profileEnable,
  profileExport,
  profileImport,
  profileList,
  profileRemove,
  profileShow,
} from './profiles.ts'

/** Makes an action of what gives an exit status. */
type Does = <Args extends unknown[]>(
  act: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>

const which = '[profile]'
const meaning = 'its id, name or address; default: the default profile'

/** Puts the commands under `profile`. `common`: what every command with a connection understands. */
export const forProfiles = (
  profile: Command,
  io: Io,
  does: Does,
  common: (command: Command) => Command,
  help: (...examples: readonly string[]) => string,
): void => {
  const command = (name: string, summary: string, ...shown: readonly string[]): Command =>
    profile
      .command(name)
      .description(summary)
      .option('--store <file>', 'where profiles are kept; default: the user’s own store')
      .addHelpText('after', help(...shown))
  const plain = (added: Command): Command =>
    added.option('--json', 'one profile a line, as JSON').option('--debug', 'show where an error comes from')

  plain(
    command(
      'add',
      'store an account: its address, and three questions',
      'sipactor profile add sip:alice@example.com',
      'SIPACTOR_PASSWORD=… sipactor profile add alice@example.com --name Work --proxy sip:edge.example.com',
    ),
  )
    .argument('<aor>', 'the address of record', aorArgument)
    .option('--name <name>', 'what you call it')
    .option('--username <name>', 'for digest; default: the user of the address')
    .option('--proxy <uri>', 'outbound proxy for every request', uriArgument)
    .option('--registrar <uri>', 'default: the host of the address', uriArgument)
    .addOption(new Option('--type <type>', 'default: ietf').choices(['ietf', 'ims']))
    .option('--auto', 'registers by itself whenever an engine has this store')
    .option('--default', 'is the default profile from now on; the first one always is')
    .action(does((aor: string, options: AddOptions) => profileAdd(io, aor, options)))

  plain(command('list', 'show all profiles', 'sipactor profile list')).action(
    does((options: ProfileOptions) => profileList(io, options)),
  )

  plain(command('show', 'show all that one says, never a password', 'sipactor profile show Work'))
    .argument(which, meaning)
    .action(does((one: string | undefined, options: ProfileOptions) => profileShow(io, one, options)))

  plain(command('default', 'make one the default', 'sipactor profile default alice@example.com'))
    .argument('<profile>', 'its id, name or address')
    .action(does((one: string, options: ProfileOptions) => profileDefault(io, one, options)))

  common(
    command(
      'enable',
      'register one until Ctrl-C',
      'sipactor profile enable --trace',
      'sipactor profile enable Work --once',
    ),
  )
    .argument(which, meaning)
    .option('--once', 'register, take it back, end')
    .action(does((one: string | undefined, options: EnableOptions) => profileEnable(io, one, options)))

  plain(command('remove', 'forget one, with its passwords', 'sipactor profile remove Work'))
    .argument('<profile>', 'its id, name or address')
    .action(does((one: string, options: ProfileOptions) => profileRemove(io, one, options)))

  plain(
    command(
      'export',
      'print profiles to hand on, without passwords',
      'sipactor profile export > profiles.json',
    ),
  )
    .argument('[profiles...]', 'default: all of them')
    .action(does((some: string[], options: ProfileOptions) => profileExport(io, some, options)))

  plain(command('import', 'add the profiles of a file', 'sipactor profile import profiles.json'))
    .argument('<file>', 'what export printed')
    .option('--replace', 'puts them into the place of those with the same name and address')
    .action(does((file: string, options: ImportOptions) => profileImport(io, file, options)))
}
