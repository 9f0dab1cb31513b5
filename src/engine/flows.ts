/**
 * Flows: binding the transports of a connection, opening streams, sending bytes, and how we are called on each.
 * RFC 3261 §18.
 */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import { serialize } from '../message/serialize.ts'
import { MessageStream } from '../message/stream.ts'
import type { SipMessage, SipResponse } from '../message/types.ts'
import { defaultPort } from '../rules/locate.ts'
import { listeningPort } from '../rules/ports.ts'
import { reconnectTarget } from '../rules/via.ts'
import type { BoundTransport, ConnectionEntry, Entry, FlowEntry, LocalNames, Way } from './entries.ts'
import { localNames } from './local-names.ts'
import type { Address, Flow, FlowHandler, SocketOptions, Target, Transport, TransportName } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { addAccepted, addOpened, named, retire, streamKey } from './stream-pool.ts'

export class Flows {
  /** Told of each stream that has ended. */
  onEnd: (flow: FlowEntry) => void = () => {}
  /** Told of each address that the network says nobody is at. */
  onRefused: (flow: FlowEntry, to: Address) => void = () => {}
  readonly #runtime: Runtime
  readonly #logic: AnyActorLogic
  readonly #received: (flow: FlowEntry, bytes: Uint8Array, from: Address) => void

  constructor(
    runtime: Runtime,
    logic: AnyActorLogic,
    received: (flow: FlowEntry, bytes: Uint8Array, from: Address) => void,
  ) {
    this.#runtime = runtime
    this.#logic = logic
    this.#received = received
  }

  /**
   * Binds every transport that the connection uses at that host; UDP and TCP to the same port where the platform allows it.
   * What it was bound to before is closed when all is done. `wanted`: false as soon as nobody waits for it any more.
   */
  async bind(connection: ConnectionEntry, host: string, wanted: () => boolean): Promise<void> {
    const { options, listeners } = connection
    const { platform } = this.#runtime
    const transports = platform.transports.filter(({ name }) => options.transports?.includes(name) ?? true)
    if (transports.length === 0)
      throw new SipError('transport', 'the platform has none of the transports asked for')
    const among = transports.map(({ name }) => name)
    const bound = new Map<TransportName, BoundTransport>()
    const before = new Map(listeners)
    let shared = options.port ?? before.get('UDP')?.local.port ?? 0
    try {
      for (const transport of transports) {
        const { name } = transport
        const plain = name === 'UDP' || name === 'TCP'
        const port = listeningPort(name, among, { ...options, port: plain ? shared : (options.port ?? 0) })
        const one = await this.#listen(connection, transport, { host, port }, before.get(name)?.flow)
        bound.set(name, one)
        if (!wanted()) throw new SipError('closed', 'nobody waits for these sockets')
        if (plain && shared === 0) shared = one.local.port
      }
    } catch (error) {
      for (const { listener } of bound.values()) listener.close()
      throw error
    }
    listeners.clear()
    for (const [name, one] of bound) listeners.set(name, one)
    for (const { listener } of before.values()) listener.close()
  }

  /** `before`: the datagram socket whose place it takes; what is under way on that one goes on. */
  async #listen(
    connection: ConnectionEntry,
    transport: Transport,
    local: Address,
    before?: FlowEntry,
  ): Promise<BoundTransport> {
    let flow: FlowEntry | undefined
    const accept = (found: Flow): FlowHandler => {
      const entry = found.remote || !before?.alive ? this.#add(connection, transport, found, true) : before
      entry.flow = found
      if (!found.remote) flow = entry
      return this.#handler(entry)
    }
    const { id, options } = connection
    const refused = (error: SipError): void => this.#runtime.run(() => this.#runtime.error(id, error))
    const listening = transport.listen(local, accept, refused).catch((error: unknown) => {
      if (options.port || options.ports?.[transport.name] !== undefined || local.port === 0) throw error
      return transport.listen({ host: local.host, port: 0 }, accept, refused)
    })
    const listener = await listening
    return { transport, local: listener.local, listener, flow }
  }

  /** Settings of all streams of a connection, present and to come. Throws `not-supported` where none can be set. */
  configure(connection: ConnectionEntry, sockets: SocketOptions): void {
    const { transports } = this.#runtime.platform
    const used = connection.options.transports
    if (!transports.some(({ name, configurable }) => configurable && (used?.includes(name) ?? true)))
      throw new SipError('not-supported', 'the sockets of this connection have no settings')
    connection.sockets = { ...connection.sockets, ...sockets }
    for (const entry of this.#runtime.registry.ofKind('flow'))
      if (entry.connection === connection) entry.flow.configure?.(sockets)
  }

  /** A flow to a target: the socket, a stream that is there (`reused`), or a new one. */
  reach(
    connection: ConnectionEntry,
    target: Target,
    done: { ready(way: Way, reused: boolean): void; failed(error: SipError): void },
  ): void {
    const bound = connection.listeners.get(target.transport)
    if (!bound) return done.failed(new SipError('transport', `the connection has no ${target.transport}`))
    if (bound.flow) return done.ready({ flow: bound.flow, to: target }, false)
    const { streams } = connection
    const here = streams.get(streamKey(target.transport, target))
    const to = (here ? undefined : bound.transport.reroute?.(target)) ?? target
    const known = here ?? streams.get(streamKey(to.transport, to)) ?? this.#connect(connection, bound, to)
    if (!known)
      return done.failed(new SipError('transport', `${target.transport} cannot open connections here`))
    if (known.open) return done.ready({ flow: known, to }, true)
    known.waiting.push({ ready: () => done.ready({ flow: known, to }, false), failed: done.failed })
  }

  /** Sends a message; returns its bytes, a view that holds until the next one. */
  send(way: Way, message: SipMessage, actor?: Entry): Uint8Array {
    const { flow, to } = way
    const bytes = serialize(message)
    const { tap } = this.#runtime
    if (tap.open) tap.message('out', flow, to, message, bytes, actor?.id)
    flow.flow.send(bytes, to)
    if (flow.flow.remote) this.#runtime.post(flow, { type: 'flow.sent' })
    return bytes
  }

  /** The same way once more, on a new stream when the one it was is gone. */
  again({ flow, to }: Way, done: { ready(way: Way): void; failed(error: SipError): void }): void {
    if (flow.open || !flow.flow.remote) done.ready({ flow, to })
    else this.reach(flow.connection, { ...to, transport: flow.transport.name }, done)
  }

  /** A response: on the way of its request, or when that stream is gone on one to where its Via says. §18.2.2 */
  answer(way: Way, response: SipResponse, entry: Entry): Uint8Array {
    const { flow } = way
    if (flow.open || !flow.flow.remote) return this.send(way, response, entry)
    const { name } = flow.transport
    const address = reconnectTarget(response, defaultPort(name))
    const target = named({ ...address, transport: name }, response.via.host)
    this.reach(flow.connection, target, {
      ready: again => void this.send(again, response, entry),
      failed: error => this.#runtime.post(entry, { type: 'wire.error', error }),
    })
    return serialize(response)
  }

  /** How we are called on this way; `secure`: a `sips:` Contact is demanded. */
  names(connection: ConnectionEntry, way: Way, secure = false): LocalNames {
    return localNames(connection, way, secure, this.#runtime.platform)
  }

  /** Effect `flowReady`: those who waited go on. */
  opened(entry: FlowEntry): void {
    entry.open = true
    for (const { ready } of entry.waiting.splice(0)) ready()
  }

  /** Effect `flowGone`: those who waited or have a transaction on it hear of it. */
  gone(entry: FlowEntry, error: SipError | undefined): void {
    if (entry.flow.remote) retire(entry)
    const failure = error ?? new SipError('transport', 'the connection was closed')
    for (const { failed } of entry.waiting.splice(0)) failed(failure)
    this.#fail(entry, failure)
    this.onEnd(entry)
  }

  /** A peer of a datagram socket does not answer any more: what waits for it fails at once. */
  unreachable(entry: FlowEntry, error: SipError, peer: Address): void {
    this.#fail(entry, error, peer)
  }

  /** Effect `closeFlow`. What is sent from here on goes by another one. */
  close(entry: FlowEntry): void {
    if (entry.flow.remote) retire(entry)
    entry.flow.close()
  }

  /** A send failed. A stream is as good as closed by that. */
  #undelivered(entry: FlowEntry, error: SipError, to?: Address): void {
    if (entry.flow.remote) retire(entry)
    else if (to) this.onRefused(entry, to)
    this.#fail(entry, error, to)
  }

  #fail(flow: FlowEntry, error: SipError, to?: Address): void {
    for (const entry of this.#runtime.registry.ofKind('client')) {
      const { way } = entry
      if (way.flow !== flow || (to && (way.to.host !== to.host || way.to.port !== to.port))) continue
      this.#runtime.post(entry, { type: 'wire.error', error }, flow)
    }
  }

  #connect(connection: ConnectionEntry, bound: BoundTransport, target: Target): FlowEntry | undefined {
    const { transport, local } = bound
    if (!transport.connect) return undefined
    // The handler must exist before the flow, and the entry needs the flow: the platform calls nothing synchronously.
    let entry: FlowEntry | undefined
    const handler: FlowHandler = {
      opened: () => this.#handler(entry!).opened(),
      received: (bytes, from) => this.#handler(entry!).received(bytes, from),
      failed: (error, to) => this.#handler(entry!).failed(error, to),
      closed: error => this.#handler(entry!).closed(error),
    }
    const flow = transport.connect(target, { host: local.host, port: 0 }, handler)
    entry = this.#add(connection, transport, flow, false)
    addOpened(entry, target)
    return entry
  }

  #add(connection: ConnectionEntry, transport: Transport, flow: Flow, open: boolean): FlowEntry {
    const stream = flow.remote !== undefined
    const { limits } = this.#runtime
    let entry: FlowEntry
    this.#runtime.run(() => {
      entry = this.#runtime.spawn<FlowEntry>(
        {
          kind: 'flow',
          id: this.#runtime.newId('flow'),
          connection,
          visible: false,
          transport,
          flow,
          ...(stream && transport.framing === 'stream' ? { stream: new MessageStream() } : {}),
          waiting: [],
          open,
          accepted: stream && open,
          keys: [],
        },
        this.#logic,
        { stream, open, idleLimit: limits.idleStream, messageLimit: limits.messageOnStream },
      )
      if (stream && open) addAccepted(entry)
      if (connection.sockets) flow.configure?.(connection.sockets)
    })
    return entry!
  }

  #handler(entry: FlowEntry): FlowHandler {
    const runtime = this.#runtime
    const { flow } = entry
    return {
      opened: () => runtime.run(() => runtime.post(entry, { type: 'flow.opened' })),
      received: (bytes, from) => runtime.run(() => this.#received(entry, bytes, from)),
      failed: (error, to) => runtime.run(() => this.#undelivered(entry, error, to)),
      closed: error => {
        if (entry.flow === flow) runtime.run(() => runtime.post(entry, { type: 'flow.closed', error }))
      },
    }
  }
}
