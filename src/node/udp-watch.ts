/**
 * Hears that a peer's UDP port is closed. RFC 3261 §18.4: ICMP errors are told to the transport user.
 *
 * Linux hands ICMP errors only to connected sockets. So for a peer that requests go to, a second socket is bound to the very
 * port of the listener and connected to that peer. The listener's socket keeps sending; the kernel gives the
 * errors, and the peer's datagrams, to the socket that fits best, which is the connected one. Nothing more goes over the wire.
 *
 * Responses are not watched: who asked is there, and a server's answers stay as cheap as they were.
 */
import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram'
import type { Address } from '../engine/ports.ts'
import { numericLookup } from './address.ts'

/** The kernel looks at every socket of a port for each datagram, so there may not be many. Peers beyond it are not watched. */
const mostWatched = 32
/** A watched peer with which nothing was exchanged between two looks is let go. Longer than T2, the longest gap between repetitions. */
const lookEvery = 5000

export interface WatchOptions {
  /** Where the listener is bound. */
  readonly local: Address
  readonly type: SocketType
  readonly prepare: (socket: Socket) => void
  /** The host as the socket's family wants it. */
  readonly native: (host: string) => string
  readonly received: (bytes: Uint8Array, from: RemoteInfo) => void
  readonly refused: (cause: Error, to: Address) => void
}

export interface Watch {
  /** To be called before a datagram goes to this address. */
  sending(to: Address): void
  close(): void
}

interface Watched {
  readonly socket: Socket
  readonly host: string
  readonly port: number
  used: boolean
}

/** True for the first bytes of a SIP response, `SIP/`. No method can contain the slash. */
export const isResponse = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x53 && bytes[1] === 0x49 && bytes[2] === 0x50 && bytes[3] === 0x2f

/** A socket at the listener's port, connected to the peer; undefined when the system does not let us. */
const connected = (options: WatchOptions, to: Address): Socket | undefined => {
  const { local, type } = options
  const ipv6Only = type === 'udp6' && local.host !== '::'
  const socket = createSocket({ type, ipv6Only, reuseAddr: true, lookup: numericLookup })
  let failed = false
  const onError = (): void => {
    failed = true
  }
  socket.on('error', onError)
  // Between these two calls the socket may be given datagrams of other peers. They carry their source and are received like all.
  socket.on('message', options.received)
  try {
    socket.bind({ port: local.port, address: local.host, exclusive: true })
    if (!failed && socket.address().port === local.port) {
      socket.connect(to.port, options.native(to.host))
      socket.remoteAddress()
      options.prepare(socket)
      socket.off('error', onError)
      socket.unref()
      return socket
    }
  } catch {
    // Not watched, then: sending itself reports what is wrong with the address.
  }
  socket.close()
  return undefined
}

/** Watches the peers that requests are sent to. */
export const watchPeers = (options: WatchOptions): Watch => {
  // By host, then by port: looking up costs no string.
  const hosts = new Map<string, Map<number, Watched>>()
  let count = 0
  let timer: NodeJS.Timeout | undefined

  const forget = (peer: Watched): void => {
    const ports = hosts.get(peer.host)
    if (ports?.get(peer.port) !== peer) return
    ports.delete(peer.port)
    if (ports.size === 0) hosts.delete(peer.host)
    count -= 1
    peer.socket.close()
  }

  const all = (): Watched[] => [...hosts.values()].flatMap(ports => [...ports.values()])

  const look = (): void => {
    for (const peer of all()) {
      if (peer.used) peer.used = false
      // What came meanwhile is read before immediates run; only then is the socket known to be empty.
      else setImmediate(() => (peer.used ? undefined : forget(peer)))
    }
    if (count === 0) stop()
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }

  const open = (to: Address): void => {
    const socket = connected(options, to)
    if (!socket) return
    const peer: Watched = { socket, host: to.host, port: to.port, used: true }
    const address: Address = { host: to.host, port: to.port }
    socket.on('message', () => {
      peer.used = true
    })
    socket.on('error', cause => options.refused(cause, address))
    const ports = hosts.get(to.host) ?? new Map<number, Watched>()
    hosts.set(to.host, ports.set(to.port, peer))
    count += 1
    timer ??= setInterval(look, lookEvery).unref()
  }

  return {
    sending: to => {
      const peer = hosts.get(to.host)?.get(to.port)
      if (peer) peer.used = true
      else if (count < mostWatched) open(to)
    },
    close: () => {
      stop()
      for (const peer of all()) forget(peer)
    },
  }
}
