/** What DNS has said, for as long as it may be kept. RFC 1035 §3.2.1, RFC 2308. */
import type { Clock, Dns, DnsAnswer, DnsType } from '../engine/ports.ts'
import type { Remembered } from '../rules/inquiry.ts'
import { within } from './within.ts'

/** How much is kept and how long. */
export interface DnsMemory {
  /** Answers kept; beyond it the one not asked for longest goes. Default 1000, 0 keeps none. */
  readonly size: number
  /** Seconds after which an answer is asked for again, whatever its TTL. Default 3600. */
  readonly longest: number
  /** Seconds that it is kept that there is no such name, no such record, or no answer. Default 5. */
  readonly negative: number
  /** Milliseconds that one lookup may take. Default 10,000. */
  readonly patience: number
}

export const defaultMemory: DnsMemory = { size: 1000, longest: 3600, negative: 5, patience: 10_000 }

/** What silence means. */
export const noAnswer: DnsAnswer = { is: 'timeout', text: 'the DNS server did not answer in time' }

interface Kept {
  readonly answer: DnsAnswer
  readonly until: number
}

/** Asks, remembers, and lets identical questions that are under way at the same time share one answer. */
export class DnsCache {
  readonly #dns: Dns
  readonly #clock: Clock
  readonly #memory: DnsMemory
  /** In order of use, the oldest first. */
  readonly #kept = new Map<string, Kept>()
  readonly #asking = new Map<string, Promise<DnsAnswer>>()

  constructor(dns: Dns, clock: Clock, memory: Partial<DnsMemory> = {}) {
    this.#dns = dns
    this.#clock = clock
    this.#memory = { ...defaultMemory, ...memory }
  }

  get size(): number {
    return this.#kept.size
  }

  /** `fresh` does not look at what is remembered; the answer is remembered all the same. */
  async query(name: string, type: DnsType, fresh = false): Promise<Remembered> {
    const key = `${type} ${name.toLowerCase()}`
    const kept = this.#kept.get(key)
    if (kept && !fresh && kept.until > this.#clock.now()) {
      this.#kept.delete(key)
      this.#kept.set(key, kept)
      return { ...kept.answer, remembered: true }
    }
    this.#kept.delete(key)
    const under = this.#asking.get(key)
    if (under) return under
    const asking = this.#ask(name, type, key)
    this.#asking.set(key, asking)
    return asking
  }

  async #ask(name: string, type: DnsType, key: string): Promise<DnsAnswer> {
    let answer: DnsAnswer
    try {
      answer = await within(this.#clock, this.#memory.patience, this.#dns.query(name, type), noAnswer)
    } catch (cause) {
      answer = { is: 'failed', text: cause instanceof Error ? cause.message : String(cause) }
    }
    this.#asking.delete(key)
    this.#keep(key, answer)
    return answer
  }

  #keep(key: string, answer: DnsAnswer): void {
    const seconds = Math.min(this.#lifetime(answer), this.#memory.longest)
    if (seconds <= 0 || this.#memory.size === 0) return
    this.#kept.delete(key)
    this.#kept.set(key, { answer, until: this.#clock.now() + seconds * 1000 })
    if (this.#kept.size <= this.#memory.size) return
    const [oldest] = this.#kept.keys()
    this.#kept.delete(oldest!)
  }

  #lifetime(answer: DnsAnswer): number {
    const { negative } = this.#memory
    // A set of records lives as long as the first of them to go; one of unknown lifetime is not kept.
    if (answer.is === 'records') return Math.min(...answer.records.map(({ ttl = 0 }) => ttl))
    return 'ttl' in answer ? Math.min(answer.ttl ?? negative, negative) : negative
  }
}
