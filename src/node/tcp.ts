/** TCP: listening and connecting. RFC 3261 §18; the stream is cut into messages by the engine (§18.3). */
import { createServer, Socket } from 'node:net'
import type { Accept, Address, Flow, FlowHandler, Listener, Target, Transport } from '../engine/ports.ts'
import { familyOf, isWildcard, unmapped } from './address.ts'
import { flowError, transportError } from './failure.ts'
import { type StreamFlow, streamFlow, type TcpSettings } from './tcp-flow.ts'

const listen = (settings: TcpSettings, local: Address, accept: Accept): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const flows = new Set<StreamFlow>()
    const perPeer = new Map<string, number>()
    const server = createServer()

    const enter = (socket: Socket): void => {
      const { remoteAddress, remotePort } = socket
      // Both are missing when the peer is gone already.
      if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy()
      const remote: Address = { host: unmapped(remoteAddress), port: remotePort }
      const count = perPeer.get(remote.host) ?? 0
      if (count >= settings.connectionsPerPeer) return void socket.resetAndDestroy()
      perPeer.set(remote.host, count + 1)
      const stream = streamFlow(socket, remote, local, settings)
      flows.add(stream)
      socket.once('close', () => {
        flows.delete(stream)
        const left = (perPeer.get(remote.host) ?? 1) - 1
        if (left > 0) perPeer.set(remote.host, left)
        else perPeer.delete(remote.host)
      })
      stream.attach(accept(stream.flow))
    }

    const refuse = (cause: unknown): void => reject(transportError('TCP', 'at', local, cause))
    server.on('connection', enter)
    server.once('error', refuse)
    server.once('listening', () => {
      server.off('error', refuse)
      // From here on: a connection that could not be accepted. Its peer sees it; the others are not concerned.
      server.on('error', () => undefined)
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : local.port
      resolve({
        local: { host: local.host, port },
        close: () => {
          server.close()
          for (const { flow } of flows) flow.close()
        },
      })
    })
    try {
      server.listen({ host: local.host, port: local.port, exclusive: true })
    } catch (cause) {
      refuse(cause)
    }
  })

const connect = (settings: TcpSettings, target: Target, local: Address, handler: FlowHandler): Flow => {
  const remote: Address = { host: unmapped(target.host), port: target.port }
  const socket = new Socket()
  const family = familyOf(remote.host)
  // The port stays free to choose: the listener has the one of `local`.
  const bind = !isWildcard(local.host) && familyOf(local.host) === family
  let failure: Error | undefined
  try {
    if (family === 0) throw new Error('not a numeric address')
    socket.connect({ host: remote.host, port: remote.port, ...(bind ? { localAddress: local.host } : {}) })
  } catch (cause) {
    failure = transportError('TCP', 'to', remote, cause)
  }
  const stream = streamFlow(socket, remote, local, settings)
  stream.attach(handler)
  const seconds = settings.connectTimeout / 1000
  const deadline = setTimeout(
    () => stream.fail(flowError('TCP', remote, `no connection within ${seconds} s (ETIMEDOUT)`)),
    settings.connectTimeout,
  )
  socket.once('connect', () => clearTimeout(deadline))
  socket.once('close', () => clearTimeout(deadline))
  if (failure) socket.destroy(failure)
  return stream.flow
}

/** The TCP transport. */
export const tcp = (settings: TcpSettings): Transport => ({
  name: 'TCP',
  reliable: true,
  framing: 'stream',
  listen: (local, accept) => listen(settings, local, accept),
  connect: (target, local, handler) => connect(settings, target, local, handler),
})
