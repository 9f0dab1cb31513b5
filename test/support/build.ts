/** Real messages for the tests of machines and engine: built by the codec, with as few words as the case needs. */
import { createRequest, isMalformed, parseNameAddr } from '../../src/message/index.ts'
import type { HeaderPair, NameAddr, SipRequest, SipResponse } from '../../src/message/types.ts'
import { respond } from '../../src/rules/respond.ts'

export interface RequestParts {
  readonly cseq?: number
  readonly branch?: string
  readonly toTag?: string
  /** Added behind those that every request has. */
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
}

/** A request of alice at 192.0.2.1 to bob. */
export const request = (method: string, parts: RequestParts = {}): SipRequest => {
  const { cseq = 1, branch = 'z9hG4bK-1', toTag, headers = [], body = '' } = parts
  return createRequest({
    method,
    uri: 'sip:bob@example.com',
    headers: [
      ['Via', `SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@example.com>;tag=alice'],
      ['To', `<sip:bob@example.com>${toTag === undefined ? '' : `;tag=${toTag}`}`],
      ['Call-ID', 'call-1@192.0.2.1'],
      ['CSeq', `${cseq} ${method}`],
      ['Contact', '<sip:alice@192.0.2.1:5060>'],
      ...headers,
    ],
    body,
  })
}

export const invite = (parts?: RequestParts): SipRequest => request('INVITE', parts)

/** A REGISTER of alice for herself. */
export const register = (): SipRequest =>
  createRequest({
    method: 'REGISTER',
    uri: 'sip:example.com',
    headers: [
      ['Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-r'],
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@example.com>;tag=alice'],
      ['To', '<sip:alice@example.com>'],
      ['Call-ID', 'register-1@192.0.2.1'],
      ['CSeq', '1 REGISTER'],
      ['Contact', '<sip:alice@192.0.2.1:5060>'],
    ],
  })

export interface AnswerParts {
  /** Default: `bob`. */
  readonly toTag?: string
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
}

/** The answer to a request, with a tag for every status above 100. */
export const answerTo = (to: SipRequest, status: number, parts: AnswerParts = {}): SipResponse =>
  respond(to, { status, toTag: 'bob', ...parts })

/** A Contact, From or their like. */
export const nameAddr = (text: string): NameAddr => {
  const value = parseNameAddr(text)
  if (isMalformed(value)) throw new Error(`not an address: ${text}`)
  return value
}
