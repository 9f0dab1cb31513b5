/**
 * One TCP or TLS connection as a flow: raw pieces in, bytes out, one `closed` at the end. RFC 3261 §18.
 *
 * A peer that ends its side ends the flow, after what is queued has gone out: a connection that was closed and one that
 * was only shut down look alike from here, and nothing new may be sent on the former.
 */
import type { Socket } from 'node:net'
import type { Address, Flow, FlowHandler } from '../engine/ports.ts'
import type { SipError } from '../errors.ts'
import { isSipError } from '../errors.ts'
import { unmapped } from './address.ts'
import { flowError, transportError } from './failure.ts'
import type { TcpOptions } from './options.ts'

export interface TcpSettings extends Required<TcpOptions> {
  readonly connectTimeout: number
}

/** What makes a stream one of TLS. */
export interface Secured {
  /** Names in the verified certificate of the peer, once the handshake is over. */
  identities(): readonly string[] | undefined
  /** A stream of ours on which we show a certificate. */
  readonly alias: boolean
}

/** After closing: how long queued bytes may take to leave, and how long the peer may take to close its side, in milliseconds. */
const flushLimit = 5000
const lingerLimit = 1000

export interface StreamFlow {
  readonly flow: Flow
  /** Gives the flow its handler; before any event of the socket can come. */
  attach(handler: FlowHandler): void
  /** Ends the flow at once, with this error. */
  fail(error: SipError): void
}

/** Makes a flow of a socket that is connected or connecting to `remote`; `opened`: it was accepted. */
export const streamFlow = (
  socket: Socket,
  remote: Address,
  bound: Address,
  settings: TcpSettings,
  opened: boolean,
  secured?: Secured,
): StreamFlow => {
  const name = secured ? 'TLS' : 'TCP'
  let open = opened
  let identities: readonly string[] | undefined
  let handler: FlowHandler | undefined
  let closing = false
  let asked = false
  let sendFailed = false
  let reason: SipError | undefined
  let deadline: NodeJS.Timeout | undefined
  let local = bound

  const destroyWithin = (milliseconds: number): void => {
    clearTimeout(deadline)
    deadline = setTimeout(() => socket.destroy(), milliseconds)
  }
  const end = (): void => {
    if (closing) return
    closing = true
    if (!open || socket.destroyed) socket.destroy()
    else {
      destroyWithin(flushLimit)
      socket.end(() => destroyWithin(lingerLimit))
    }
  }
  const fail = (error: SipError): void => {
    reason ??= error
    closing = true
    socket.destroy()
  }
  /** Until `closed` the engine cannot know that the flow is ending, so it has to hear what became of its bytes. */
  const tooLate = (): void => {
    if (!asked)
      setImmediate(() => handler?.failed(reason ?? flowError(name, remote, 'closed by the peer'), remote))
  }
  const ready = (): void => {
    if (socket.localAddress !== undefined && socket.localPort !== undefined)
      local = { host: unmapped(socket.localAddress), port: socket.localPort }
    identities = secured?.identities()
  }
  if (opened) ready()

  socket.setNoDelay(settings.noDelay)
  socket.setKeepAlive(settings.keepAlive > 0, settings.keepAlive)
  socket.setTimeout(settings.idleLimit)
  socket.on(secured ? 'secureConnect' : 'connect', () => {
    open = true
    ready()
    if (!closing) handler?.opened()
  })
  socket.on('data', bytes => {
    if (!closing) handler?.received(bytes, remote)
  })
  // Node ends our side by itself and closes when the queue is empty; a peer that reads nothing must not hold it up for ever.
  socket.on('end', () => {
    if (!closing) destroyWithin(flushLimit)
    closing = true
  })
  socket.on('timeout', () => {
    if (closing) return
    reason = flowError(name, remote, `nothing came or went for ${settings.idleLimit / 1000} s`)
    end()
  })
  socket.on('error', cause => {
    sendFailed ||= 'syscall' in cause && cause.syscall === 'write'
    reason ??= isSipError(cause) ? cause : transportError(name, 'to', remote, cause)
  })
  socket.on('close', () => {
    clearTimeout(deadline)
    closing = true
    if (sendFailed && reason) handler?.failed(reason, remote)
    handler?.closed(reason)
    handler = undefined
  })

  const flow: Flow = {
    transport: name,
    get local() {
      return local
    },
    remote,
    get identities() {
      return identities
    },
    alias: secured?.alias ?? false,
    send: bytes => {
      if (closing) return tooLate()
      const queued = socket.writableLength
      if (queued > 0 && queued + bytes.length > settings.outgoingLimit) {
        sendFailed = true
        fail(flowError(name, remote, `the peer does not read, ${queued} bytes wait to be sent`))
      } else socket.write(bytes)
    },
    close: () => {
      asked = true
      end()
    },
    configure: ({ noDelay, keepAlive }) => {
      if (noDelay !== undefined) socket.setNoDelay(noDelay)
      if (keepAlive !== undefined) socket.setKeepAlive(keepAlive > 0, keepAlive)
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
