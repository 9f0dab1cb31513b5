/** Bodies with several parts. RFC 2046 §5.1, RFC 5621. */
import { SipError } from '../errors.ts'
import { fromBinary, toBinary, toText, toUtf8Binary } from './bytes.ts'
import { is, LWS, skip, skipLws, TOKEN, trimEnd } from './chars.ts'
import { checkPair } from './create.ts'
import { mediaType } from './headers/lists.ts'
import { limits } from './limits.ts'
import { isMalformed, malformed } from './malformed.ts'
import { longName } from './names.ts'
import type { HeaderField, Malformed, SipMessage, ValueWithParams } from './types.ts'

/** One part of a multipart body. */
export interface BodyPart {
  readonly fields: readonly HeaderField[]
  /** The Content-Type typed; absent when the part has none (then it is `text/plain`, RFC 2046 §5.1) or a bad one. */
  readonly contentType?: ValueWithParams
  readonly body: Uint8Array
}

const contentTypeOf = (fields: readonly HeaderField[]): ValueWithParams | undefined => {
  const field = fields.find(({ name }) => longName(name) === 'content-type')
  const type = field === undefined ? undefined : mediaType(field.value)
  return isMalformed(type) ? undefined : type
}

/** The header lines of a part; continuation lines are joined by one space. */
const readFields = (text: string): HeaderField[] | Malformed => {
  const fields: HeaderField[] = []
  for (const line of text === '' ? [] : text.split('\r\n')) {
    const from = skipLws(line, 0, line.length)
    const last = fields.at(-1)
    if (from > 0 && last !== undefined) {
      const more = toText(line.slice(from, trimEnd(line, from, line.length)))
      fields[fields.length - 1] = { name: last.name, value: `${last.value} ${more}`.trim() }
      continue
    }
    const nameEnd = skip(line, 0, line.length, TOKEN)
    const colon = skipLws(line, nameEnd, line.length)
    if (nameEnd === 0 || line.charCodeAt(colon) !== 58)
      return malformed('a header line of a part is malformed')
    if (fields.length === limits.headers) return malformed('a part has more than 256 header lines')
    const start = skipLws(line, colon + 1, line.length)
    fields.push({
      name: line.slice(0, nameEnd),
      value: toText(line.slice(start, trimEnd(line, start, line.length))),
    })
  }
  return fields
}

const readPart = (text: string): BodyPart | Malformed => {
  // Without headers the part begins with the empty line.
  const headless = text.startsWith('\r\n')
  const headEnd = headless ? 0 : text.indexOf('\r\n\r\n')
  // A part that is headers alone has no empty line when its body is empty.
  const fields = readFields(text.slice(0, headEnd < 0 ? text.length : headEnd))
  if (isMalformed(fields)) return fields
  const body = fromBinary(headEnd < 0 ? '' : text.slice(headEnd + (headless ? 2 : 4)))
  const contentType = contentTypeOf(fields)
  return contentType === undefined ? { fields, body } : { fields, contentType, body }
}

/** The index behind a delimiter line that begins at `i`, 0 for the closing one, -1 when this is none. */
const delimiterEnd = (text: string, i: number): number => {
  const closing = text.startsWith('--', i)
  let end = closing ? i + 2 : i
  while (is(text.charCodeAt(end), LWS)) end++
  if (closing) return end === text.length || text.startsWith('\r\n', end) ? 0 : -1
  return text.startsWith('\r\n', end) ? end + 2 : -1
}

const split = (text: string, boundary: string): readonly BodyPart[] | Malformed => {
  const mark = '\r\n--' + boundary
  const parts: BodyPart[] = []
  // The first delimiter may stand at the very start, where no line end precedes it.
  const body = '\r\n' + text
  let start = -1
  for (let i = body.indexOf(mark); i >= 0; i = body.indexOf(mark, i + 2)) {
    const end = delimiterEnd(body, i + mark.length)
    if (end < 0) continue
    if (start >= 0) {
      const part = readPart(start > i ? '' : body.slice(start, i))
      if (isMalformed(part)) return part
      if (parts.length === limits.parts) return malformed('the body has more than 64 parts')
      parts.push(part)
    }
    if (end === 0) return parts.length === 0 ? malformed('the body has no part') : parts
    start = end
  }
  return malformed(start < 0 ? 'the boundary does not occur in the body' : 'the body has no closing boundary')
}

const boundaryOf = (type: ValueWithParams | undefined): string | Malformed => {
  if (type?.value.toLowerCase().startsWith('multipart/') !== true)
    return malformed('the body is not multipart')
  const boundary = type.params.get('boundary')
  if (boundary === undefined || boundary === '' || boundary.length > 70)
    return malformed('the boundary is missing, empty or longer than 70 characters')
  return toUtf8Binary(boundary)
}

/**
 * Takes a multipart body apart, one level deep: a part that is multipart itself can be passed in again (at most 4
 * levels). At most 64 parts.
 */
export const parseMultipart = (message: SipMessage | BodyPart): readonly BodyPart[] | Malformed => {
  const type = 'kind' in message ? message.parsed('content-type') : message.contentType
  const depth = levels.get(message) ?? 1
  if (depth > limits.depth) return malformed('multipart bodies are nested too deeply')
  const boundary = boundaryOf(type)
  if (isMalformed(boundary)) return { ...boundary, header: 'content-type' }
  const parts = split(toBinary(message.body), boundary)
  if (!isMalformed(parts)) for (const part of parts) levels.set(part, depth + 1)
  return parts
}

/** How deep a part was found. */
const levels = new WeakMap<object, number>()

/**
 * A multipart body. The boundary must not occur in any part; up to 70 characters of RFC 2046 §5.1.1.
 *
 * @throws SipError `argument` for a boundary that is malformed or occurs in a part, or a header with CR or LF
 */
export const formatMultipart = (parts: readonly BodyPart[], boundary: string): Uint8Array => {
  if (!/^[0-9a-zA-Z'()+_,\-./:=? ]{0,69}[0-9a-zA-Z'()+_,\-./:=?]$/.test(boundary))
    throw new SipError('argument', 'the boundary is malformed')
  if (parts.length === 0) throw new SipError('argument', 'a multipart body has at least one part')
  let out = ''
  for (const { fields, body } of parts) {
    const content = toBinary(body)
    if (('\r\n' + content).includes('\r\n--' + boundary))
      throw new SipError('argument', 'the boundary occurs in a part')
    out += `--${boundary}\r\n`
    for (const { name, value } of fields) {
      checkPair(name, value)
      out += toUtf8Binary(`${name}: ${value}\r\n`)
    }
    out += `\r\n${content}\r\n`
  }
  return fromBinary(`${out}--${boundary}--\r\n`)
}
