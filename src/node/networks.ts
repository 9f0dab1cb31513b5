/** The networks of this host, by looking at `os.networkInterfaces()` from time to time: no system tells of changes everywhere. */
import { networkInterfaces } from 'node:os'
import type { NetworkInterface, NetworkMonitor } from '../engine/ports.ts'

/** Settings of the watch over the networks of this host. */
export interface NetworkOptions {
  /**
   * Milliseconds between looks, while a connection is open. Default 5000; 0: never, changes are then seen only by
   * `connection.refresh()`. The timer keeps no process alive.
   */
  readonly interval?: number
  /** Takes the place of `os.networkInterfaces()`, for example where the system tells more. */
  readonly interfaces?: () => readonly NetworkInterface[]
  /** Asks the system to bring a network back, when a connection looks for it. */
  readonly probe?: (network?: string) => void
  /** What stands in P-Access-Network-Info by way of a network; see `NetworkMonitor`. RFC 7315 §4.4 */
  readonly accessNetworkInfo?: (network: string) => string | undefined
}

/** The interfaces of this host as Node knows them. */
export const hostInterfaces = (tables = networkInterfaces()): readonly NetworkInterface[] =>
  Object.entries(tables).map(([name, addresses = []]) => ({
    name,
    addresses: addresses.map(({ address }) => address),
    internal: addresses.length > 0 && addresses.every(({ internal }) => internal),
  }))

/** Makes a monitor that looks each `interval` while somebody watches, and tells when something is another way. */
export const nodeNetworks = (options: NetworkOptions = {}): NetworkMonitor => {
  const { interval = 5000, interfaces = hostInterfaces, probe, accessNetworkInfo } = options
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let before = ''

  const look = (): void => {
    const now = JSON.stringify(interfaces())
    if (now === before) return
    before = now
    for (const listener of [...listeners]) listener()
  }

  return {
    interfaces,
    watch: listener => {
      if (listeners.size === 0) {
        before = JSON.stringify(interfaces())
        if (interval > 0) timer = setInterval(look, interval).unref()
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearInterval(timer)
      }
    },
    ...(probe && { probe }),
    ...(accessNetworkInfo && { accessNetworkInfo }),
  }
}
