/** SIP over the WebSocket of a browser: a client that always goes to its URLs. RFC 7118. */
import type { Address, Flow, FlowHandler, Target, Transport } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import type { DomWebSocket, DomWebSocketClass } from './dom-websocket.ts'

export interface WebSocketSettings {
  readonly transport: 'WS' | 'WSS'
  /** The URLs of this transport, in order of preference. */
  readonly urls: readonly URL[]
  readonly WebSocket: DomWebSocketClass
  readonly connectTimeout: number
  readonly outgoingLimit: number
  /** By which name nobody but the server reaches us. §5 */
  readonly hidden: string
  /** Has to be there before a connection counts as open. */
  load(): Promise<void>
}

/** Where a URL leads. */
export const targetOf = (url: URL): Target => {
  const transport = url.protocol === 'wss:' ? 'WSS' : 'WS'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (transport === 'WSS' ? 443 : 80) : Number(url.port)
  return { host, port, transport, name: host }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text where it is text: what other clients understand best. §4.2 */
const frameOf = (bytes: Uint8Array): string | Uint8Array<ArrayBuffer> => {
  try {
    return utf8.decode(bytes)
  } catch {
    return bytes.slice()
  }
}

const bytesOf = (data: unknown): Uint8Array =>
  typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer)

const connect = (settings: WebSocketSettings, target: Target, handler: FlowHandler): Flow => {
  const { transport, urls, connectTimeout, outgoingLimit } = settings
  const same = (one: URL): boolean => {
    const { host, port } = targetOf(one)
    return host === target.host && port === target.port
  }
  const url = (urls.find(same) ?? urls[0]!).href
  const remote: Address = { host: target.host, port: target.port }
  const failure = (text: string): SipError => new SipError('transport', `${transport} to ${url}: ${text}`)
  let socket: DomWebSocket | undefined
  let open = false
  let over = false
  let waiting: Uint8Array[] = []
  let queuedBytes = 0

  const end = (error?: SipError): void => {
    if (over) return
    over = true
    clearTimeout(deadline)
    waiting = []
    // What the engine asks for is never answered within its step.
    void Promise.resolve().then(() => handler.closed(error))
  }
  const fail = (error: SipError): void => {
    if (over) return
    void Promise.resolve().then(() => handler.failed(error, remote))
    end(error)
    socket?.close()
  }
  const deadline = setTimeout(() => {
    end(failure(`no connection within ${connectTimeout / 1000} s`))
    socket?.close()
  }, connectTimeout)
  const hasRoom = (queued: number, bytes: Uint8Array): boolean => {
    if (queued === 0 || queued + bytes.length <= outgoingLimit) return true
    fail(failure(`the peer does not read, ${queued} bytes wait to be sent`))
    return false
  }
  const opened = (): void => {
    if (over) return socket?.close()
    clearTimeout(deadline)
    open = true
    handler.opened()
    for (const bytes of waiting.splice(0)) socket?.send(frameOf(bytes))
  }

  try {
    socket = new settings.WebSocket(url, ['sip'])
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (socket?.protocol !== 'sip') return fail(failure('the server does not speak the sub-protocol sip'))
      settings
        .load()
        .then(opened, () => fail(failure('the hashes of digest authentication cannot be loaded')))
    }
    socket.onmessage = (event: { readonly data: unknown }) => {
      if (!over) handler.received(bytesOf(event.data), remote)
    }
    // Browsers do not say what is wrong; `onclose` follows.
    socket.onerror = () => undefined
    socket.onclose = (event: { readonly code: number; readonly reason: string }) => {
      const { code, reason } = event
      const said = reason === '' ? '' : ` (${reason})`
      const regular = open && (code === 1000 || code === 1001)
      end(regular ? undefined : failure(open ? `closed with status ${code}${said}` : 'could not be opened'))
    }
  } catch (cause) {
    end(failure(cause instanceof Error ? cause.message : String(cause)))
  }

  return {
    transport,
    local: { host: settings.hidden, port: 0 },
    remote,
    send: bytes => {
      if (over) return
      if (open) {
        if (socket && hasRoom(socket.bufferedAmount, bytes)) socket.send(frameOf(bytes))
      } else if (hasRoom(queuedBytes, bytes)) {
        waiting.push(bytes)
        queuedBytes += bytes.length
      }
    },
    close: () => {
      if (over) return
      socket?.close(open ? 1000 : undefined)
      end()
    },
  }
}

export const webSocket = (settings: WebSocketSettings): Transport => {
  const targets = settings.urls.map(targetOf)
  return {
    name: settings.transport,
    reliable: true,
    framing: 'message',
    listen: async () => ({ local: { host: settings.hidden, port: 0 }, close: () => undefined }),
    reroute: ({ host, port }) => targets.find(one => one.host === host && one.port === port) ?? targets[0]!,
    connect: (target, _local, handler) => connect(settings, target, handler),
  }
}
