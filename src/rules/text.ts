/** Text that an application hands in for a start line or a header, and small readings of header text. RFC 3261 §25.1. */
import { SipError } from '../errors.ts'
import { isToken } from '../message/chars.ts'

export { isToken }

/** Where the first CR, LF or NUL is; -1 when there is none. */
const breakIn = (value: string): number => {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index)
    if (code === 13 || code === 10 || code === 0) return index
  }
  return -1
}

/** True for text without CR, LF and NUL. */
export const isOneLine = (value: string): boolean => breakIn(value) < 0

/** Returns the string itself; throws `argument` for what is none, as it comes from untyped callers. */
export const checkString = (value: string, what: string): string => {
  if (value === undefined) throw new SipError('argument', `${what} is missing`)
  if (typeof value !== 'string') throw new SipError('argument', `${what} must be a string`)
  return value
}

/** Returns the text itself; throws `argument` when it could end a line or the message. `what` names it in the error. */
export const checkText = (value: string, what: string): string => {
  checkString(value, what)
  const offset = breakIn(value)
  if (offset >= 0) throw new SipError('argument', `${what} holds a line break or a NUL`, { offset })
  return value
}

/** Returns the token itself; throws `argument` when it is not one. `what` names it in the error. */
export const checkToken = (value: string, what: string): string => {
  if (!isToken(checkString(value, what))) throw new SipError('argument', `${what} is not a token`)
  return value
}

/** Where the part that starts at `from` ends: at the separator, outside quotes and angle brackets. */
export const endOfPart = (text: string, separator: ',' | ';', from = 0): number => {
  let quoted = false
  let angled = false
  for (let index = from; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (quoted) {
      if (character === '\\') index += 1
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (angled) {
      if (character === '>') angled = false
    } else if (character === '<') angled = true
    else if (character === separator) return index
  }
  return text.length
}

/** The members of a list header, as written. RFC 3261 §7.3.1. */
export const splitList = (value: string): readonly string[] => {
  const members: string[] = []
  for (let from = 0; from <= value.length; ) {
    const end = endOfPart(value, ',', from)
    const member = value.slice(from, end).trim()
    if (member !== '') members.push(member)
    from = end + 1
  }
  return members
}

/** A header value without the parameters that `drop` names (lower case); all else stays as written. */
export const withoutParams = (value: string, drop: readonly string[]): string => {
  let end = endOfPart(value, ';')
  let kept = value.slice(0, end)
  while (end < value.length) {
    const next = endOfPart(value, ';', end + 1)
    const part = value.slice(end, next)
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part.slice(1) : part.slice(1, equals)).trim().toLowerCase()
    if (!drop.includes(name)) kept += part
    end = next
  }
  return kept.trimEnd()
}

/** From or To as the dialog keeps it: without its tag. RFC 3261 §12. */
export const withoutTag = (value: string): string => withoutParams(value, ['tag'])

/** True when both are the same but for the case of ASCII letters. */
export const sameText = (one: string, other: string): boolean =>
  one.length === other.length && one.toLowerCase() === other.toLowerCase()
