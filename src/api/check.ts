/** What an application hands in, checked before any command leaves. Everything here throws `argument` or returns. */
import type { OutgoingResponse } from '../engine/commands.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import type { HeaderPair, NameAddr, Uri } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { checkText } from '../rules/text.ts'

/** Makes the error for a bad argument. */
export const badArgument = (text: string): SipError => new SipError('argument', text)

/** A URI. With headers behind `?` it may not stand in a start line or header. RFC 3261 §19.1.1 */
export const checkUri = (text: string, what: string): Uri => {
  const uri = parseUri(checkText(text, what))
  if (isMalformed(uri)) throw new SipError('argument', `${what}: ${uri.reason}`, { offset: uri.offset })
  if (isSipUri(uri) && uri.headers.size > 0) throw badArgument(`${what} has headers`)
  return uri
}

/** A `sip:` or `sips:` URI. */
export const checkSipUri = (text: string, what: string): Uri => {
  const uri = checkUri(text, what)
  if (!isSipUri(uri)) throw badArgument(`${what} is not a sip: or sips: URI`)
  return uri
}

/** From, To or Contact as text. The tag is the stack's. RFC 3261 §19.3 */
export const checkNameAddr = (text: string, what: string): NameAddr => {
  const value = parseNameAddr(checkText(text, what))
  if (isMalformed(value)) throw new SipError('argument', `${what}: ${value.reason}`, { offset: value.offset })
  if (value.params.has('tag')) throw badArgument(`${what} has a tag`)
  return value
}

/** Seconds: a whole number from `least` up, as a delta-seconds of RFC 3261 §25.1. */
export const checkSeconds = (seconds: number, what: string, least = 1): number => {
  if (!Number.isInteger(seconds) || seconds < least || seconds > 0xffff_ffff) {
    throw badArgument(`${what} must be a whole number of seconds from ${least} to 2^32-1`)
  }
  return seconds
}

/** A body and its type come together. RFC 3261 §20.15 */
export const checkContent = (
  contentType: string | undefined,
  body: string | Uint8Array | undefined,
): void => {
  if (contentType !== undefined && !checkText(contentType, 'contentType').includes('/')) {
    throw badArgument('contentType is not a media type')
  }
  if (body !== undefined && body.length > 0 && contentType === undefined) {
    throw badArgument('a body needs its contentType')
  }
}

/** What requests and responses have in common. */
export const checkParts = (parts: {
  readonly headers?: readonly HeaderPair[]
  readonly contentType?: string
  readonly body?: string | Uint8Array
}): void => {
  if (parts.headers) checkUserHeaders(parts.headers)
  checkContent(parts.contentType, parts.body)
}

/** A status within limits, reason phrase, headers and body. */
export const checkResponse = (response: OutgoingResponse, least: number, most: number): OutgoingResponse => {
  const { status, reason } = response
  if (!Number.isInteger(status) || status < least || status > most) {
    throw badArgument(`the status must be ${least} to ${most}`)
  }
  if (reason !== undefined) checkText(reason, 'reason')
  checkParts(response)
  return response
}

/**
 * The Contact of a registration: exactly one SIP URI with a user part, never `*`, without a lifetime of its own, and
 * as secure as the AOR. RFC 3261 §10.2.1
 */
export const checkContact = (text: string, secure: boolean): void => {
  if (text.trim() === '*') throw badArgument('the Contact must not be *')
  const { uri, params } = checkNameAddr(text, 'the Contact')
  if (!isSipUri(uri)) throw badArgument('the Contact is not a sip: or sips: URI')
  if (uri.user === undefined) throw badArgument('the Contact needs a user part')
  if (secure && uri.scheme !== 'sips') throw badArgument('the Contact of a sips: AOR must be a sips: URI')
  if (params.has('expires')) throw badArgument('the lifetime is given by `expires`, not in the Contact')
}
