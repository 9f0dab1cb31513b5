/** Messages built by an application or by the stack. */
import { SipError } from '../errors.ts'
import { isAscii, toUtf8Binary } from './bytes.ts'
import { isToken } from './chars.ts'
import { PairFields } from './fields.ts'
import { Request, Response } from './message.ts'
import { headerId } from './names.ts'
import { reasonPhrase } from './reasons.ts'
import type { HeaderPair, RequestInit, ResponseInit, SipRequest, SipResponse } from './types.ts'

const lineBreak = /[\r\n]/

/** Refuses text that would end its line: nobody may add a header through a value. */
export const refuseBreaks = (text: string, what: string): void => {
  if (lineBreak.test(text)) throw new SipError('argument', `${what} holds a CR or LF`)
}

/** The number of a header to be built; a name that is no token is refused. */
export const checkPair = (name: string, value: string): number => {
  const id = headerId(name)
  if (id === 0 && !isToken(name))
    throw new SipError('argument', 'a header name is not a token', { header: name })
  if (lineBreak.test(value))
    throw new SipError('argument', 'a header value holds a CR or LF', { header: name })
  return id
}

/** One look at each value: is there anything but plain ASCII without line ends? */
const special = /[^\x00-\x09\x0b\x0c\x0e-\x7f]/

const fieldsOf = (headers: readonly HeaderPair[]): PairFields => {
  const ids: number[] = []
  let ascii = true
  for (const [name, value] of headers) {
    const id = headerId(name)
    if (id === 0 || special.test(value)) {
      checkPair(name, value)
      ascii &&= isAscii(value)
    }
    ids.push(id)
  }
  return new PairFields(headers.slice(), ids, undefined, ascii)
}

/**
 * Builds a request from parts that are trusted to be complete. Content-Length need not be given, `serialize` counts.
 * Compact names stay compact. A body given as bytes is not copied.
 *
 * @throws SipError `argument` for a CR or LF in any part, or a method or header name that is not a token
 */
export const createRequest = (init: RequestInit): SipRequest => {
  const { method, uri, headers, body } = init
  if (!isToken(method)) throw new SipError('argument', 'the method is not a token')
  if (uri === '' || /[\r\n ]/.test(uri))
    throw new SipError('argument', 'the Request-URI is empty or holds white space')
  return new Request(method, uri, fieldsOf(headers), body ?? '')
}

/**
 * Builds a response from parts that are trusted to be complete. The reason phrase defaults to that of RFC 3261 §21.
 *
 * @throws SipError `argument` for a CR or LF in any part, a header name that is not a token, or a status outside
 * 100–699
 */
export const createResponse = (init: ResponseInit): SipResponse => {
  const { status, reason = reasonPhrase(status), headers, body } = init
  if (!Number.isInteger(status) || status < 100 || status > 699)
    throw new SipError('argument', 'the status is not an integer from 100 to 699')
  refuseBreaks(reason, 'the reason phrase')
  return new Response(status, toUtf8Binary(reason), fieldsOf(headers), body ?? '')
}
