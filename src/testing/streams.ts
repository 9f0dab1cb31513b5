/**
 * TCP of the simulated network, and TLS, WS and WSS in its likeness (their bytes are not encrypted, but the names of
 * certificates are verified): ordered, lossless, late; refused, reset, cut.
 */
import type { Accept, Address, Flow, FlowHandler, Target, Transport, TransportName } from '../engine/ports.ts'
import type { SipError } from '../errors.ts'
import { bind, type Fabric, freePort, type Host, route, socketKey, transportError } from './fabric.ts'
import { outgoing } from './packet.ts'
import { createPipe, type Pipe } from './pipe.ts'

export type StreamName = Exclude<TransportName, 'UDP'>

interface StreamListener {
  readonly transport: StreamName
  readonly local: Address
  readonly accept: Accept
  readonly certificates: readonly string[] | undefined
}

/** What a host has for its streams. */
export interface StreamSettings {
  /** Names that its certificate is for. */
  readonly certificates?: readonly string[] | undefined
  /** False: it only connects. */
  readonly listens: boolean
  /** Its name over WebSocket when it only connects. RFC 7118 §5 */
  readonly hidden: string
}

/** One side of a connection. */
interface End {
  readonly host: Host
  readonly local: Address
  readonly remote: Address
  handler: FlowHandler | undefined
  /** `connecting` until the answer has come; bytes wait. `closed` once nothing more is delivered here. */
  state: 'connecting' | 'open' | 'closed'
  readonly waiting: Uint8Array[]
  /** Names in the certificate of the other side. */
  identities: readonly string[] | undefined
}

/** One live connection, for `reset`. */
export interface Connection {
  readonly hosts: readonly [string, string]
  reset(reason: string): void
}

/** All live connections of a network. */
export type Connections = Set<Connection>

/** A stream transport of one host. */
export const streamTransport = (
  fabric: Fabric,
  connections: Connections,
  host: Host,
  name: StreamName,
  settings: StreamSettings,
): Transport => {
  const { clock, tap, weather } = fabric
  const secure = name === 'TLS' || name === 'WSS'
  const own = secure ? settings.certificates?.map(one => one.toLowerCase()) : undefined

  const close = (end: End, error?: SipError): void => {
    if (end.state === 'closed') return
    end.state = 'closed'
    clock.setTimeout(() => end.handler?.closed(error), 0)
  }

  /** Splits a write into the pieces in which it arrives. */
  const pieces = (bytes: Uint8Array, from: string, to: string): readonly Uint8Array[] => {
    const size = name === 'WS' || name === 'WSS' ? undefined : weather.between(from, to).segment
    if (size === undefined || bytes.length <= size) return [bytes]
    const parts: Uint8Array[] = []
    for (let start = 0; start < bytes.length; start += size) parts.push(bytes.slice(start, start + size))
    return parts
  }

  const connect = (target: Target, local: Address, handler: FlowHandler): Flow => {
    // An outgoing connection may leave from a port that listens, so a given port is taken as it is.
    const port = local.port === 0 ? freePort(host, 'tcp') : local.port
    const way = route(fabric, host, 'tcp', port, target)
    const seen = way?.from ?? { host: host.address, port }
    const near: End = {
      host,
      local: { host: host.address, port },
      remote: { host: target.host, port: target.port },
      handler,
      state: 'connecting',
      waiting: [],
      identities: undefined,
    }
    let far: End | undefined
    /** One end has given up and the other does not know: what it sends next is answered by a reset. */
    let abandoned = false
    const there: Pipe | undefined =
      way && createPipe(fabric, host.address, way.host.address, () => giveUp(near, there))
    const back: Pipe | undefined =
      way && createPipe(fabric, way.host.address, host.address, () => giveUp(far, back))

    const end = (): void => {
      connections.delete(connection)
      clock.clearTimeout(timeout)
      there?.cut()
      back?.cut()
    }

    const connection: Connection = {
      hosts: [host.address, way?.host.address ?? target.host],
      reset: reason => {
        end()
        close(near, transportError(reason))
        if (far) close(far, transportError(reason))
      },
    }

    const giveUp = (self: End | undefined, pipe: Pipe | undefined): void => {
      pipe?.cut()
      if (self) close(self, transportError(`${name} connection to ${self.remote.host} timed out (ETIMEDOUT)`))
      abandoned = true
      if (near.state === 'closed' && far?.state !== 'open') end()
    }

    const refuse = (reason: string): void => {
      back?.put(() => {
        end()
        close(near, transportError(reason))
      })
    }

    const transmit = (from: End, to: () => End | undefined, pipe: Pipe, bytes: Uint8Array): void => {
      const addresses = from === near ? [seen, near.remote] : [near.remote, seen]
      const packet = outgoing(clock.now(), name, addresses[0]!, addresses[1]!, bytes)
      let arrival: number | undefined
      for (const piece of pieces(bytes, from.host.address, to()?.host.address ?? target.host)) {
        arrival = pipe.put(() => {
          const receiver = to()
          if (receiver?.state === 'open') receiver.handler?.received(piece, receiver.remote)
          else if (abandoned) connection.reset('the connection was reset (ECONNRESET)')
        })
      }
      tap.report(
        packet,
        arrival === undefined ? 'unreachable' : 'delivered',
        arrival === undefined ? [] : [arrival],
      )
    }

    const flowOf = (self: End, other: () => End | undefined, pipe: Pipe | undefined): Flow => ({
      transport: name,
      local: self.local,
      remote: self.remote,
      get identities() {
        return self.identities
      },
      alias: self === near && own !== undefined,
      send: bytes => {
        if (self.state === 'closed' || bytes.length === 0) return
        const copy = bytes.slice()
        if (self.state === 'connecting') self.waiting.push(copy)
        else transmit(self, other, pipe!, copy)
      },
      close: () => {
        if (self.state === 'closed') return
        if (self.state === 'connecting') end()
        close(self)
        pipe?.put(() => {
          const receiver = other()
          if (receiver) close(receiver)
          end()
        })
      },
    })

    const arrive = (): void => {
      const listener = way!.host.sockets.get(socketKey('tcp', way!.port)) as StreamListener | undefined
      if (!listener) {
        refuse(`${name} port ${target.port} of ${target.host} is closed (ECONNREFUSED)`)
        return
      }
      if (listener.transport !== name) {
        refuse(`${target.host} port ${target.port} speaks ${listener.transport}, not ${name}`)
        return
      }
      const wanted = (target.name ?? target.host).toLowerCase()
      const { certificates } = listener
      if (certificates && !certificates.includes(wanted)) {
        refuse(`the certificate is for ${certificates.join(', ')}, not for ${wanted}`)
        return
      }
      const accepted: End = {
        host: way!.host,
        local: { host: way!.host.address, port: way!.port },
        remote: seen,
        handler: undefined,
        state: 'open',
        waiting: [],
        identities: own,
      }
      far = accepted
      back!.put(() => {
        if (near.state !== 'connecting') return
        clock.clearTimeout(timeout)
        near.state = 'open'
        near.identities = certificates
        handler.opened()
        for (const bytes of near.waiting.splice(0)) transmit(near, () => far, there!, bytes)
      })
      accepted.handler = listener.accept(flowOf(accepted, () => near, back))
    }

    connections.add(connection)
    const timeout = clock.setTimeout(() => {
      end()
      const error = transportError(`${target.host} port ${target.port} does not answer (ETIMEDOUT)`)
      close(near, error)
      if (far) close(far, error)
    }, fabric.connectTimeout)
    there?.put(arrive)
    return flowOf(near, () => far, there)
  }

  return {
    name,
    reliable: true,
    framing: name === 'WS' || name === 'WSS' ? 'message' : 'stream',
    listen: async (local, accept) => {
      const hidden = name === 'WS' || name === 'WSS' ? settings.hidden : local.host
      if (!settings.listens) return { local: { host: hidden, port: 0 }, close: () => undefined }
      const bound = bind(host, 'tcp', local)
      const listener: StreamListener = { transport: name, local: bound, accept, certificates: own }
      const key = socketKey('tcp', bound.port)
      host.sockets.set(key, listener)
      return {
        local: bound,
        ...(own?.[0] === undefined ? {} : { name: own[0] }),
        close: () => {
          if (host.sockets.get(key) === listener) host.sockets.delete(key)
        },
      }
    },
    connect,
  }
}
