/** Which transports, certificates and servers a command needs, from what was typed. */
import { usage } from './exit.ts'
import type { Ways } from './io.ts'
import type { SessionOptions } from './session.ts'

/** What the platform needs besides UDP and TCP; `undefined`: nothing. Throws for options that do not go together. */
export const waysFor = (options: SessionOptions): Ways | undefined => {
  const { transport, ca, cert, key, webSocketUrl: url, usualPort } = options
  const listens = usualPort !== undefined
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key belong together')
  const scheme = url?.slice(0, url.indexOf(':')).toUpperCase()
  if (scheme !== undefined && transport !== undefined && scheme !== transport)
    throw usage(
      `--web-socket-url begins with ${scheme.toLowerCase()}:, and --transport is ${transport.toLowerCase()}`,
    )
  const web = url !== undefined || transport === 'WS' || transport === 'WSS'
  const tls =
    transport === 'TLS' || transport === 'WSS' || scheme === 'WSS' || ca !== undefined || cert !== undefined
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
