/** Which transports, certificates and servers a command needs, from what was typed. */
import type { TransportName } from '../index.ts'
import type { SessionOptions } from './engine.ts'
import { usage } from './exit.ts'
import type { Ways } from './io.ts'

const schemeOf = (url: string | undefined): 'WS' | 'WSS' | undefined =>
  url === undefined ? undefined : /^wss:/i.test(url) ? 'WSS' : 'WS'

/** The one transport that was asked for; a WebSocket URL asks for its own. */
export const transportOf = ({
  transport,
  webSocketUrl,
}: Pick<SessionOptions, 'transport' | 'webSocketUrl'>): TransportName | undefined =>
  transport ?? schemeOf(webSocketUrl)

/** Whether a URI can be reached by TLS alone. RFC 3261 §26.2.2 */
export const demandsTls = (uri: string | undefined): boolean =>
  uri !== undefined && /^sips:|;transport=tls(?![^;?>])/i.test(uri)

/** What the platform needs besides UDP and TCP; `undefined`: nothing. Throws for options that do not go together. */
export const waysFor = (options: SessionOptions): Ways | undefined => {
  const { transport, ca, cert, key, webSocketUrl: url, usualPort } = options
  const listens = usualPort !== undefined
  const demanded =
    !listens && transport === undefined && url === undefined && [options.peer, options.proxy].some(demandsTls)
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key belong together')
  const scheme = schemeOf(url)
  if (scheme !== undefined && transport !== undefined && scheme !== transport)
    throw usage(
      `--web-socket-url begins with ${scheme.toLowerCase()}:, and --transport is ${transport.toLowerCase()}`,
    )
  const web = url !== undefined || transport === 'WS' || transport === 'WSS'
  const tls =
    demanded ||
    transport === 'TLS' ||
    transport === 'WSS' ||
    scheme === 'WSS' ||
    ca !== undefined ||
    cert !== undefined
  if (listens && tls && cert === undefined && url === undefined)
    throw usage('nobody can connect without a certificate of ours: give --cert and --key')
  if (!tls && !web) return undefined
  return {
    ...(tls && { tls }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(web && { webSocket: listens && url === undefined ? 'listen' : 'connect' }),
    ...(url !== undefined && { webSocketUrl: url }),
  }
}
