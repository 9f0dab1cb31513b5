/** Requests that came on a network on which the application has no connection. MSIPObserver. */
import type { EngineEvent, Id } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import type { Connection } from './connection.ts'
import { receive, type Scope } from './scope.ts'
import { ServerTransaction } from './server-transaction.ts'

/**
 * A request, or a call, at the shared server on a network on which this application has no connection. Deal with it as with
 * any other: `respond`, `ring`, `accept`. `timedOut`: nobody has for 0.9·64·T1 (28.8 s), the peer has got 480 and it is of no
 * use any more. MSIPObserver::IncomingRequest(), ::TimedOut().
 *
 * The `connection` of the transaction or call is the server's: nothing can be sent by it, and it is not in
 * `sip.connections`.
 */
export type UnboundRequest =
  | {
      readonly type: 'request' | 'timedOut'
      /** The network it came on. */
      readonly networkId: string
      readonly transaction: ServerTransaction
      readonly call?: undefined
    }
  | {
      readonly type: 'call' | 'timedOut'
      readonly networkId: string
      readonly call: Call
      readonly transaction?: undefined
    }

type Unbound = Extract<EngineEvent, { type: 'unbound' }>

/** Makes the handles of such requests. */
export class UnboundRequests {
  readonly #scope: Scope
  readonly #place: (id: Id) => Connection
  /** False when nobody listens. */
  readonly #tell: (request: UnboundRequest) => boolean

  constructor(scope: Scope, place: (id: Id) => Connection, tell: (request: UnboundRequest) => boolean) {
    this.#scope = scope
    this.#place = place
    this.#tell = tell
  }

  /** While nobody listens the peer gets 480 at once. */
  take({ connection, networkId, event }: Unbound): void {
    const { handles } = this.#scope
    const place = this.#at(connection, networkId)
    if (event.type === 'call') {
      const { request, from } = event
      const call = new Call(this.#scope, event.id, place, { direction: 'incoming', request, from })
      handles.set(event.id, call)
      if (!this.#tell({ type: 'call', networkId, call })) this.#scope.attempt(() => call.reject(480))
    } else {
      const transaction = new ServerTransaction(this.#scope, event.id, place, event)
      handles.set(event.id, transaction)
      if (!this.#tell({ type: 'request', networkId, transaction }))
        this.#scope.attempt(() => transaction.respond(480))
    }
  }

  late(id: Id): void {
    const object = this.#scope.handles.get(id)
    if (object instanceof Call)
      this.#tell({ type: 'timedOut', networkId: object.connection.networkId, call: object })
    else if (object instanceof ServerTransaction)
      this.#tell({ type: 'timedOut', networkId: object.connection.networkId, transaction: object })
  }

  /** The server's connection, as far as it concerns us. */
  #at(id: Id, networkId: string): Connection {
    const known = this.#scope.handles.get(id)
    if (known?.kind === 'connection') return known
    const place = this.#place(id)
    this.#scope.handles.set(id, place)
    place[receive]({ type: 'network', id, networkId })
    place[receive]({ type: 'state', id, state: { is: 'active' } })
    return place
  }
}
