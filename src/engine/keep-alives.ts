/** Keeping flows alive and finding out that they are dead: effects of `keep-alive`. RFC 5626 §4.4, RFC 5389. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import { formatHost } from '../message/host.ts'
import { readStun, stunAnswer, stunRequest } from '../message/stun.ts'
import { type Probing, probingOf } from '../rules/keep-alive.ts'
import type { Registered } from '../rules/registered.ts'
import { uriOf } from '../rules/route-set.ts'
import type { Draft, FlowEntry, KeepAliveEntry, RegistrationEntry, Way } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Address } from './ports.ts'
import { keepAliveWish } from './register-draft.ts'
import type { Registrations } from './registrations.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

export interface KeepAliveParts {
  readonly runtime: Runtime
  readonly flows: Flows
  readonly requests: Requests
  readonly registrations: Registrations
}

/** RFC 5626 §3.5.1: what a peer is asked by on a stream. */
const ping = Uint8Array.of(13, 10, 13, 10)

const formatHostPort = ({ host, port }: Address): string => `${formatHost(host)}:${port}`

/** For the next hop and nobody behind it: that is what Max-Forwards says. RFC 3261 §11.1 */
const inquiry = (runtime: Runtime, { flow, to }: Way): Draft => {
  const transport = flow.transport.name
  const uri = `sip:${formatHostPort(to)};transport=${transport.toLowerCase()}`
  const [tag, callId] = [runtime.token(), runtime.token()]
  return {
    method: 'OPTIONS',
    uri,
    nextHop: uriOf(uri)!,
    head: (seq, local) => [
      ['Max-Forwards', '0'],
      ['From', `<${local.contact}>;tag=${tag}`],
      ['To', `<${uri}>`],
      ['Call-ID', callId],
      ['CSeq', `${seq} OPTIONS`],
    ],
    extra: [],
    credentials: [],
    place: { ...to, transport },
    probes: true,
  }
}

const sameAddress = (one: Address, other: Address): boolean =>
  one.host === other.host && one.port === other.port

export class KeepAlives {
  readonly #parts: KeepAliveParts
  readonly #logic: AnyActorLogic

  constructor(parts: KeepAliveParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  /** A binding was granted: its flow is watched from now on, if it is to be. */
  granted(entry: RegistrationEntry, { flowTimer, keep }: Registered): void {
    const { way, options } = entry
    const outbound = options.outbound ?? options.regId !== undefined
    const agreed = keep !== undefined
    const usual = outbound || agreed ? 'auto' : 'off'
    const { by = 'auto', interval } = keepAliveWish(entry) ?? { by: usual }
    const { transport, flow } = way?.flow ?? {}
    const probing =
      transport &&
      probingOf(by, interval, {
        stream: flow?.remote !== undefined,
        // Whoever agreed counts on what was offered.
        watched: !agreed && (transport.watches ?? false),
        flowTimer: flowTimer ?? keep,
      })
    if (!way || !probing || (way.flow.flow.remote && !way.flow.open)) return this.leave(entry)
    const text = `${probing.by} ${probing.fallsBack} ${interval ?? ''}`
    const { keeper } = entry
    if (keeper?.alive && keeper.wish === text && this.#watches(keeper, way))
      return this.#parts.runtime.post(keeper, { type: 'keep.spread', ...probing }, entry)
    this.leave(entry)
    const found = way.flow.keepers?.find(other => other.wish === text && this.#watches(other, way))
    entry.keeper = found ?? this.#open(way, text, probing)
    entry.keeper.users.push(entry)
  }

  /** The binding is no more, or has another flow. */
  leave(entry: RegistrationEntry): void {
    const { keeper } = entry
    if (!keeper) return
    entry.keeper = undefined
    keeper.users = keeper.users.filter(user => user !== entry)
    if (keeper.users.length === 0) this.#parts.runtime.post(keeper, { type: 'tu.stop' }, entry)
  }

  /** Effect `ping`: `probe` counts the questions, and copies of one have its number. */
  ping(entry: KeepAliveEntry, probe: number): void {
    const { flow, to } = entry.way
    if (flow.flow.remote) {
      if (flow.stream) flow.stream.asks = true
      return flow.flow.send(ping, to)
    }
    if (entry.stun?.probe !== probe) {
      const id = this.#parts.runtime.platform.random.bytes(12).slice()
      entry.stun = { id: String.fromCharCode(...id), bytes: stunRequest(id), probe }
    }
    flow.flow.send(entry.stun.bytes, to)
  }

  /** Effect `ask`: by OPTIONS, which everybody answers with something. RFC 3261 §11 */
  ask(entry: KeepAliveEntry): void {
    const { runtime, requests } = this.#parts
    requests.start(entry, inquiry(runtime, entry.way), entry.numbering)
  }

  /** Effect `flowDead`: whatever relies on the flow hears of it at once. */
  died(entry: KeepAliveEntry): void {
    const { runtime, flows } = this.#parts
    const { flow, to } = entry.way
    const place = formatHostPort(to)
    const error = new SipError('transport', `the flow to ${place} is dead: keep-alives go unanswered`)
    if (flow.flow.remote) runtime.post(flow, { type: 'flow.died', error }, entry)
    else flows.unreachable(flow, error, to)
    this.#tell(entry)
  }

  /** A stream has ended, or its peer has: those that were registered by it are so no more. */
  gone(flow: FlowEntry): void {
    const { runtime, registrations } = this.#parts
    for (const keeper of flow.keepers ?? []) {
      this.#tell(keeper)
      runtime.post(keeper, { type: 'flow.closed' }, flow)
    }
    registrations.streamGone(flow)
  }

  /** ICMP: nobody is at that address. RFC 5389 §7.2.1 */
  refused(flow: FlowEntry, to: Address): void {
    for (const keeper of flow.keepers ?? [])
      if (sameAddress(keeper.way.to, to)) this.#parts.runtime.post(keeper, { type: 'keep.refused' }, flow)
  }

  /** A keep-alive that has ended leaves its flow. */
  forget(entry: KeepAliveEntry): void {
    const { flow } = entry.way
    flow.keepers = flow.keepers?.filter(keeper => keeper !== entry)
  }

  /** A CRLF came on a stream. */
  pong(flow: FlowEntry): void {
    for (const keeper of flow.keepers ?? []) this.#parts.runtime.post(keeper, { type: 'keep.answered' }, flow)
  }

  /** A datagram of STUN: a request is answered, an answer finds who asked. RFC 5626 §8 */
  stun(flow: FlowEntry, bytes: Uint8Array, from: Address): void {
    const message = readStun(bytes)
    if (message?.is === 'request') return flow.flow.send(stunAnswer(message, from), from)
    if (!message) return
    const keeper = flow.keepers?.find(({ stun }) => stun?.id === message.id)
    if (!keeper) return
    const mapped =
      message.is === 'success' && message.mapped ? { mapped: formatHostPort(message.mapped) } : undefined
    this.#parts.runtime.post(keeper, { type: 'keep.answered', ...mapped }, flow)
  }

  #tell({ users }: KeepAliveEntry): void {
    for (const user of users.splice(0)) {
      user.keeper = undefined
      this.#parts.registrations.flowDied(user)
    }
  }

  #watches(keeper: KeepAliveEntry, { flow, to }: Way): boolean {
    const { way } = keeper
    return keeper.alive === true && way.flow === flow && sameAddress(way.to, to)
  }

  #open(way: Way, wish: string, probing: Probing): KeepAliveEntry {
    const { runtime } = this.#parts
    const { connection } = way.flow
    const entry = runtime.spawn<KeepAliveEntry>(
      {
        kind: 'keepAlive',
        id: runtime.newId('keepAlive'),
        connection,
        owner: way.flow,
        visible: false,
        way: { ...way },
        wish,
        users: [],
        numbering: { seq: 0 },
      },
      this.#logic,
      { ...probing, seed: runtime.seed() },
    )
    ;(way.flow.keepers ??= []).push(entry)
    return entry
  }
}
