/**
 * Between bytes and text. The scanners work on "binary strings": one character for each byte.
 * No platform API is required. Bytes that come from the platform may know a faster way (`latin1Slice`); it works for
 * all byte arrays, so it is kept once it has been seen.
 */

interface FastBytes {
  latin1Slice(start: number, end: number): string
  latin1Write(text: string, offset: number, length: number): number
}

let fastSlice: FastBytes['latin1Slice'] | undefined
let fastWrite: FastBytes['latin1Write'] | undefined

/** Looks for the platform's faster ways in bytes that came from it. */
export const learn = (bytes: Uint8Array): void => {
  if (fastSlice !== undefined) return
  const { latin1Slice, latin1Write } = bytes as Partial<FastBytes>
  if (typeof latin1Slice === 'function' && typeof latin1Write === 'function') {
    fastSlice = latin1Slice
    fastWrite = latin1Write
  }
}

const CHUNK = 8_192

/** One character for each byte. */
export const toBinary = (bytes: Uint8Array, start = 0, end = bytes.length): string => {
  if (fastSlice !== undefined) return fastSlice.call(bytes, start, end)
  let out = ''
  for (let i = start; i < end; i += CHUNK) {
    const part = bytes.subarray(i, Math.min(i + CHUNK, end))
    out += String.fromCharCode.apply(null, part as unknown as number[])
  }
  return out
}

const SLAB = 32_768
let slab: ArrayBuffer | undefined
let used = 0

/**
 * Room for bytes to be sent, cut from a larger piece: an array of its own costs more than the message that fills it.
 * No two are ever cut from the same place.
 */
export const room = (size: number): Uint8Array => {
  if (size > SLAB / 8) return new Uint8Array(size)
  if (slab === undefined || used + size > SLAB) {
    slab = new ArrayBuffer(SLAB)
    used = 0
  }
  const bytes = new Uint8Array(slab, used, size)
  used += size
  return bytes
}

/** One byte for each character of a binary string. */
export const fromBinary = (text: string, start = 0, end = text.length): Uint8Array => {
  const bytes = new Uint8Array(end - start)
  writeBinary(start === 0 && end === text.length ? text : text.slice(start, end), bytes)
  return bytes
}

/** Writes a binary string at the start of the bytes, which have room for it. */
export const writeBinary = (text: string, bytes: Uint8Array): void => {
  if (fastWrite !== undefined) fastWrite.call(bytes, text, 0, text.length)
  else for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
}

/** True when all characters are below 128. */
export const isAscii = (text: string): boolean => !beyondAscii.test(text)

// One class and no repetition: the cost is linear, and less than half of a loop over charCodeAt.
const beyondAscii = /[^\x00-\x7f]/

/** The length of the UTF-8 sequence that starts at `i` of a binary string; 0 when it is not a valid one. */
const sequence = (text: string, i: number): number => {
  const c = text.charCodeAt(i)
  if (c < 0x80) return 1
  if (c < 0xc2 || c > 0xf4) return 0
  const size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4
  if (i + size > text.length) return 0
  for (let k = 1; k < size; k++) if ((text.charCodeAt(i + k) & 0xc0) !== 0x80) return 0
  const next = text.charCodeAt(i + 1)
  if ((c === 0xe0 && next < 0xa0) || (c === 0xed && next > 0x9f)) return 0
  if ((c === 0xf0 && next < 0x90) || (c === 0xf4 && next > 0x8f)) return 0
  return size
}

/** The text of a binary string that holds UTF-8; `undefined` when it is not valid UTF-8. */
export const decodeUtf8 = (binary: string): string | undefined => {
  let out = ''
  let from = 0
  let i = 0
  while (i < binary.length) {
    const size = sequence(binary, i)
    if (size === 0) return undefined
    if (size > 1) {
      let code = binary.charCodeAt(i) & (0xff >> (size + 1))
      for (let k = 1; k < size; k++) code = (code << 6) | (binary.charCodeAt(i + k) & 0x3f)
      out += binary.slice(from, i) + String.fromCodePoint(code)
      from = i + size
    }
    i += size
  }
  return out + binary.slice(from)
}

export const isUtf8 = (binary: string): boolean => isAscii(binary) || decodeUtf8(binary) !== undefined

/** The text of a binary string: decoded when it is valid UTF-8, otherwise as it is. */
export const toText = (binary: string): string => (isAscii(binary) ? binary : (decodeUtf8(binary) ?? binary))

const sizeOfUtf8 = (text: string): number => {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x80) continue
    size += c < 0x800 ? 1 : 2
    // A pair is four bytes: its first half was counted with three, so its second half counts one.
    if (c >= 0xd800 && c < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
  }
  return size
}

/** Writes text as UTF-8 and returns the index behind it. A lone surrogate becomes U+FFFD. */
const writeUtf8 = (text: string, bytes: Uint8Array, at: number): number => {
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i)
    if (c < 0x80) {
      bytes[at++] = c
      continue
    }
    if (c < 0x800) {
      bytes[at++] = 0xc0 | (c >> 6)
      bytes[at++] = 0x80 | (c & 0x3f)
      continue
    }
    if (c >= 0xd800 && c < 0xe000) {
      const low = text.charCodeAt(i + 1)
      if (c < 0xdc00 && (low & 0xfc00) === 0xdc00) {
        const point = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
        bytes[at++] = 0xf0 | (point >> 18)
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
        bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
        bytes[at++] = 0x80 | (point & 0x3f)
        i++
        continue
      }
      c = 0xfffd
    }
    bytes[at++] = 0xe0 | (c >> 12)
    bytes[at++] = 0x80 | ((c >> 6) & 0x3f)
    bytes[at++] = 0x80 | (c & 0x3f)
  }
  return at
}

/** Text as UTF-8. */
export const encodeUtf8 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(sizeOfUtf8(text))
  writeUtf8(text, bytes, 0)
  return bytes
}

/** Text as a binary string that holds UTF-8. */
export const toUtf8Binary = (text: string): string => (isAscii(text) ? text : toBinary(encodeUtf8(text)))
