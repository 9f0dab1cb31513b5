/**
 * Values of the border as JSON and back. A message travels as its wire text and is parsed again; a `SipError` keeps all
 * that is known of it; maps, sets, byte arrays and numbers that JSON has not are tagged by the key `$`.
 */
import { errorCodes, isSipError, SipError, type SipErrorCode } from '../errors.ts'
import {
  createRequest,
  createResponse,
  type HeaderPair,
  isMalformed,
  parse,
  type SipMessage,
  serialize,
} from '../message/index.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Tagged = { readonly [key: string]: Json }

/** Nothing of the border is deeper; what is would be an attack on the stack. */
const deepest = 64

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const tooDeep = (): SipError => new SipError('argument', `values are nested deeper than ${deepest}`)

const toBase64 = (bytes: Uint8Array): string => {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

const fromBase64 = (text: string): Uint8Array => {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}

const isMessage = (value: object): value is SipMessage => {
  const { kind } = value as { kind?: unknown }
  return (kind === 'request' || kind === 'response') && 'fields' in value && 'callId' in value
}

/** As text where the bytes are UTF-8, which they nearly always are. */
const bytesOrText = (bytes: Uint8Array): { readonly text: string } | { readonly base64: string } => {
  try {
    return { text: strict.decode(bytes) }
  } catch {
    return { base64: toBase64(bytes) }
  }
}

/** A cause that is no error of ours is only described: it belongs to the process it came from. */
const causeOf = (cause: unknown, depth: number): Json => {
  if (isSipError(cause)) return toJson(cause, depth + 1)
  if (cause instanceof Error) return { $: 'fault', name: cause.name, message: cause.message }
  return { $: 'fault', name: 'Error', message: String(cause) }
}

const errorToJson = (error: SipError, depth: number): Json => {
  const { code, message, status, warning, response, header, offset, icmp, cause } = error
  return {
    $: 'error',
    code,
    message,
    ...(status !== undefined && { status }),
    ...(warning !== undefined && { warning }),
    ...(response && { response: toJson(response, depth + 1) }),
    ...(header !== undefined && { header }),
    ...(offset !== undefined && { offset }),
    ...(icmp && { icmp }),
    ...(cause !== undefined && { cause: causeOf(cause, depth) }),
  }
}

const toJson = (value: unknown, depth: number): Json => {
  if (depth > deepest) throw tooDeep()
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: 'number', is: numberText(value) }
    case 'undefined':
      return { $: 'undefined' }
    case 'object':
      return value === null ? null : objectToJson(value, depth)
    default:
      throw new SipError('argument', `a ${typeof value} cannot be sent to another process`)
  }
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

const objectToJson = (value: object, depth: number): Json => {
  if (Array.isArray(value)) return value.map(item => toJson(item, depth + 1))
  if (value instanceof Uint8Array) return { $: 'bytes', base64: toBase64(value) }
  if (isSipError(value)) return errorToJson(value, depth)
  if (isMessage(value)) return { $: 'message', ...bytesOrText(serialize(value)) }
  if (value instanceof Map)
    return {
      $: 'map',
      entries: [...value].map(([key, item]) => [toJson(key, depth + 1), toJson(item, depth + 1)]),
    }
  if (value instanceof Set) return { $: 'set', items: [...value].map(item => toJson(item, depth + 1)) }
  const plain: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    // An option that is not given is not sent: both sides take absence for it.
    if (item !== undefined) set(plain, key, toJson(item, depth + 1))
  }
  return '$' in plain ? { $: 'object', is: plain } : plain
}

/** Also for a key such as `__proto__`. */
const set = (target: object, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else (target as Record<string, unknown>)[key] = value
}

/** What `parse` would refuse though we have made it: an answer of our own without Via, say. */
const rebuilt = (bytes: Uint8Array): SipMessage => {
  const binary = Array.from(bytes, byte => String.fromCharCode(byte)).join('')
  const end = binary.indexOf('\r\n\r\n')
  const [start = '', ...lines] = new TextDecoder().decode(bytes.subarray(0, end)).split('\r\n')
  const headers = lines.map((line): HeaderPair => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const body = bytes.slice(end + 4)
  const answer = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(start)
  if (answer) return createResponse({ status: Number(answer[1]), reason: answer[2] ?? '', headers, body })
  const [method = '', uri = ''] = start.split(' ')
  return createRequest({ method, uri, headers, body })
}

const messageOf = ({ text, base64 }: Tagged): SipMessage => {
  const bytes = typeof text === 'string' ? encoder.encode(text) : fromBase64(base64 as string)
  const message = parse(bytes)
  if (!isMalformed(message)) return message
  return message.message ?? rebuilt(bytes)
}

/** A text of another process, which may hold anything. */
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const faultOf = ({ name, message }: Tagged): Error => {
  const fault = new Error(textOf(message))
  fault.name = textOf(name)
  return fault
}

const errorOf = (json: Tagged, depth: number): SipError => {
  const { code, message, $: _, ...details } = json
  const known = textOf(code)
  if (!Object.hasOwn(errorCodes, known)) throw new SipError('malformed', `no error has the code ${known}`)
  return new SipError(known as SipErrorCode, textOf(message), plainOf(details, depth))
}

const plainOf = (json: Tagged, depth: number): object => {
  const value: object = {}
  for (const [key, item] of Object.entries(json)) set(value, key, fromJson(item, depth + 1))
  return value
}

const fromJson = (json: Json, depth: number): unknown => {
  if (depth > deepest) throw tooDeep()
  if (json === null || typeof json !== 'object') return json
  if (Array.isArray(json)) return json.map(item => fromJson(item, depth + 1))
  const tagged = json as Tagged
  if (!Object.hasOwn(tagged, '$')) return plainOf(tagged, depth)
  switch (tagged.$) {
    case 'message':
      return messageOf(tagged)
    case 'error':
      return errorOf(tagged, depth)
    case 'fault':
      return faultOf(tagged)
    case 'bytes':
      return fromBase64(textOf(tagged.base64))
    case 'map':
      return new Map(fromJson(tagged.entries!, depth + 1) as [unknown, unknown][])
    case 'set':
      return new Set(fromJson(tagged.items!, depth + 1) as unknown[])
    case 'number':
      return Number(tagged.is)
    case 'undefined':
      return undefined
    case 'object':
      return plainOf(tagged.is as Tagged, depth)
    default:
      throw new SipError('malformed', 'a value has a tag that is not known')
  }
}

/** Throws `argument` for what is no data: functions, symbols, and what is nested too deep. */
export const encodeValue = (value: unknown): string => JSON.stringify(toJson(value, 0))

/** Throws whatever JSON and messages throw for text that `encodeValue` did not make. */
export const decodeValue = (text: string): unknown => fromJson(JSON.parse(text) as Json, 0)
