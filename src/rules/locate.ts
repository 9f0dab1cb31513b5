/** Where a request goes: next hop, transport and port. RFC 3261 §8.1.2, §18.1.1; RFC 3263 §4; RFC 7118. */

import type { Question, Target, TransportName } from '../engine/ports.ts'
import type { SipErrorCode } from '../errors.ts'
import type { SipRequest, SipUri, Uri } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'

/** The largest request, in bytes, that goes by datagram when the path's MTU is not known. §18.1.1 */
export const largestDatagram = 1300

/** What a datagram can carry at most, in bytes: 2^16-1 less the headers of IPv4 and UDP. RFC 768 */
export const datagramLimit = 65_507

/** The answer of {@link locate}: where to send, what to ask the resolver, or why neither is possible. */
export type Located =
  | { readonly targets: readonly Target[] }
  | { readonly question: Question }
  | { readonly fault: SipErrorCode; readonly text: string }

/**
 * The URI that the next hop is found by: the first Route when it is a loose router, else the Request-URI. §8.1.2
 *
 * For a request within a dialog behind a strict router use `nextHop` of `routeRequest`: there the Request-URI is
 * the router even when the Route that is left begins with a loose one.
 */
export const nextHop = (request: SipRequest): Uri => {
  if (request.header('route') === undefined) return request.target
  const uri = request.parsed('route')?.[0]?.uri
  return uri !== undefined && isSipUri(uri) && uri.params.has('lr') ? uri : request.target
}

const isDigits = (text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 48 || code > 57) return false
  }
  return text.length > 0
}

/** True for an IPv4 address in dots or an IPv6 address, which no resolver is asked about. */
export const isNumericHost = (host: string): boolean => {
  if (host.includes(':')) return true
  const parts = host.split('.')
  return parts.length === 4 && parts.every(part => isDigits(part) && part.length <= 3 && Number(part) <= 255)
}

const defaultPorts: Readonly<Record<TransportName, number>> = {
  UDP: 5060,
  TCP: 5060,
  TLS: 5061,
  WS: 80,
  WSS: 443,
}

/** The port of a transport when neither URI nor SRV names one. RFC 3261 §19.1.2, RFC 7118 §5 */
export const defaultPort = (transport: TransportName): number => defaultPorts[transport]

const plain: ReadonlyMap<string, TransportName> = new Map([
  ['UDP', 'UDP'],
  ['TCP', 'TCP'],
  ['TLS', 'TLS'],
  ['WS', 'WS'],
  ['WSS', 'WSS'],
])
const secured: ReadonlyMap<string, TransportName> = new Map([
  ['TCP', 'TLS'],
  ['TLS', 'TLS'],
  ['WS', 'WSS'],
  ['WSS', 'WSS'],
])

const isSecure = (uri: SipUri): boolean => uri.scheme === 'sips'

/**
 * The transports that a URI may take, best first: the one of its `transport` parameter, in its secure form for `sips:`,
 * else UDP first for `sip:` and TLS first for `sips:`. Empty when what is asked for cannot be. RFC 3263 §4.1
 */
export const preferredTransports = (secure: boolean, asked?: string): readonly TransportName[] => {
  if (asked === undefined) return secure ? ['TLS', 'WSS'] : ['UDP', 'TCP', 'TLS', 'WSS', 'WS']
  const named = (secure ? secured : plain).get(asked)
  // No URI names secure WebSocket but a sips: one (RFC 7118 §5); a client that has nothing else may be safer than asked.
  return named === undefined ? [] : named === 'WS' ? ['WS', 'WSS'] : [named]
}

const isTooBig = (uri: SipUri, size: number): boolean =>
  size > largestDatagram && uri.params.get('transport') === undefined

/**
 * Puts TCP before UDP, to the same address, for a request too big for a datagram; UDP stays as the way back when TCP is
 * refused, for what fits into a datagram at all. For the targets of a resolver; {@link locate} has done it for its own.
 * §18.1.1
 */
export const sizedTargets = (
  targets: readonly Target[],
  uri: SipUri,
  available: readonly TransportName[],
  size: number,
): readonly Target[] =>
  isTooBig(uri, size) && available.includes('TCP')
    ? targets.flatMap(target => {
        if (target.transport !== 'UDP') return target
        const tcp = { ...target, transport: 'TCP' as const }
        return size > datagramLimit ? tcp : [tcp, target]
      })
    : targets

const targetOf = (uri: SipUri, host: string, transport: TransportName): Target => ({
  host,
  port: uri.port ?? defaultPort(transport),
  transport,
  ...(host === uri.host ? undefined : { name: uri.host }),
})

/**
 * Finds where a request for `uri` goes. A numeric host needs no resolver; `maddr` takes the place of the host.
 * `sips:` goes by TLS or secure WebSocket, or not at all: it is never downgraded.
 */
export const locate = (uri: SipUri, available: readonly TransportName[], size: number): Located => {
  const asked = uri.params.get('transport')?.toUpperCase()
  const possible = preferredTransports(isSecure(uri), asked)
  if (possible.length === 0) {
    return { fault: 'not-supported', text: `the transport ${asked} cannot be used for a ${uri.scheme} URI` }
  }
  const transport = possible.find(name => available.includes(name))
  if (transport === undefined) {
    const missing = asked !== undefined || isSecure(uri) ? possible[0] : 'any'
    return { fault: 'not-supported', text: `the connection has no ${missing} transport` }
  }
  const host = uri.params.get('maddr')?.replace('[', '').replace(']', '') ?? uri.host
  if (isNumericHost(host)) {
    return { targets: sizedTargets([targetOf(uri, host, transport)], uri, available, size) }
  }
  return {
    question: {
      host,
      secure: isSecure(uri),
      available,
      ...(uri.port === undefined ? undefined : { port: uri.port }),
      ...(asked === undefined ? undefined : { transport }),
    },
  }
}

/**
 * The targets of a request that may not be big where congestion is not controlled: above 1300 bytes none that goes by
 * datagram. RFC 3428 §8
 */
export const politeTargets = (targets: readonly Target[], size: number): readonly Target[] =>
  size > largestDatagram ? targets.filter(({ transport }) => transport !== 'UDP') : targets
