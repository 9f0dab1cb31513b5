/** The resolver port over any DNS: RFC 3263 with a memory, and with an end to every wait. */
import type { Clock, Dns, DnsType, Question, Random, ResolutionPlan, Resolver } from '../engine/ports.ts'
import type { Remembered } from '../rules/inquiry.ts'
import { planResolution } from '../rules/resolve.ts'
import { DnsCache, type DnsMemory, noAnswer } from './cache.ts'
import { within } from './within.ts'

/** What {@link dnsResolver} is made of. */
export interface DnsResolverOptions {
  readonly dns: Dns
  readonly clock: Clock
  /** Chance for the weights of SRV records. RFC 2782 */
  readonly random: Random
  /** Family of addresses that comes first, that of the sockets. Default 4. */
  readonly family?: 4 | 6
  /** What is remembered. */
  readonly memory?: Partial<DnsMemory>
  /**
   * Milliseconds after which a question has its answer, or the error that there is none. Default 4500. NAPTR has the first
   * third of it, SRV what is left of the second, addresses what is left of all.
   */
  readonly deadline?: number
}

const thirds: Readonly<Record<DnsType, number>> = { NAPTR: 1, SRV: 2, A: 3, AAAA: 3 }

/**
 * Makes a {@link Resolver} of DNS: NAPTR, SRV by priority and weight, A and AAAA (RFC 3263 §4, RFC 2782, RFC 7984).
 * Positive answers are kept for their TTL, negative ones for a few seconds, identical questions under way are asked once.
 *
 * @example
 * const resolver = dnsResolver({ dns, clock, random })
 * const targets = await resolver.resolve({ host: 'example.com', secure: false, available: ['UDP', 'TCP'] })
 */
export const dnsResolver = (options: DnsResolverOptions): Required<Resolver> => {
  const { dns, clock, random, family = 4, deadline = 4500 } = options
  const cache = new DnsCache(dns, clock, options.memory)

  const chance = (): number => {
    const [a, b, c, d] = random.bytes(4) as unknown as [number, number, number, number]
    return (a * 0x1_00_00_00 + b * 0x1_00_00 + c * 0x1_00 + d) / 0x1_00_00_00_00
  }

  const plan = (question: Question): Promise<ResolutionPlan> => {
    const start = clock.now()
    const left = (type: DnsType): number => Math.max(0, start + (deadline * thirds[type]) / 3 - clock.now())
    const quick = (work: Promise<readonly string[]>): Promise<readonly string[]> =>
      within(clock, left('A'), work, []).catch(() => [])
    const { local, system } = dns
    return planResolution(question, {
      query: (name, type) =>
        within<Remembered>(clock, left(type), cache.query(name, type, question.fresh), noAnswer),
      ...(local ? { local: (name: string) => quick(local.call(dns, name)) } : {}),
      ...(system ? { system: (name: string) => quick(system.call(dns, name)) } : {}),
      chance,
      family,
    })
  }

  return {
    plan,
    resolve: async question => {
      const { targets, error } = await plan(question)
      if (error) throw error
      return targets
    },
  }
}
