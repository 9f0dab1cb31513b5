/** What `sipactor line` understands. */
import type { Command } from 'commander'
import type { Io } from './io.ts'
import { type LineCommandOptions, lineCommand } from './line.ts'
import { scriptHelp } from './line-script.ts'
import { withProfileOption } from './with-profile.ts'

type Make = (name: string, summary: string, ...shown: readonly string[]) => Command
type Does = <Args extends unknown[]>(
  act: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>

const summary = 'a phone in this terminal, on a stored profile'

const text = `${summary}: the default one unless --profile says another

In a terminal, by keys:
  d dial, a answer, r refuse, h hold and resume, x hang up, q quit,
  ↑ ↓ or a digit choose a call
Elsewhere, and with --json, --trace or --inspect, it takes lines from its input:
${scriptHelp.map(line => `  ${line}`).join('\n')}
At the end of the input it ends with its last call; where there is no input, at Ctrl-C.`

/** Adds it. `connected`: what every command with a connection understands. */
export const forLine = (
  io: Io,
  command: Make,
  does: Does,
  connected: (command: Command) => Command,
): void => {
  const line = command(
    'line',
    text,
    'sipactor line                          the default profile; sipactor profile add makes one',
    'sipactor line --profile Work --port 5080',
    `printf '%s\\n' 'dial bob' wait 'wait 5' hangup | sipactor line --json`,
  ).summary(summary)
  connected(withProfileOption(line)).action(does((options: LineCommandOptions) => lineCommand(io, options)))
}
