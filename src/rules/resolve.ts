/**
 * From a host name to targets, by the letter of RFC 3263 §4: NAPTR, then SRV, then A and AAAA, each left out where the
 * URI has decided already. Every step is kept as data. Both families of addresses are asked for (RFC 7984 §4).
 */
import type {
  AddressRecord,
  DnsAnswer,
  DnsRecord,
  PlannedTarget,
  Question,
  ResolutionPlan,
  SrvRecord,
  TransportName,
} from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { Inquiry, type ResolutionWorld, resolutionLimits } from './inquiry.ts'
import { defaultPort, isNumericHost, preferredTransports } from './locate.ts'
import { chooseServices } from './naptr.ts'
import { orderServers } from './srv.ts'

interface Service {
  readonly transport: TransportName
  readonly name: string
}

interface Server {
  readonly transport: TransportName
  readonly host: string
  readonly port: number
  readonly record?: SrvRecord
}

const labels: Readonly<Record<TransportName, string>> = {
  UDP: '_sip._udp',
  TCP: '_sip._tcp',
  TLS: '_sips._tcp',
  WS: '_sip._ws',
  WSS: '_sips._ws',
}

/** The name of a transport's SRV records. RFC 3263 §4.1, RFC 7118 */
export const serviceName = (transport: TransportName, host: string): string => `${labels[transport]}.${host}`

const isSrv = (record: DnsRecord): record is SrvRecord => record.type === 'SRV'
const isAddress = (record: DnsRecord): record is AddressRecord => 'address' in record
const withoutDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)

class Planner {
  readonly #inquiry: Inquiry
  readonly #question: Question
  readonly #world: ResolutionWorld
  /** The name as certificates and peers know it: a dot at the end is part of DNS. */
  readonly #host: string
  /** The worst that was heard where nothing was found. */
  #cause: string | undefined

  constructor(question: Question, world: ResolutionWorld, inquiry: Inquiry) {
    this.#inquiry = inquiry
    this.#question = question
    this.#world = world
    this.#host = withoutDot(question.host)
  }

  async targets(): Promise<readonly PlannedTarget[]> {
    const usable = this.#usable()
    const local = (await this.#world.local?.(this.#host)) ?? []
    if (local.length > 0) {
      this.#inquiry.skip('DNS', 'the hosts file has this name')
      return this.#limited(this.#direct(usable[0]!, local))
    }
    const servers = await this.#servers(usable)
    const hosts = await this.#addressesOf(servers)
    return this.#limited(
      servers.flatMap(server => (hosts.get(server.host) ?? []).map(address => this.#target(server, address))),
    )
  }

  nothing(): SipError {
    return new SipError('resolving', `no address for ${this.#host}: ${this.#cause ?? 'it has none'}`)
  }

  /** Transports that the request may take, best first. `sips:` takes TLS and secure WebSocket alone. */
  #usable(): readonly TransportName[] {
    const { host, transport, secure, available } = this.#question
    const usable = preferredTransports(secure, transport).filter(name => available.includes(name))
    if (usable.length > 0) return usable
    const wanted = preferredTransports(secure, transport)[0]
    throw new SipError(
      'transport',
      wanted === undefined
        ? `${host}: ${transport} cannot be secure, so a sips: URI cannot ask for it`
        : `${host}: the transport ${wanted} is not available here`,
    )
  }

  async #servers(usable: readonly TransportName[]): Promise<readonly Server[]> {
    const { port } = this.#question
    const [first] = usable as [TransportName]
    if (port !== undefined) {
      this.#inquiry.skip('NAPTR and SRV', 'the URI has a port (§4.1, §4.2)')
      this.#inquiry.choose(first, this.#why())
      return [{ transport: first, host: this.#host, port }]
    }
    const services = await this.#services(usable)
    if (services === 'no-name') return [this.#plain(first)]
    const found = await Promise.all(services.map(service => this.#offered(service)))
    const servers = found.flatMap(each => each ?? [])
    if (found.some(each => each !== undefined)) {
      if (servers.length === 0) this.#cause ??= 'its SRV records say that the service is not offered'
      return servers
    }
    this.#inquiry.skip('SRV', 'none found: the addresses of the name itself (§4.2)')
    return [this.#plain(services[0]!.transport)]
  }

  #plain(transport: TransportName): Server {
    this.#inquiry.choose(transport, this.#why())
    return { transport, host: this.#host, port: defaultPort(transport) }
  }

  #why(): string {
    const { transport: asked, secure } = this.#question
    if (asked !== undefined) return 'the URI names it'
    return secure ? 'for a sips: URI (§4.1)' : 'for a sip: URI (§4.1)'
  }

  /** Whose SRV records to ask for. */
  async #services(usable: readonly TransportName[]): Promise<readonly Service[] | 'no-name'> {
    const { transport: asked, secure } = this.#question
    const byName = (transport: TransportName): Service => {
      const name = serviceName(transport, this.#host)
      this.#inquiry.choose(transport, this.#why(), name)
      return { transport, name }
    }
    if (asked !== undefined) {
      this.#inquiry.skip('NAPTR', 'the URI names the transport (§4.1)')
      return [byName(usable[0]!)]
    }
    const answer = await this.#inquiry.ask(this.#host, 'NAPTR')
    if (answer.is === 'no-name') {
      this.#inquiry.skip('SRV', 'nothing can be below a name that does not exist (RFC 8020)')
      return 'no-name'
    }
    const records = answer.is === 'records' ? answer.records.filter(each => each.type === 'NAPTR') : []
    const { services, skipped } = chooseServices(records, secure, usable)
    for (const { record, reason } of skipped)
      this.#inquiry.skip(`NAPTR ${record.order} ${record.preference} ${record.service}`, reason)
    const chosen = services.slice(0, resolutionLimits.hosts).map(({ transport, record }): Service => {
      const name = withoutDot(record.replacement)
      const reason = `NAPTR ${record.order} ${record.preference} ${record.service}`
      this.#inquiry.choose(transport, reason, name)
      return { transport, name }
    })
    return chosen.length > 0 ? chosen : usable.map(byName)
  }

  /** The servers of a service in order; `undefined` where there is no SRV record. */
  async #offered({ transport, name }: Service): Promise<readonly Server[] | undefined> {
    const answer = await this.#inquiry.ask(name, 'SRV')
    const records = answer.is === 'records' ? answer.records.filter(isSrv) : []
    if (records.length === 0) return undefined
    const there = records.filter(({ target }) => target !== '.' && target !== '')
    if (there.length < records.length)
      this.#inquiry.skip(`SRV ${name}`, 'the service is not offered (RFC 2782)')
    return orderServers(there, this.#world.chance).map(record => ({
      transport,
      host: withoutDot(record.target),
      port: record.port,
      record,
    }))
  }

  /** Addresses by host, all asked for at once. */
  async #addressesOf(servers: readonly Server[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const names = [...new Set(servers.map(({ host }) => host))]
    const over = names.length - resolutionLimits.hosts
    if (over > 0) this.#inquiry.skip(`${over} hosts`, `no more than ${resolutionLimits.hosts} are looked up`)
    const looked = names.slice(0, resolutionLimits.hosts)
    const found = await Promise.all(looked.map(name => this.#addresses(name)))
    return new Map(looked.map((name, at) => [name, found[at]!]))
  }

  async #addresses(name: string): Promise<readonly string[]> {
    if (isNumericHost(name)) return [name]
    const local = (await this.#world.local?.(name)) ?? []
    if (local.length > 0) return this.#sorted(local)
    const answers = await Promise.all([this.#inquiry.ask(name, 'A'), this.#inquiry.ask(name, 'AAAA')])
    const found = answers.flatMap(answer =>
      answer.is === 'records' ? answer.records.filter(isAddress).map(({ address }) => address) : [],
    )
    if (found.length > 0) return this.#sorted(found)
    // After a timeout, asking the system would only double the wait.
    const silent = answers.some(({ is }) => is === 'timeout')
    const system = silent || !this.#world.system ? [] : await this.#world.system(name)
    if (system.length > 0) this.#inquiry.skip(`DNS for ${name}`, 'the system knows the name in another way')
    else this.#cause = this.#heard(answers)
    return this.#sorted(system)
  }

  #heard(answers: readonly DnsAnswer[]): string {
    for (const answer of answers) if ('text' in answer) return answer.text
    return answers.some(({ is }) => is === 'no-name')
      ? 'there is no such name (NXDOMAIN)'
      : 'the name has no address'
  }

  #sorted(addresses: readonly string[]): readonly string[] {
    const late = (address: string): number => Number(address.includes(':') === (this.#world.family === 4))
    const sorted = [...new Set(addresses)].sort((a, b) => late(a) - late(b))
    const { addresses: most } = resolutionLimits
    if (sorted.length > most)
      this.#inquiry.skip(`${sorted.length - most} addresses`, `no more than ${most} of one host`)
    return sorted.slice(0, most)
  }

  #direct(transport: TransportName, addresses: readonly string[]): readonly PlannedTarget[] {
    const server = { ...this.#plain(transport), port: this.#question.port ?? defaultPort(transport) }
    return this.#sorted(addresses).map(address => this.#target(server, address))
  }

  /** The name stays that of the URI: it is what a certificate is checked against. RFC 5922 §4 */
  #target({ transport, port, record, host: server }: Server, host: string): PlannedTarget {
    const target = { host, port, transport, name: this.#host }
    return record ? { ...target, priority: record.priority, weight: record.weight, server } : target
  }

  #limited(targets: readonly PlannedTarget[]): readonly PlannedTarget[] {
    const seen = new Map<string, PlannedTarget>()
    for (const target of targets) {
      const key = `${target.transport} ${target.host} ${target.port}`
      if (!seen.has(key)) seen.set(key, target)
    }
    return [...seen.values()].slice(0, resolutionLimits.targets)
  }
}

/** Answers a question. Never rejects: what went wrong is the plan's `error`. */
export const planResolution = async (question: Question, world: ResolutionWorld): Promise<ResolutionPlan> => {
  const inquiry = new Inquiry(question, world)
  const planner = new Planner(question, world, inquiry)
  const [{ host }, { steps }] = [question, inquiry]
  try {
    const targets = await planner.targets()
    return targets.length > 0 ? { host, steps, targets } : { host, steps, targets, error: planner.nothing() }
  } catch (cause) {
    const error =
      cause instanceof SipError
        ? cause
        : new SipError('resolving', `${host} could not be resolved`, { cause })
    return { host, steps, targets: [], error }
  }
}
