/** Names for what an engine chooses by chance, so that another run can be told with its own values. */
import { toBinary } from '../message/bytes.ts'
import type { MessageFrame } from './frame.ts'

/** A literal of TypeScript. */
export const quoted = (text: string): string =>
  `'${escaped(text).replaceAll("'", "\\'").replaceAll('\\`', '`').replaceAll('\\${', '${')}'`

/** Every character that is not plain is written as its code: the files of other people must not become code. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('`', '\\`')
    .replaceAll('${', '\\${')
    .replaceAll('\r\n', '\\r\\n')
    .replace(/[^\x20-\x7e]/g, letter => {
      const code = letter.charCodeAt(0).toString(16)
      return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
    })

/** Parts of a message that the engine makes up. */
export type Part = 'branch' | 'callId' | 'tag' | 'contact' | 'rseq'

export class Vocabulary {
  /** Name by value. */
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<Part, number>()
  /** Call-IDs and tags that peers chose. */
  readonly #theirs = new Set<string>()

  #name(part: Part, value: string): string {
    const key = `${part} ${value}`
    let name = this.#names.get(key)
    if (name === undefined) {
      const count = (this.#counts.get(part) ?? 0) + 1
      this.#counts.set(part, count)
      name = `${part}${count}`
      this.#names.set(key, name)
    }
    return name
  }

  /** The parts of a message of the engine's that are its own, by name. */
  learn({ message }: MessageFrame): Partial<Record<Part, string>> {
    const request = message.kind === 'request'
    const parts: Partial<Record<Part, string>> = {}
    const take = (part: Part, value: string | undefined): void => {
      if (value !== undefined && !this.#theirs.has(value)) parts[part] = this.#name(part, value)
    }
    if (request) take('branch', message.via.params.get('branch'))
    take('callId', message.callId)
    take('tag', request ? message.fromTag : message.toTag)
    const contact = /<([^>]+)>/.exec(message.header('contact') ?? '')?.[1]
    if (message.kind === 'request' || message.status < 300) take('contact', contact)
    take('rseq', message.header('rseq'))
    return parts
  }

  /** A message of a peer's as a template literal. Call it in order: what a peer names first is its own. */
  template({ message, bytes }: MessageFrame): string {
    for (const value of [message.callId, message.fromTag, message.toTag])
      if (value !== undefined && !this.#known(value)) this.#theirs.add(value)
    if (message.kind === 'request') this.#theirs.add(message.via.params.get('branch') ?? '')
    let text = escaped(toBinary(bytes))
    for (const [key, name] of [...this.#names].sort(([a], [b]) => b.length - a.length)) {
      const [part, value] = [
        key.slice(0, key.indexOf(' ')),
        escaped(key.slice(key.indexOf(' ') + 1)),
      ] as const
      const there = `\${seen.${name}}`
      if (part === 'contact') text = text.replace(` ${value} SIP/2.0`, () => ` ${there} SIP/2.0`)
      else if (part === 'rseq')
        text = text.replace(
          new RegExp(`^((?:.*\\\\r\\\\n)?RAck: *)${value}\\b`, 'i'),
          (_all, head: string) => head + there,
        )
      else text = text.replaceAll(value, there)
    }
    return `\`${text.replaceAll('\\r\\n', '\\r\\n\\\n')}\``
  }

  #known(value: string): boolean {
    return this.#names.has(`callId ${value}`) || this.#names.has(`tag ${value}`)
  }
}
