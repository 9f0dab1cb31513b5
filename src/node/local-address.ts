/**
 * Which of our addresses packets to a remote address leave from. RFC 3261 §18.1.1 needs it for Via when bound to a wildcard.
 *
 * The kernel's routing table knows best: connecting a datagram socket asks it and sends nothing. Where there is no
 * route, the interface whose subnet holds the remote address is taken, else the first address that is not internal.
 */
import { createSocket } from 'node:dgram'
import { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { familyOf, isLoopback, isWildcard, numericLookup, unmapped } from './address.ts'

/** A route may change under us, so an answer is used for a second; asking takes some 100 µs. */
const freshFor = 1000
const mostKept = 256

/** The address by the routing table; undefined where there is no route. */
const byRoute = (remote: string, family: 4 | 6): string | undefined => {
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: numericLookup })
  let failed = false
  socket.on('error', () => (failed = true))
  try {
    socket.bind({ port: 0, address: family === 6 ? '::' : '0.0.0.0', exclusive: true })
    socket.connect(9, remote)
    const { address } = socket.address()
    return failed || isWildcard(address) ? undefined : unmapped(address)
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

/** The interface tables of the host. */
export type Interfaces = ReturnType<typeof networkInterfaces>

/** The address by the interface tables: subnet first, then the first that is not internal; undefined without any. */
export const byInterface = (
  remote: string,
  family: 4 | 6,
  interfaces: Interfaces = networkInterfaces(),
): string | undefined => {
  const name = family === 6 ? 'ipv6' : 'ipv4'
  const zone = remote.indexOf('%')
  const bare = zone < 0 ? remote : remote.slice(0, zone)
  const found = Object.values(interfaces)
    .flatMap(list => list ?? [])
    .filter(each => each.family === (family === 6 ? 'IPv6' : 'IPv4'))
  const near = found.find(each => {
    if (familyOf(bare) !== family) return false
    const prefix = Number(each.cidr?.slice(each.cidr.lastIndexOf('/') + 1) ?? Number.NaN)
    if (!Number.isInteger(prefix)) return false
    const subnet = new BlockList()
    subnet.addSubnet(each.address, prefix, name)
    return subnet.check(bare, name)
  })
  const outward = found.filter(each => !each.internal)
  const global = outward.find(each => !each.address.startsWith('fe80:'))
  return (near ?? global ?? outward[0])?.address
}

/** The function of the platform, with its short memory. A remote that is not numeric gets our first outward address. */
export const localAddresses = (): ((remote: string) => string) => {
  const known = new Map<string, { readonly address: string; readonly until: number }>()
  return asked => {
    const remote = unmapped(asked)
    const family = remote.includes(':') ? 6 : 4
    const loopback = family === 6 ? '::1' : '127.0.0.1'
    if (isLoopback(remote) || isWildcard(remote)) return loopback
    const now = performance.now()
    const entry = known.get(remote)
    if (entry && entry.until > now) return entry.address
    const routed = familyOf(remote) === 0 ? undefined : byRoute(remote, family)
    const address = routed ?? byInterface(remote, family) ?? loopback
    if (known.size >= mostKept) known.clear()
    known.set(remote, { address, until: now + freshFor })
    return address
  }
}
