/** Messages waiting: `application/simple-message-summary`. RFC 3842 §5. */
import { SipError } from '../errors.ts'
import type { HeaderPair, Malformed } from '../message/types.ts'
import { fault, reading } from './xml.ts'

/** What kind of messages a count is of. RFC 3458 §6, RFC 3938 */
export type MessageContext = 'voice' | 'fax' | 'pager' | 'multimedia' | 'text' | 'video' | 'none'

/** How many messages of a kind there are. The urgent ones are among the others. */
export interface MessageCounts {
  readonly new: number
  readonly old: number
  readonly urgentNew?: number
  readonly urgentOld?: number
}

/** The body of a NOTIFY of `message-summary`. */
export interface MessageSummary {
  /** Whether any message waits: the lamp. */
  readonly waiting: boolean
  /** Whose messages, as a URI. */
  readonly account?: string
  /** For example `counts.voice?.new`. Kinds that are not named were not told. */
  readonly counts: Readonly<Partial<Record<MessageContext, MessageCounts>>>
  /** Headers of single messages (`To`, `From`, `Subject`, `Date` …), one list a message. */
  readonly messages: readonly (readonly HeaderPair[])[]
}

/** Media type of the body. */
export const messageSummaryType = 'application/simple-message-summary'

const contexts: readonly MessageContext[] = ['voice', 'fax', 'pager', 'multimedia', 'text', 'video', 'none']
const contextOf = (name: string): MessageContext | undefined =>
  contexts.find(context => name === (context === 'none' ? 'none' : `${context}-message`))

const countsOf = (value: string): MessageCounts => {
  const found = /^(\d{1,9})\s*\/\s*(\d{1,9})(?:\s*\(\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*\))?$/.exec(value)
  if (!found) return fault(`${value} are no counts`)
  const counts = { new: Number(found[1]), old: Number(found[2]) }
  return found[3] === undefined
    ? counts
    : { ...counts, urgentNew: Number(found[3]), urgentOld: Number(found[4]) }
}

const fieldOf = (line: string): readonly [string, string] => {
  const colon = line.indexOf(':')
  return colon > 0
    ? [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    : fault('a line has no colon')
}

const read = (text: string): MessageSummary => {
  // Continuation lines belong to the line before. RFC 3261 §7.3.1
  const lines = text.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  const blocks: string[][] = [[]]
  for (const line of lines) {
    if (line.trim() !== '') blocks.at(-1)!.push(line)
    else if (blocks.at(-1)!.length > 0) blocks.push([])
  }
  const counts: Partial<Record<MessageContext, MessageCounts>> = {}
  let waiting: boolean | undefined
  let account: string | undefined
  for (const [written, value] of blocks[0]!.map(fieldOf)) {
    const name = written.toLowerCase()
    const context = contextOf(name)
    if (name === 'messages-waiting') waiting = value.toLowerCase() === 'yes'
    else if (name === 'message-account') account = value
    else if (context) counts[context] = countsOf(value)
  }
  if (waiting === undefined) return fault('there is no Messages-Waiting')
  const messages = blocks.slice(1).flatMap(block => (block.length > 0 ? [block.map(fieldOf)] : []))
  return { waiting, ...(account !== undefined && { account }), counts, messages }
}

/** Reads such a body; a `Malformed` when it is none. */
export const parseMessageSummary = (body: string | Uint8Array): MessageSummary | Malformed =>
  reading(body, read)

const oneLine = (text: string): string => {
  if (/[\r\n\0]/.test(text)) throw new SipError('argument', 'a message summary has no room for line ends')
  return text
}

const number = (count: number): number => {
  if (!Number.isInteger(count) || count < 0 || count > 999_999_999)
    throw new SipError('argument', `${count} is no count`)
  return count
}

const formatCounts = (counts: MessageCounts): string => {
  const all = `${number(counts.new)}/${number(counts.old)}`
  const { urgentNew, urgentOld } = counts
  if (urgentNew === undefined && urgentOld === undefined) return all
  return `${all} (${number(urgentNew ?? 0)}/${number(urgentOld ?? 0)})`
}

/** Writes such a body. Throws `argument` for what it cannot hold. */
export const formatMessageSummary = (summary: MessageSummary): string => {
  const lines = [`Messages-Waiting: ${summary.waiting ? 'yes' : 'no'}`]
  if (summary.account !== undefined) lines.push(`Message-Account: ${oneLine(summary.account)}`)
  for (const context of contexts) {
    const counts = summary.counts[context]
    const name = context === 'none' ? 'None' : `${context[0]!.toUpperCase()}${context.slice(1)}-Message`
    if (counts) lines.push(`${name}: ${formatCounts(counts)}`)
  }
  for (const message of summary.messages) {
    if (message.length === 0) continue
    lines.push('')
    for (const [name, value] of message) {
      if (!/^[^\s:]+$/.test(name)) throw new SipError('argument', `${name} is no header name`)
      lines.push(`${name}: ${oneLine(value)}`)
    }
  }
  return `${lines.join('\r\n')}\r\n`
}
