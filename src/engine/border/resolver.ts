/**
 * Commands and events about requests that no object claims, and about what the applications of an engine can do. Whoever has
 * the applications gives them: the shared server.
 */
import type { SipRequest } from '../../message/types.ts'
import type { MergedCapabilities } from '../../rules/capabilities.ts'
import type { ResolvableClient } from '../../rules/resolve-client.ts'
import type { Refusal } from '../../rules/respond.ts'
import type { Id } from '../commands.ts'

export type ResolverCommand =
  /** Looks for the application that is to have a request. */
  | {
      readonly type: 'resolver.open'
      readonly id: Id
      /** The connection that it came to. */
      readonly connection: Id
      readonly request: SipRequest
      readonly clients: readonly ResolvableClient[]
      /** Whose dialog it is about, where it says so. */
      readonly owner?: string
    }
  /** The application that was to be started is ready for it. Means nothing when nobody waits any more; so do the others. */
  | { readonly type: 'resolver.ready'; readonly id: Id }
  /** It could not be started. */
  | { readonly type: 'resolver.failed'; readonly id: Id }
  /** The request is over. */
  | { readonly type: 'resolver.cancel'; readonly id: Id }
  /** What the applications together can do, as a connection is to say it; absent: what its own options say. */
  | {
      readonly type: 'connection.announce'
      readonly id: Id
      readonly capabilities?: MergedCapabilities
    }

export type ResolverEvent =
  /** The application that is to have it has to be started first. */
  | { readonly type: 'launch'; readonly id: Id; readonly client: string }
  /** Whose it is. */
  | { readonly type: 'resolved'; readonly id: Id; readonly client: string }
  /** Nobody's: what the peer is to be answered. */
  | { readonly type: 'unresolved'; readonly id: Id; readonly refusal: Refusal }
