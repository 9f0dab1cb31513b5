/** The random port over `node:crypto`, drawn in blocks: one call into OpenSSL per 16 bytes would cost more than the tag. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../engine/ports.ts'

const blockLength = 4096

/** Cryptographically strong bytes. No byte is handed out twice, and what was handed out is wiped from the block. */
export const nodeRandom = (): Random => {
  const block = new Uint8Array(blockLength)
  let used = blockLength
  return {
    bytes: length => {
      if (length > blockLength / 8) return randomFillSync(new Uint8Array(length))
      if (used + length > blockLength) {
        randomFillSync(block)
        used = 0
      }
      const drawn = block.slice(used, used + length)
      block.fill(0, used, used + length)
      used += length
      return drawn
    },
  }
}
