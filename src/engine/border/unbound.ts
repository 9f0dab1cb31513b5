/** Events of a shared server about requests that came where the application has no connection. MSIPObserver. */
import type { EngineEvent, Id } from '../commands.ts'

export type UnboundEvent =
  /** A request, or a call, came on a network on which the application has no connection. Answered like any other. */
  | {
      readonly type: 'unbound'
      /** Where it came: a connection of the server itself. */
      readonly connection: Id
      readonly networkId: string
      readonly event: Extract<EngineEvent, { type: 'request' | 'call' }>
    }
  /** 0.9·64·T1 have passed without an answer to it: the peer has got 480. */
  | { readonly type: 'unanswered'; readonly id: Id }
