/**
 * A scripted SIP peer over the simulated network. It repeats nothing, answers nothing by itself and forgives nothing:
 * the test says what it sends and reads what came.
 *
 * const peer = createPeer(network, { host: '192.0.2.2' })
 * const invite = peer.next('INVITE')
 * peer.reply(invite, 180)
 * const ok = peer.reply(invite, 200, { body: sdp('192.0.2.2') })
 * peer.next('ACK')
 * const dialog = peer.inDialog(invite, ok)
 * dialog.request('BYE')
 * peer.next(200)
 */
import type { Address, Flow, FlowHandler, Target, TransportName } from '../../src/engine/ports.ts'
import { createRequest, isMalformed, MessageStream, parse, serialize } from '../../src/message/index.ts'
import { readStun, stunAnswer } from '../../src/message/stun.ts'
import type { HeaderPair, Malformed, SipMessage, SipRequest, SipResponse } from '../../src/message/types.ts'
import { respond } from '../../src/rules/respond.ts'
import { stampVia } from '../../src/rules/via.ts'
import type { SimulatedNetwork } from '../../src/testing/index.ts'
import { createInbox, type Inbox, matches, type Wanted } from './inbox.ts'
import { createPeerDialog, type PeerDialog } from './peer-dialog.ts'

export interface PeerOptions {
  readonly host: string
  /** Default 5060. */
  readonly port?: number
  /** What it sends by; default UDP. It listens on UDP and on this one. */
  readonly transport?: TransportName
  /** User part of its URI and start of its tags. Default `peer`. */
  readonly name?: string
  /** Outside address of the NAT it is behind. */
  readonly behind?: string
  /** Whether a datagram to a closed port of this host draws ICMP. Default true. */
  readonly icmp?: boolean
}

/** What a request of the peer is made of; everything has a default but the address. */
export interface PeerRequestOptions {
  /** Where it is sent. */
  readonly to: Address
  /** Request-URI. Default `sip:` and the address. */
  readonly uri?: string
  /** Added as they are; a name that the peer sets itself (say `Contact`) replaces the peer's. */
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
  /** Default `application/sdp` for a body that starts as one, else `text/plain`. */
  readonly contentType?: string
  readonly callId?: string
  /** The value of From, without tag. Default the peer's own URI. */
  readonly from?: string
  readonly fromTag?: string
  /** The value of To, without tag. Default the Request-URI. */
  readonly toUri?: string
  readonly toTag?: string
  readonly cseq?: number
  readonly branch?: string
  /** Default UDP or what the peer was made with. */
  readonly transport?: TransportName
}

export interface PeerReplyOptions {
  readonly reason?: string
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
  readonly contentType?: string
  /** Default: one tag of the peer's for each request, the same in all its answers. */
  readonly toTag?: string
  /** The Contact value, or false for none. Default: the peer's own in what makes or moves a dialog. */
  readonly contact?: string | false
  /** Where it is sent. Default: where the request came from, on the same connection. */
  readonly to?: Address
}

export interface Peer extends Omit<Inbox, 'add' | 'arrivalOf'> {
  readonly address: Address
  /** Its own URI, with the port. */
  readonly uri: string
  /** Its Contact value. */
  readonly contact: string
  /** What came and could not be parsed. */
  readonly malformed: readonly Malformed[]
  /** When keep-alives (CRLF, also a double one) came, in milliseconds of the clock. They are not answered. STUN is neither. */
  readonly pings: readonly number[]
  /** How many stream connections it has. */
  readonly connections: number
  /** Sends a message, or text as it is; on a stream it opens a connection when there is none. */
  send(message: SipMessage | string | Uint8Array, to: Address, transport?: TransportName): void
  /** Makes a request and sends it. */
  request(method: string, options: PeerRequestOptions): SipRequest
  /** Makes a response to a request and sends it; fills `received` and `rport`. */
  reply(request: SipRequest, status: number, options?: PeerReplyOptions): SipResponse
  /** Reacts to what is wanted as it comes; such messages count as read. The first that matches wins. Returns the function that ends it. */
  on(wanted: string, react: (request: SipRequest) => void): () => void
  on(wanted: number, react: (response: SipResponse) => void): () => void
  /** Sends the ACK to a final response to an INVITE of the peer: its own for a 2xx, that of the transaction else. */
  ackFor(response: SipResponse, options?: Partial<PeerRequestOptions>): SipRequest
  /** Sends the CANCEL for an INVITE of the peer. */
  cancel(invite: SipRequest): SipRequest
  /** A dialog, from its first request and a response with a To tag, whichever of the two sides the peer is. */
  inDialog(request: SipRequest, response: SipResponse): PeerDialog
  /** How a message came. */
  sourceOf(message: SipMessage): Address
  /** From now on it answers STUN. RFC 5626 §8 */
  answersStun(): void
  /** Closes its stream connections. */
  disconnect(): void
  /** Closes everything. */
  close(): void
}

interface Reaction {
  readonly wanted: Wanted
  readonly react: (message: SipMessage) => void
}

const makesDialog = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE', 'NOTIFY'])

const typeOf = (body: string): string => (body.startsWith('v=0') ? 'application/sdp' : 'text/plain')

/** The defaults, but for those the test gives itself; then what it gives. */
const merge = (defaults: readonly HeaderPair[], own: readonly HeaderPair[] = []): HeaderPair[] => {
  const given = new Set(own.map(([name]) => name.toLowerCase()))
  return [...defaults.filter(([name]) => !given.has(name.toLowerCase())), ...own]
}

const valuesOf = (message: SipMessage, name: string): HeaderPair[] =>
  message.headers(name).map((value): HeaderPair => [name, value])

export const createPeer = (network: SimulatedNetwork, options: PeerOptions): Peer => {
  const { host, port = 5060, transport: usual = 'UDP', name = 'peer', behind, icmp } = options
  const transports: TransportName[] = usual === 'UDP' ? ['UDP', 'TCP'] : ['UDP', usual]
  const platform = network.platform({
    host,
    transports,
    ...(behind === undefined ? undefined : { behind }),
    ...(icmp === undefined ? undefined : { icmp }),
  })
  const address: Address = { host, port }
  const owner = `${name} (${host}:${port})`
  const malformed: Malformed[] = []
  const inbox = createInbox(owner, malformed)
  const pings: number[] = []
  const reactions: Reaction[] = []
  const flows = new Set<Flow>()
  const flowOf = new WeakMap<SipMessage, Flow>()
  const tags = new Map<string, string>()
  const sent = new Map<string, SipRequest>()
  const destinations = new WeakMap<SipRequest, readonly [Address, TransportName]>()
  let datagrams: Flow | undefined
  let counter = 0
  let stuns = false
  const literal = host.includes(':') ? `[${host}]` : host
  const uri = `sip:${name}@${literal}:${port}${usual === 'UDP' ? '' : `;transport=${usual.toLowerCase()}`}`
  const fresh = (): number => {
    counter += 1
    return counter
  }

  const handlerOf = (flow: Flow, framed: boolean): FlowHandler => {
    const stream = framed ? new MessageStream() : undefined
    const take = (message: SipMessage | Malformed, from: Address): void => {
      if (isMalformed(message)) {
        malformed.push(message)
        return
      }
      flowOf.set(message, flow)
      const reaction = reactions.find(({ wanted }) => matches(message, wanted))
      const read = reaction !== undefined
      inbox.add({ message, time: network.clock.now(), from, transport: flow.transport, read })
      reaction?.react(message)
    }
    if (flow.transport !== 'UDP') flows.add(flow)
    return {
      opened: () => {},
      received: (bytes, from) => {
        const stun = readStun(bytes)
        if (stun?.is === 'request' && stuns) flow.send(stunAnswer(stun, from), from)
        if (stun) return
        const items = stream ? stream.push(bytes) : bytes.length > 4 ? [parse(bytes)] : ['ping' as const]
        for (const item of items) {
          if (item === 'ping' || item === 'pong') pings.push(network.clock.now())
          else take(item, from)
        }
      },
      failed: () => {},
      closed: () => void flows.delete(flow),
    }
  }

  const listeners = platform.transports.map(transport => {
    const framed = transport.framing === 'stream'
    return transport.listen(address, flow => {
      if (flow.transport === 'UDP') datagrams = flow
      return handlerOf(flow, framed)
    })
  })
  // The simulated network binds before it returns, so a failure shows in the missing socket as well.
  for (const listener of listeners) listener.catch(() => {})
  if (!datagrams) throw new Error(`${owner} cannot bind its port`)

  const streamTo = (to: Address, transport: TransportName): Flow => {
    for (const flow of flows) {
      if (flow.transport === transport && flow.remote?.host === to.host && flow.remote.port === to.port)
        return flow
    }
    const via = platform.transports.find(other => other.name === transport)
    if (!via?.connect) throw new Error(`${owner} has no ${transport}`)
    const target: Target = { ...to, transport }
    let handler: FlowHandler | undefined
    const flow = via.connect(
      target,
      { host, port: 0 },
      {
        opened: () => {},
        received: (bytes, from) => handler?.received(bytes, from),
        failed: () => {},
        closed: error => handler?.closed(error),
      },
    )
    handler = handlerOf(flow, via.framing === 'stream')
    return flow
  }

  const send: Peer['send'] = (message, to, transport = usual) => {
    const bytes =
      typeof message === 'string'
        ? new Uint8Array(Buffer.from(message))
        : message instanceof Uint8Array
          ? message
          : serialize(message)
    if (transport === 'UDP') datagrams!.send(bytes, to)
    else streamTo(to, transport).send(bytes, to)
  }

  const withBody = (body: string | undefined, type: string | undefined): HeaderPair[] =>
    body === undefined ? [] : [['Content-Type', type ?? typeOf(body)]]

  const request: Peer['request'] = (method, given) => {
    const { to, callId = `${name}-call-${fresh()}@${host}`, transport = usual } = given
    const target = given.uri ?? `sip:${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`
    const { branch = `z9hG4bK-${name}-${fresh()}`, fromTag = `${name}-${fresh()}` } = given
    const defaults: HeaderPair[] = [
      ['Via', `SIP/2.0/${transport} ${literal}:${port};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `${given.from ?? `<${uri}>`};tag=${fromTag}`],
      ['To', `${given.toUri ?? `<${target}>`}${given.toTag === undefined ? '' : `;tag=${given.toTag}`}`],
      ['Call-ID', callId],
      ['CSeq', `${given.cseq ?? 1} ${method}`],
      ...(makesDialog.has(method) ? ([['Contact', `<${uri}>`]] as const) : []),
      ...withBody(given.body, given.contentType),
    ]
    const made = createRequest({
      method,
      uri: target,
      headers: merge(defaults, given.headers),
      ...(given.body === undefined ? undefined : { body: given.body }),
    })
    sent.set(branch, made)
    destinations.set(made, [to, transport])
    send(made, to, transport)
    return made
  }

  const reply: Peer['reply'] = (received, status, given = {}) => {
    const arrival = inbox.arrivalOf(received)
    const key = `${received.callId} ${received.cseq.seq} ${received.cseq.method}`
    const toTag = given.toTag ?? tags.get(key) ?? `${name}-${fresh()}`
    if (status > 100) tags.set(key, toTag)
    const makes = status > 100 && status < 300 && makesDialog.has(received.method)
    const contact = given.contact ?? (makes ? `<${uri}>` : false)
    const defaults: HeaderPair[] = contact === false ? [] : [['Contact', contact]]
    const response = respond(arrival ? stampVia(received, arrival.from) : received, {
      status,
      reason: given.reason,
      toTag,
      headers: merge([...defaults, ...withBody(given.body, given.contentType)], given.headers),
      body: given.body,
    })
    const to = given.to ?? arrival?.from
    if (!to) throw new Error('a reply to a request that did not come here needs an address')
    const flow = given.to ? undefined : flowOf.get(received)
    if (flow) flow.send(serialize(response), to)
    else send(response, to)
    return response
  }

  /** The INVITE or other request of ours that a response answers. */
  const requestOf = (response: SipResponse): SipRequest => {
    const found = sent.get(response.via.params.get('branch') ?? '')
    if (!found) throw new Error(`${owner} sent no request that this ${response.status} answers`)
    return found
  }

  const destinationOf = (request: SipRequest): readonly [Address, TransportName] => {
    const destination = destinations.get(request)
    if (!destination) throw new Error(`${owner} has not sent that request`)
    return destination
  }

  const sourceOf = (message: SipMessage): Address => {
    const arrival = inbox.arrivalOf(message)
    if (!arrival) throw new Error(`that message did not come to ${owner}`)
    return arrival.from
  }

  const inDialog: Peer['inDialog'] = (first, response) => {
    const ours = sent.get(first.via.params.get('branch') ?? '') === first
    const remote = ours ? response : first
    return createPeerDialog({ request, first, response, ours, address: sourceOf(remote) })
  }

  return {
    ...inbox,
    // Getters do not survive a spread.
    get received() {
      return inbox.received
    },
    get unread() {
      return inbox.unread
    },
    address,
    uri,
    contact: `<${uri}>`,
    malformed,
    pings,
    get connections() {
      return flows.size
    },
    send,
    request,
    reply,
    on: (wanted: Wanted, react: (message: never) => void) => {
      const reaction: Reaction = { wanted, react: react as Reaction['react'] }
      reactions.push(reaction)
      return () => void reactions.splice(reactions.indexOf(reaction), 1)
    },
    ackFor: (response, given = {}) => {
      const invite = requestOf(response)
      if (response.status < 300) return inDialog(invite, response).ack(given)
      const [to, transport] = destinationOf(invite)
      const ack = createRequest({
        method: 'ACK',
        uri: invite.uri,
        headers: merge(
          [
            ['Via', invite.headers('via')[0]!],
            ['Max-Forwards', '70'],
            ...valuesOf(invite, 'Route'),
            ['From', invite.header('from')!],
            ['To', response.header('to')!],
            ['Call-ID', invite.callId],
            ['CSeq', `${invite.cseq.seq} ACK`],
          ],
          given.headers,
        ),
      })
      send(ack, given.to ?? to, transport)
      return ack
    },
    cancel: invite => {
      const cancel = createRequest({
        method: 'CANCEL',
        uri: invite.uri,
        headers: [
          ['Via', invite.headers('via')[0]!],
          ['Max-Forwards', '70'],
          ...valuesOf(invite, 'Route'),
          ['From', invite.header('from')!],
          ['To', invite.header('to')!],
          ['Call-ID', invite.callId],
          ['CSeq', `${invite.cseq.seq} CANCEL`],
        ],
      })
      send(cancel, ...destinationOf(invite))
      return cancel
    },
    inDialog,
    sourceOf,
    answersStun: () => {
      stuns = true
    },
    disconnect: () => {
      for (const flow of [...flows]) flow.close()
    },
    close: () => {
      for (const flow of [...flows]) flow.close()
      for (const listener of listeners) listener.then(open => open.close()).catch(() => {})
    },
  }
}
