/** `sipactor/browser`: the platform for browsers: SIP over WebSocket (RFC 7118), WebCrypto, hashes that load when needed. */
import type { Platform } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { hostClock } from './clock.ts'
import { lazyDigest } from './digest.ts'
import type { DomWebSocket, DomWebSocketClass } from './dom-websocket.ts'
import { targetOf, webSocket } from './websocket.ts'

export type { DomWebSocket, DomWebSocketClass }

/** Options of {@link browser}. */
export interface BrowserOptions {
  /**
   * The WebSocket servers that all requests go to, a `wss:` (or `ws:`) URL or several in order of preference: the next is
   * tried when one cannot be reached. The transports of the platform follow: `WSS` for `wss:`, `WS` for `ws:`.
   */
  readonly url: string | readonly string[]
  /** The class to open WebSockets with. Default: the one of the browser. */
  readonly WebSocket?: DomWebSocketClass
  /** Milliseconds until an attempt to connect is given up. Default 30,000. */
  readonly connectTimeout?: number
  /** Most bytes waiting to be sent on one connection; beyond it the connection fails. Default 1 MiB (1,048,576). */
  readonly outgoingLimit?: number
}

const urlOf = (text: string): URL => {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {
    // Refused below.
  }
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:')
    throw new SipError('argument', `url must be a ws: or wss: URL, not ${text}`)
  return url
}

const inRange = (name: string, value: number): number => {
  if (!Number.isInteger(value) || value < 1 || value >= 2 ** 31)
    throw new SipError('argument', `${name} must be a whole number from 1 to 2147483647, not ${value}`)
  return value
}

const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))

const hexadecimal = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')

/**
 * The platform for browsers, and for whatever else has `WebSocket` and `crypto.getRandomValues`. Nothing is opened before a
 * request needs it. It cannot be reached but on its own connections: in Via and Contact it has a random `.invalid` name.
 *
 * @throws SipError `argument` for a URL that is none, or without one, and for a limit out of range.
 *
 * @example
 * import { browser } from 'sipactor/browser'
 * const sip = createSip({ platform: browser({ url: 'wss://edge.example.com/sip' }) })
 */
export const browser = (options: BrowserOptions): Platform => {
  const urls = [options.url].flat().map(urlOf)
  if (urls.length === 0) throw new SipError('argument', 'url is missing')
  const found = options.WebSocket ?? (globalThis as { readonly WebSocket?: DomWebSocketClass }).WebSocket
  if (!found) throw new SipError('argument', 'there is no WebSocket here: give one')
  const WebSocket: DomWebSocketClass = found
  const hidden = `${hexadecimal(random(8))}.invalid`
  const { digest, load } = lazyDigest()
  const connectTimeout = inRange('connectTimeout', options.connectTimeout ?? 30_000)
  const outgoingLimit = inRange('outgoingLimit', options.outgoingLimit ?? 1024 * 1024)
  const targets = urls.map(targetOf)
  const names = (['WSS', 'WS'] as const).filter(name => targets.some(({ transport }) => transport === name))
  return {
    clock: hostClock(),
    wallClock: () => Date.now(),
    random: { bytes: random },
    digest,
    // There is no DNS in a browser, and no need: the server of the URL knows the way.
    resolver: {
      resolve: async ({ transport, secure }) => {
        const fitting = targets.filter(
          target =>
            target.transport === 'WSS' || (!secure && (transport === undefined || transport === 'WS')),
        )
        return fitting
      },
    },
    transports: names.map(transport =>
      webSocket({
        transport,
        urls: urls.filter((_url, index) => targets[index]?.transport === transport),
        WebSocket,
        connectTimeout,
        outgoingLimit,
        hidden,
        load,
      }),
    ),
    defaultHost: hidden,
    localAddressFor: () => hidden,
  }
}
