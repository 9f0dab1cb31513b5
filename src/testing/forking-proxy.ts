/**
 * A forking proxy for tests, over UDP: it sends an INVITE to several places at once and lets every answer through, as a
 * caller has to expect of the proxies of others. RFC 3261 §16. It knows what it forked and nothing of timers: repeated
 * requests are passed on, and repeated by nobody else.
 */
import type { Address, Flow, Listener, Platform } from '../engine/ports.ts'
import { createRequest } from '../message/create.ts'
import { prependHeader, replaceHeader } from '../message/derive.ts'
import { formatHost } from '../message/host.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import { serialize } from '../message/serialize.ts'
import type { HeaderPair, SipRequest, SipResponse, Uri } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import { makeAck } from '../rules/ack.ts'
import { makeCancel } from '../rules/cancel.ts'
import { respond } from '../rules/respond.ts'
import { splitList } from '../rules/text.ts'
import { responseTarget, stampVia } from '../rules/via.ts'

/** Settings of a forking proxy. */
export interface TestForkingProxyOptions {
  /** Any platform with UDP: simulated, or one with real sockets. */
  readonly platform: Platform
  /** Address to bind; it stands in Via and Record-Route. */
  readonly host: string
  /** Default 5060. */
  readonly port?: number
  /** Where a request for the proxy's own address goes: `sip:` URIs with numeric hosts, all at once. */
  readonly targets: readonly string[]
  /** Whether it stays on the way of the dialog, as a loose router or as a strict one of old. Default `none`. §16.6 */
  readonly recordRoute?: 'loose' | 'strict' | 'none'
  /** False lets every branch ring on after the first 2xx, so that several may answer. Default true. §16.7 */
  readonly cancelsLosers?: boolean
}

/** A forking proxy that runs. */
export interface TestForkingProxy {
  /** `sip:host:port`: call this to be forked. */
  readonly uri: string
  /** What it has passed on or answered, as received. */
  readonly log: readonly (SipRequest | SipResponse)[]
  /** Binds its socket. */
  listen(): Promise<void>
  close(): void
}

interface Branch {
  readonly request: SipRequest
  readonly to: Address
  final?: SipResponse
}

/** An INVITE that was forked, and what its branches have answered. */
interface Forked {
  readonly request: SipRequest
  readonly from: Address
  readonly branches: Branch[]
  done: boolean
}

const addressOf = (uri: Uri): Address | undefined =>
  isSipUri(uri) ? { host: uri.host, port: uri.port ?? 5060 } : undefined

const readdressed = (request: SipRequest, uri: string): SipRequest =>
  createRequest({
    method: request.method,
    uri,
    headers: request.fields.map(({ name, value }): HeaderPair => [name, value]),
    body: request.body,
  })

/**
 * A proxy that forks. Out of dialogs a request for its own address goes to all targets; within them it goes by Route or
 * Request-URI. Non-2xx finals are collected and the best goes back (§16.7); a CANCEL goes to every branch.
 *
 * @example
 * const proxy = testForkingProxy({ platform, host: '192.0.2.9', targets: ['sip:bob@192.0.2.2', 'sip:carol@192.0.2.3'] })
 * await proxy.listen()
 * connection.invite(proxy.uri, { offer })
 */
export const testForkingProxy = (options: TestForkingProxyOptions): TestForkingProxy => {
  const { platform, host, port = 5060, targets, recordRoute = 'none', cancelsLosers = true } = options
  const own = `${formatHost(host)}:${port}`
  const log: (SipRequest | SipResponse)[] = []
  const forks = new Map<string, Forked>()
  let flow: Flow | undefined
  let listener: Listener | undefined

  const send = (message: SipRequest | SipResponse, to: Address): void => flow?.send(serialize(message), to)
  const back = (response: SipResponse): void => send(response, responseTarget(response, 5060))
  const isOurs = (uri: Uri): boolean => {
    const address = addressOf(uri)
    return address?.host === host && address.port === port
  }
  const keyOf = ({ via, cseq }: SipRequest | SipResponse): string =>
    `${via.params.get('branch') ?? ''} ${cseq.seq}`

  /** One hop further: our Via, one hop less, and Record-Route where it makes a dialog. §16.6 */
  const passed = (request: SipRequest, uri: string, index: number): SipRequest => {
    const hops = (request.parsed('max-forwards') ?? 70) - 1
    let next = replaceHeader(readdressed(request, uri), 'Max-Forwards', String(hops))
    if (recordRoute !== 'none' && request.toTag === undefined) {
      next = prependHeader(next, 'Record-Route', `<sip:${own}${recordRoute === 'loose' ? ';lr' : ''}>`)
    }
    // Of the branch that it came with, so that a repeated request has the same one. §16.11
    const branch = `z9hG4bK-fork-${index}-${request.via.params.get('branch') ?? ''}`
    return prependHeader(next, 'Via', `SIP/2.0/UDP ${own};branch=${branch}`)
  }

  const fork = (request: SipRequest, from: Address): void => {
    const branches = targets.flatMap((uri, index): Branch[] => {
      const sent = passed(request, uri, index)
      const to = addressOf(sent.target)
      return to ? [{ request: sent, to }] : []
    })
    if (request.method === 'INVITE') {
      const forked: Forked = forks.get(keyOf(request)) ?? { request, from, branches, done: false }
      forks.set(keyOf(request), forked)
      back(respond(request, { status: 100 }))
    }
    for (const { request: sent, to } of branches) send(sent, to)
  }

  /** Past a loose router that we are, or a strict one whose Request-URI is ours. §16.4 */
  const routed = (request: SipRequest): SipRequest => {
    const routes = request.headers('route').flatMap(splitList)
    if (routes.length === 0) return request
    const rest = (kept: readonly string[]): string | undefined =>
      kept.length > 0 ? kept.join(', ') : undefined
    const [first] = request.parsed('route') ?? []
    if (first && isOurs(first.uri)) return replaceHeader(request, 'Route', rest(routes.slice(1)))
    if (!isOurs(request.target)) return request
    const last = routes.at(-1)!
    return replaceHeader(
      readdressed(request, last.replace(/^.*<|>.*$/g, '')),
      'Route',
      rest(routes.slice(0, -1)),
    )
  }

  const cancelBranches = ({ branches }: Forked): void => {
    for (const { request, to, final } of branches) if (!final) send(makeCancel(request), to)
  }

  const onRequest = (received: SipRequest, from: Address): void => {
    const request = stampVia(received, from)
    const forked = forks.get(keyOf(request))
    if (request.method === 'CANCEL') {
      back(respond(request, { status: forked ? 200 : 481, toTag: 'proxy' }))
      if (forked) cancelBranches(forked)
      return
    }
    // The ACK of what we answered for all branches ends here.
    if (request.method === 'ACK' && forked) return
    const next = routed(request)
    if (next.toTag === undefined && isOurs(next.target)) return fork(next, from)
    const to = addressOf(next.parsed('route')?.[0]?.uri ?? next.target)
    if (to) send(passed(next, next.uri, 0), to)
  }

  const onFinal = (forked: Forked, branch: Branch, response: SipResponse): void => {
    if (response.status >= 300) send(makeAck(branch.request, response), branch.to)
    const repeated = branch.final !== undefined
    branch.final = response
    if (response.status < 300) {
      const first = !forked.done
      forked.done = true
      back(replaceHeader(response, 'Via', response.headers('via').slice(1)))
      if (first && cancelsLosers) cancelBranches(forked)
      return
    }
    if (repeated || forked.done || !forked.branches.every(({ final }) => final)) return
    forked.done = true
    const finals = forked.branches.map(({ final }) => final!)
    // §16.7, step 6: a 6xx, else the lowest class.
    const best =
      finals.find(({ status }) => status >= 600) ?? finals.toSorted((a, b) => a.status - b.status)[0]!
    back(replaceHeader(best, 'Via', best.headers('via').slice(1)))
  }

  const onResponse = (response: SipResponse): void => {
    if (response.cseq.method === 'CANCEL') return
    for (const forked of forks.values()) {
      const branch = forked.branches.find(({ request }) => keyOf(request) === keyOf(response))
      if (!branch || response.cseq.method !== 'INVITE') continue
      if (response.status >= 200) return onFinal(forked, branch, response)
      // A 100 is for the next hop alone. §16.7, step 3
      if (response.status === 100) return
    }
    back(replaceHeader(response, 'Via', response.headers('via').slice(1)))
  }

  return {
    uri: `sip:${own}`,
    log,
    listen: async () => {
      const udp = platform.transports.find(({ name }) => name === 'UDP')
      listener = await udp?.listen({ host, port }, made => {
        flow = made
        return {
          opened: () => {},
          received: (bytes, from) => {
            const message = parse(bytes)
            if (isMalformed(message)) return
            log.push(message)
            if (message.kind === 'request') onRequest(message, from)
            else onResponse(message)
          },
          failed: () => {},
          closed: () => {},
        }
      })
    },
    close: () => listener?.close(),
  }
}
