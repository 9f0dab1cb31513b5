/** What users type, checked: a refusal says what was wrong and how it is written. */
import { InvalidArgumentError } from 'commander'
import type { KeepAliveMethod, KeepAliveOptions, TransportName } from '../index.ts'
import { isMalformed, isSipUri, parseNameAddr, parseUri } from '../message/index.ts'

/** A SIP URI; the scheme may be left out, as on a business card. */
export const uriArgument = (text: string): string => {
  const uri = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^@:]+:[0-9]+$/.test(text) ? text : `sip:${text}`
  const parsed = parseUri(uri)
  if (isMalformed(parsed))
    throw new InvalidArgumentError(`${parsed.reason}. Write it like sip:bob@example.com`)
  if (!isSipUri(parsed)) throw new InvalidArgumentError('It is no SIP URI. Write it like sip:bob@example.com')
  return uri
}

/** Whom a request goes to: a SIP URI, or one that only a proxy understands. RFC 3966, RFC 5031 */
export const targetArgument = (text: string): string => {
  if (!/^(tel|urn):/i.test(text)) return uriArgument(text)
  const parsed = parseUri(text)
  if (isMalformed(parsed)) throw new InvalidArgumentError(`${parsed.reason}. Write it like tel:+15550100`)
  return text
}

/** Whom to call or tell. A single word may be meant as either, so it is not taken for a host. */
export const peerArgument = (text: string): string => {
  if (/^[a-z0-9_+-]+$/i.test(text) && text !== 'localhost')
    throw new InvalidArgumentError(
      `Is that a user or a host? Write sip:${text}@host, or sip:${text} for the host`,
    )
  return targetArgument(text)
}

/** A SIP URI with a user part. */
export const aorArgument = (text: string): string => {
  const uri = uriArgument(text)
  const parsed = parseUri(uri)
  if (isMalformed(parsed) || !isSipUri(parsed) || parsed.user === undefined)
    throw new InvalidArgumentError('The user is missing. Write it like sip:alice@example.com')
  return uri
}

/** Whose request it is: an address, or a name with one. */
export const fromArgument = (text: string): string => {
  if (!/[<@]|^sips?:/i.test(text))
    throw new InvalidArgumentError('It has no user and host. Write it like alice@example.com')
  const value = text.includes('<') ? text : `<${uriArgument(text)}>`
  const parsed = parseNameAddr(value)
  if (isMalformed(parsed))
    throw new InvalidArgumentError(`${parsed.reason}. Write it like "Alice <sip:alice@example.com>"`)
  return value
}

export const portArgument = (text: string): number => {
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

/** Whole seconds, from 1 to 999999999. */
export const secondsArgument = (text: string): number => {
  const seconds = Number(text)
  if (!/^[0-9]{1,9}$/.test(text) || seconds < 1)
    throw new InvalidArgumentError('It is a number of seconds, from 1 to 999999999.')
  return seconds
}

const transportNames: readonly TransportName[] = ['UDP', 'TCP', 'TLS', 'WS', 'WSS']

export const transportArgument = (text: string): TransportName => {
  const name = transportNames.find(known => known === text.toUpperCase())
  if (name === undefined) throw new InvalidArgumentError('It is udp, tcp, tls, ws or wss.')
  return name
}

/** The URL of a WebSocket server. */
export const webSocketArgument = (text: string): string => {
  if (!/^wss?:\/\/[^/]/i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It is no WebSocket URL. Write it like wss://edge.example.com/sip')
  return text
}

/** What this program calls itself, the same after a restart. RFC 5626 §4.1 */
export const instanceArgument = (text: string): string => {
  const name = text.startsWith('urn:') ? text : `urn:uuid:${text}`
  if (!/^urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(name))
    throw new InvalidArgumentError(
      'It is no UUID. Write it like urn:uuid:00000000-0000-1000-8000-00ad1e2f3a4b',
    )
  return name
}

/** Number of a flow. */
export const flowArgument = (text: string): number => {
  const number = Number(text)
  if (!/^[0-9]{1,10}$/.test(text) || number < 1 || number > 0x7fff_ffff)
    throw new InvalidArgumentError('It is a number from 1, another for each flow.')
  return number
}

/** How a flow is kept alive, and how often if anybody cares: `crlf`, `options:30`. */
export const keepAliveArgument = (text: string): KeepAliveOptions => {
  const [, by, seconds] = /^(auto|crlf|stun|options|off)(?::([1-9][0-9]{0,5}))?$/i.exec(text) ?? []
  if (by === undefined)
    throw new InvalidArgumentError(
      'It is auto, crlf, stun, options or off, with seconds if need be: crlf:30.',
    )
  return {
    by: by.toLowerCase() as KeepAliveMethod,
    ...(seconds !== undefined && { interval: Number(seconds) }),
  }
}

/** Names of transports, with commas between them. */
export const transportsArgument = (text: string): readonly TransportName[] =>
  text.split(',').map(piece => {
    const name = transportNames.find(known => known === piece.trim().toUpperCase())
    if (name === undefined)
      throw new InvalidArgumentError('Write udp, tcp, tls, ws, wss or several: udp,tcp.')
    return name
  })

/** A session timer, in seconds. RFC 4028 §4 */
export const sessionArgument = (text: string): number => {
  const seconds = Number(text)
  if (!/^[0-9]{1,9}$/.test(text) || seconds < 90)
    throw new InvalidArgumentError('It is a number of seconds, from 90 to 999999999.')
  return seconds
}

/** A status that refuses a call. */
export const refusalArgument = (text: string): number => {
  if (!/^[3-6][0-9][0-9]$/.test(text)) throw new InvalidArgumentError('It is a status from 300 to 699.')
  return Number(text)
}

/** `follow` or `surface`. */
export const redirectsArgument = (text: string): 'follow' | 'surface' => {
  if (text !== 'follow' && text !== 'surface') throw new InvalidArgumentError('It is follow or surface.')
  return text
}

/** A DNS server: an address, with a port when it is not 53. */
export const serverArgument = (text: string): string => {
  const [found, , , port] =
    /^(\[[0-9a-f:.]+\]|[0-9.]+)(:([0-9]{1,5}))?$|^[0-9a-f]*:[0-9a-f:.]+$/i.exec(text) ?? []
  if (found === undefined || Number(port ?? 53) > 65_535)
    throw new InvalidArgumentError('It is no address. Write it like 192.0.2.53 or 127.0.0.1:5353.')
  return text
}

/** `brief` or `full`. */
export const detailArgument = (text: string): 'brief' | 'full' => {
  if (text !== 'brief' && text !== 'full') throw new InvalidArgumentError('It is brief or full.')
  return text
}

/** A word of the protocol. RFC 3261 §25.1 */
export const tokenArgument = (text: string): string => {
  if (!/^[a-z0-9.!%*_+`'~-]+$/i.test(text)) throw new InvalidArgumentError('It is one word, without spaces.')
  return text
}

/** The name of an event package, also with a template: `presence.winfo`. RFC 6665 §8.4 */
export const eventArgument = (text: string): string => {
  if (!/^[a-z0-9.!%*_+`'~-]+$/i.test(text))
    throw new InvalidArgumentError('It is no event package. Write it like presence or message-summary.')
  return text
}

/** A media type, with parameters or without. */
export const mediaTypeArgument = (text: string): string => {
  if (!/^[\w.+-]+\/[\w.+-]+([ \t]*;[ \t]*[\w.+-]+=("[^"\\\r\n]*"|[\w.+-]+))*$/.test(text))
    throw new InvalidArgumentError('It is no media type. Write it like application/pidf+xml.')
  return text
}

/** Media types or ranges of them, with commas between. */
export const mediaTypesArgument = (text: string): readonly string[] =>
  text.split(',').map(piece => {
    const type = piece.trim()
    if (!/^([\w.+-]+|\*)\/([\w.+-]+|\*)$/.test(type))
      throw new InvalidArgumentError('Write media types with commas: application/pidf+xml,text/plain.')
    return type
  })
