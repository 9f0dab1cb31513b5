/** The choice by weight. RFC 2782 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SrvRecord } from '../../src/engine/ports.ts'
import { orderServers } from '../../src/rules/srv.ts'
import { seededRandom } from '../../src/testing/index.ts'

const record = (priority: number, weight: number, target: string): SrvRecord => ({
  type: 'SRV',
  priority,
  weight,
  port: 5060,
  target,
})
const small = fc.integer({ min: 0, max: 65_535 })
const records = fc.array(
  fc.record({ priority: fc.integer({ min: 0, max: 3 }), weight: small, target: fc.string() }),
  { maxLength: 12 },
)

describe('the order of servers (RFC 2782)', () => {
  it('has every record once, by rising priority, whatever chance says', () => {
    fc.assert(
      fc.property(records, fc.integer(), (given, seed) => {
        const { fraction } = seededRandom(seed)
        const all = given.map(({ priority, weight, target }) => record(priority, weight, target))
        const ordered = orderServers(all, fraction)
        expect(ordered).toHaveLength(all.length)
        expect(new Set(ordered)).toEqual(new Set(all))
        const priorities = ordered.map(({ priority }) => priority)
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b))
      }),
    )
  })

  it('puts each first about as often as its weight has it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 5 }),
        fc.integer(),
        (weights, seed) => {
          const { fraction } = seededRandom(seed)
          const all = weights.map((weight, index) => record(0, weight, String(index)))
          const sum = weights.reduce((total, weight) => total + weight, 0)
          const rounds = 3000
          const first = weights.map(() => 0)
          for (let round = 0; round < rounds; round += 1) {
            const at = Number(orderServers(all, fraction)[0]!.target)
            first[at] = (first[at] ?? 0) + 1
          }
          // The draw is over sum + 1 numbers, so the first may have one more; six sigmas beyond that.
          for (const [index, weight] of weights.entries()) {
            const slack = 6 * Math.sqrt(0.25 / rounds) + 1 / (sum + 1)
            expect(Math.abs(first[index]! / rounds - weight / sum)).toBeLessThan(slack)
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  it.each([
    [0, ['zero', 'one', 'three']],
    [0.3, ['one', 'three', 'zero']],
    [0.999, ['three', 'one', 'zero']],
  ])('a chance of %d gives %j of the weights 1, 3 and 0', (chance, expected) => {
    const all = [record(0, 1, 'one'), record(0, 3, 'three'), record(0, 0, 'zero')]
    expect(orderServers(all, () => chance).map(({ target }) => target)).toEqual(expected)
  })

  it('finds a weight of 0 beside a large one seldom, and always among its own', () => {
    const { fraction } = seededRandom(3)
    let first = 0
    for (let round = 0; round < 10_000; round += 1) {
      const [winner] = orderServers([record(0, 999, 'large'), record(0, 0, 'zero')], fraction)
      if (winner!.target === 'zero') first += 1
    }
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(50)
    const zeros = [record(0, 0, 'a'), record(0, 0, 'b')]
    expect(orderServers(zeros, fraction)).toHaveLength(2)
  })
})
