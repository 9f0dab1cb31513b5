/** Commands and events about lines: registered by a profile while started, and ended in order. RConnection. */
import type { Id } from '../commands.ts'

export type LineCommand =
  /** `id` is that of the line, a new object. `profile`: default the default profile of the moment it is started. */
  | { readonly type: 'line.open'; readonly id: Id; readonly profile?: Id }
  | { readonly type: 'line.start'; readonly id: Id }
  /**
   * `sessions`: the calls and subscriptions that were made or taken on it; those that still live end first. Closing ends the
   * object, too.
   */
  | { readonly type: 'line.stop'; readonly id: Id; readonly sessions: readonly Id[] }
  | { readonly type: 'line.close'; readonly id: Id; readonly sessions: readonly Id[] }

export type LineEvent =
  /** The profile that a line uses. */
  { readonly type: 'line'; readonly id: Id; readonly profile: Id }
