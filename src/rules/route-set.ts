/** How a route set steers a request, past loose and strict routers. RFC 3261 §8.1.2, §12.2.1.1, §16.12. */
import { parseNameAddr } from '../message/name-addr.ts'
import type { SipMessage, SipUri } from '../message/types.ts'
import { formatUri, isSipUri, parseUri } from '../message/uri.ts'
import { isNumericHost } from './locate.ts'
import { splitList } from './text.ts'

/** Where a request is addressed and sent. */
export interface Routed {
  /** The Request-URI. */
  readonly uri: string
  /** Values of Route, one each. */
  readonly route: readonly string[]
  /** URI that the next hop is found by (§8.1.2): the first router, or the Request-URI. */
  readonly nextHop: string
}

const noParams: ReadonlyMap<string, string | undefined> = new Map()

/** A URI as it may stand in a request line: no headers, no `method`. §19.1.1 */
export const asRequestUri = (uri: SipUri): string => {
  if (uri.headers.size === 0 && !uri.params.has('method')) return formatUri(uri)
  const params = new Map(uri.params)
  params.delete('method')
  return formatUri({ ...uri, params, headers: noParams })
}

const routerOf = (route: string): SipUri | undefined => {
  const parsed = parseNameAddr(route)
  if ('kind' in parsed) return undefined
  return isSipUri(parsed.uri) ? parsed.uri : undefined
}

/** Applies a route set (each a name-addr) to a request for `target`. A first entry that is no SIP URI is skipped. */
export const routeRequest = (target: string, routeSet: readonly string[]): Routed => {
  const first = routeSet[0]
  if (first === undefined) return { uri: target, route: [], nextHop: target }
  const router = routerOf(first)
  if (router === undefined) return routeRequest(target, routeSet.slice(1))
  if (router.params.has('lr')) return { uri: target, route: routeSet, nextHop: formatUri(router) }
  // A strict router wants its own URI in the request line and finds the target as the last Route.
  const uri = asRequestUri(router)
  return { uri, route: [...routeSet.slice(1), `<${target}>`], nextHop: uri }
}

/** The Record-Route values of a message, top first, as written. */
export const recordedRoutes = (message: SipMessage): readonly string[] => {
  const lines = message.headers('record-route')
  return lines.length === 0 ? lines : lines.flatMap(splitList)
}

/** True when each of these can steer a request: a SIP URI with `lr`. RFC 3608 §5. */
export const areLooseRoutes = (routes: readonly string[]): boolean =>
  routes.every(route => routerOf(route)?.params.has('lr') ?? false)

/** The URI of a text that may be a bare URI or a name-addr. */
export const uriOf = (text: string): SipUri | undefined => {
  const uri = parseUri(text)
  if ('kind' in uri) return routerOf(text)
  return isSipUri(uri) ? uri : undefined
}

/** An address or a port without a transport means UDP: no resolver is asked which. RFC 3263 §4.1 */
const transportOf = ({ scheme, host, port, params }: SipUri): string | undefined =>
  params.get('transport')?.toLowerCase() ??
  (scheme === 'sip' && (port !== undefined || isNumericHost(host)) ? 'udp' : undefined)

/** True when both URIs lead to the same place. */
export const sameRouter = (one: SipUri, other: SipUri): boolean =>
  one.scheme === other.scheme &&
  one.host.toLowerCase() === other.host.toLowerCase() &&
  one.port === other.port &&
  transportOf(one) === transportOf(other) &&
  one.params.get('maddr')?.toLowerCase() === other.params.get('maddr')?.toLowerCase()

/**
 * The route of a request made from a registration: the outbound proxy, then the Service-Route, but no proxy twice in a
 * row when the Service-Route begins with it. RFC 3608 §5
 */
export const throughProxy = (
  proxy: string | undefined,
  serviceRoute: readonly string[],
): readonly string[] => {
  if (proxy === undefined) return serviceRoute
  const [first] = serviceRoute
  const hop = first === undefined ? undefined : routerOf(first)
  const own = routerOf(proxy)
  return hop && own && sameRouter(hop, own) ? serviceRoute : [proxy, ...serviceRoute]
}
