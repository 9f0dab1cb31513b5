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
import type { Address, Flow, FlowHandler, Target, Transport } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { addAccepted, addOpened, named, retire, streamKey } from './stream-pool.ts'

export class Flows {
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

  /** Binds every transport that the connection uses; UDP and TCP to the same port where the platform allows it. */
  async bind(connection: ConnectionEntry): Promise<void> {
    const { options } = connection
    const { platform } = this.#runtime
    const transports = platform.transports.filter(({ name }) => options.transports?.includes(name) ?? true)
    if (transports.length === 0)
      throw new SipError('transport', 'the platform has none of the transports asked for')
    const host = options.host ?? platform.defaultHost
    const among = transports.map(({ name }) => name)
    let shared = options.port ?? 0
    for (const transport of transports) {
      const { name } = transport
      const plain = name === 'UDP' || name === 'TCP'
      const port = listeningPort(name, among, { ...options, port: plain ? shared : (options.port ?? 0) })
      const bound = await this.#listen(connection, transport, { host, port })
      if (!connection.alive) return bound.listener.close()
      connection.listeners.set(transport.name, bound)
      if (plain && shared === 0) shared = bound.local.port
    }
  }

  async #listen(connection: ConnectionEntry, transport: Transport, local: Address): Promise<BoundTransport> {
    let flow: FlowEntry | undefined
    const accept = (found: Flow): FlowHandler => {
      const entry = this.#add(connection, transport, found, true)
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
  }

  /** Effect `closeFlow`. What is sent from here on goes by another one. */
  close(entry: FlowEntry): void {
    if (entry.flow.remote) retire(entry)
    entry.flow.close()
  }

  /** A send failed. A stream is as good as closed by that. */
  #undelivered(entry: FlowEntry, error: SipError, to?: Address): void {
    if (entry.flow.remote) retire(entry)
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
    })
    return entry!
  }

  #handler(entry: FlowEntry): FlowHandler {
    const runtime = this.#runtime
    return {
      opened: () => runtime.run(() => runtime.post(entry, { type: 'flow.opened' })),
      received: (bytes, from) => runtime.run(() => this.#received(entry, bytes, from)),
      failed: (error, to) => runtime.run(() => this.#undelivered(entry, error, to)),
      closed: error => runtime.run(() => runtime.post(entry, { type: 'flow.closed', error })),
    }
  }
}
