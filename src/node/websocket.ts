/** SIP over WebSocket: connecting, and listening when asked to. RFC 7118. */
import { randomBytes } from 'node:crypto'
import type { LookupFunction, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import type { Address, Flow, FlowHandler, Question, Resolver, Target, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { familyOf, unmapped } from './address.ts'
import type { WebSocketOptions } from './options.ts'
import { identitiesOf } from './tls.ts'
import type { TlsContexts } from './tls-contexts.ts'
import { webSocketFlow } from './websocket-flow.ts'
import { listenWebSocket } from './websocket-server.ts'

export interface WebSocketSettings
  extends Required<Omit<WebSocketOptions, 'url' | 'path' | 'origin'>>,
    Pick<WebSocketOptions, 'path' | 'origin'> {
  readonly transport: 'WS' | 'WSS'
  readonly url?: URL | undefined
  readonly contexts: TlsContexts
  readonly connectTimeout: number
  readonly name?: string | undefined
}

/** Reads the option `url`. @throws SipError `argument` */
export const webSocketUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:')
    throw new SipError('argument', `webSocket.url must be a ws: or wss: URL, not ${text}`)
  return url
}

export const transportOf = (url: URL): 'WS' | 'WSS' => (url.protocol === 'wss:' ? 'WSS' : 'WS')

/** Where a URL leads, as a target: its host stays a name, which the system resolves. */
export const targetOf = (url: URL): Target => {
  const transport = transportOf(url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (transport === 'WSS' ? 443 : 80) : Number(url.port)
  return { host, port, transport, name: host }
}

/** Answers the URL to every question that only a WebSocket can serve. */
export const resolverFor = (resolver: Required<Resolver>, url: URL): Required<Resolver> => {
  const target = targetOf(url)
  const serves = ({ transport, available }: Question): boolean =>
    (transport === undefined ? available : [transport]).every(name => name === 'WS' || name === 'WSS')
  const reason = 'all requests go to the WebSocket URL'
  return {
    resolve: question => (serves(question) ? Promise.resolve([target]) : resolver.resolve(question)),
    plan: question =>
      serves(question)
        ? Promise.resolve({
            host: question.host,
            steps: [{ is: 'skipped', what: 'DNS', reason }],
            targets: [target],
          })
        : resolver.plan(question),
  }
}

/** What is asked for is known already. */
const fixed = (address: string): LookupFunction => {
  const family = familyOf(address)
  return (_host, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family))
}

const urlOf = ({ url, transport, path }: WebSocketSettings, { host, port, name }: Target): string => {
  if (url) return url.href
  const shown = name ?? host
  return `${transport.toLowerCase()}://${shown.includes(':') ? `[${shown}]` : shown}:${port}${path ?? '/'}`
}

const connect = (settings: WebSocketSettings, target: Target, local: Address, handler: FlowHandler): Flow => {
  const { transport, connectTimeout, messageLimit, contexts } = settings
  const remote: Address = { host: unmapped(target.host), port: target.port }
  const numeric = familyOf(remote.host) !== 0
  // The types of `ws` have the check of names return a boolean; it is the one of `node:tls`.
  const verified: object = transport === 'WSS' ? contexts.client(target.name ?? target.host) : {}
  const options: ClientOptions = {
    perMessageDeflate: false,
    maxPayload: messageLimit,
    handshakeTimeout: connectTimeout,
    ...(numeric ? { lookup: fixed(remote.host) } : {}),
    ...verified,
  }
  const socket = new WebSocket(urlOf(settings, target), ['sip'], options)
  let wire: Socket | undefined
  let own: Address = { host: local.host, port: 0 }
  socket.on('upgrade', ({ socket: used }) => {
    wire = used
    if (used.localAddress !== undefined && used.localPort !== undefined)
      own = { host: unmapped(used.localAddress), port: used.localPort }
  })
  const { flow, attach } = webSocketFlow(
    socket,
    {
      transport,
      remote,
      local: () => own,
      identities: () => (wire instanceof TLSSocket ? identitiesOf(wire) : undefined),
    },
    settings,
    false,
  )
  attach(handler)
  return flow
}

/** The transport `WS` or `WSS`. */
export const webSocket = (settings: WebSocketSettings): Transport => {
  const { url, transport, contexts } = settings
  const serves = settings.listen && (transport === 'WS' || contexts.certified)
  return {
    name: transport,
    reliable: true,
    framing: 'message',
    watches: settings.pingInterval > 0,
    listen: (local, accept, refused) =>
      serves
        ? listenWebSocket(settings, local, accept, refused)
        : // §5: who cannot be reached has a name that nobody else has.
          Promise.resolve({
            local: { host: `${randomBytes(8).toString('hex')}.invalid`, port: 0 },
            close: () => undefined,
          }),
    ...(url ? { reroute: () => targetOf(url) } : {}),
    connect: (target, local, handler) => connect(settings, target, local, handler),
  }
}
