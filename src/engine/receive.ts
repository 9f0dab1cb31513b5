/** From bytes to the actor they are for. RFC 3261 §17.1.3, §17.2.3, §18.1.2, §18.2.1; RFC 6026 §8.9. */
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import { isStun } from '../message/stun.ts'
import type { Malformed, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { dialogKeyOf, requestKey, responseKey } from '../rules/match.ts'
import { refuseMalformed } from '../rules/respond.ts'
import { stampVia } from '../rules/via.ts'
import type { Authenticator } from './authenticate.ts'
import type { FlowEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import type { KeepAlives } from './keep-alives.ts'
import type { Address } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { wayBack } from './server-transactions.ts'
import { learn } from './stream-pool.ts'

/** RFC 5626 §3.5.1: what a keep-alive on a stream is answered with. */
const pong = Uint8Array.of(13, 10)

export class Receiver {
  readonly #runtime: Runtime
  flows!: Flows
  authenticator!: Authenticator
  keepAlives!: KeepAlives

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  received(flow: FlowEntry, bytes: Uint8Array, from: Address): void {
    if (!flow.stream) {
      this.#datagram(flow, bytes, from)
      if (flow.flow.remote) this.#runtime.post(flow, { type: 'flow.received', partial: false })
      return
    }
    flow.stream.keepsBytes = this.#runtime.tap.open
    const items = flow.stream.push(bytes)
    const raw = flow.stream.bytes
    items.forEach((item, at) => {
      if (item === 'ping') flow.flow.send(pong, from)
      else if (item === 'pong') this.keepAlives.pong(flow)
      else this.#item(flow, item, from, raw[at])
    })
    const partial = flow.stream.pending > 0
    // The time for a message begins with the message, also when another one ended in the same piece.
    if (partial && items.length > 0) this.#runtime.post(flow, { type: 'flow.received', partial: false })
    this.#runtime.post(flow, { type: 'flow.received', partial })
    // Where the next message begins cannot be known any more.
    if (flow.stream.broken) this.#runtime.post(flow, { type: 'tu.close' })
  }

  #datagram(flow: FlowEntry, bytes: Uint8Array, from: Address): void {
    // Line ends alone are a keep-alive (RFC 5626 §3.5.1), and no message.
    if (bytes.length <= 4 && bytes.every(byte => byte === 13 || byte === 10 || byte === 0)) {
      if (flow.flow.remote && bytes.length === 4) flow.flow.send(pong, from)
      else if (flow.flow.remote) this.keepAlives.pong(flow)
      return
    }
    if (bytes[0]! < 4 && !flow.flow.remote && isStun(bytes)) return this.keepAlives.stun(flow, bytes, from)
    this.#item(flow, parse(bytes), from, bytes)
  }

  /** `bytes`: as it was on the wire, where somebody watches. */
  #item(flow: FlowEntry, item: SipMessage | Malformed, from: Address, bytes: Uint8Array | undefined): void {
    if (isMalformed(item)) this.#malformed(flow, item, from)
    else if (item.kind === 'response') this.#response(flow, item, from, bytes)
    else this.#request(flow, stampVia(item, from), from, bytes)
  }

  #response(flow: FlowEntry, response: SipResponse, from: Address, bytes: Uint8Array | undefined): void {
    const entry = this.#runtime.registry.find(responseKey(response))
    if (this.#runtime.tap.open) this.#runtime.tap.message('in', flow, from, response, bytes, entry?.id)
    // A response that matches no transaction is dropped (RFC 6026 §8.9).
    if (entry?.kind !== 'client') return
    this.#runtime.because(response)
    const { status } = response
    const { owner } = entry
    if (owner?.kind === 'request' && owner.auth) this.authenticator.heard(owner, response)
    const type = status < 200 ? 'wire.provisional' : status < 300 ? 'wire.success' : 'wire.failure'
    this.#runtime.post(entry, { type, response })
  }

  #request(flow: FlowEntry, request: SipRequest, from: Address, bytes: Uint8Array | undefined): void {
    const { registry, tap } = this.#runtime
    const known = registry.find(requestKey(request))
    const isAck = request.method === 'ACK'
    const transaction = known?.kind === 'server' || known?.kind === 'parked' ? known : undefined
    const entry = transaction ?? (isAck ? registry.find(dialogKeyOf(request) ?? '') : undefined)
    if (tap.open) tap.message('in', flow, from, request, bytes, entry?.id)
    learn(flow, request)
    this.#runtime.because(request)
    if (transaction) {
      return this.#runtime.post(transaction, isAck ? { type: 'wire.ack', request } : { type: 'wire.request' })
    }
    if (isAck) return this.#runtime.post(entry, { type: 'wire.ack', request })
    this.#runtime.post(flow.connection, {
      type: 'wire.request',
      request,
      origin: { request, way: wayBack(flow, request) },
    })
  }

  #malformed(flow: FlowEntry, malformed: Malformed, from: Address): void {
    if (this.#runtime.tap.open) this.#runtime.tap.malformed(flow, from, malformed)
    const reply = refuseMalformed(malformed, from)
    const answered = reply && flow.connection.actor.getSnapshot().matches('active') ? reply : undefined
    if (answered) {
      const to = flow.flow.remote ?? from
      this.flows.send({ flow, to }, answered)
    }
    this.#runtime.news({
      type: 'malformed',
      connection: flow.connection.id,
      malformed,
      from: { ...from, transport: flow.transport.name },
      ...(answered ? { answered: answered.status } : {}),
    })
  }
}
