/**
 * A small SIP server over the transports of any platform, for test servers that answer every request at once:
 * framing, `received` and `rport`, and the same answer to a repeated request. RFC 3261 §17.2.2, §18.2, §18.3; RFC 3581.
 */
import type {
  Address,
  Flow,
  FlowHandler,
  Listener,
  Platform,
  Transport,
  TransportName,
} from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { fromBinary } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import { serialize } from '../message/serialize.ts'
import { MessageStream } from '../message/stream.ts'
import { isStun, readStun, stunAnswer } from '../message/stun.ts'
import type { Malformed, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { requestKey } from '../rules/match.ts'
import { refuseMalformed } from '../rules/respond.ts'
import { responseTarget, stampVia } from '../rules/via.ts'

/** 64·T1: so long a client repeats a request, so long the answer is kept. RFC 3261 §17.2.2, Timer J. */
const answerLifetime = 32_000
/** Answers kept; the oldest go first. */
const maxAnswers = 10_000

/** UDP and TCP share a port number; the other stream transports cannot share that of TCP. */
const portOffset: Readonly<Record<TransportName, number>> = { UDP: 0, TCP: 0, TLS: 1, WS: 2, WSS: 3 }

/** Where a server can be reached. */
export interface ListenAddress extends Address {
  readonly transport: TransportName
}

/** Where a request came from. */
export interface RequestSource {
  readonly transport: TransportName
  readonly from: Address
}

export interface SipServerOptions {
  readonly platform: Platform
  readonly host: string
  readonly port: number
  /** Called once for each request that is no ACK and no repetition; `undefined` is no answer. */
  readonly answer: (request: SipRequest, source: RequestSource) => SipResponse | undefined
  /** Whether double CRLFs and STUN requests are answered. Default always. */
  readonly keepAlives?: () => boolean
}

interface Answer {
  readonly until: number
  /** `undefined` when the request is left without an answer. */
  readonly bytes: Uint8Array | undefined
}

export const createSipServer = ({
  platform,
  host,
  port,
  answer,
  keepAlives = () => true,
}: SipServerOptions) => {
  const { clock } = platform
  const answers = new Map<string, Answer>()
  const flows = new Set<Flow>()
  let listeners: Listener[] = []

  const remember = (key: string, bytes: Uint8Array | undefined): void => {
    for (const [old, { until }] of answers) {
      if (until > clock.now() && answers.size < maxAnswers) break
      answers.delete(old)
    }
    answers.set(key, { until: clock.now() + answerLifetime, bytes })
  }

  const onRequest = (flow: Flow, received: SipRequest, from: Address): void => {
    if (received.method === 'ACK') return
    const request = stampVia(received, from)
    const key = `${flow.transport} ${requestKey(request)}`
    const target = responseTarget(request, 5060)
    const known = answers.get(key)
    if (known && known.until > clock.now()) {
      if (known.bytes) flow.send(known.bytes, target)
      return
    }
    answers.delete(key)
    const response = answer(request, { transport: flow.transport, from })
    const bytes = response && serialize(response)
    remember(key, bytes)
    if (bytes) flow.send(bytes, target)
  }

  const onMessage = (flow: Flow, message: SipMessage | Malformed, from: Address): void => {
    if (isMalformed(message)) {
      const response = refuseMalformed(message)
      if (response) flow.send(serialize(response), from)
    } else if (message.kind === 'request') onRequest(flow, message, from)
  }

  const onStream = (flow: Flow, stream: MessageStream, bytes: Uint8Array, from: Address): void => {
    for (const item of stream.push(bytes)) {
      if (item === 'ping') {
        if (keepAlives()) flow.send(fromBinary('\r\n'), from)
      } else if (item !== 'pong') onMessage(flow, item, from)
    }
    if (stream.broken) flow.close()
  }

  /** RFC 5626 §8: a STUN server of its own on the port of SIP. */
  const onStun = (flow: Flow, bytes: Uint8Array, from: Address): void => {
    const message = readStun(bytes)
    if (message?.is === 'request' && keepAlives()) flow.send(stunAnswer(message, from), from)
  }

  const handle = (transport: Transport, flow: Flow): FlowHandler => {
    const stream = transport.framing === 'stream' ? new MessageStream() : undefined
    flows.add(flow)
    return {
      opened: () => {},
      received: (bytes, from) => {
        if (stream) onStream(flow, stream, bytes, from)
        // A keep-alive datagram is no message. RFC 5626 §3.5.1, RFC 6223.
        else if (isStun(bytes)) onStun(flow, bytes, from)
        else if (bytes.length > 4) onMessage(flow, parse(bytes), from)
      },
      // A client that went away is no concern of the server.
      failed: () => {},
      closed: () => void flows.delete(flow),
    }
  }

  const close = (): void => {
    for (const listener of listeners) listener.close()
    for (const flow of [...flows]) flow.close()
    listeners = []
    answers.clear()
  }

  return {
    /** Binds every transport of the platform. */
    listen: async (): Promise<readonly ListenAddress[]> => {
      if (listeners.length > 0) throw new SipError('already-exists', 'the server listens already')
      const addresses: ListenAddress[] = []
      try {
        for (const transport of platform.transports) {
          const local = { host, port: port === 0 ? 0 : port + portOffset[transport.name] }
          const listener = await transport.listen(local, flow => handle(transport, flow))
          listeners.push(listener)
          addresses.push({ transport: transport.name, ...listener.local })
        }
      } catch (error) {
        close()
        throw error
      }
      return addresses
    },
    close,
  }
}
