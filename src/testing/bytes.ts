/**
 * UTF-8 in plain JavaScript: the core knows no TextEncoder.
 */

/** Text to UTF-8. */
export const encodeText = (text: string): Uint8Array => {
  const out: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code < 0x80) out.push(code)
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else {
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      )
    }
  }
  return Uint8Array.from(out)
}

/** UTF-8 to text; a byte that belongs to no character becomes U+FFFD. */
export const decodeText = (bytes: Uint8Array): string => {
  let text = ''
  let index = 0
  while (index < bytes.length) {
    const first = bytes[index]!
    const size =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0
    let code = size === 1 ? first : first & (0xff >> (size + 1))
    let valid = size > 0 && index + size <= bytes.length
    for (let offset = 1; valid && offset < size; offset += 1) {
      const next = bytes[index + offset]!
      valid = (next & 0xc0) === 0x80
      code = (code << 6) | (next & 0x3f)
    }
    text += valid ? String.fromCodePoint(code > 0x10ffff ? 0xfffd : code) : '\uFFFD'
    index += valid ? size : 1
  }
  return text
}
