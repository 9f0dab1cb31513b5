/** Which port each transport listens on when one is asked for. RFC 3261 §18, §19.1.2; RFC 7118. */
import type { TransportName } from '../engine/ports.ts'

export interface PortsAsked {
  readonly port?: number
  readonly ports?: Readonly<Partial<Record<TransportName, number>>>
}

/**
 * UDP and TCP share a port, TLS has the one above it (5060 and 5061), a WebSocket server a free one. A port of its own in
 * `ports` counts more; a transport that is alone has the port as it was asked for. 0 is a free one.
 */
export const listeningPort = (
  name: TransportName,
  among: readonly TransportName[],
  { port = 0, ports }: PortsAsked,
): number => {
  const own = ports?.[name]
  if (own !== undefined) return own
  const plain = name === 'UDP' || name === 'TCP'
  const alone = among[0] === name && !among.includes('UDP') && !among.includes('TCP')
  if (plain || alone || port === 0) return port
  return name === 'TLS' ? port + 1 : 0
}
