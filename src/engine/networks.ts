/** The networks that connections are on: who watches which, and what becomes of sockets when an address changes. */
import type { AnyActorLogic } from 'xstate'
import type { NetworkNews } from '../../machines/connection-setup.ts'
import { SipError } from '../errors.ts'
import { defaultRecovery, isWildcard, lookAt, type NetworkPlace, placeOf } from '../rules/network.ts'
import type { ConnectionOptions, Id } from './commands.ts'
import { stopActor } from './compile/xstate-internals.ts'
import type { ConnectionEntry, NetworkEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Runtime } from './runtime.ts'
import { retire } from './stream-pool.ts'

/** What a connection hears of a network that looks so. */
const seenAs = {
  suspended: 'network.held',
  unaddressed: 'network.unaddressed',
  absent: 'network.absent',
  removed: 'network.removed',
} as const

export class Networks {
  readonly #runtime: Runtime
  readonly #flows: Flows
  readonly #logic: AnyActorLogic
  readonly #sameUser: (one: Id, other: Id) => boolean

  constructor(
    runtime: Runtime,
    flows: Flows,
    logic: AnyActorLogic,
    sameUser: (one: Id, other: Id) => boolean = () => true,
  ) {
    this.#runtime = runtime
    this.#flows = flows
    this.#logic = logic
    this.#sameUser = sameUser
  }

  /**
   * The place of a new connection. A network has one connection of each user of those that name it: `already-exists` for another,
   * unless that has a host or port of its own. A name needs a platform that knows names: `not-supported`.
   */
  place(id: Id, { network, host, port }: ConnectionOptions): NetworkPlace {
    const { networks, defaultHost } = this.#runtime.platform
    if (network !== undefined && !networks) {
      throw new SipError('not-supported', 'this platform knows nothing of networks: give `host`')
    }
    const asked = { ...(network !== undefined && { network }), ...(host !== undefined && { host }) }
    // Of a name that nobody has the machine tells: no network, unavailable.
    const place = placeOf({ ...asked, fallback: defaultHost }, networks?.interfaces() ?? []) ?? {
      networkId: network!,
    }
    const taken = [...this.#runtime.registry.ofKind('connection')].some(
      ({ id: other, options, networkId, actor }) =>
        options.network !== undefined &&
        this.#sameUser(id, other) &&
        networkId === place.networkId &&
        !actor.getSnapshot().matches('unavailable') &&
        !actor.getSnapshot().matches('closed') &&
        host === options.host &&
        (port ?? 0) === (options.port ?? 0),
    )
    if (network !== undefined && taken) {
      throw new SipError('already-exists', `there is a connection on the network ${place.networkId}`)
    }
    return place
  }

  /** Effect `watch`: from here on the connection follows its network; one that nobody watches is there. */
  watch(connection: ConnectionEntry): void {
    const { platform } = this.#runtime
    const { wanted, options } = connection
    if (!platform.networks || (!wanted && options.network === undefined)) {
      return this.#runtime.post(connection, { type: 'network.up' })
    }
    if (!wanted) {
      const error = new SipError('not-found', `there is no network ${options.network}`)
      return this.#runtime.post(connection, { type: 'network.gone', error })
    }
    const entry = {
      kind: 'network',
      id: this.#runtime.newId('network'),
      connection,
      owner: connection,
      visible: false,
      wanted,
      stop: () => {},
    } as unknown as NetworkEntry
    connection.network = entry
    this.#runtime.spawn<NetworkEntry>(entry, this.#logic, {
      owner: connection.actor,
      recovery: { ...defaultRecovery, ...options.recovery },
    })
    entry.stop = platform.networks.watch(() =>
      this.#runtime.run(() => {
        if (entry.alive) this.look(entry)
      }),
    )
  }

  /** Effect `look`. */
  look(entry: NetworkEntry): void {
    const sight = lookAt(entry.wanted, this.#runtime.platform.networks!.interfaces(), entry.address)
    if (sight.is !== 'up') return this.#runtime.post(entry, { type: seenAs[sight.is] })
    entry.address = sight.address
    this.#runtime.post(entry, { type: 'network.seen', address: sight.address })
  }

  /** Effect `probe`. */
  probe(entry: NetworkEntry): void {
    const { networks } = this.#runtime.platform
    networks!.probe?.(entry.wanted.by === 'any' ? undefined : entry.connection.networkId)
    this.look(entry)
  }

  /** Command `connection.refresh`. Nobody can bring back what nobody watches. */
  refresh(connection: ConnectionEntry): void {
    if (!connection.actor.getSnapshot().matches('inactive'))
      throw new SipError('not-ready', 'the network of the connection is not lost')
    if (!connection.network)
      throw new SipError('not-supported', 'nobody watches the network of the connection')
    this.#runtime.post(connection, { type: 'tu.refresh' })
  }

  /** Effect `tellNetwork`. */
  tell(connection: ConnectionEntry, news: NetworkNews): void {
    this.#runtime.post(connection.network, news, connection)
  }

  /** Effect `unwatch`. */
  unwatch({ network }: ConnectionEntry): void {
    if (!network?.alive) return
    this.forget(network)
    stopActor(network.actor)
  }

  /** It has ended. */
  forget(entry: NetworkEntry): void {
    entry.stop()
    entry.connection.network = undefined
    this.#runtime.forget(entry)
  }

  /** Effect `bind`: to the host that was asked for, else to the address of the network. */
  bind(connection: ConnectionEntry): void {
    this.#bind(connection, 'transport.bound')
  }

  /** Effect `rebind`: sockets at the new address take the place of those at the old one; streams there are of no use. */
  rebind(connection: ConnectionEntry): void {
    const address = connection.network?.address
    for (const flow of this.#streams(connection)) {
      if (flow.flow.local.host !== address) this.#runtime.post(flow, { type: 'tu.close' })
    }
    // Sockets that are bound to every address are bound to the new one.
    if (isWildcard(this.#host(connection))) this.#runtime.post(connection, { type: 'transport.moved' })
    else this.#bind(connection, 'transport.moved')
  }

  /** Effect `announceMove`: bindings name the new address from now on. */
  moved(connection: ConnectionEntry): void {
    this.#announce(connection)
    for (const kind of ['registration', 'subscription'] as const) {
      for (const entry of this.#runtime.registry.ofKind(kind))
        if (entry.connection === connection) this.#runtime.post(entry, { type: 'network.changed' })
    }
  }

  /** Effect `unbind`: no socket is left, and none that is being bound comes to be. */
  unbind(connection: ConnectionEntry): void {
    connection.binding += 1
    for (const { listener } of connection.listeners.values()) listener.close()
    connection.listeners.clear()
    for (const flow of this.#streams(connection)) {
      retire(flow)
      flow.flow.close()
    }
  }

  #bind(connection: ConnectionEntry, done: 'transport.bound' | 'transport.moved'): void {
    const runtime = this.#runtime
    connection.binding += 1
    const { binding } = connection
    const current = (): boolean => connection.alive === true && connection.binding === binding
    this.#flows.bind(connection, this.#host(connection), current).then(
      () =>
        runtime.run(() => {
          if (!current()) return
          if (done === 'transport.bound') this.#announce(connection)
          runtime.post(connection, { type: done })
        }),
      (cause: unknown) =>
        runtime.run(() => {
          if (!current()) return
          this.unbind(connection)
          const error =
            cause instanceof SipError
              ? cause
              : new SipError('transport', 'the transports could not be bound', { cause })
          runtime.post(connection, { type: 'transport.failed', error })
        }),
    )
  }

  #announce({ id, listeners, network }: ConnectionEntry): void {
    const addresses = [...listeners].map(([transport, { local }]) => ({ ...local, transport }))
    const local = network?.address
    this.#runtime.born({ type: 'listening', id, addresses, ...(local !== undefined && { local }) })
  }

  #host({ options, wanted, network }: ConnectionEntry): string {
    if (options.host !== undefined) return options.host
    return wanted?.by === 'name' && network?.address !== undefined
      ? network.address
      : wanted?.by === 'address'
        ? wanted.address
        : this.#runtime.platform.defaultHost
  }

  *#streams(connection: ConnectionEntry) {
    for (const flow of [...this.#runtime.registry.ofKind('flow')]) {
      if (flow.connection === connection && flow.flow.remote) yield flow
    }
  }
}
