/** Base64 without the help of a platform. RFC 4648 §4. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = [bytes[at]!, bytes[at + 1], bytes[at + 2]]
    const bits = (a << 16) | (b << 8) | c
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!
    text += at + 1 < bytes.length ? alphabet[(bits >> 6) & 63]! : '='
    text += at + 2 < bytes.length ? alphabet[bits & 63]! : '='
  }
  return text
}

/** `undefined` for what is none. */
export const fromBase64 = (text: string): Uint8Array | undefined => {
  let end = text.length
  while (end > 0 && end > text.length - 2 && text[end - 1] === '=') end -= 1
  if (end % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let bits = 0
  let count = 0
  let at = 0
  for (let index = 0; index < end; index += 1) {
    const value = alphabet.indexOf(text[index]!)
    if (value < 0) return undefined
    bits = ((bits << 6) | value) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    bytes[at++] = (bits >> count) & 0xff
  }
  return bytes
}
