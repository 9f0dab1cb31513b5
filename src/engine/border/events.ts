/** Commands and events of the header and event interface of Windows CE RTC: what objects add to their messages, and NOTIFYs unasked. */
import type { HeaderPair, SipRequest } from '../../message/types.ts'
import type { Id } from '../commands.ts'
import type { Source } from '../ports.ts'

export type EventsCommand =
  /**
   * What an object (a call, a subscription, a notifier) adds to each of its later messages; null for nothing any more.
   * Throws `header-not-allowed`, `argument`, `resource-not-available`.
   */
  | {
      readonly type: 'headers.set'
      readonly id: Id
      readonly headers: readonly HeaderPair[] | null
      /** Responses go without them. Default false. */
      readonly requestsOnly?: boolean
    }
  /**
   * The event packages that a peer may notify of in a call unasked: of one call, or of all of a connection that have no list
   * of their own. null: none of its own. Throws `argument`, `resource-not-available`.
   */
  | { readonly type: 'events.allow'; readonly id: Id; readonly events: readonly string[] | null }

export type EventsEvent =
  /**
   * A NOTIFY that nobody has subscribed to: of an allowed package within a call (`id` is the call), or outside dialogs (`id`
   * is the connection). Answered by `transaction.respond`.
   */
  {
    readonly type: 'unaskedNotify'
    readonly id: Id
    readonly transaction: Id
    readonly request: SipRequest
    readonly from: Source
  }
