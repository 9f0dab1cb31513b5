/** TLS: listening and connecting. RFC 3261 §26.2, RFC 5922; flows are those of TCP. */
import { Socket } from 'node:net'
import { connect as connectTls, createServer, type Server, type TLSSocket } from 'node:tls'
import type { Accept, Address, Flow, FlowHandler, Listener, Target, Transport } from '../engine/ports.ts'
import { unmapped } from './address.ts'
import { sipIdentities } from './certificate-names.ts'
import { codeOf, flowError, transportError } from './failure.ts'
import { admission, bind, peerOf, type Refused } from './stream-listener.ts'
import { limitConnecting, socketOptions } from './tcp.ts'
import { type StreamFlow, streamFlow, type TcpSettings } from './tcp-flow.ts'
import type { TlsContexts } from './tls-contexts.ts'

export interface TlsSettings extends TcpSettings {
  readonly contexts: TlsContexts
  readonly name?: string | undefined
}

/** The names of the peer's certificate, when it was verified. */
export const identitiesOf = (socket: TLSSocket): readonly string[] | undefined => {
  if (!socket.authorized) return undefined
  const { subjectaltname } = socket.getPeerCertificate()
  return sipIdentities(subjectaltname)
}

/** Tells of handshakes that failed; not of peers that only went away, as monitors do. */
export const watchHandshakes = (
  server: Server,
  transport: 'TLS' | 'WSS',
  local: Address,
  refused: Refused,
): void => {
  server.on('tlsClientError', (cause, socket) => {
    const peer = peerOf(socket)
    // A handshake that only takes too long leaves it to us to end it.
    socket.destroy()
    if (codeOf(cause) === 'ECONNRESET') return
    refused?.(transportError(transport, 'from', peer ?? local, cause))
  })
}

const listen = (
  settings: TlsSettings,
  local: Address,
  accept: Accept,
  refused: Refused,
): Promise<Listener> => {
  const { contexts, connectionsPerPeer, name } = settings
  // Nobody can come in without a certificate of ours: such a side is a client.
  if (!contexts.certified)
    return Promise.resolve({ local: { host: local.host, port: 0 }, close: () => undefined })
  const flows = new Set<StreamFlow>()
  const server = contexts.serve(options => createServer(options))
  const admit = admission('TLS', connectionsPerPeer, refused)
  server.on('connection', (socket: Socket) => {
    if (!admit(socket)) socket.destroy()
  })
  server.on('secureConnection', socket => {
    const remote = peerOf(socket)
    if (!remote) return void socket.destroy()
    const stream = streamFlow(socket, remote, local, settings, true, {
      identities: () => identitiesOf(socket),
      alias: false,
    })
    flows.add(stream)
    socket.once('close', () => void flows.delete(stream))
    stream.attach(accept(stream.flow))
  })
  watchHandshakes(server, 'TLS', local, refused)
  return bind(
    server,
    'TLS',
    local,
    () => {
      for (const { flow } of flows) flow.close()
    },
    name,
  )
}

const connect = (settings: TlsSettings, target: Target, local: Address, handler: FlowHandler): Flow => {
  const remote: Address = { host: unmapped(target.host), port: target.port }
  const { contexts, connectTimeout } = settings
  const open = (socket: Socket, identities: () => readonly string[] | undefined): StreamFlow => {
    const stream = streamFlow(socket, remote, local, settings, false, {
      identities,
      alias: contexts.certified,
    })
    stream.attach(handler)
    limitConnecting(socket, 'secureConnect', connectTimeout, () =>
      stream.fail(flowError('TLS', remote, `no connection within ${connectTimeout / 1000} s (ETIMEDOUT)`)),
    )
    return stream
  }
  try {
    const socket = connectTls({
      ...socketOptions(remote, local),
      ...contexts.client(target.name ?? remote.host),
    })
    return open(socket, () => identitiesOf(socket)).flow
  } catch (cause) {
    const socket = new Socket()
    const { flow } = open(socket, () => undefined)
    socket.destroy(transportError('TLS', 'to', remote, cause))
    return flow
  }
}

/** The TLS transport. */
export const tls = (settings: TlsSettings): Transport => ({
  name: 'TLS',
  reliable: true,
  framing: 'stream',
  configurable: true,
  listen: (local, accept, refused) => listen(settings, local, accept, refused),
  connect: (target, local, handler) => connect(settings, target, local, handler),
})
