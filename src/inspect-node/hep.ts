/** Every message of an engine to a capture agent such as HOMER, by HEP3 over UDP. https://github.com/sipcapture/HEP */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { SipError } from '../errors.ts'
import type { Sip } from '../index.ts'
import { hepOf } from '../inspect/index.ts'

/** Where packets go, and who they are from. */
export interface HepSenderOptions {
  /** Name or address of the collector. */
  readonly host: string
  /** Its UDP port; default 9060. */
  readonly port?: number
  /** Number of this capture agent, 0 to 4294967295; default 2001. */
  readonly captureId?: number
  /** The key that the collector wants; at most 255 bytes. */
  readonly authKey?: string
  /** Name of this engine at the collector. */
  readonly node?: string
  /** False: secrets are sent as they are. Default true. */
  readonly redact?: boolean
}

/** A sender at work. */
export interface HepSender {
  /** Packets handed to the socket. */
  readonly sent: number
  /** Messages that could not be sent: too large, refused, or more than the socket took. */
  readonly lost: number
  /** Stops; what is in the socket is still sent. */
  close(): Promise<void>
}

/** Packets that may wait in the socket; more are lost, for the engine does not wait. */
const mostWaiting = 1000
/** Bytes that one UDP datagram holds. */
const mostBytes = 65_507

const check = ({ host, port = 9060, captureId = 2001, authKey }: HepSenderOptions): void => {
  const wrong =
    typeof host !== 'string' || host === '' || /[\s\0]/.test(host)
      ? 'host is the name or address of a collector'
      : !Number.isInteger(port) || port < 1 || port > 65_535
        ? 'port is a number from 1 to 65535'
        : !Number.isInteger(captureId) || captureId < 0 || captureId > 0xffff_ffff
          ? 'captureId is a number from 0 to 4294967295'
          : authKey !== undefined && (authKey === '' || Buffer.byteLength(authKey) > 255)
            ? 'authKey has 1 to 255 bytes'
            : undefined
  if (wrong) throw new SipError('argument', wrong)
}

/**
 * Sends every message that an engine sends or receives to a HEP3 collector, from now until `close`. Never slows the
 * engine down: what the socket does not take is counted as lost. Throws `argument` for bad options.
 *
 * @example
 * const homer = hepSender(sip, { host: '192.0.2.80', captureId: 7, authKey: 'myHep' })
 */
export const hepSender = (sip: Sip, options: HepSenderOptions): HepSender => {
  check(options)
  const { host, port = 9060, captureId, authKey, node, redact } = options
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  // A collector is not worth a process that does not end.
  socket.unref()
  const how = {
    epoch: Date.now() - sip.actors().t,
    ...(captureId === undefined ? {} : { agent: captureId }),
    ...(authKey === undefined ? {} : { key: authKey }),
    ...(node === undefined ? {} : { node }),
    ...(redact === undefined ? {} : { redact }),
  }
  let [sent, lost, waiting] = [0, 0, 0]
  let closed = false
  let idle = (): void => undefined
  socket.on('error', () => {
    lost += 1
  })
  const trace = sip.trace$.subscribe(frame => {
    if (frame.kind !== 'message') return
    const packet = waiting < mostWaiting ? hepOf(frame, how) : undefined
    if (!packet || packet.length > mostBytes) {
      lost += 1
      return
    }
    waiting += 1
    socket.send(packet, port, host, error => {
      waiting -= 1
      if (error) lost += 1
      else sent += 1
      if (waiting === 0) idle()
    })
  })
  return {
    get sent() {
      return sent
    },
    get lost() {
      return lost
    },
    close: () =>
      new Promise(resolve => {
        trace.unsubscribe()
        if (closed) return resolve()
        closed = true
        idle = () => socket.close(() => resolve())
        if (waiting === 0) idle()
      }),
  }
}
