/**
 * STUN Binding requests and their answers, as they share a port with SIP. RFC 5389 §6, §7, §15; RFC 5626 §8.
 *
 * Neither credentials nor fingerprints: a keep-alive has none, and the identifier of its transaction cannot be guessed.
 */

/** An address with its port, as the other side sees it. */
export interface StunAddress {
  readonly host: string
  readonly port: number
}

/** What a datagram of STUN says. `id`: the identifier of its transaction, 12 characters of one byte each. */
export type StunMessage =
  /** `unknown`: attributes that it insists on and that mean nothing here. */
  | { readonly is: 'request'; readonly id: string; readonly unknown: readonly number[] }
  /** `mapped`: where the request came from, by what its receiver saw. */
  | { readonly is: 'success'; readonly id: string; readonly mapped?: StunAddress }
  | { readonly is: 'error'; readonly id: string }

const magic = [0x21, 0x12, 0xa4, 0x42] as const
const headerSize = 20
const types = { request: 0x0001, success: 0x0101, error: 0x0111 } as const
const mappedAddress = 0x0001
const errorCode = 0x0009
const unknownAttributes = 0x000a
const xorMappedAddress = 0x0020
/** USERNAME, MESSAGE-INTEGRITY, REALM, NONCE and the two addresses: known, and of no use here. §18.2 */
const known: ReadonlySet<number> = new Set([mappedAddress, 6, 8, errorCode, unknownAttributes, 20, 21, 32])

/** True for what can only be STUN: a SIP message begins with a letter. §6 */
export const isStun = (bytes: Uint8Array): boolean =>
  bytes.length >= headerSize && bytes[0]! < 4 && magic.every((byte, at) => bytes[4 + at] === byte)

const number16 = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!
const pair = (value: number): readonly number[] => [value >> 8, value & 255]
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const codesOf = (text: string): readonly number[] => [...text].map(one => one.charCodeAt(0))

/** The sixteen or four bytes of an address. */
const addressBytes = (host: string): readonly number[] => {
  if (!host.includes(':')) return host.split('.').map(Number)
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)
  const [, head = '', a, b, c, d] = dotted ?? []
  const hexadecimal = (high?: string, low?: string) => (Number(high) * 256 + Number(low)).toString(16)
  const plain = dotted ? `${head}${hexadecimal(a, b)}:${hexadecimal(c, d)}` : host
  const [before = '', after] = plain.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
  const [first, last] = [groups(before), groups(after ?? '')]
  const gap = after === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<number>(Math.max(0, gap)).fill(0), ...last].flatMap(pair)
}

/** In the one form that two texts of the same address share. */
const addressText = (bytes: readonly number[]): string =>
  bytes.length === 4
    ? bytes.join('.')
    : Array.from({ length: 8 }, (_, at) => (bytes[2 * at]! * 256 + bytes[2 * at + 1]!).toString(16)).join(':')

const attribute = (type: number, value: readonly number[]): readonly number[] => [
  ...pair(type),
  ...pair(value.length),
  ...value,
  ...Array<number>((4 - (value.length % 4)) % 4).fill(0),
]

const message = (type: number, id: string, ...attributes: readonly (readonly number[])[]): Uint8Array => {
  const body = attributes.flat()
  return Uint8Array.from([...pair(type), ...pair(body.length), ...magic, ...codesOf(id), ...body])
}

/** A Binding request; `id` are 12 random bytes. */
export const stunRequest = (id: Uint8Array): Uint8Array => message(types.request, textOf(id))

/** The answer to a Binding request: where it came from, or that it wants what nobody here knows (420). §7.3 */
export const stunAnswer = (
  { id, unknown }: Extract<StunMessage, { is: 'request' }>,
  from: StunAddress,
): Uint8Array => {
  if (unknown.length > 0) {
    const code = attribute(errorCode, [0, 0, 4, 20, ...codesOf('Unknown Attribute')])
    return message(types.error, id, code, attribute(unknownAttributes, unknown.flatMap(pair)))
  }
  const mask = [...magic, ...codesOf(id)]
  const address = addressBytes(from.host)
  const port = pair(from.port).map((byte, at) => byte ^ mask[at]!)
  const hidden = address.map((byte, at) => byte ^ mask[at]!)
  return message(
    types.success,
    id,
    attribute(xorMappedAddress, [0, address.length === 4 ? 1 : 2, ...port, ...hidden]),
  )
}

const readAddress = (value: Uint8Array, mask: readonly number[]): StunAddress | undefined => {
  const size = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0
  if (size === 0 || value.length < 4 + size) return undefined
  const plain = [...value.subarray(2, 4 + size)]
  // The port is hidden by the beginning of what hides the address. §15.2
  const port = plain.slice(0, 2).map((byte, at) => byte ^ (mask[at] ?? 0))
  const address = plain.slice(2).map((byte, at) => byte ^ (mask[at] ?? 0))
  return { host: addressText(address), port: port[0]! * 256 + port[1]! }
}

/** What a datagram says; `undefined` for what is no message of STUN or not one of Binding. */
export const readStun = (bytes: Uint8Array): StunMessage | undefined => {
  if (!isStun(bytes)) return undefined
  const size = number16(bytes, 2)
  if (size % 4 !== 0 || bytes.length !== headerSize + size) return undefined
  const id = textOf(bytes.subarray(8, headerSize))
  const mask = [...magic, ...codesOf(id)]
  const unknown: number[] = []
  let mapped: StunAddress | undefined
  for (let at = headerSize; at + 4 <= bytes.length; ) {
    const type = number16(bytes, at)
    const length = number16(bytes, at + 2)
    if (at + 4 + length > bytes.length) return undefined
    const value = bytes.subarray(at + 4, at + 4 + length)
    if (type === xorMappedAddress) mapped = readAddress(value, mask) ?? mapped
    else if (type === mappedAddress) mapped ??= readAddress(value, [])
    else if (type < 0x8000 && !known.has(type)) unknown.push(type)
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  switch (number16(bytes, 0)) {
    case types.request:
      return { is: 'request', id, unknown }
    case types.success:
      return mapped ? { is: 'success', id, mapped } : { is: 'success', id }
    case types.error:
      return { is: 'error', id }
    default:
      return undefined
  }
}
