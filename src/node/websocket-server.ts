/** The server side of WebSocket: who may come in, and on which path. RFC 7118 §4, RFC 6455 §4.2. */
import { createServer, type IncomingMessage, type Server, type ServerOptions, STATUS_CODES } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket, Server as TlsServer } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Accept, Address, Flow, Listener } from '../engine/ports.ts'
import { unmapped } from './address.ts'
import { flowError } from './failure.ts'
import type { WebSocketVisitor } from './options.ts'
import { admission, bind, peerOf, type Refused } from './stream-listener.ts'
import { identitiesOf, watchHandshakes } from './tls.ts'
import type { WebSocketSettings } from './websocket.ts'
import { webSocketFlow } from './websocket-flow.ts'

/** Whoever connects has to ask for the upgrade in time, and silence counts too. */
const httpLimits = (milliseconds: number): ServerOptions => ({
  headersTimeout: milliseconds,
  requestTimeout: milliseconds,
  connectionsCheckingInterval: Math.min(1000, milliseconds),
})

const visitorOf = ({ headers, url = '/' }: IncomingMessage, from: Address): WebSocketVisitor => ({
  path: url,
  address: from.host,
  ...(headers.origin === undefined ? {} : { origin: headers.origin }),
  ...(headers.host === undefined ? {} : { host: headers.host }),
})

/** The status and words that a handshake is refused with; undefined when it may go on. */
const faultOf = (
  { path, origin }: WebSocketSettings,
  request: IncomingMessage,
  from: Address,
): readonly [number, string] | undefined => {
  const visitor = visitorOf(request, from)
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim())
  if (path !== undefined && visitor.path.split('?')[0] !== path) return [404, `there is no ${visitor.path}`]
  // §4.1: the sub-protocol is not to be left out.
  if (!protocols.includes('sip')) return [400, 'the sub-protocol sip was not asked for']
  try {
    if (!(origin?.(visitor) ?? true)) return [403, `the origin ${visitor.origin ?? '(none)'} may not`]
  } catch {
    return [500, 'the policy for origins failed']
  }
  return undefined
}

const refuse = (socket: Socket, status: number): void => {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  )
}

export const listenWebSocket = (
  settings: WebSocketSettings,
  local: Address,
  accept: Accept,
  refused: Refused,
): Promise<Listener> => {
  const { transport, contexts, messageLimit, connectionsPerPeer } = settings
  const flows = new Set<Flow>()
  const limits = httpLimits(settings.handshakeTimeout)
  const admit = admission(transport, connectionsPerPeer, refused)
  const server: Server =
    transport === 'WS' || !contexts
      ? createServer(limits)
      : contexts.serve(options => createSecureServer({ ...limits, ...options }))
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageLimit,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  })
  server.on('connection', (socket: Socket) => {
    if (!admit(socket)) socket.destroy()
  })
  // A page, a probe: this is no web server.
  server.on('request', (_request, response) => {
    response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end()
  })
  const enter = (socket: WebSocket, request: IncomingMessage, remote: Address): void => {
    const { socket: wire } = request
    const own: Address = {
      host: unmapped(wire.localAddress ?? local.host),
      port: wire.localPort ?? local.port,
    }
    const { flow, attach } = webSocketFlow(
      socket,
      {
        transport,
        remote,
        local: () => own,
        identities: () => (wire instanceof TLSSocket ? identitiesOf(wire) : undefined),
      },
      settings,
      true,
    )
    flows.add(flow)
    socket.once('close', () => void flows.delete(flow))
    attach(accept(flow))
  }
  server.on('upgrade', (request, socket: Socket, head) => {
    socket.on('error', () => undefined)
    const remote = peerOf(socket)
    if (!remote) return void socket.destroy()
    const fault = faultOf(settings, request, remote)
    if (fault) {
      refused?.(flowError(transport, remote, `${fault[0]}, ${fault[1]}`))
      return refuse(socket, fault[0])
    }
    sockets.handleUpgrade(request, socket, head, opened => enter(opened, request, remote))
  })
  if (server instanceof TlsServer) watchHandshakes(server, 'WSS', local, refused)
  return bind(
    server,
    transport,
    local,
    () => {
      server.closeIdleConnections()
      for (const flow of flows) flow.close()
    },
    transport === 'WSS' ? settings.name : undefined,
  )
}
