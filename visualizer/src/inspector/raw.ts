/** The text of a message as it crossed the wire, cut where its hidden parts begin and end. */
import { type MessageFrame, secretsIn } from '../../../src/inspect/index.ts'

export interface RawText {
  readonly text: string
  /** Places in the text that are hidden. */
  readonly hidden: readonly (readonly [from: number, to: number])[]
}

const decoder = new TextDecoder()
/** Characters that would not be seen: as their pictures of Unicode. */
const visible = (text: string): string =>
  text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, one => String.fromCharCode(0x2400 + one.charCodeAt(0)))

const latin = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return text
}

const cache = new WeakMap<Uint8Array, RawText>()

const read = (bytes: Uint8Array): RawText => {
  let text = ''
  let at = 0
  const hidden: [number, number][] = []
  for (const [from, to] of secretsIn(latin(bytes))) {
    if (from < at) continue
    text += visible(decoder.decode(bytes.subarray(at, from)))
    const start = text.length
    text += visible(decoder.decode(bytes.subarray(from, to)))
    hidden.push([start, text.length])
    at = to
  }
  return { text: text + visible(decoder.decode(bytes.subarray(at))), hidden }
}

export const rawOf = ({ bytes }: MessageFrame): RawText => {
  const known = cache.get(bytes)
  if (known) return known
  const made = read(bytes)
  cache.set(bytes, made)
  return made
}

export interface RawLine {
  readonly text: string
  /** Place of its first character in the whole. */
  readonly at: number
  readonly is: 'first' | 'header' | 'body'
}

/** Lines of a message; the empty line between head and body is not among them. */
export const linesOf = ({ text }: RawText): readonly RawLine[] => {
  const lines: RawLine[] = []
  let at = 0
  let is: RawLine['is'] = 'first'
  for (const line of text.split('\n')) {
    const shown = line.replace(/\r$/, '')
    if (shown === '' && is === 'header') is = 'body'
    else if (shown !== '' || is === 'body') lines.push({ text: shown, at, is })
    if (is === 'first') is = 'header'
    at += line.length + 1
  }
  while (lines.at(-1)?.text === '') lines.pop()
  return lines
}
