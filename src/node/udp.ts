/**
 * UDP: one datagram socket per listener, bound once, reaching every address. RFC 3261 §18.
 *
 * The socket is not connected, and an unconnected socket never hears that a port is closed; `udp-watch.ts` does.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Accept, Address, Flow, FlowHandler, Listener, Transport } from '../engine/ports.ts'
import { numericLookup, unmapped } from './address.ts'
import { codeOf, transportError } from './failure.ts'
import { isResponse, watchPeers } from './udp-watch.ts'

export interface UdpSettings {
  readonly icmp: boolean
  readonly socketBufferSize: number
}

/** How often a free port is asked for anew when another process takes it between the question and the use. */
const portAttempts = 5
/** How often, once per turn of the event loop, closing waits for datagrams that the kernel has not taken yet. */
const flushTurns = 100

const openSocket = ({ socketBufferSize }: UdpSettings, local: Address, shared: boolean): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({
      type: local.host.includes(':') ? 'udp6' : 'udp4',
      ipv6Only: local.host.includes(':') && local.host !== '::',
      reuseAddr: shared,
      lookup: numericLookup,
    })
    const fail = (cause: unknown): void => {
      socket.close()
      reject(transportError('UDP', 'at', local, cause))
    }
    socket.once('error', fail)
    socket.once('listening', () => {
      socket.off('error', fail)
      widen(socket, socketBufferSize)
      resolve(socket)
    })
    try {
      socket.bind({ port: local.port, address: local.host, exclusive: true })
    } catch (cause) {
      fail(cause)
    }
  })

/** Asks for the buffers; what the system refuses is asked for by halves, and whatever it grants is taken. */
export const widen = (socket: Socket, size: number): void => {
  for (const set of [socket.setRecvBufferSize, socket.setSendBufferSize]) {
    for (let wanted = size; wanted >= 65536; wanted = Math.floor(wanted / 2)) {
      try {
        set.call(socket, wanted)
        break
      } catch {
        // Some systems refuse what is above their limit instead of granting the limit.
      }
    }
  }
}

const close = (socket: Socket): Promise<void> => new Promise(done => socket.close(done))

/**
 * Sharing the port with the watching sockets needs SO_REUSEADDR, under which binding succeeds although the port is taken.
 * So a socket without it has to get the port first.
 */
const openShared = async (settings: UdpSettings, local: Address): Promise<Socket> => {
  for (let attempt = 1; ; attempt += 1) {
    const first = await openSocket(settings, local, false)
    const { port } = first.address()
    void close(first)
    try {
      return await openSocket(settings, { host: local.host, port }, true)
    } catch (error) {
      if (local.port !== 0 || attempt === portAttempts) throw error
    }
  }
}

/** Turns the source of each datagram into an Address; bursts from one peer share one. */
const sources = (): ((info: RemoteInfo) => Address) => {
  let name = ''
  let last: Address = { host: '', port: 0 }
  return info => {
    if (info.address !== name || info.port !== last.port) {
      name = info.address
      last = { host: unmapped(name), port: info.port }
    }
    return last
  }
}

/** The destination as `send` reports it, in the form we were given. */
const destination = (error: Error): Address | undefined =>
  'address' in error && typeof error.address === 'string' && 'port' in error && typeof error.port === 'number'
    ? { host: unmapped(error.address), port: error.port }
    : undefined

const serve = (socket: Socket, settings: UdpSettings, accept: Accept): Listener => {
  const bound = socket.address()
  const local: Address = { host: bound.address, port: bound.port }
  const dualStack = local.host === '::'
  const sourceOf = sources()
  let open = true

  const failed = (cause: unknown, to: Address | undefined, icmp = false): void => {
    if (open) handler.failed(transportError('UDP', to ? 'to' : 'at', to ?? local, cause, icmp), to)
  }
  // One function for every send: it allocates nothing, and the error itself names the destination.
  const sent = (error: Error | null): void => {
    if (error) failed(error, destination(error))
  }
  const onMessage = (bytes: Uint8Array, info: RemoteInfo): void => {
    if (open) handler.received(bytes, sourceOf(info))
  }
  const native = (host: string): string => (dualStack && !host.includes(':') ? '::ffff:' + host : host)

  const watch = settings.icmp
    ? watchPeers({
        local,
        type: local.host.includes(':') ? 'udp6' : 'udp4',
        prepare: watcher => widen(watcher, settings.socketBufferSize),
        native,
        received: onMessage,
        refused: (cause, to) => failed(cause, to, codeOf(cause) === 'ECONNREFUSED'),
      })
    : undefined

  const finish = (): void => {
    watch?.close()
    socket.close(() => handler.closed())
  }
  const flush = (turn: number): void => {
    if (socket.getSendQueueCount() === 0 || turn === flushTurns) finish()
    else setImmediate(flush, turn + 1)
  }
  const end = (): void => {
    if (!open) return
    open = false
    flush(0)
  }

  const flow: Flow = {
    transport: 'UDP',
    local,
    send: (bytes, to) => {
      if (!open) return
      if (watch && !isResponse(bytes)) watch.sending(to)
      try {
        socket.send(bytes, to.port, native(to.host), sent)
      } catch (cause) {
        // Node throws for a port such as 0 or 70000, which a peer may well have asked for.
        setImmediate(failed, cause, to)
      }
    },
    close: end,
  }
  // Everything above that speaks to the handler does so in a later turn.
  const handler: FlowHandler = accept(flow)
  socket.on('message', onMessage)
  // Errors of receiving: nothing was sent, so there is no address to report, and the socket goes on.
  socket.on('error', cause => failed(cause, undefined))
  return { local, close: end }
}

/** The UDP transport. */
export const udp = (settings: UdpSettings): Transport => ({
  name: 'UDP',
  reliable: false,
  framing: 'message',
  listen: async (local, accept) => {
    const watched = settings.icmp && process.platform === 'linux'
    const active = { ...settings, icmp: watched }
    const socket = await (watched ? openShared(active, local) : openSocket(active, local, false))
    return serve(socket, active, accept)
  },
})
