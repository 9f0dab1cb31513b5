import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { portableDigest, seededRandom } from '../../src/testing/index.ts'

describe('the seeded random', () => {
  it('repeats for the same seed and differs for another', () => {
    const first = seededRandom(42)
    const again = seededRandom(42)
    const other = seededRandom(43)
    const values = Array.from({ length: 100 }, () => first.fraction())
    expect(Array.from({ length: 100 }, () => again.fraction())).toEqual(values)
    expect(Array.from({ length: 100 }, () => other.fraction())).not.toEqual(values)
    expect([...seededRandom(42).bytes(7)]).toEqual([...seededRandom(42).bytes(7)])
  })

  it('keeps its first values for ever, so that recorded seeds stay valid', () => {
    expect(Buffer.from(seededRandom(1).bytes(16)).toString('hex')).toMatchInlineSnapshot(
      `"19cb4c905cdbc995d52f5ae5223547f2"`,
    )
  })

  it('gives as many bytes as asked, every value of them equally often', () => {
    const random = seededRandom(9)
    for (const length of [0, 1, 2, 3, 4, 5, 16]) expect(random.bytes(length)).toHaveLength(length)
    const counts = new Array<number>(256).fill(0)
    for (const byte of random.bytes(256_000)) counts[byte]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1150)
  })

  it('gives fractions below one and numbers inside the range, spread evenly', () => {
    const random = seededRandom(3)
    let sum = 0
    for (let index = 0; index < 10_000; index += 1) {
      const value = random.between(10, 20)
      expect(value >= 10 && value < 20).toBe(true)
      sum += value
    }
    expect(sum / 10_000).toBeCloseTo(15, 0)
  })
})

describe('the portable digest', () => {
  const names = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const

  it.each(Object.keys(names) as (keyof typeof names)[])('gives the same %s as node:crypto', name => {
    for (const length of [0, 1, 55, 56, 64, 111, 112, 128, 1000]) {
      const data = seededRandom(length).bytes(length)
      expect(portableDigest(name, data)).toBe(createHash(names[name]).update(data).digest('hex'))
    }
  })
})
