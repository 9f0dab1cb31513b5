/**
 * What a scripted peer has received: read from the oldest on, with errors that show what is there.
 */
import type { Address, TransportName } from '../../src/engine/ports.ts'
import type { Malformed, SipMessage, SipRequest, SipResponse } from '../../src/message/types.ts'

/** Which message is meant: a method (a request), a status (a response), or whatever the function accepts. */
export type Wanted = string | number | ((message: SipMessage) => boolean)

/** A message with how it came. */
export interface Arrival {
  readonly message: SipMessage
  /** Milliseconds of the clock. */
  readonly time: number
  readonly from: Address
  readonly transport: TransportName
  read: boolean
}

/** True when a message is meant. */
export const matches = (message: SipMessage, wanted: Wanted | undefined): boolean => {
  if (wanted === undefined) return true
  if (typeof wanted === 'function') return wanted(message)
  if (typeof wanted === 'number') return message.kind === 'response' && message.status === wanted
  return message.kind === 'request' && message.method === wanted
}

const nameOf = (wanted: Wanted | undefined): string =>
  wanted === undefined ? 'message' : typeof wanted === 'function' ? 'message like that' : String(wanted)

const firstLine = (message: SipMessage): string =>
  message.kind === 'request'
    ? `${message.method} ${message.uri} (CSeq ${message.header('cseq')})`
    : `${message.status} ${message.reason} (CSeq ${message.header('cseq')})`

/** `malformed` is what could not be parsed: shown in errors, never found. */
export const createInbox = (owner: string, malformed: readonly Malformed[] = []) => {
  const arrivals: Arrival[] = []

  const show = (list: readonly Arrival[]): string =>
    list.length === 0
      ? ' none'
      : list
          .map(({ message, time, transport }) => `\n  ${time} ms ${transport} ${firstLine(message)}`)
          .join('')

  const describe = (): string => {
    const unread = show(arrivals.filter(({ read }) => !read))
    const before = show(arrivals.filter(({ read }) => read))
    const faults = malformed
      .map(({ reason, header }) => `\n  ${reason}${header ? ` (${header})` : ''}`)
      .join('')
    return `unread:${unread}\nread before:${before}${faults && `\nmalformed:${faults}`}`
  }

  function next(wanted: number): SipResponse
  function next(wanted: string): SipRequest
  function next(wanted?: (message: SipMessage) => boolean): SipMessage
  function next(wanted?: Wanted): SipMessage {
    const found = arrivals.find(({ message, read }) => !read && matches(message, wanted))
    if (!found) throw new Error(`${owner} has no unread ${nameOf(wanted)}; ${describe()}`)
    found.read = true
    return found.message
  }

  return {
    add: (arrival: Arrival): void => void arrivals.push(arrival),
    /** Everything that came, in order. */
    get received(): readonly SipMessage[] {
      return arrivals.map(({ message }) => message)
    },
    get unread(): readonly SipMessage[] {
      return arrivals.filter(({ read }) => !read).map(({ message }) => message)
    },
    /** Takes the oldest unread message that is wanted; throws with a list of what is there when there is none. */
    next,
    /** True when an unread message is wanted. */
    has: (wanted?: Wanted): boolean =>
      arrivals.some(({ message, read }) => !read && matches(message, wanted)),
    /** Throws when an unread message is wanted. */
    nothing: (wanted?: Wanted): void => {
      if (!arrivals.some(({ message, read }) => !read && matches(message, wanted))) return
      throw new Error(`${owner} has an unread ${nameOf(wanted)} though none is expected; ${describe()}`)
    },
    /** All that came and is wanted, read or not. */
    all: (wanted?: Wanted): readonly SipMessage[] =>
      arrivals.filter(({ message }) => matches(message, wanted)).map(({ message }) => message),
    /** When those came, in milliseconds of the clock. */
    times: (wanted?: Wanted): readonly number[] =>
      arrivals.filter(({ message }) => matches(message, wanted)).map(({ time }) => time),
    /** Marks everything as read. */
    skip: (): void => {
      for (const arrival of arrivals) arrival.read = true
    },
    /** How a message came; `undefined` for one that did not come here. */
    arrivalOf: (message: SipMessage): Arrival | undefined =>
      arrivals.find(arrival => arrival.message === message),
  }
}

export type Inbox = ReturnType<typeof createInbox>
