/** The response to a request. RFC 3261 §8.2.6; Record-Route §12.1.1. */
import type { Address } from '../engine/ports.ts'
import { createResponse } from '../message/create.ts'
import { reasonPhrase } from '../message/reasons.ts'
import type { HeaderPair, Malformed, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { statelessTag } from './stateless-tag.ts'
import { endOfPart, isOneLine } from './text.ts'
import { stampVia } from './via.ts'

/** What a response is made of besides what it takes from its request. */
export interface Answer {
  readonly status: number
  readonly reason?: string | undefined
  /** Added to To when the request had none, for every status above 100. */
  readonly toTag?: string | undefined
  readonly headers?: readonly HeaderPair[] | undefined
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
}

/** How a rule refuses a request. */
export interface Refusal {
  readonly reply: {
    readonly status: number
    readonly reason?: string
    readonly headers: readonly HeaderPair[]
  }
}

/** The methods whose 2xx makes a dialog. RFC 3261 §12.1, RFC 6665, RFC 3515. */
export const formsDialog = (method: string): boolean =>
  method === 'INVITE' || method === 'SUBSCRIBE' || method === 'REFER'

/** The tag in a raw To, for messages of which only the lines are known. */
const hasTag = (value: string): boolean => {
  for (let end = endOfPart(value, ';'); end < value.length; ) {
    const next = endOfPart(value, ';', end + 1)
    const part = value.slice(end + 1, next)
    const equals = part.indexOf('=')
    if ((equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase() === 'tag') return true
    end = next
  }
  return false
}

/** What §8.2.6.2 takes from the request, by name: much cheaper than walking over all its lines. */
const copied = (
  request: SipMessage,
  status: number,
  method: string,
  toTag: string | undefined,
): HeaderPair[] => {
  const headers: HeaderPair[] = []
  for (const value of request.headers('via')) headers.push(['Via', value])
  if (status > 100 && status < 300 && formsDialog(method)) {
    for (const value of request.headers('record-route')) headers.push(['Record-Route', value])
  }
  const to = request.header('to') ?? ''
  headers.push(
    ['From', request.header('from') ?? ''],
    ['To', status > 100 && toTag && !hasTag(to) ? `${to};tag=${toTag}` : to],
    ['Call-ID', request.header('call-id') ?? ''],
    ['CSeq', request.header('cseq') ?? ''],
  )
  if (status === 100) {
    const timestamp = request.header('timestamp')
    if (timestamp !== undefined) headers.push(['Timestamp', timestamp])
  }
  return headers
}

/** A response with everything §8.2.6 takes from the request, and then `answer.headers`. */
export const respond = (request: SipRequest, answer: Answer): SipResponse => {
  const headers = copied(request, answer.status, request.method, answer.toTag)
  if (answer.headers) for (const pair of answer.headers) headers.push(pair)
  if (answer.contentType !== undefined) headers.push(['Content-Type', answer.contentType])
  return createResponse({
    status: answer.status,
    headers,
    ...(answer.reason === undefined ? undefined : { reason: answer.reason }),
    ...(answer.body === undefined ? undefined : { body: answer.body }),
  })
}

const neededToAnswer = ['via', 'from', 'to', 'call-id', 'cseq'] as const

/** A fault in words as part of a reason phrase: short, one line, without control characters. */
const asPhrase = (status: number, fault: string): string => {
  let text = ''
  for (const character of fault.slice(0, 120))
    text += character < ' ' || character === '\x7f' ? ' ' : character
  return `${reasonPhrase(status)} - ${text.trim()}`
}

/**
 * The answer to what could not be read: 400, 505 and their like, with the fault as reason phrase; with `from`, its Via is
 * stamped first. `undefined` for a response, for an ACK, and when a line that an answer needs is missing or broken by a
 * lone CR or NUL. §8.2, §17.1.1.3, §18.2.1
 */
export const refuseMalformed = (malformed: Malformed, from?: Address): SipResponse | undefined => {
  const message = malformed.message
  if (message === undefined || message.kind !== 'request' || message.method === 'ACK') return undefined
  for (const name of neededToAnswer) {
    const values = message.headers(name)
    // A broken line is not even looked at: nothing could be made of it.
    if (values.length === 0 || !values.every(isOneLine)) return undefined
  }
  const request = from === undefined ? message : stampVia(message, from)
  return createResponse({
    status: malformed.status,
    reason: asPhrase(malformed.status, malformed.reason),
    headers: copied(request, malformed.status, message.method, statelessTag(message)),
  })
}
