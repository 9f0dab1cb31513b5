/**
 * Frames of one engine or several become arrows: each message once, with the transitions it caused at both ends.
 * A message that one engine sent and another received is one arrow: branch, CSeq, Call-ID and tags tell.
 */
import type { Address, TransportName } from '../engine/ports.ts'
import type { SipMessage } from '../message/types.ts'
import { type Frame, type MalformedFrame, type MessageFrame, moved, type StepFrame } from './frame.ts'

/** One machine's way through one arrow. */
export interface Step {
  /** Name of the engine. */
  readonly party: string
  readonly machine: string
  readonly actor: string
  /** Absent at birth. */
  readonly from?: string
  readonly to: string
}

/** A message, what was no message, or machines that moved without one. */
export interface Arrow {
  /** Milliseconds of the clock when it was first seen. */
  readonly t: number
  /** Parties by name; absent where machines moved by themselves. */
  readonly between?: { readonly from: string; readonly to: string; readonly transport: TransportName }
  readonly message?: SipMessage
  /** Why it was no message. */
  readonly malformed?: string
  /** The same message has gone this way before. */
  readonly repeated: boolean
  /** It was seen to leave; it was seen to arrive. */
  readonly sent: boolean
  readonly arrived: boolean
  /** The party it went to is watched as well, so that it should have been seen to arrive. */
  readonly watched: boolean
  readonly steps: readonly Step[]
}

type Draft = { -readonly [Key in keyof Arrow]: Arrow[Key] } & {
  steps: Step[]
  touched: number
  /** Frames of the message by engine. */
  readonly ends: Map<string, { readonly direction: 'in' | 'out'; readonly actor: string | undefined }>
  key?: string
}

/** An engine that is watched, or a party known by its address only. */
export interface PartyOptions {
  readonly name: string
  readonly addresses: readonly Address[]
}

/** One engine as it is watched. */
interface Source {
  readonly owners: Map<string, string>
  /** Arrows of this engine, the latest last. */
  readonly arrows: Draft[]
  /** Transitions that a message not yet sent will explain. */
  ahead: StepFrame[]
}

/** So long after a message machines may still move because of it, in milliseconds. */
const reach = 250
/** What happens within so many milliseconds happens in the same breath. */
const breath = 20
/** Arrows of one engine looked back at. */
const memory = 64
/** Arrows by message identity kept. */
const identities = 4096

/** Machines that come to be because something will be sent. */
const senders: ReadonlySet<string> = new Set([
  'registration',
  'outgoingCall',
  'clientRequest',
  'inviteClient',
  'nonInviteClient',
])

const textOf = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const identityOf = (message: SipMessage): string => {
  const { seq, method } = message.cseq
  const what = message.kind === 'request' ? message.method : message.status
  const branch = message.via.params.get('branch') ?? ''
  return [what, seq, method, message.callId, branch, message.fromTag ?? '', message.toTag ?? ''].join(' ')
}

const fromWire = (event: string): boolean =>
  event.startsWith('wire.') || event.startsWith('transaction.') || event.startsWith('dialog.')

/** The same actor once, from where it was to where it is. */
const join = (steps: readonly Step[]): Step[] => {
  const joined = new Map<string, Step>()
  for (const step of steps) {
    const key = `${step.party} ${step.actor}`
    const before = joined.get(key)
    const from = before ? before.from : step.from
    joined.set(key, {
      party: step.party,
      machine: step.machine,
      actor: step.actor,
      to: step.to,
      ...(from === undefined ? {} : { from }),
    })
  }
  return [...joined.values()]
}

export class Arrows {
  readonly #names = new Map<string, string>()
  readonly #sources = new Map<string, Source>()
  readonly #open: Draft[] = []
  readonly #byIdentity = new Map<string, Draft[]>()

  /** Says whose an address is. */
  name({ name, addresses }: PartyOptions): void {
    for (const address of addresses) this.#names.set(textOf(address), name)
  }

  /** Takes the next frame of the engine with that name. */
  push(party: string, frame: Frame): void {
    const source = this.#source(party)
    if (frame.kind === 'step') {
      if (moved(frame)) this.#moved(party, source, frame)
    } else if (frame.kind === 'message') this.#message(party, source, frame)
    else this.#malformed(party, source, frame)
  }

  /** Arrows to which nothing was added after that time, in order; each is given once. */
  take(before = Number.POSITIVE_INFINITY): Arrow[] {
    for (const [party, source] of this.#sources) {
      const [first] = source.ahead
      if (first && first.t <= before) this.#alone(party, source, source.ahead.splice(0))
    }
    this.#open.sort((a, b) => a.t - b.t)
    const ready: Arrow[] = []
    while (this.#open[0] && this.#open[0].touched <= before) {
      const draft = this.#open.shift()!
      const watched = draft.between !== undefined && this.#sources.has(draft.between.to)
      ready.push({ ...draft, watched, steps: join(draft.steps) })
    }
    return ready
  }

  /** True while there are arrows that were not taken. */
  get pending(): boolean {
    return this.#open.length > 0 || [...this.#sources.values()].some(({ ahead }) => ahead.length > 0)
  }

  #source(party: string): Source {
    let source = this.#sources.get(party)
    if (!source) {
      source = { owners: new Map(), arrows: [], ahead: [] }
      this.#sources.set(party, source)
    }
    return source
  }

  #message(party: string, source: Source, frame: MessageFrame): void {
    this.#names.set(textOf(frame.local), party)
    const { direction, t, message, actor } = frame
    const key = identityOf(message)
    const draft = (direction === 'in' && this.#counterpart(key, party)) || this.#draft(party, frame, key)
    draft.ends.set(party, { direction, actor })
    draft.touched = Math.max(draft.touched, t)
    if (direction === 'in') {
      draft.arrived = true
      if (draft.between) draft.between = { ...draft.between, to: party }
    } else {
      draft.sent = true
      this.#claim(party, source, draft)
    }
    this.#remember(source, draft)
  }

  /** The arrow that the other end drew when it sent this message. */
  #counterpart(key: string, party: string): Draft | undefined {
    return this.#byIdentity.get(key)?.findLast(({ arrived, ends }) => !arrived && !ends.has(party))
  }

  #draft(party: string, frame: MessageFrame, key: string): Draft {
    const { direction, remote, transport, t, message } = frame
    const address = textOf(remote)
    const other = this.#names.get(address) ?? address
    const [from, to] = direction === 'out' ? [party, other] : [other, party]
    const same = this.#byIdentity.get(key) ?? []
    const draft: Draft = {
      t,
      touched: t,
      between: { from, to, transport },
      message,
      repeated: same.length > 0,
      sent: false,
      arrived: false,
      watched: false,
      steps: [],
      ends: new Map(),
      key,
    }
    this.#byIdentity.delete(key)
    this.#byIdentity.set(key, [...same, draft].slice(-memory))
    if (this.#byIdentity.size > identities) this.#byIdentity.delete(this.#byIdentity.keys().next().value!)
    this.#open.push(draft)
    return draft
  }

  #malformed(party: string, source: Source, frame: MalformedFrame): void {
    const { t, remote, transport, reason } = frame
    const from = this.#names.get(textOf(remote)) ?? textOf(remote)
    const between = { from, to: party, transport }
    this.#add(source, { t, between, malformed: reason, arrived: true })
  }

  #alone(party: string, source: Source, frames: readonly StepFrame[]): void {
    const draft = this.#add(source, { t: frames[0]!.t })
    for (const frame of frames) this.#attach(party, draft, frame)
  }

  #add(source: Source, what: Partial<Draft> & { t: number }): Draft {
    const rest = { repeated: false, sent: false, arrived: false, watched: false, steps: [], ends: new Map() }
    const draft: Draft = { ...rest, touched: what.t, ...what }
    this.#open.push(draft)
    if (draft.between) this.#remember(source, draft)
    return draft
  }

  #remember({ arrows }: Source, draft: Draft): void {
    arrows.push(draft)
    if (arrows.length > memory) arrows.shift()
  }

  /** A message that leaves explains what was held back for it, and the births that were for it. */
  #claim(party: string, source: Source, draft: Draft): void {
    const held = source.ahead.splice(0)
    // A transaction whose time is up has sent nothing.
    const idle = held.filter(({ event, to }) => event.startsWith('xstate.after') && to === 'terminated')
    if (idle.length > 0) this.#alone(party, source, idle)
    const ahead = held.filter(frame => !idle.includes(frame))
    const before = source.arrows.at(-1)
    /** A dialog that a call of ours opened in the same breath. */
    const acts = (dialog: string): boolean =>
      ahead.some(frame => frame.actor === source.owners.get(dialog) && frame.event.startsWith('tu.'))
    const atOnce = before?.ends.get(party)?.direction === 'in' && draft.t - before.touched <= breath
    const births = before?.steps.filter(
      ({ party: whose, from, machine, actor }) =>
        atOnce && whose === party && from === undefined && machine === 'dialog' && acts(actor),
    )
    if (before && births) {
      before.steps = before.steps.filter(step => !births.includes(step))
      draft.steps.push(...births)
    }
    for (const frame of ahead) this.#attach(party, draft, frame)
  }

  #moved(party: string, source: Source, frame: StepFrame): void {
    if (frame.owner) source.owners.set(frame.actor, frame.owner)
    const draft = this.#cause(party, source, frame)
    if (draft) this.#attach(party, draft, frame)
    else source.ahead.push(frame)
    if (frame.to === 'terminated') source.owners.delete(frame.actor)
  }

  /** The message behind a transition, as far as one has been seen. */
  #cause(party: string, { owners, arrows, ahead }: Source, frame: StepFrame): Draft | undefined {
    const { event, actor, machine, t } = frame
    // What a call's own step does to its dialog belongs to the message of that step.
    const [held] = ahead
    if (held && event.startsWith('dialog.') && t - held.t <= breath) return undefined
    const recent = arrows.filter(draft => t - Math.max(draft.t, draft.touched) <= reach)
    const last = recent.at(-1)
    if (event === 'xstate.init') return senders.has(machine) ? undefined : last
    if (event.startsWith('xstate.after') || event === 'refresh.due' || event === 'resolver.located')
      return undefined
    const own = ({ ends }: Draft): boolean => ends.get(party)?.actor === actor
    const incoming = ({ ends }: Draft): boolean => ends.get(party)?.direction === 'in'
    if (event.startsWith('tu.')) return recent.findLast(draft => own(draft) && !incoming(draft))
    if (!fromWire(event)) return last
    const line = (draft: Draft): boolean => {
      for (
        let id = draft.ends.get(party)?.actor, depth = 0;
        id !== undefined && depth < 8;
        id = owners.get(id), depth += 1
      )
        if (id === actor) return true
      return false
    }
    return recent.findLast(draft => incoming(draft) && line(draft)) ?? recent.findLast(incoming) ?? last
  }

  #attach(party: string, draft: Draft, { machine, actor, from, to, t }: StepFrame): void {
    draft.touched = Math.max(draft.touched, t)
    draft.steps.push({ party, machine, actor, to, ...(from === undefined ? {} : { from }) })
  }
}
