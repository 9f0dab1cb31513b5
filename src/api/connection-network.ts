/** The network under a connection: where it listens, what became of it, and how to get it back. CSIPConnection. */
import type { Observable } from 'rxjs'
import type { EngineEvent } from '../engine/commands.ts'
import type { Address, SocketOptions, TransportName } from '../engine/ports.ts'
import type { ConnectionState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { isWildcard } from '../rules/network.ts'
import { checkSockets } from './connection-options.ts'
import { Handle } from './live.ts'
import { receive, requireOpen } from './scope.ts'

/** An address of ours and the transport it belongs to. Port 0: nobody can open a connection to it, we only connect. */
export type LocalAddress = Address & { readonly transport: TransportName }

/** The streams that tell of a network. */
export interface NetworkStreams {
  addresses: LocalAddress
}

/** What a connection is before it can say anything: a place on a network. */
export abstract class OnNetwork<Streams extends NetworkStreams> extends Handle<ConnectionState, Streams> {
  #addresses: readonly LocalAddress[] = []
  #local: LocalAddress | undefined
  #networkId = ''

  /** Where it listens, one entry for each transport; empty until active, and other ones after the network returned. */
  get addresses(): readonly LocalAddress[] {
    return this.#addresses
  }

  /**
   * The network it is on: the name of an interface (`eth0`), `*` when it listens on all of them, or its host where the
   * platform knows nothing of interfaces. CSIPConnection::IapId().
   */
  get networkId(): string {
    return this.#networkId
  }

  /**
   * The first of `addresses`, now and whenever it changes; on `0.0.0.0` and `::` with our address on the network in their
   * place, where that is known. Calls may follow it by `call.moveTo`; registrations do so by themselves. GetLocalAddrL().
   */
  get localAddress$(): Observable<LocalAddress> {
    return this.observable(subscriber => {
      const subscription = this.stream('addresses').subscribe(subscriber)
      if (this.#local && !this.gone) subscriber.next(this.#local)
      return subscription
    })
  }

  /** Why it is not active, or the latest failure otherwise; `undefined` when there was none. GetConnectionErrorL(). */
  get lastError(): SipError | undefined {
    return this.failure
  }

  /**
   * Asks for a lost network again, at once and not when its turn comes. What becomes of it `state$` tells. Throws
   * `not-ready` when it is not `inactive`, `not-supported` when nobody watches its network, `resource-not-available`.
   * CSIPConnection::RefreshConnection().
   */
  refresh(): void {
    requireOpen(this)
    this.scope.dispatch({ type: 'connection.refresh', id: this.id })
  }

  /**
   * Changes settings of its streams, of those that are open and of those to come; see {@link SocketOptions}. CSIPConnection::SetOptL().
   *
   * Throws `not-supported` for `dscp`, which no socket of Node has, and where none of its transports has settings;
   * `argument`; `resource-not-available`.
   *
   * @example
   * connection.setSocketOptions({ keepAlive: 30_000, noDelay: true })
   */
  setSocketOptions(options: SocketOptions & { readonly dscp?: number }): void {
    requireOpen(this)
    const { dscp, ...sockets } = checkSockets(options)
    if (dscp !== undefined) throw new SipError('not-supported', 'no socket here can mark its packets (dscp)')
    this.scope.dispatch({ type: 'connection.configure', id: this.id, sockets })
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'network') this.#networkId = event.networkId
    else if (event.type === 'lost') this.noteFailure(event.error)
    else if (event.type === 'listening') {
      const before = this.#local
      this.#addresses = event.addresses
      const [first] = event.addresses
      if (!first) return
      const { local } = event
      this.#local = local !== undefined && isWildcard(first.host) ? { ...first, host: local } : first
      const same = this.#local.host === before?.host && this.#local.port === before.port
      if (!same) this.emit('addresses', this.#local)
    } else super[receive](event)
  }
}
