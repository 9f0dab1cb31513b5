/** The inspector's server: the page and two WebSocket protocols on one loopback port, behind a token. */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { SipError } from '../errors.ts'
import { Client, type ClientLimits, clientLimits, type Speaker } from './client.ts'
import { Guard, loopbackHost, securityHeaders, tokenOf } from './guard.ts'
import { NativeSpeaker, nativeProtocol } from './native.ts'
import { servePage } from './page.ts'
import { Encoder, type Source } from './source.ts'
import { ReceiverSpeaker, receiverProtocol } from './xstate-inspect.ts'

/** Where and how an inspector is served. */
export interface ServeOptions {
  /** TCP port; default 0, a free one. */
  readonly port?: number
  /** `127.0.0.1` (default), `::1` or `localhost`; no other is accepted. */
  readonly host?: string
  /** What the address has to hold: 22 to 256 letters, digits, `_` and `-`; default: 192 random bits. */
  readonly token?: string
  /** False: what machines remember is not told. Default true. */
  readonly allowContext?: boolean
}

/** An inspector that is served. */
export interface Inspector {
  /** Address of the page, token included: whoever has it sees everything. */
  readonly url: string
  /** The same by name of the engine. */
  readonly urls: Readonly<Record<string, string>>
  /** WebSockets that are open. */
  readonly clients: number
  /** Ends all connections and gives the port back. Nothing is attached to an engine then. */
  close(): Promise<void>
}

/** What tests make smaller. */
export interface ServerLimits extends ClientLimits {
  /** WebSockets at the same time. */
  readonly clients: number
  /** Bytes of a message from a client. */
  readonly message: number
}

export const serverLimits: ServerLimits = { ...clientLimits, clients: 16, message: 65_536 }

/** Milliseconds: how often clients are served, for how long at a time, how often they are asked whether they live. */
const [pace, slice, heartbeat] = [25, 8, 30_000]

const now = (): number => performance.now()

const refuse = (socket: Duplex, status: number): void => {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Serves sources by name, the first also without one. */
export const serveSources = async (
  sources: readonly Source[],
  options: ServeOptions,
  limits: ServerLimits = serverLimits,
  folder?: string,
): Promise<Inspector> => {
  const { port = 0, allowContext = true } = options
  const host = loopbackHost(options.host ?? '127.0.0.1')
  const token = tokenOf(options.token)
  const [first] = sources
  if (!first) throw new SipError('argument', 'there is nothing to inspect')
  const byName = new Map(sources.map(source => [source.name, source]))
  if (byName.size !== sources.length) throw new SipError('argument', 'two engines have the same name')
  const encoders = new Map(sources.map(source => [source, new Encoder(source)]))
  const page = servePage(folder)
  const clients = new Set<Client>()
  let guard: Guard | undefined
  let timer: NodeJS.Timeout | undefined

  /** Serves everybody for a moment; what is left waits, for the engine comes first. */
  const pump = (): void => {
    timer = undefined
    const end = now() + slice
    const over = (): boolean => now() >= end
    let more = false
    for (const client of [...clients]) {
      // Who was served first is last next time.
      clients.delete(client)
      clients.add(client)
      more = client.pump(now(), over) || more
      if (over()) {
        more = true
        break
      }
    }
    if (more) wake()
  }
  const wake = (): void => {
    timer ??= setTimeout(pump, pace)
  }

  /** `/`, `/alice/…`: which source, and what of it. */
  const find = (path: string): { readonly source: Source; readonly rest: string } => {
    const [, name = '', rest = '/'] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? []
    const source = byName.get(safeDecode(name))
    return source ? { source, rest } : { source: first, rest: path }
  }

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    const verdict = guard?.judge(request)
    if (!verdict?.ok) {
      const status = verdict?.status ?? 404
      if (status === 405) response.setHeader('Allow', 'GET, HEAD')
      // Whatever it still wants to send is not read.
      response.writeHead(status, { Connection: 'close' }).end()
      return
    }
    const { path } = verdict
    const { source, rest } = find(path)
    // Relative addresses of the page need the slash at its end.
    if (path === '' || (source !== first && rest === '/' && !path.endsWith('/')))
      response.writeHead(308, { Location: `${request.url?.split('?')[0]}/` }).end()
    else page(request, response, rest)
  }

  const enter = (socket: WebSocket, source: Source, protocol: string, after: number): void => {
    const client = new Client(socket, source, limits)
    clients.add(client)
    const unwatch = source.watch(wake)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      clients.delete(client)
      unwatch()
    })
    socket.on('message', (data, isBinary) => {
      client.heard(data, isBinary, Date.now())
      wake()
    })
    const engines = sources.map(({ name }) => name)
    const speaker: Speaker =
      protocol === receiverProtocol
        ? new ReceiverSpeaker(client, source)
        : new NativeSpeaker(client, source, encoders.get(source)!, { allowContext, engines })
    const present = source.ring.length > 0 ? 0 : (source.presence()?.seq ?? 0)
    client.begin(speaker, Math.max(present, after))
    wake()
  }

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, answer)
  server.maxConnections = 256
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.message,
    perMessageDeflate: false,
    handleProtocols: offered => [nativeProtocol, receiverProtocol].find(name => offered.has(name)) ?? false,
  })
  server.on('upgrade', (request, socket: Socket, head) => {
    socket.on('error', () => undefined)
    const verdict = guard?.judge(request)
    if (!verdict?.ok) return refuse(socket, verdict?.status ?? 404)
    const { source, rest } = find(verdict.path)
    const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    // The receiver of @xstate/inspect names no sub-protocol, only an address.
    const protocol =
      rest === `/${receiverProtocol}` || (rest === '/' && offered.includes(receiverProtocol))
        ? receiverProtocol
        : rest === '/' && offered.includes(nativeProtocol)
          ? nativeProtocol
          : undefined
    if (protocol === undefined) return refuse(socket, 404)
    if (clients.size >= limits.clients) return refuse(socket, 503)
    const after = Number(verdict.query.get('after') ?? 0)
    sockets.handleUpgrade(request, socket, head, opened =>
      enter(opened, source, protocol, Number.isSafeInteger(after) && after > 0 ? after : 0),
    )
  })
  const beats = setInterval(() => {
    for (const client of clients) client.check()
    // One that stalls is found although nothing new is there.
    if (clients.size > 0) wake()
  }, heartbeat)
  beats.unref()

  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      clearInterval(beats)
      reject(new SipError('transport', `cannot serve the inspector on ${host}:${port}: ${error.message}`))
    })
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  guard = new Guard(bound, token)
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}/${token}/`
  let closing: Promise<void> | undefined
  return {
    url,
    urls: Object.fromEntries(
      sources.map((source, at) => [
        source.name,
        at === 0 ? url : `${url}${encodeURIComponent(source.name)}/`,
      ]),
    ),
    get clients() {
      return clients.size
    },
    close: () =>
      (closing ??= new Promise<void>(resolve => {
        clearInterval(beats)
        clearTimeout(timer)
        for (const client of clients) client.socket.terminate()
        for (const source of sources) source.close()
        sockets.close()
        server.close(() => resolve())
        server.closeAllConnections()
      })),
  }
}

const safeDecode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
