/** The commands of `sipactor` and what they say of themselves. */
import { Command, CommanderError } from 'commander'
import { demo, type DemoOptions } from './demo.ts'
import { exitStatus, explain } from './exit.ts'
import type { Io } from './io.ts'

/** Runs one command line; resolves with the exit status. Never rejects. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  let status: number = exitStatus.ok
  const program = new Command('sipactor')
    .exitOverride()
    .configureOutput({ writeOut: text => io.out(text.trimEnd()), writeErr: text => io.err(text.trimEnd()) })
  program
    .command('demo')
    .option('--exit', 'end after the flows')
    .option('--json', 'one event a line')
    .option('--full', 'every machine and inner state')
    .action(async (options: DemoOptions) => {
      status = await demo(io, options)
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage
    const { status: code, what } = explain(error)
    io.err(`sipactor: ${what}`)
    if (args.includes('--debug') && error instanceof Error) io.err(error.stack ?? '')
    return code
  }
}
