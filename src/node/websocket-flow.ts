/**
 * One WebSocket as a flow: one message a frame, pings that find a peer which is gone. RFC 7118 §5.2, RFC 6455 §5.5.2.
 */
import { isUtf8 } from 'node:buffer'
import type { RawData, WebSocket } from 'ws'
import type { Address, Flow, FlowHandler } from '../engine/ports.ts'
import type { SipError } from '../errors.ts'
import { flowError, transportError } from './failure.ts'

export interface WebSocketFlowSettings {
  readonly outgoingLimit: number
  readonly pingInterval: number
}

export interface WebSocketParts {
  readonly transport: 'WS' | 'WSS'
  readonly remote: Address
  /** Our side; known when the connection is there. */
  local(): Address
  identities(): readonly string[] | undefined
}

/** How long closing may take before the connection is cut, in milliseconds. */
const closeLimit = 5000

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data

/** What a status code of closing says. RFC 6455 §7.4.1 */
const reasonOf = (code: number, text: string): string | undefined =>
  code === 1000 || code === 1001 || code === 1005
    ? undefined
    : code === 1006
      ? 'the connection ended without a word'
      : `closed with status ${code}${text === '' ? '' : ` (${text})`}`

/** Makes a flow of a WebSocket that is open (`accepted`) or opening. */
export const webSocketFlow = (
  socket: WebSocket,
  parts: WebSocketParts,
  settings: WebSocketFlowSettings,
  accepted: boolean,
): { readonly flow: Flow; attach(handler: FlowHandler): void; fail(error: SipError): void } => {
  const { transport, remote } = parts
  let handler: FlowHandler | undefined
  let open = accepted
  let ending = false
  let sendFailed = false
  let alive = true
  let reason: SipError | undefined
  let pings: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  const queued: Uint8Array[] = []
  let queuedBytes = 0

  const fail = (error: SipError): void => {
    reason ??= error
    ending = true
    socket.terminate()
  }
  const ping = (): void => {
    if (!alive) {
      const seconds = settings.pingInterval / 1000
      return fail(flowError(transport, remote, `nothing heard for ${seconds} s after a ping`))
    }
    alive = false
    socket.ping()
  }
  const started = (): void => {
    if (settings.pingInterval > 0) pings = setInterval(ping, settings.pingInterval)
  }
  /** Nothing waits yet, or there is room for these bytes as well. */
  const hasRoom = (waiting: number, bytes: Uint8Array): boolean => {
    if (waiting === 0 || waiting + bytes.length <= settings.outgoingLimit) return true
    sendFailed = true
    fail(flowError(transport, remote, `the peer does not read, ${waiting} bytes wait to be sent`))
    return false
  }
  const write = (bytes: Uint8Array): void => {
    // Scripts in browsers expect text; what is none can only go as binary.
    if (hasRoom(socket.bufferedAmount, bytes)) socket.send(bytes, { binary: !isUtf8(bytes) })
  }

  socket.on('open', () => {
    open = true
    if (ending) return socket.terminate()
    started()
    handler?.opened()
    for (const bytes of queued.splice(0)) write(bytes)
  })
  socket.on('message', data => {
    alive = true
    if (!ending) handler?.received(bytesOf(data), remote)
  })
  socket.on('pong', () => {
    alive = true
  })
  socket.on('ping', () => {
    alive = true
  })
  socket.on('error', cause => {
    reason ??= transportError(transport, 'to', remote, cause)
  })
  socket.on('close', (code, text) => {
    clearInterval(pings)
    clearTimeout(deadline)
    const told = reasonOf(code, text.toString())
    if (told !== undefined && !ending) reason ??= flowError(transport, remote, told)
    ending = true
    if (sendFailed && reason) handler?.failed(reason, remote)
    handler?.closed(reason)
    handler = undefined
  })
  if (accepted) started()

  const flow: Flow = {
    transport,
    get local() {
      return parts.local()
    },
    remote,
    get identities() {
      return parts.identities()
    },
    send: bytes => {
      if (ending || socket.readyState > 1)
        setImmediate(() =>
          handler?.failed(reason ?? flowError(transport, remote, 'closed by the peer'), remote),
        )
      else if (open) write(bytes)
      else if (hasRoom(queuedBytes, bytes)) {
        queued.push(bytes)
        queuedBytes += bytes.length
      }
    },
    close: () => {
      if (ending) return
      ending = true
      if (!open) return socket.terminate()
      socket.close(1000)
      deadline = setTimeout(() => socket.terminate(), closeLimit)
    },
  }
  return {
    flow,
    fail,
    attach: given => {
      handler = given
    },
  }
}
