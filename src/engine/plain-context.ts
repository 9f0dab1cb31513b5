/**
 * What a machine remembers, made fit to be shown: plain data, of limited size, without secrets. Messages are told by
 * their first line, other actors by their ids.
 */
import { redactText } from '../inspect/redact.ts'
import type { SipMessage } from '../message/types.ts'

/** How much of it is told. */
const most = { depth: 6, items: 100, text: 4096 }

/** Members that prove who somebody is, whatever they hold. */
const secret = /password|secret|ha1|credential|authorization|authentication|cnonce|^key$|^keys$|^nonce$|aka/i

const hidden = '***'

/** A description has its keys in a body, and so has the text here. */
const blank = '\r\n\r\n'

const shownText = (text: string): string =>
  redactText(blank + (text.length > most.text ? `${text.slice(0, most.text)}…` : text)).slice(blank.length)

const isMessage = (value: object): value is SipMessage =>
  'kind' in value && (value.kind === 'request' || value.kind === 'response') && 'callId' in value

const isActor = (value: object): value is { readonly id: string } =>
  'getSnapshot' in value && 'send' in value && 'id' in value

/** `INVITE sip:bob@example.com`, `200 OK`, with what tells it from others. */
const messageText = (message: SipMessage): string => {
  const line =
    message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`
  const { seq, method } = message.cseq
  return shownText(`${line} (CSeq ${seq} ${method}, Call-ID ${message.callId})`)
}

/** `['Authorization', 'Digest …']`, as headers are kept. */
const isSecretPair = (value: readonly unknown[]): boolean =>
  value.length === 2 && typeof value[0] === 'string' && secret.test(value[0])

const plain = (value: unknown, depth: number, above: readonly object[]): unknown => {
  if (typeof value === 'string') return shownText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null || value === undefined) return value
  if (typeof value !== 'object') return `(${typeof value})`
  if (isMessage(value)) return messageText(value)
  if (isActor(value)) return `(actor ${value.id})`
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (value instanceof Error) return shownText(`${value.name}: ${value.message}`)
  if (above.includes(value)) return '(again)'
  if (depth >= most.depth) return '…'
  const within = [...above, value]
  if (Array.isArray(value)) {
    if (isSecretPair(value)) return [value[0], hidden]
    const items = value.slice(0, most.items).map(item => plain(item, depth + 1, within))
    return value.length > most.items ? [...items, '…'] : items
  }
  const members: Iterable<[unknown, unknown]> =
    value instanceof Map
      ? value
      : value instanceof Set
        ? [...value].map((item, at) => [at, item])
        : Object.entries(value)
  const shown: [string, unknown][] = []
  for (const [name, item] of members) {
    if (shown.length === most.items) break
    const key = String(name)
    if (item !== undefined && typeof item !== 'function')
      shown.push([key, secret.test(key) ? hidden : plain(item, depth + 1, within)])
  }
  return Object.fromEntries(shown)
}

/** The context of a machine as it may leave the process. */
export const plainContext = (context: unknown): unknown => plain(context, 0, [])
