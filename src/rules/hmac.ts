/** A keyed hash made of a plain one. RFC 2104. */
import type { Digest, HashName } from '../engine/ports.ts'

/** Of all three. FIPS 180-4 §1, but for SHA-512/256. */
const blockSizes: Readonly<Record<HashName, number>> = { MD5: 64, 'SHA-256': 64, 'SHA-512-256': 128 }

/** The bytes that a hexadecimal text stands for. */
export const fromHex = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length >> 1)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  return bytes
}

/** Lower case, two digits a byte. */
export const toHex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** One behind the other. */
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** HMAC, as lower-case hexadecimal. */
export const hmac = (digest: Digest, hash: HashName, key: Uint8Array, text: Uint8Array): string => {
  const size = blockSizes[hash]
  const short = key.length > size ? fromHex(digest(hash, key)) : key
  const padded = (by: number): Uint8Array => {
    const block = new Uint8Array(size).fill(by)
    short.forEach((byte, at) => {
      block[at] = byte ^ by
    })
    return block
  }
  return digest(hash, joined(padded(0x5c), fromHex(digest(hash, joined(padded(0x36), text)))))
}
