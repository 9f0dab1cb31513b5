/** DNS of the simulated network: zones that change while everything runs, faults, and a log of what was asked. RFC 1035. */
import type { Clock, Dns, DnsAnswer, DnsType } from '../engine/ports.ts'
import { type ZoneRecord, zoneRecord } from './zone.ts'

/** A question as it reached the DNS server. */
export interface DnsQuestion {
  readonly name: string
  readonly type: DnsType
  /** Milliseconds of the network's clock. */
  readonly time: number
  /** Address of the host that asked. */
  readonly from: string
}

/** How DNS may fail: with an answer that says so, or with none. */
export type DnsFault = 'SERVFAIL' | 'silence'

/**
 * The DNS server of a simulated network.
 *
 * @example
 * network.dns.set('example.com', ['NAPTR 50 50 "s" "SIP+D2U" "" _sip._udp.example.com.'])
 * network.dns.set('_sip._udp.example.com', ['SRV 10 60 5060 one.example.com.', 'SRV 20 0 5060 two.example.com.'])
 * network.dns.set('one.example.com', ['A 192.0.2.1'])
 * network.dns.set('two.example.com', ['300 A 192.0.2.2'])
 */
export interface SimulatedDns {
  /** Puts records in the place of those that a name had. An empty list: the name exists and has none. Throws `argument` for what is no record. */
  set(name: string, records: readonly ZoneRecord[]): void
  /** The name does not exist any more. */
  remove(name: string): void
  /** From now on questions fail: all of them, those for a name, or those for one type of a name. */
  fail(fault: DnsFault, name?: string, type?: DnsType): void
  /** Ends faults: all of them, or those that were set for a name. */
  heal(name?: string): void
  /** Milliseconds until an answer. Default 0. */
  latency: number
  /** All that was asked, in order. What a resolver remembers is not asked. */
  readonly questions: readonly DnsQuestion[]
  /** How often was asked: at all, for a name, for one type of a name. */
  count(name?: string, type?: DnsType): number
}

/** Milliseconds after which a client of a silent server gives up. */
const patience = 5000

/** The server, and DNS as one host sees it. */
export const simulatedDns = (clock: Clock): SimulatedDns & { of(from: string): Dns } => {
  const zone = new Map<string, readonly ReturnType<typeof zoneRecord>[]>()
  const faults = new Map<string, DnsFault>()
  const questions: DnsQuestion[] = []
  const keyOf = (name = '*', type: DnsType | '*' = '*'): string => `${name.toLowerCase()} ${type}`
  let latency = 0

  const after = (milliseconds: number, answer: DnsAnswer): Promise<DnsAnswer> =>
    milliseconds === 0
      ? Promise.resolve(answer)
      : new Promise(resolve => {
          clock.setTimeout(() => resolve(answer), milliseconds)
        })

  const answer = (name: string, type: DnsType): DnsAnswer => {
    const records = zone.get(name)
    // A name with names below it exists. RFC 8020
    if (!records && ![...zone.keys()].some(other => other.endsWith(`.${name}`)))
      return { is: 'no-name', ttl: 60 }
    const found = (records ?? []).filter(record => record.type === type)
    return found.length > 0 ? { is: 'records', records: found } : { is: 'no-data', ttl: 60 }
  }

  const query = (asked: string, type: DnsType, from: string): Promise<DnsAnswer> => {
    const name = asked.toLowerCase()
    questions.push({ name, type, time: clock.now(), from })
    const fault = faults.get(keyOf(name, type)) ?? faults.get(keyOf(name)) ?? faults.get(keyOf())
    if (fault === 'silence')
      return after(patience, { is: 'timeout', text: 'the DNS server did not answer in time' })
    if (fault) return after(latency, { is: 'failed', text: 'the DNS server failed (SERVFAIL)' })
    return after(latency, answer(name, type))
  }

  return {
    set: (name, records) => void zone.set(name.toLowerCase(), records.map(zoneRecord)),
    remove: name => void zone.delete(name.toLowerCase()),
    fail: (fault, name, type) => void faults.set(keyOf(name, type), fault),
    heal: name => {
      for (const key of [...faults.keys()]) {
        if (name === undefined || key.startsWith(`${name.toLowerCase()} `)) faults.delete(key)
      }
    },
    get latency() {
      return latency
    },
    set latency(milliseconds) {
      latency = milliseconds
    },
    questions,
    count: (name, type) =>
      questions.filter(
        asked =>
          (name === undefined || asked.name === name.toLowerCase()) &&
          (type === undefined || asked.type === type),
      ).length,
    of: from => ({ query: (name, type) => query(name, type, from) }),
  }
}
