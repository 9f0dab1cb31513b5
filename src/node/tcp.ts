/** TCP: listening and connecting. RFC 3261 §18; the stream is cut into messages by the engine (§18.3). */
import { createServer, Socket, type TcpNetConnectOpts } from 'node:net'
import type { Accept, Address, Flow, FlowHandler, Listener, Target, Transport } from '../engine/ports.ts'
import { familyOf, isWildcard, unmapped } from './address.ts'
import { flowError, transportError } from './failure.ts'
import { admission, bind, type Refused } from './stream-listener.ts'
import { type StreamFlow, streamFlow, type TcpSettings } from './tcp-flow.ts'

const listen = (
  settings: TcpSettings,
  local: Address,
  accept: Accept,
  refused: Refused,
): Promise<Listener> => {
  const flows = new Set<StreamFlow>()
  const admit = admission('TCP', settings.connectionsPerPeer, refused)
  const server = createServer(socket => {
    const remote = admit(socket)
    if (!remote) return void socket.resetAndDestroy()
    const stream = streamFlow(socket, remote, local, settings, true)
    flows.add(stream)
    socket.once('close', () => void flows.delete(stream))
    stream.attach(accept(stream.flow))
  })
  return bind(server, 'TCP', local, () => {
    for (const { flow } of flows) flow.close()
  })
}

/** The options of `connect`: to a numeric address, from the address that the listener is bound to. Throws for a name. */
export const socketOptions = (to: Address, local: Address): TcpNetConnectOpts => {
  const family = familyOf(to.host)
  if (family === 0) throw new Error('not a numeric address')
  // The port stays free to choose: the listener has the one of `local`.
  const own = !isWildcard(local.host) && familyOf(local.host) === family
  return { host: to.host, port: to.port, ...(own ? { localAddress: local.host } : {}) }
}

/** Gives a stream the time that is allowed for connecting. */
export const limitConnecting = (
  socket: Socket,
  opened: 'connect' | 'secureConnect',
  milliseconds: number,
  late: () => void,
): void => {
  const deadline = setTimeout(late, milliseconds)
  socket.once(opened, () => clearTimeout(deadline))
  socket.once('close', () => clearTimeout(deadline))
}

const connect = (settings: TcpSettings, target: Target, local: Address, handler: FlowHandler): Flow => {
  const remote: Address = { host: unmapped(target.host), port: target.port }
  const socket = new Socket()
  let failure: Error | undefined
  try {
    socket.connect(socketOptions(remote, local))
  } catch (cause) {
    failure = transportError('TCP', 'to', remote, cause)
  }
  const stream = streamFlow(socket, remote, local, settings, false)
  stream.attach(handler)
  const seconds = settings.connectTimeout / 1000
  limitConnecting(socket, 'connect', settings.connectTimeout, () =>
    stream.fail(flowError('TCP', remote, `no connection within ${seconds} s (ETIMEDOUT)`)),
  )
  if (failure) socket.destroy(failure)
  return stream.flow
}

/** The TCP transport. */
export const tcp = (settings: TcpSettings): Transport => ({
  name: 'TCP',
  reliable: true,
  framing: 'stream',
  configurable: true,
  listen: (local, accept, refused) => listen(settings, local, accept, refused),
  connect: (target, local, handler) => connect(settings, target, local, handler),
})
