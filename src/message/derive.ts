/** Messages made from messages. The original never changes. */
import { SipError } from '../errors.ts'
import { isUtf8 } from './bytes.ts'
import { checkPair } from './create.ts'
import { type FieldParts, PairFields, takeApart } from './fields.ts'
import { type Body, inner, Request, Response } from './message.ts'
import type { HeaderPair, SipMessage } from './types.ts'

const rebuild = <Kind extends SipMessage>(message: Kind, parts: FieldParts, body: Body): Kind => {
  const source = inner(message)
  // One thing that is not UTF-8, and the head has to be put together byte by byte.
  const isText = parts.bytewise.size === 0 && (source instanceof Request || isUtf8(source.phrase))
  const fields = new PairFields(parts.pairs, parts.ids, isText ? undefined : parts.bytewise, false)
  const built =
    source instanceof Request
      ? new Request(source.method, source.uri, fields, body)
      : new Response(source.status, source.phrase, fields, body)
  return built as unknown as Kind
}

const isNamed = (parts: FieldParts, index: number, id: number, lower: string): boolean =>
  parts.ids[index] === id && (id !== 0 || parts.pairs[index]![0].toLowerCase() === lower)

const put = (parts: FieldParts, index: number, name: string, values: readonly string[]): void => {
  const pairs = values.map((value): HeaderPair => [name, value])
  const ids = values.map(value => checkPair(name, value))
  parts.pairs.splice(index, 0, ...pairs)
  parts.ids.splice(index, 0, ...ids)
}

const replace = (parts: FieldParts, name: string, values: readonly string[]): void => {
  const id = checkPair(name, '')
  const lower = name.toLowerCase()
  let at = -1
  for (let i = parts.pairs.length - 1; i >= 0; i--) {
    if (!isNamed(parts, i, id, lower)) continue
    parts.pairs.splice(i, 1)
    parts.ids.splice(i, 1)
    at = i
  }
  put(parts, at < 0 ? parts.pairs.length : at, name, values)
}

/**
 * A message whose lines of that header are the ones given, where the first of them stood, else at the end;
 * `undefined` removes the header. Compact and long names are one.
 *
 * @throws SipError `argument` for a name that is not a token or a value with CR or LF
 */
export const replaceHeader = <Kind extends SipMessage>(
  message: Kind,
  name: string,
  value: string | readonly string[] | undefined,
): Kind => {
  const parts = takeApart(inner(message).lines)
  replace(parts, name, value === undefined ? [] : typeof value === 'string' ? [value] : value)
  return rebuild(message, parts, inner(message).carried)
}

/** A message with one more line of that header before its first one, else before all headers (for Via, Route). */
export const prependHeader = <Kind extends SipMessage>(message: Kind, name: string, value: string): Kind => {
  const parts = takeApart(inner(message).lines)
  const id = checkPair(name, value)
  const lower = name.toLowerCase()
  const first = parts.pairs.findIndex((_, i) => isNamed(parts, i, id, lower))
  put(parts, Math.max(first, 0), name, [value])
  return rebuild(message, parts, inner(message).carried)
}

/** A message with one more line of that header behind its last one, else behind all headers. */
export const appendHeader = <Kind extends SipMessage>(message: Kind, name: string, value: string): Kind => {
  const parts = takeApart(inner(message).lines)
  const id = checkPair(name, value)
  const lower = name.toLowerCase()
  const last = parts.pairs.findLastIndex((_, i) => isNamed(parts, i, id, lower))
  put(parts, last < 0 ? parts.pairs.length : last + 1, name, [value])
  return rebuild(message, parts, inner(message).carried)
}

/** A message with another body and Content-Type; an `undefined` type removes the header. */
export const withBody = <Kind extends SipMessage>(
  message: Kind,
  contentType: string | undefined,
  body: string | Uint8Array,
): Kind => {
  if (contentType === '') throw new SipError('argument', 'the content type is empty')
  const parts = takeApart(inner(message).lines)
  replace(parts, 'Content-Type', contentType === undefined ? [] : [contentType])
  return rebuild(message, parts, body)
}
