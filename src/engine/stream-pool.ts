/**
 * Which stream may carry what. RFC 3261 §18, RFC 5923, RFC 7118.
 *
 * A stream is found again by the name that it was opened for and by the address. Where there is TLS that name is the one
 * its certificate was verified for: two names at one address never share a stream.
 */

import type { SipRequest, SipUri } from '../message/types.ts'
import { isNumericHost } from '../rules/locate.ts'
import type { ConnectionEntry, FlowEntry } from './entries.ts'
import type { Address, Target, TransportName } from './ports.ts'

/** Host names that mean nobody's address, given to themselves by clients that cannot be reached. RFC 7118 §5, RFC 6761 §6.4 */
const isHidden = (host: string): boolean => host.toLowerCase().endsWith('.invalid')

const isWebSocket = (name: TransportName): boolean => name === 'WS' || name === 'WSS'
const isSecure = (name: TransportName): boolean => name === 'TLS' || name === 'WSS'

/** A plain stream proves no name, so any name at its address will do. */
export const streamKey = (
  transport: TransportName,
  { host, port, name }: Address & { name?: string },
): string => `${transport} ${isSecure(transport) ? (name ?? host).toLowerCase() : ''} ${host} ${port}`

const hiddenKey = (host: string): string => `hidden ${host.toLowerCase()}`

const add = (flow: FlowEntry, key: string): void => {
  flow.keys.push(key)
  flow.connection.streams.set(key, flow)
}

/** A stream of ours to a target. */
export const addOpened = (flow: FlowEntry, target: Target): void =>
  add(flow, streamKey(target.transport, target))

/** A stream that a peer opened: requests to the very address that it came from go back on it. */
export const addAccepted = (flow: FlowEntry): void =>
  add(flow, streamKey(flow.transport.name, flow.flow.remote!))

/** No new request goes out on it. */
export const retire = (flow: FlowEntry): void => {
  flow.open = false
  const { streams } = flow.connection
  for (const key of flow.keys.splice(0)) if (streams.get(key) === flow) streams.delete(key)
}

/** Most names that one stream is known by: what a peer claims may not grow for ever. */
const mostKeys = 16

/**
 * What a request tells of the peer behind the stream that it opened: with `alias`, that it listens at the sent-by of its
 * Via (RFC 5923 §8: TLS with both sides authenticated, and only for the names of its certificate); a WebSocket client,
 * by which `.invalid` name it is addressed (RFC 7118 §5).
 */
export const learn = (flow: FlowEntry, request: SipRequest): void => {
  const { name } = flow.transport
  if (name === 'UDP' || name === 'TCP' || !flow.accepted || !flow.open || flow.keys.length >= mostKeys) return
  const { remote, identities = [] } = flow.flow
  const { streams } = flow.connection
  if (isWebSocket(name)) {
    const uri = request.parsed('contact')
    const contact = uri === undefined || uri === '*' ? undefined : uri[0]?.uri
    const hosts = [request.via.host, contact !== undefined && 'host' in contact ? contact.host : '']
    // Whoever has the name keeps it while its stream is there.
    for (const host of hosts) if (isHidden(host) && !streams.has(hiddenKey(host))) add(flow, hiddenKey(host))
  } else if (request.via.params.has('alias')) {
    const port = request.via.port ?? 5061
    for (const identity of identities) {
      const key = streamKey(name, { host: remote!.host, port, name: identity })
      if (streams.get(key) !== flow) add(flow, key)
    }
  }
}

/** The stream of a client with a `.invalid` name, as the target that `reach` finds it by. */
export const hiddenTarget = ({ streams }: ConnectionEntry, uri: SipUri): Target | undefined => {
  const flow = isHidden(uri.host) ? streams.get(hiddenKey(uri.host)) : undefined
  if (!flow || (uri.scheme === 'sips' && !isSecure(flow.transport.name))) return undefined
  return { ...flow.flow.remote!, transport: flow.transport.name }
}

/** Where a response goes when its stream is gone: the name of the sent-by is the one to verify. §18.2.2, RFC 5922 §7.4 */
export const named = (target: Target, sentBy: string): Target =>
  isNumericHost(sentBy) || sentBy === target.host ? target : { ...target, name: sentBy }
