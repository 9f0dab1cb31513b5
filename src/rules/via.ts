/** The top Via: made, stamped by the receiver, and read as the way back. RFC 3261 §18.1, §18.2; RFC 3581. */
import type { Address } from '../engine/ports.ts'
import { replaceHeader } from '../message/derive.ts'
import { formatHost } from '../message/host.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { isNumericHost } from './locate.ts'
import { endOfPart, sameText, withoutParams } from './text.ts'

/** The topmost value of the Via lines, as written. */
export const topVia = (message: SipMessage): string => {
  const line = message.header('via') ?? ''
  return line.slice(0, endOfPart(line, ',')).trim()
}

/**
 * A Via value of ours. It always asks for symmetric responses (RFC 3581 §3). Port 0 is left out: nobody listens there.
 * With `alias` it asks for the use of its connection in the other direction too (RFC 5923 §5), with `keep` it offers
 * keep-alives (RFC 6223 §4.3).
 */
export const topViaValue = (
  transport: string,
  host: string,
  port: number,
  branch: string,
  alias = false,
  keep = false,
): string =>
  `SIP/2.0/${transport} ${formatHost(host)}${port === 0 ? '' : `:${port}`};branch=${branch};rport${alias ? ';alias' : ''}${keep ? ';keep' : ''}`

/** Seconds by which the next hop wants keep-alives, 0 for ours to choose; absent: it wants none. RFC 6223 §4.3, §8.2 */
export const keepOf = ({ via }: SipResponse): number | undefined => {
  const value = via.params.get('keep')
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

/**
 * The request with `received` and `rport` of its top Via set to where it really came from; the very same request
 * when there is nothing to set. Whatever a peer claimed in these parameters is replaced. RFC 3261 §18.2.1, RFC 3581 §4.
 */
export const stampVia = (request: SipRequest, from: Address): SipRequest => {
  const { host, params } = request.via
  const symmetric = params.has('rport')
  if (!symmetric && !params.has('received') && host === from.host) return request
  // A browser knows its server by name alone, and `received` is an address.
  if (!isNumericHost(from.host)) return request
  const lines = request.headers('via')
  const line = lines[0] ?? ''
  const end = endOfPart(line, ',')
  const kept = withoutParams(line.slice(0, end), ['received', 'rport'])
  const stamped = `${kept};received=${from.host}${symmetric ? `;rport=${from.port}` : ''}${line.slice(end)}`
  return replaceHeader(request, 'Via', [stamped, ...lines.slice(1)])
}

const isMulticast = (host: string): boolean => {
  const first = host.includes('.') ? Number(host.slice(0, host.indexOf('.'))) : Number.NaN
  return (first >= 224 && first <= 239) || (host.includes(':') && host.slice(0, 2).toLowerCase() === 'ff')
}

/**
 * Where the response to a stamped request goes when its flow cannot carry it. RFC 3261 §18.2.2, RFC 3581 §4.
 *
 * A `maddr` counts only as the multicast group it was made for: otherwise anybody could aim our responses at a third party.
 */
export const responseTarget = (message: SipMessage, fallbackPort: number): Address => {
  const { host, port, params } = message.via
  const group = params.get('maddr')
  if (group !== undefined && isMulticast(group)) return { host: group, port: port ?? fallbackPort }
  const received = params.get('received')
  const rport = Number(params.get('rport') ?? '')
  return {
    host: received === undefined || received === '' ? host : received.replace('[', '').replace(']', ''),
    port: received !== undefined && rport > 0 && rport < 65_536 ? rport : (port ?? fallbackPort),
  }
}

/**
 * Where a response goes when the stream of its request is gone: to the port that the peer listens on, not to the one it
 * called from. RFC 3261 §18.2.2
 */
export const reconnectTarget = (message: SipMessage, fallbackPort: number): Address => ({
  host: responseTarget(message, fallbackPort).host,
  port: message.via.port ?? fallbackPort,
})

/**
 * True when a response is ours to take: exactly one Via value, sent by this host and port. A user agent drops any
 * other. RFC 3261 §8.1.3.3, §18.1.2.
 */
export const viaMatches = (response: SipResponse, host: string, port: number): boolean => {
  const lines = response.headers('via')
  const line = lines[0] ?? ''
  return (
    lines.length === 1 &&
    endOfPart(line, ',') === line.length &&
    response.via.port === port &&
    sameText(response.via.host, host)
  )
}
