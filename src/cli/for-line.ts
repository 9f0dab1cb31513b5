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

const text = `
In a terminal, keys: d dials, a answers, r refuses, h holds and resumes, x hangs up, ↑↓ or a digit chooses a
call, q quits. Elsewhere, and with --json, --trace or --inspect, it says what happens and takes lines from its input:
${scriptHelp.map(line => `  ${line}`).join('\n')}
At the end of its input it ends as soon as no call is left; with no input at all, at Ctrl-C.
`

/** Adds it. `connected`: what every command with a connection understands. */
export const forLine = (
  io: Io,
  command: Make,
  does: Does,
  connected: (command: Command) => Command,
): void => {
  const line = command(
    'line',
    'a phone in this terminal, on a stored profile: the default one unless --profile says another',
    'sipactor line                          the default profile; make one: sipactor profile add',
    'sipactor line --profile Work --port 5080',
    "printf '%s\\n' 'dial bob' wait 'wait 5' hangup | sipactor line --json",
  )
  connected(withProfileOption(line))
    .addHelpText('after', text)
    .action(does((options: LineCommandOptions) => lineCommand(io, options)))
}
