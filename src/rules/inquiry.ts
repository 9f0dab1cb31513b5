/** The questions that locating a server puts to DNS, each kept as a step, all of them limited. RFC 3263 §4 */
import type { Dns, DnsAnswer, DnsType, Question, ResolutionStep, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'

/** An answer, and whether it was there from an earlier question. */
export type Remembered = DnsAnswer & { readonly remembered?: true }

/** What locating needs of the world. */
export interface ResolutionWorld extends Omit<Dns, 'query'> {
  query(name: string, type: DnsType): Promise<Remembered>
  /** From 0 up to, not including, 1. */
  readonly chance: () => number
  /** The family of addresses that comes first: that of the sockets. */
  readonly family: 4 | 6
}

/** What one question may cost and yield at most; the rest is left out and said to be. */
export const resolutionLimits = { lookups: 32, records: 32, hosts: 8, addresses: 8, targets: 32 } as const

export class Inquiry {
  readonly steps: ResolutionStep[] = []
  readonly #question: Question
  readonly #world: ResolutionWorld
  #lookups = 0

  constructor(question: Question, world: ResolutionWorld) {
    this.#question = question
    this.#world = world
  }

  async ask(name: string, type: DnsType): Promise<DnsAnswer> {
    if (this.#question.wanted?.() === false) throw new SipError('cancelled', 'nobody waits for this name')
    this.#lookups += 1
    const { lookups, records: most } = resolutionLimits
    if (this.#lookups > lookups) {
      this.skip(`${type} ${name}`, `no more than ${lookups} lookups for one question`)
      return { is: 'no-data' }
    }
    // Several are asked at once: each answer is told where its question stood.
    const at = this.steps.push({ is: 'skipped', what: `${type} ${name}`, reason: 'no answer yet' }) - 1
    const answer = await this.#world.query(name, type)
    const all = answer.is === 'records' ? answer.records : []
    this.steps[at] = {
      is: 'asked',
      type,
      name,
      outcome: answer.is,
      records: all.slice(0, most),
      ...('text' in answer ? { text: answer.text } : {}),
      ...(answer.remembered ? { remembered: true } : {}),
    }
    if (all.length <= most) return answer
    this.skip(`${all.length - most} ${type} records of ${name}`, `no more than ${most} of one name`)
    return { is: 'records', records: all.slice(0, most) }
  }

  skip(what: string, reason: string): void {
    this.steps.push({ is: 'skipped', what, reason })
  }

  choose(transport: TransportName, reason: string, name?: string): void {
    this.steps.push({ is: 'chosen', transport, reason, ...(name === undefined ? {} : { name }) })
  }
}
