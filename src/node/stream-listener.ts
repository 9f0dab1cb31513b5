/** What the listeners of all streams share: how many connections a peer may have, binding, closing. */
import type { Server, Socket } from 'node:net'
import type { Address, Listener, TransportName } from '../engine/ports.ts'
import type { SipError } from '../errors.ts'
import { unmapped } from './address.ts'
import { flowError, transportError } from './failure.ts'

export type Refused = ((error: SipError) => void) | undefined

/** Where a socket's peer is; undefined when it is gone already. */
export const peerOf = ({ remoteAddress, remotePort }: Socket): Address | undefined =>
  remoteAddress === undefined || remotePort === undefined
    ? undefined
    : { host: unmapped(remoteAddress), port: remotePort }

/**
 * Counts connections by remote address: returns where the peer is, or undefined when it may not come in. The first that is
 * turned away is told, the next only when one had been let in meanwhile.
 */
export const admission = (transport: TransportName, limit: number, refused: Refused) => {
  const perPeer = new Map<string, number>()
  const told = new Set<string>()
  return (socket: Socket): Address | undefined => {
    const remote = peerOf(socket)
    if (!remote) return undefined
    const { host } = remote
    const count = perPeer.get(host) ?? 0
    if (count >= limit) {
      if (!told.has(host)) refused?.(flowError(transport, remote, `more than ${limit} connections, refused`))
      told.add(host)
      return undefined
    }
    perPeer.set(host, count + 1)
    socket.once('close', () => {
      told.delete(host)
      const left = (perPeer.get(host) ?? 1) - 1
      if (left > 0) perPeer.set(host, left)
      else perPeer.delete(host)
    })
    return remote
  }
}

/** Binds a server; `close` ends what it has accepted. */
export const bind = (
  server: Server,
  transport: TransportName,
  local: Address,
  close: () => void,
  name?: string,
): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void => reject(transportError(transport, 'at', local, cause))
    server.once('error', refuse)
    server.once('listening', () => {
      server.off('error', refuse)
      // From here on: a connection that could not be accepted. Its peer sees it; the others are not concerned.
      server.on('error', () => undefined)
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : local.port
      resolve({
        local: { host: local.host, port },
        ...(name === undefined ? {} : { name }),
        close: () => {
          server.close()
          close()
        },
      })
    })
    try {
      server.listen({ host: local.host, port: local.port, exclusive: true })
    } catch (cause) {
      refuse(cause)
    }
  })
