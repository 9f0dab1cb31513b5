/** Where we are, told to those who may know. P-Access-Network-Info, RFC 7315 §4.4, §6. */
import type { ConnectionEntry } from './entries.ts'
import type { NetworkMonitor, TransportName } from './ports.ts'

/** Parts of a line: nothing that ends it. */
const isLine = (text: string): boolean => text !== '' && !/[\r\n\0]/.test(text)

/**
 * The header for a request that leaves by that transport to that next hop: where it is reached by TLS or is a trusted one.
 * Not in ACK and CANCEL (RFC 7315 §5.7), which are not made of drafts. A hook that throws, or says what is no line, says nothing.
 */
export const accessNetworkOf = (
  networks: NetworkMonitor | undefined,
  { options, networkId }: ConnectionEntry,
  transport: TransportName,
  hop: string,
): string | undefined => {
  if (!networks?.accessNetworkInfo) return undefined
  const secure = transport === 'TLS' || transport === 'WSS'
  if (!secure && !options.trustedHops?.some(trusted => trusted.toLowerCase() === hop.toLowerCase()))
    return undefined
  try {
    const text = networks.accessNetworkInfo(networkId)
    return typeof text === 'string' && isLine(text) ? text : undefined
  } catch {
    return undefined
  }
}
