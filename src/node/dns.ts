/**
 * The resolver port: DNS as Node has it (c-ares), under the rules of RFC 3263.
 *
 * The hosts file goes first, then DNS; without servers of our own, at last, the system's own way (search domains, mDNS).
 */
import { lookup, Resolver as Server } from 'node:dns/promises'
import { dnsResolver } from '../dns/resolver.ts'
import type { Dns, DnsAnswer, DnsRecord, DnsType, Resolver } from '../engine/ports.ts'
import { nodeClock } from './clock.ts'
import { codeOf } from './failure.ts'
import { hostsFile } from './hosts.ts'
import type { DnsOptions } from './options.ts'
import { nodeRandom } from './random.ts'

const reasons: ReadonlyMap<string, string> = new Map([
  ['ESERVFAIL', 'the DNS server failed (SERVFAIL)'],
  ['EREFUSED', 'the DNS server refused to answer (REFUSED)'],
  ['ECONNREFUSED', 'no DNS server could be reached'],
  ['EBADNAME', 'not a host name'],
])

/** What an error of c-ares says. */
export const answerOf = (cause: unknown): DnsAnswer => {
  const code = codeOf(cause) ?? ''
  switch (code) {
    case 'ENOTFOUND':
      return { is: 'no-name' }
    case 'ENODATA':
      return { is: 'no-data' }
    case 'ETIMEOUT':
      return { is: 'timeout', text: 'the DNS server did not answer in time' }
    default:
      return {
        is: 'failed',
        text: reasons.get(code) ?? (cause instanceof Error ? cause.message : String(cause)),
      }
  }
}

/** Node tells the TTL of addresses only. */
const recordsOf: Readonly<Record<DnsType, (server: Server, name: string) => Promise<DnsRecord[]>>> = {
  A: async (server, name) =>
    (await server.resolve4(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'A', address, ttl })),
  AAAA: async (server, name) =>
    (await server.resolve6(name, { ttl: true })).map(({ address, ttl }) => ({ type: 'AAAA', address, ttl })),
  SRV: async (server, name) =>
    (await server.resolveSrv(name)).map(({ priority, weight, port, name: target }) => ({
      type: 'SRV',
      priority,
      weight,
      port,
      target: target === '' ? '.' : target,
    })),
  NAPTR: async (server, name) =>
    (await server.resolveNaptr(name)).map(({ order, preference, flags, service, regexp, replacement }) => ({
      type: 'NAPTR',
      order,
      preference,
      flags,
      service,
      regexp,
      replacement,
    })),
}

/** How long the system's list of servers is believed, in milliseconds: it changes with the network. */
const believed = 5000

/** DNS of this host. Throws for servers that are no addresses. */
export const nodeDns = ({ servers, timeout = 500, tries = 3 }: DnsOptions = {}): Dns => {
  const hosts = hostsFile()
  const make = (): Server => {
    const server = new Server({ timeout, tries })
    if (servers) server.setServers([...servers])
    return server
  }
  let present = make()
  let made = performance.now()
  const server = (): Server => {
    if (servers || performance.now() - made < believed) return present
    made = performance.now()
    return (present = make())
  }
  return {
    query: async (name, type) => {
      try {
        const records = await recordsOf[type](server(), name)
        return records.length > 0 ? { is: 'records', records } : { is: 'no-data' }
      } catch (cause) {
        return answerOf(cause)
      }
    },
    local: async name => {
      const found = await hosts(name)
      // RFC 6761 §6.3: never asked of a DNS server.
      return found.length === 0 && /^(.+\.)?localhost$/i.test(name) ? ['127.0.0.1', '::1'] : found
    },
    ...(servers
      ? {}
      : {
          system: async name =>
            (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address),
        }),
  }
}

/** The resolver. `preferred` is the family that the platform's sockets have; its addresses come first. */
export const nodeResolver = (options: DnsOptions = {}, preferred: 4 | 6 = 4): Required<Resolver> =>
  dnsResolver({
    dns: nodeDns(options),
    clock: nodeClock(),
    random: nodeRandom(),
    family: preferred,
    ...(options.deadline === undefined ? {} : { deadline: options.deadline }),
    ...(options.remembered === undefined ? {} : { memory: { size: options.remembered } }),
  })
