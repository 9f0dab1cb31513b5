/**
 * Random numbers that repeat: sfc32 (Doty-Humphrey, PractRand), seeded through splitmix32.
 *
 * 128 bits of state, period at least 2^32, about 2^127 on average; passes PractRand and BigCrush. It is not
 * cryptographic: whoever sees a few values can tell the rest. For tests and simulations only.
 */
import type { Random } from '../engine/ports.ts'

/** A {@link Random} whose values depend on the seed alone. */
export interface SeededRandom extends Random {
  /** A number from 0 up to, not including, 1; 32 bits of resolution. */
  fraction(): number
  /** A number from `low` up to, not including, `high`. */
  between(low: number, high: number): number
}

/** Spreads a small seed over the state, so that seeds 1 and 2 have nothing in common. */
const splitmix32 = (seed: number) => {
  let state = seed | 0
  return (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
}

/** A seed made of a text, for streams that belong to a name. FNV-1a. */
export const seedOf = (seed: number, text: string): number => {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** Makes a generator from a seed (any number; its low 32 bits count). The same seed gives the same values for ever. */
export const seededRandom = (seed: number): SeededRandom => {
  const mix = splitmix32(seed)
  let a = mix()
  let b = mix()
  let c = mix()
  let counter = 1

  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round += 1) word()

  const fraction = (): number => word() / 0x1_0000_0000

  return {
    bytes: length => {
      const bytes = new Uint8Array(length)
      for (let index = 0; index < length; index += 4) {
        const value = word()
        for (let shift = 0; shift < 4 && index + shift < length; shift += 1) {
          bytes[index + shift] = value >>> (8 * shift)
        }
      }
      return bytes
    },
    fraction,
    between: (low, high) => low + fraction() * (high - low),
  }
}
