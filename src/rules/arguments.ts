/** What untyped callers may hand in, told apart: objects, lists, URIs, numbers. All throw `argument` or return. */
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import type { NameAddr, Uri } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { checkText } from './text.ts'

/** Makes the error for a bad argument. */
export const badArgument = (text: string): SipError => new SipError('argument', text)

/** An object with options; throws `argument` for what an untyped caller may give instead. */
export const checkObject = <Given extends object>(value: Given, what: string): Given => {
  if (value === undefined) throw badArgument(`${what} are missing`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badArgument(`${what} must be an object`)
  }
  return value
}

/** A list; throws `argument` for what is none. */
export const checkList = <Member>(value: readonly Member[], what: string): readonly Member[] => {
  if (!Array.isArray(value)) throw badArgument(`${what} must be a list`)
  return value
}

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

/**
 * The Contact of a request that makes a dialog: one SIP URI without headers, and a `sips:` one when the request is `secure`:
 * its Request-URI or its first Route is. RFC 3261 §8.1.1.8, §19.1.1
 */
export const checkDialogContact = (text: string, secure: boolean): void => {
  const { uri } = checkNameAddr(text, 'the Contact')
  if (!isSipUri(uri)) throw badArgument('the Contact is not a sip: or sips: URI')
  if (uri.headers.size > 0) throw badArgument('the Contact has headers')
  if (secure && uri.scheme !== 'sips')
    throw badArgument('the Contact of a request to a sips: URI must be a sips: URI')
}

/** Seconds: a whole number from `least` up, as a delta-seconds of RFC 3261 §25.1. */
export const checkSeconds = (seconds: number, what: string, least = 1): number => {
  if (!Number.isInteger(seconds) || seconds < least || seconds > 0xffff_ffff) {
    throw badArgument(`${what} must be a whole number of seconds from ${least} to 2^32-1`)
  }
  return seconds
}

/** One of a few words. */
export const checkChoice = <Word extends string>(
  given: Word | undefined,
  what: string,
  words: readonly Word[],
): void => {
  if (given !== undefined && !words.includes(given))
    throw badArgument(`${what} must be ${words.join(' or ')}`)
}
