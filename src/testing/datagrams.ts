/**
 * UDP of the simulated network: datagrams that are lost, doubled, overtaken, and refused by ICMP.
 */
import type { Address, Flow, FlowHandler, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { bind, type Fabric, type Host, type Route, route, socketKey } from './fabric.ts'
import { type Outgoing, outgoing } from './packet.ts'

/** The largest UDP payload over IPv4: 65,535 less the headers of IP and UDP. */
export const maxDatagram = 65_507

interface Socket {
  readonly local: Address
  handler: FlowHandler | undefined
  open: boolean
}

const socketOf = (host: Host, port: number): Socket | undefined =>
  host.sockets.get(socketKey('udp', port)) as Socket | undefined

/** The UDP transport of one host. */
export const datagramTransport = (fabric: Fabric, host: Host): Transport => {
  const { clock, weather, tap } = fabric

  const fail = (socket: Socket, error: SipError, to: Address, after: number): void => {
    clock.setTimeout(() => {
      if (socket.open) socket.handler?.failed(error, to)
    }, after)
  }

  const arrive = (socket: Socket, packet: Outgoing, target: Route): void => {
    if (target.host.link !== 'up') return
    const receiver = socketOf(target.host, target.port)
    if (receiver?.open) {
      // Each receiver has its own copy, as from a kernel.
      receiver.handler?.received(packet.bytes.slice(), packet.from)
      return
    }
    if (!target.host.icmp || !fabric.connected(target.host.address, host.address)) return
    const { host: name, port } = packet.to
    const error = new SipError('transport', `UDP port ${port} of ${name} is closed`, { icmp: true })
    fail(socket, error, packet.to, weather.latency(target.host.address, host.address))
  }

  const send = (socket: Socket, bytes: Uint8Array, to: Address): void => {
    if (!socket.open) return
    if (socketOf(host, socket.local.port) !== socket) {
      return fail(
        socket,
        new SipError('transport', `${socket.local.host} is no address of ours (EADDRNOTAVAIL)`),
        to,
        0,
      )
    }
    if (bytes.length > maxDatagram) {
      const text = `a datagram of ${bytes.length} bytes is longer than ${maxDatagram} (EMSGSIZE)`
      fail(socket, new SipError('transport', text), to, 0)
      return
    }
    // The sender may reuse its buffer.
    const copy = bytes.slice()
    const target = route(fabric, host, 'udp', socket.local.port, to)
    const from = target?.from ?? { host: host.address, port: socket.local.port }
    const packet = outgoing(clock.now(), 'UDP', from, to, copy)
    if (!target || !fabric.connected(host.address, target.host.address)) {
      tap.report(packet, 'unreachable', [])
      return
    }
    if (tap.takes(packet)) {
      tap.report(packet, 'dropped', [])
      return
    }
    const delays = weather.copies(host.address, target.host.address)
    for (const delay of delays) clock.setTimeout(() => arrive(socket, packet, target), delay)
    const fate = delays.length === 0 ? 'lost' : delays.length === 1 ? 'delivered' : 'duplicated'
    const arrivals = delays.map(delay => packet.time + delay)
    tap.report(packet, fate, arrivals)
  }

  const close = (socket: Socket): void => {
    if (!socket.open) return
    socket.open = false
    if (socketOf(host, socket.local.port) === socket) host.sockets.delete(socketKey('udp', socket.local.port))
    clock.setTimeout(() => socket.handler?.closed(), 0)
  }

  return {
    name: 'UDP',
    reliable: false,
    framing: 'message',
    listen: async (local, accept) => {
      const socket: Socket = { local: bind(host, 'udp', local), handler: undefined, open: true }
      host.sockets.set(socketKey('udp', socket.local.port), socket)
      const flow: Flow = {
        transport: 'UDP',
        local: socket.local,
        send: (bytes, to) => send(socket, bytes, to),
        close: () => close(socket),
      }
      socket.handler = accept(flow)
      return { local: socket.local, close: flow.close }
    },
  }
}
