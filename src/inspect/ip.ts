/** Addresses and checksums of IP. RFC 791, RFC 1071, RFC 4291 §2.2. */

/** The bytes of an address: 4 or 16; `undefined` for a name. */
export const ipBytes = (host: string): Uint8Array | undefined => {
  const plain = host.replace(/%.*$/, '')
  return plain.includes(':') ? v6(plain) : v4(plain)
}

const v4 = (host: string): Uint8Array | undefined => {
  const parts = host.split('.')
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined
  return Uint8Array.from(parts, Number)
}

const v6 = (host: string): Uint8Array | undefined => {
  let text = host
  const tail = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  if (tail !== undefined) {
    const last = v4(tail)
    if (!last) return undefined
    const words = [(last[0]! << 8) | last[1]!, (last[2]! << 8) | last[3]!].map(word => word.toString(16))
    text = text.slice(0, -tail.length) + words.join(':')
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [front, back] = halves.map(half => (half === '' ? [] : half.split(':')))
  const gap = 8 - front!.length - (back?.length ?? 0)
  if (back ? gap < 1 : gap !== 0) return undefined
  const words = [...front!, ...Array<string>(back ? gap : 0).fill('0'), ...(back ?? [])]
  if (!words.every(word => /^[0-9a-f]{1,4}$/i.test(word))) return undefined
  const bytes = new Uint8Array(16)
  words.forEach((word, index) => {
    const value = Number.parseInt(word, 16)
    bytes[index * 2] = value >> 8
    bytes[index * 2 + 1] = value & 0xff
  })
  return bytes
}

/** An IPv4 address as IPv6 writes it, for packets between the two families. RFC 4291 §2.5.5.2 */
export const asV6 = (address: Uint8Array): Uint8Array => {
  if (address.length === 16) return address
  const bytes = new Uint8Array(16)
  bytes.fill(0xff, 10, 12)
  bytes.set(address, 12)
  return bytes
}

/** Adds bytes as words of 16 bits to a sum. */
export const addWords = (bytes: Uint8Array, sum = 0): number => {
  let total = sum
  for (let i = 0; i < bytes.length; i += 2) total += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
  return total
}

/** The checksum of a sum. RFC 1071 */
export const folded = (sum: number): number => {
  let rest = sum
  while (rest > 0xffff) rest = (rest % 0x10000) + Math.floor(rest / 0x10000)
  return ~rest & 0xffff
}

/** Bytes one after another. */
export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
