/**
 * Name resolution of the simulated network: tables in front of DNS. RFC 3263 as far as a table goes.
 */
import type { Question, Resolver, Target, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { defaultPort } from '../rules/locate.ts'

/** An address of a name: an IP address alone, or one with the port and transport that an SRV record would give. */
export type HostEntry =
  | string
  | { readonly host: string; readonly port?: number; readonly transport?: TransportName }

/** Names with their addresses, in order of preference. Names are lower case. */
export type HostTable = ReadonlyMap<string, readonly HostEntry[]>

const transportsFor = (question: Question): readonly TransportName[] => {
  const wanted = question.transport ? [question.transport] : question.available
  if (!question.secure) return wanted.filter(name => question.available.includes(name))
  const upgraded = wanted.map(name => (name === 'WS' || name === 'WSS' ? 'WSS' : 'TLS'))
  return [...new Set<TransportName>(upgraded)].filter(name => question.available.includes(name))
}

/** The targets a table entry means for a question; an entry of another transport means none. */
const targetOf = (entry: HostEntry, question: Question): readonly Target[] => {
  const { host, port, transport } =
    typeof entry === 'string' ? { host: entry } : (entry as Exclude<HostEntry, string>)
  const possible = transportsFor(question)
  // UDP is the default where nothing else is asked for. RFC 3263 §4.1.
  const chosen = transport ?? (possible.includes('UDP') ? 'UDP' : possible[0])
  if (!chosen || !possible.includes(chosen)) return []
  return [
    { host, port: question.port ?? port ?? defaultPort(chosen), transport: chosen, name: question.host },
  ]
}

/** A resolver over tables, the first that has the name counts, and DNS for all other names. It answers in a microtask. */
export const tableResolver = (tables: readonly HostTable[], dns: Required<Resolver>): Required<Resolver> => {
  const inTables = (question: Question): readonly Target[] | undefined => {
    const name = question.host.toLowerCase()
    return tables
      .find(table => table.has(name))
      ?.get(name)
      ?.flatMap(entry => targetOf(entry, question))
  }
  return {
    resolve: async question => inTables(question) ?? dns.resolve(question),
    plan: async question => {
      const targets = inTables(question)
      if (!targets) return dns.plan(question)
      const { host } = question
      const steps = [{ is: 'skipped', what: 'DNS', reason: 'a table of the network has this name' }] as const
      if (targets.length > 0) return { host, steps, targets }
      return { host, steps, targets, error: new SipError('resolving', `${host} has no address`) }
    },
  }
}
