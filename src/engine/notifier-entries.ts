/** What stands beside the actors of the peer's subscriptions. RFC 6665 §4.2. */
import type { HeaderPair } from '../message/types.ts'
import type { StaticHeaders } from '../rules/static-headers.ts'
import type { EventName } from '../rules/subscription-state.ts'
import type { Credentials } from './commands.ts'
import type { EntryBase, ServerEntry } from './entries.ts'
import type { AnyDialogEntry } from './event-usages.ts'

/** A subscription of the peer's. */
export interface NotifierEntry extends EntryBase {
  readonly kind: 'notifier'
  /** As its SUBSCRIBE says it: those that follow in the dialog are told apart by it. §8.2.1 */
  readonly event: EventName
  /** The transaction of its first SUBSCRIBE, until that is answered. */
  server?: ServerEntry | undefined
  dialog?: AnyDialogEntry | undefined
  /** What it adds to its messages. */
  staticHeaders?: StaticHeaders | undefined
  /** Seconds that it asks for. */
  readonly requested: number
  /** Headers of the 2xx. */
  headers?: readonly HeaderPair[]
  /** For its NOTIFYs. */
  credentials?: readonly Credentials[] | undefined
  /** The SUBSCRIBE that was answered last moves the remote target, and that has not happened yet. */
  moves?: boolean
  /** When it is over, in milliseconds of the clock. */
  expiresAt: number
}
