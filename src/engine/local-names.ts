/** How we are called by whoever is reached on a flow: sent-by of Via, and Contact. RFC 3261 §8.1.1.7, §8.1.1.8; RFC 7118 §5. */
import { formatHost } from '../message/host.ts'
import type { ConnectionEntry, LocalNames, Way } from './entries.ts'
import type { Platform, TransportName } from './ports.ts'

const unspecified = (host: string): boolean => host === '0.0.0.0' || host === '::'

/**
 * The Contact. `sips:` where the request demands it (§8.1.1.8), and for a WebSocket server behind TLS, which no
 * `transport` parameter can name (RFC 7118 §5).
 */
const contactOf = (
  user: string,
  authority: string,
  transport: TransportName,
  secure: boolean,
  reachable: boolean,
): string => {
  const sips = secure || (transport === 'WSS' && reachable)
  const web = transport === 'WS' || transport === 'WSS'
  const parameter =
    transport === 'UDP' || (sips && !web) ? '' : `;transport=${web ? 'ws' : transport.toLowerCase()}`
  return `${sips ? 'sips' : 'sip'}:${user}@${authority}${parameter}`
}

/** Contact and sent-by, by connection and what they are made of. */
const known = new WeakMap<ConnectionEntry, Map<string, LocalNames>>()

export const localNames = (
  connection: ConnectionEntry,
  { flow, to }: Way,
  secure: boolean,
  platform: Pick<Platform, 'localAddressFor'>,
): LocalNames => {
  const { name } = flow.transport
  const bound = connection.listeners.get(name)
  const local = bound?.local ?? flow.flow.local
  const host =
    bound?.listener.name ??
    (unspecified(local.host)
      ? unspecified(flow.flow.local.host)
        ? platform.localAddressFor(to.host)
        : flow.flow.local.host
      : local.host)
  // Nobody listens on port 0: such a side is reached by the flow alone.
  const reachable = local.port !== 0
  const web = name === 'WS' || name === 'WSS'
  const port = reachable || web ? local.port : flow.flow.local.port
  const alias = reachable && flow.flow.alias === true
  let names = known.get(connection)
  if (!names) known.set(connection, (names = new Map()))
  const key = reachable ? `${name} ${host} ${secure} ${alias}` : `${name} ${host} ${secure} ${port}`
  let found = names.get(key)
  if (!found) {
    const authority = port === 0 ? formatHost(host) : `${formatHost(host)}:${port}`
    const contact = contactOf(connection.user, authority, name, secure, reachable)
    found = { host, port, contact, ...(alias ? { alias } : {}) }
    // Streams of a side that does not listen each have a port of their own: not worth keeping.
    if (reachable || web) names.set(key, found)
  }
  return found
}
