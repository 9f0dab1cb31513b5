/** What stands beside the actor of a line. */
import type { Id } from './commands.ts'
import type { EntryBase } from './entries.ts'

export interface LineEntry extends EntryBase {
  readonly kind: 'line'
  /** The profile that it was told to use; none: the default one. */
  readonly wish: Id | undefined
  /** The profile that it uses. */
  profile?: Id | undefined
  /** What it has told its machine of the profile last. */
  news?: string | undefined
  /** Its profile knows it. */
  seen?: boolean
  /** It has asked to be none of the users any more. */
  releasing?: boolean
  /** Calls and subscriptions that it waits for before it lets go of its profile. */
  waitsFor: readonly Id[]
  /** Stops listening to the profile. */
  leave?: (() => void) | undefined
}
