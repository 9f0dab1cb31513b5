/**
 * The resolver port: from what a SIP URI says to addresses, by the rules of RFC 3263 §4 that need no NAPTR or SRV record.
 *
 * The hosts file goes first, then A and AAAA records; without servers of our own, at last, the system's own way (search domains, mDNS).
 */
import { lookup, Resolver as Server } from 'node:dns/promises'
import type { Question, Resolver, Target, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { codeOf } from './failure.ts'
import { hostsFile } from './hosts.ts'
import type { DnsOptions } from './options.ts'

const secured: Readonly<Partial<Record<TransportName, TransportName>>> = {
  TCP: 'TLS',
  TLS: 'TLS',
  WS: 'WSS',
  WSS: 'WSS',
}

const defaultPorts: Readonly<Record<TransportName, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
}

/** The transport of §4.1: the parameter wins, `sips:` means TLS, else UDP before TCP. Throws when it is not to be had. */
export const transportFor = ({ host, transport, secure, available }: Question): TransportName => {
  const asked = secure ? secured[transport ?? 'TLS'] : transport
  if (secure && asked === undefined)
    throw new SipError(
      'transport',
      `${host}: ${transport} cannot be secure, so a sips: URI cannot ask for it`,
    )
  const chosen = asked ?? (['UDP', 'TCP'] as const).find(name => available.includes(name)) ?? available[0]
  if (chosen === undefined || !available.includes(chosen))
    throw new SipError('transport', `${host}: the transport ${chosen ?? 'UDP'} is not available here`)
  return chosen
}

/** Codes that say the name exists, or does not, as opposed to: nobody knows. */
const noRecords = 'ENODATA'
const noName = 'ENOTFOUND'

const reasons: ReadonlyMap<string, string> = new Map([
  [noName, 'there is no such name (NXDOMAIN)'],
  ['ESERVFAIL', 'the DNS server failed (SERVFAIL)'],
  ['ETIMEOUT', 'the DNS server did not answer in time'],
  ['EREFUSED', 'the DNS server refused to answer (REFUSED)'],
  ['ECONNREFUSED', 'no DNS server could be reached'],
  ['EBADNAME', 'not a host name'],
])

/** After these answers the system may know more; after a timeout, asking it would only double the wait. */
const worthAsking: ReadonlySet<string | undefined> = new Set([undefined, noName, 'ECONNREFUSED', 'EBADNAME'])

/** The error for a name that could not be resolved, for example `no address for pbx.example: …`. */
const unresolved = (host: string, cause: unknown): SipError => {
  const text = reasons.get(codeOf(cause) ?? '') ?? (cause instanceof Error ? cause.message : String(cause))
  return new SipError('resolving', `no address for ${host}: ${text}`, { cause })
}

interface Found {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
  /** Why there is nothing, when nobody could say that there is nothing. */
  readonly error?: unknown
}

const split = (addresses: readonly string[]): Found => ({
  v4: addresses.filter(each => !each.includes(':')),
  v6: addresses.filter(each => each.includes(':')),
})

const byRecords = async (server: Server, host: string): Promise<Found> => {
  const [v4, v6] = await Promise.allSettled([server.resolve4(host), server.resolve6(host)])
  const causes = [v4, v6].flatMap(each => (each.status === 'rejected' ? [each.reason as unknown] : []))
  const error = causes.find(cause => codeOf(cause) !== noRecords)
  return {
    v4: v4.status === 'fulfilled' ? v4.value : [],
    v6: v6.status === 'fulfilled' ? v6.value : [],
    ...(error === undefined ? {} : { error }),
  }
}

const bySystem = async (host: string): Promise<Found> => {
  try {
    return split((await lookup(host, { all: true, verbatim: true })).map(each => each.address))
  } catch {
    return split([])
  }
}

const isEmpty = (found: Found): boolean => found.v4.length + found.v6.length === 0

/** The resolver. `preferred` is the family that the platform's sockets have; its addresses come first. */
export const nodeResolver = (options: DnsOptions = {}, preferred: 4 | 6 = 4): Resolver => {
  const hosts = hostsFile()
  const makeServer = (): Server => {
    const server = new Server({ timeout: options.timeout ?? 1500, tries: options.tries ?? 2 })
    if (options.servers) server.setServers([...options.servers])
    return server
  }
  // Made at once, so that servers that are no addresses are refused where they are given. The system's own may change with the network.
  const own = options.servers ? makeServer() : undefined

  const addresses = async (host: string): Promise<Found> => {
    const local = split(await hosts(host))
    if (!isEmpty(local)) return local
    // RFC 6761 §6.3: never asked of a DNS server.
    if (host.toLowerCase() === 'localhost') return { v4: ['127.0.0.1'], v6: ['::1'] }
    const found = await byRecords(own ?? makeServer(), host)
    if (!isEmpty(found) || own || !worthAsking.has(codeOf(found.error))) return found
    const last = await bySystem(host)
    return isEmpty(last) ? found : last
  }

  return {
    resolve: async question => {
      const transport = transportFor(question)
      const port = question.port ?? defaultPorts[transport]
      // A trailing dot is part of DNS, not of the name that certificates and peers know.
      const name = question.host.endsWith('.') ? question.host.slice(0, -1) : question.host
      const found = await addresses(name)
      if (isEmpty(found) && found.error !== undefined) throw unresolved(name, found.error)
      const ordered = preferred === 6 ? [...found.v6, ...found.v4] : [...found.v4, ...found.v6]
      return ordered.map((host): Target => ({ host, port, transport, name }))
    },
  }
}
