/** The effects of lines. */
import type { SipError } from '../../errors.ts'
import type { Id } from '../commands.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const line = (parts: Parts, of: EntryOf) => ({
  useProfile: (args: Args) => parts.lines.use(of(args, 'line')),
  releaseProfile: (args: Args) => parts.lines.release(of(args, 'line')),
  endSessions: (args: Args, sessions: readonly Id[]) => parts.lines.endSessions(of(args, 'line'), sessions),
  reportFailure: (args: Args, error: SipError) => parts.runtime.error(of(args, 'line').id, error),
  release: (args: Args) => parts.lines.over(of(args, 'line')),
})
