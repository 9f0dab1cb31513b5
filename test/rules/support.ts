/** Messages for the tests of the rules: written as text and read by the codec, as they come from the wire. */
import { createHash } from 'node:crypto'
import type { Digest } from '../../src/engine/ports.ts'
import { encodeUtf8 } from '../../src/message/bytes.ts'
import { isMalformed } from '../../src/message/malformed.ts'
import { parseNameAddr } from '../../src/message/name-addr.ts'
import { parse } from '../../src/message/parse.ts'
import type { Malformed, NameAddr, SipRequest, SipResponse, SipUri } from '../../src/message/types.ts'
import { isSipUri, parseUri } from '../../src/message/uri.ts'

/** The text as it is on the wire, its body (behind an empty line) counted. */
export const wire = (text: string): Uint8Array => {
  const lines = text.trim().split('\n')
  const empty = lines.indexOf('')
  const head = empty < 0 ? lines : lines.slice(0, empty)
  const body = empty < 0 ? '' : lines.slice(empty + 1).join('\r\n')
  const length = encodeUtf8(body).length
  return encodeUtf8([...head, `Content-Length: ${length}`, '', body].join('\r\n'))
}

/** The request with this text; Content-Length is added. */
export const request = (text: string): SipRequest => {
  const message = parse(wire(text))
  if (isMalformed(message) || message.kind !== 'request')
    throw new Error(`not a request: ${JSON.stringify(message)}`)
  return message
}

/** The response with this text; Content-Length is added. */
export const response = (text: string): SipResponse => {
  const message = parse(wire(text))
  if (isMalformed(message) || message.kind !== 'response')
    throw new Error(`not a response: ${JSON.stringify(message)}`)
  return message
}

/** What the codec makes of a text that it cannot read. */
export const malformedOf = (text: string): Malformed => {
  const message = parse(wire(text))
  if (!isMalformed(message)) throw new Error('the message is well-formed')
  return message
}

/** A request from alice to bob; `lines` are added, and replace those of the same name. */
export const make = (
  method: string,
  lines: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  body = '',
): SipRequest => {
  const { uri = 'sip:bob@example.com', ...given } = lines
  const all: Record<string, string | readonly string[] | undefined> = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport',
    'Max-Forwards': '70',
    From: 'Alice <sip:alice@example.com>;tag=alice-tag',
    To: 'Bob <sip:bob@example.com>',
    'Call-ID': 'call-1@192.0.2.1',
    CSeq: `1 ${method}`,
    Contact: '<sip:alice@192.0.2.1:5060>',
    ...given,
  }
  const head = Object.entries(all).flatMap(([name, value]) =>
    (value === undefined ? [] : typeof value === 'string' ? [value] : value).map(one => `${name}: ${one}`),
  )
  return request([`${method} ${String(uri)} SIP/2.0`, ...head, ...(body === '' ? [] : ['', body])].join('\n'))
}

/** The response of bob to a request of {@link make}; `lines` as there. */
export const reply = (
  status: number,
  lines: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  method = 'INVITE',
): SipResponse => {
  const all: Record<string, string | readonly string[] | undefined> = {
    Via: 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport=5060;received=192.0.2.1',
    From: 'Alice <sip:alice@example.com>;tag=alice-tag',
    To: 'Bob <sip:bob@example.com>;tag=bob-tag',
    'Call-ID': 'call-1@192.0.2.1',
    CSeq: `1 ${method}`,
    ...lines,
  }
  const head = Object.entries(all).flatMap(([name, value]) =>
    (value === undefined ? [] : typeof value === 'string' ? [value] : value).map(one => `${name}: ${one}`),
  )
  return response([`SIP/2.0 ${status} Some Reason`, ...head].join('\n'))
}

export const sipUri = (text: string): SipUri => {
  const uri = parseUri(text)
  if (isMalformed(uri) || !isSipUri(uri)) throw new Error(`not a SIP URI: ${text}`)
  return uri
}

export const nameAddr = (text: string): NameAddr => {
  const value = parseNameAddr(text)
  if (isMalformed(value)) throw new Error(`not an address: ${text}`)
  return value
}

const hashNames = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const

export const digest: Digest = (algorithm, data) => createHash(hashNames[algorithm]).update(data).digest('hex')
