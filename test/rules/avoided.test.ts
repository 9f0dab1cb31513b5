/** Targets that have failed: how long they are avoided, and that something is always tried. RFC 3263 §4.3 */
import { describe, expect, it } from 'vitest'
import { AvoidedTargets, avoidance } from '../../src/rules/avoided.ts'

const place = (host: string) => ({ host, port: 5060, transport: 'UDP' }) as const
const [one, two, three] = [place('192.0.2.1'), place('192.0.2.2'), place('192.0.2.3')] as const

/** Milliseconds until it is tried again, to the next hundred. */
const waits = (avoided: AvoidedTargets, now: number): number => {
  let wait = 0
  while (avoided.has(one, now + wait)) wait += 100
  return wait
}

describe('a target that fails', () => {
  it('is avoided for 32 s, twice as long each time, five minutes at most', () => {
    const avoided = new AvoidedTargets()
    let now = 1000
    const seen: number[] = []
    for (let round = 0; round < 6; round += 1) {
      avoided.fail(one, now)
      const wait = waits(avoided, now)
      seen.push(wait)
      now += wait
    }
    expect(seen).toEqual([32_000, 64_000, 128_000, 256_000, 300_000, 300_000])
  })

  it('begins anew when it was good for as long again', () => {
    const avoided = new AvoidedTargets()
    avoided.fail(one, 0)
    avoided.fail(one, 32_000 + 32_000)
    expect(waits(avoided, 64_000)).toBe(32_000)
  })

  it('many failures at once are one', () => {
    const avoided = new AvoidedTargets()
    for (let at = 0; at < 1000; at += 1) avoided.fail(one, at)
    expect(waits(avoided, 0)).toBe(32_000)
  })

  it.each([
    [120, 120_000],
    [5, 5000],
    [4_294_967_295, 3_600_000],
  ])('a Retry-After of %d s is kept to, up to an hour (RFC 3261 §20.33)', (seconds, wait) => {
    const avoided = new AvoidedTargets()
    avoided.fail(one, 0, seconds)
    expect(waits(avoided, 0)).toBe(wait)
  })
})

describe('the order', () => {
  it('puts those that failed last, each part as it was', () => {
    const avoided = new AvoidedTargets()
    avoided.fail(one, 0)
    expect(avoided.order([one, two, three], 1)).toEqual([two, three, one])
    expect(avoided.order([one, two, three], 32_000)).toEqual([one, two, three])
  })

  it('stays as it was when every one has failed', () => {
    const avoided = new AvoidedTargets()
    avoided.fail(two, 0)
    avoided.fail(one, 1)
    expect(avoided.order([one, two], 2)).toEqual([one, two])
  })

  it('tells transports and ports of one host apart', () => {
    const avoided = new AvoidedTargets()
    avoided.fail({ ...one, transport: 'TCP' }, 0)
    expect(avoided.has(one, 1)).toBe(false)
    expect(avoided.has({ ...one, port: 5061 }, 1)).toBe(false)
  })

  it('forgets what is past, and never grows beyond its size', () => {
    const avoided = new AvoidedTargets()
    for (let index = 0; index < 3000; index += 1) avoided.fail(place(`10.0.${index >> 8}.${index & 255}`), 0)
    expect(avoided.size).toBe(avoidance.size)
    avoided.order([one, two], 64_000)
    expect(avoided.size).toBe(0)
  })
})
