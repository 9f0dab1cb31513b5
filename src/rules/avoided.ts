/** Targets that have failed, and for how long others come before them. RFC 3263 §4.3, RFC 3261 §21.5.4, RFC 5626 §4.5 */
import type { Target } from '../engine/ports.ts'

/** In milliseconds, but for the size. */
export const avoidance = { first: 32_000, longest: 300_000, retryAfter: 3_600_000, size: 1000 } as const

interface Failed {
  /** Avoided until then. */
  readonly until: number
  /** The next failure within this time doubles the delay; later it starts anew. */
  readonly remembered: number
  readonly delay: number
}

const keyOf = ({
  transport,
  host,
  port,
}: Omit<Target, 'transport'> & { readonly transport: string }): string => `${transport} ${host} ${port}`

type Place = Parameters<typeof keyOf>[0]

/** Which targets to avoid. The time comes from outside, in milliseconds. */
export class AvoidedTargets {
  /** In order of failure, the oldest first. */
  readonly #failed = new Map<string, Failed>()

  get size(): number {
    return this.#failed.size
  }

  /** A target has failed; `retryAfter`: the seconds that its 503 asked for. */
  fail(place: Place, now: number, retryAfter?: number): void {
    const key = keyOf(place)
    const known = this.#failed.get(key)
    // A failure while it is avoided anyway, because every target is, counts once.
    if (known && known.until > now && retryAfter === undefined) return
    const again = known !== undefined && known.remembered > now
    const delay = again ? Math.min(known.delay * 2, avoidance.longest) : avoidance.first
    const wait = retryAfter === undefined ? delay : Math.min(retryAfter * 1000, avoidance.retryAfter)
    this.#failed.delete(key)
    this.#failed.set(key, { until: now + wait, remembered: now + wait + delay, delay })
    if (this.#failed.size <= avoidance.size) return
    const [oldest] = this.#failed.keys()
    this.#failed.delete(oldest!)
  }

  /** True while others come before it. */
  has(place: Place, now: number): boolean {
    const known = this.#failed.get(keyOf(place))
    return known !== undefined && known.until > now
  }

  /** Those that have not failed lately first; where all have, as they were: something is tried always. */
  order<T extends Place>(places: readonly T[], now: number): readonly T[] {
    if (this.#failed.size === 0 || places.length < 2) return places
    for (const [key, { remembered }] of this.#failed) if (remembered <= now) this.#failed.delete(key)
    const good = places.filter(place => !this.has(place, now))
    return good.length === 0 || good.length === places.length
      ? places
      : [...good, ...places.filter(place => this.has(place, now))]
  }
}
