/**
 * Which flow a frame belongs to. Legs are joined without anybody's mapping: by the owners of actors, by Replaces, Join and
 * Target-Dialog (RFC 3891, 3911, 4538), by a REFER and the call it led to (RFC 3515, 3892), by Session-ID (RFC 7989)
 * and by the headers that switches use for it.
 */
import type { SipMessage, SipRequest } from '../message/types.ts'
import type { ActorLog } from './actor-log.ts'
import { Flow, type Leg, stronger } from './flow.ts'
import type { Frame, MalformedFrame, MessageFrame, StepFrame } from './frame.ts'
import { addressText } from './names.ts'
import type { FlowKind, LegSummary } from './views.ts'

/** Machines that serve all flows and belong to none. */
const common: ReadonlySet<string> = new Set([
  'connection',
  'flow',
  'securityAgreement',
  'networkMonitor',
  'keepAlive',
])

const kinds: Readonly<Record<string, FlowKind>> = {
  INVITE: 'call',
  ACK: 'call',
  BYE: 'call',
  CANCEL: 'call',
  PRACK: 'call',
  UPDATE: 'call',
  REGISTER: 'registration',
  SUBSCRIBE: 'subscription',
  NOTIFY: 'subscription',
  REFER: 'subscription',
  PUBLISH: 'publication',
  MESSAGE: 'message',
}

const machineKinds: Readonly<Record<string, FlowKind>> = {
  outgoingCall: 'call',
  incomingCall: 'call',
  surfacedCall: 'call',
  registration: 'registration',
  profile: 'registration',
  line: 'registration',
}

/** Headers by which switches tell that two calls are one. */
const correlating = [
  'x-cid',
  'x-call-id',
  'x-original-call-id',
  'x-correlation-id',
  'x-session-id',
  'p-charging-vector',
]

type JoinedBy = NonNullable<LegSummary['joinedBy']>

/** Names that legs were called by, no more than this many remembered. */
const most = 50_000

export class Correlation {
  readonly flows = new Map<string, Flow>()
  readonly #legs = new Map<string, Leg>()
  /** Other names of flows: Session-ID, values of correlating headers, targets of REFER. */
  readonly #names = new Map<string, Flow>()
  /** The flow that was last talked of with an address. */
  readonly #byRemote = new Map<string, Flow>()
  /** The run to completion that is under way, and what its first frame belongs to. */
  #run: { readonly seq: number; readonly flow: Flow | undefined } = { seq: 0, flow: undefined }

  leg(callId: string): Leg | undefined {
    return this.#legs.get(callId)
  }

  /** The flow of that id, also when it was taken into another. */
  flow(id: string): Flow | undefined {
    return this.flows.get(id) ?? this.#names.get(`flow ${id}`)?.whole
  }

  /** The flow of an actor that has just been seen for the first time. */
  born(
    log: ActorLog,
    frame: { readonly seq: number; readonly t: number; readonly cause?: number },
    owner: ActorLog | undefined,
  ): void {
    if (common.has(log.machine) && !owner?.flow) return
    const caused = frame.cause === this.#run.seq ? this.#run.flow?.whole : undefined
    const flow = owner?.flow ?? caused ?? this.#open(log.id, frame.seq, frame.t)
    this.adopt(log, flow)
  }

  adopt(log: ActorLog, flow: Flow): void {
    log.flow = flow
    flow.actors.add(log)
    flow.kind = stronger(flow.kind, machineKinds[log.machine] ?? 'other')
  }

  step(frame: StepFrame, log: ActorLog): void {
    log.flow?.touch(frame.seq, frame.t)
    this.#runs(frame, log.flow)
  }

  message(frame: MessageFrame, log: ActorLog | undefined): Leg {
    const { message, seq, t } = frame
    const { callId } = message
    let leg = this.#legs.get(callId)
    const fresh = leg === undefined
    if (!leg) {
      const flow = log?.flow ?? this.#open(callId, seq, t)
      leg = { id: callId, direction: frame.direction, flow, opening: frame, messages: [], head: 0 }
      flow.legs.push(leg)
      this.#legs.set(callId, leg)
      if (flow.legs.length > 1) leg.joinedBy = 'actor'
    } else if (log?.flow && log.flow !== leg.flow) this.#join(leg.flow, log.flow, leg, 'actor')
    if (fresh) this.#met(frame, leg.flow)
    leg.messages.push(frame)
    leg.flow.messages += 1
    if (message.kind === 'request') {
      leg.flow.methods.add(message.method)
      if (fresh || message.method === 'REFER') this.#links(leg, message)
      leg.flow.kind = stronger(leg.flow.kind, kinds[message.method] ?? 'other')
    } else if (fresh) leg.flow.kind = stronger(leg.flow.kind, kinds[message.cseq.method] ?? 'other')
    leg.flow.touch(seq, t)
    this.#runs(frame, leg.flow)
    return leg
  }

  /** Bytes that were no message belong to whoever talks from the same address, when that is one flow. */
  malformed(frame: MalformedFrame): Flow | undefined {
    this.#runs(frame, undefined)
    const flow = this.#byRemote.get(addressText(frame.remote))?.whole
    if (!flow || !this.flows.has(flow.id)) return undefined
    flow.malformed.push(frame)
    if (flow.malformed.length > 100) flow.malformed.shift()
    flow.touched = frame.t
    return flow
  }

  /** A frame was dropped. */
  drop(frame: Frame, log: ActorLog | undefined): void {
    const leg = frame.kind === 'message' ? this.#legs.get(frame.message.callId) : undefined
    if (leg) {
      leg.messages[leg.head++] = undefined as never
      if (leg.head > 64 && leg.head * 2 > leg.messages.length) {
        leg.messages.splice(0, leg.head)
        leg.head = 0
      }
    }
    const flow = leg?.flow ?? log?.flow
    if (!flow) return
    flow.held -= 1
    if (flow.held > 0 || flow.alive > 0) return
    this.flows.delete(flow.id)
    for (const { id } of flow.legs) this.#legs.delete(id)
  }

  #runs({ seq, cause }: Frame, flow: Flow | undefined): void {
    if (cause === undefined) this.#run = { seq, flow }
  }

  #open(id: string, seq: number, t: number): Flow {
    const flow = new Flow(id, seq, t)
    this.flows.set(id, flow)
    return flow
  }

  /** Joins the flow of a leg with another; the older one stays. */
  #join(a: Flow, b: Flow, leg: Leg, by: JoinedBy): void {
    if (a === b) return
    const [older, younger] = a.firstSeq <= b.firstSeq ? [a, b] : [b, a]
    const later = older === leg.flow ? younger.legs[0] : leg
    if (later && older.legs.length > 0) later.joinedBy ??= by
    older.absorb(younger)
    this.flows.delete(younger.id)
    this.#name(`flow ${younger.id}`, older)
  }

  #met({ remote }: MessageFrame, flow: Flow): void {
    const address = addressText(remote)
    this.#byRemote.delete(address)
    this.#byRemote.set(address, flow)
    if (this.#byRemote.size > 1_000) this.#byRemote.delete(this.#byRemote.keys().next().value!)
  }

  #name(name: string, flow: Flow): void {
    this.#names.set(name, flow)
    if (this.#names.size > most) this.#names.delete(this.#names.keys().next().value!)
  }

  /** Joins by a name that both have given, and remembers it. */
  #meet(leg: Leg, name: string, by: JoinedBy): void {
    const other = this.#names.get(name)?.whole
    if (other && this.flows.has(other.id)) this.#join(leg.flow, other, leg, by)
    this.#name(name, leg.flow)
  }

  #links(leg: Leg, message: SipRequest): void {
    for (const name of ['replaces', 'join'] as const) {
      const reference = message.header(name)
      if (reference) this.#call(leg, reference.split(';')[0]!.trim(), 'replaces')
    }
    const target = message.header('target-dialog')
    if (target) this.#call(leg, target.split(';')[0]!.trim(), 'target-dialog')
    this.#referred(leg, message)
    const session = message.header('session-id')
    if (session)
      for (const id of session.match(/\b(?!0{32})[0-9a-f]{32}\b/gi) ?? [])
        this.#meet(leg, `session ${id.toLowerCase()}`, 'session-id')
    for (const header of correlating) {
      const value = message.header(header)
      if (!value) continue
      const id = header === 'p-charging-vector' ? /icid-value="?([^";]+)/i.exec(value)?.[1] : value.trim()
      if (!id || id.length < 6) continue
      this.#call(leg, id, 'header')
      this.#meet(leg, `header ${id}`, 'header')
    }
  }

  #call(leg: Leg, callId: string, by: JoinedBy): void {
    const other = this.#legs.get(callId)
    if (other && other.flow !== leg.flow) this.#join(leg.flow, other.flow, leg, by)
  }

  /** A REFER names whom to call, and in what place of another call; the call that follows names who referred it. */
  #referred(leg: Leg, message: SipMessage & { kind: 'request' }): void {
    const to = message.method === 'REFER' ? message.header('refer-to') : undefined
    if (to) {
      const replaced = /[?&]replaces=([^&>]*)/i.exec(to)?.[1]
      if (replaced) this.#call(leg, unescaped(replaced).split(';')[0]!, 'replaces')
      this.#name(`refer ${plain(to)} ${plain(message.header('referred-by') ?? '')}`, leg.flow)
    }
    const by = message.method === 'INVITE' ? message.header('referred-by') : undefined
    if (by) this.#meet(leg, `refer ${plain(message.uri)} ${plain(by)}`, 'refer')
  }
}

/** The URI of a header, without parameters and headers. */
const plain = (value: string): string =>
  (/<([^>?;]*)/.exec(value)?.[1] ?? value.split(/[;?]/)[0]!).trim().toLowerCase()

const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
