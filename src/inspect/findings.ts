/** What a reader should look at, found while frames come in. */
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { ActorLog } from './actor-log.ts'
import type { Flow, Leg } from './flow.ts'
import { Found } from './found.ts'
import type { Frame, MalformedFrame, MessageFrame, StepFrame } from './frame.ts'
import { Leaks } from './leaks.ts'
import { isRetried } from './names.ts'
import { seconds } from './text.ts'
import { authLoop, privateContact, refusalText, sessionTimer, tooBrief } from './verdicts.ts'
import type { Finding, FindingKind } from './views.ts'

/** A message that was waited for. */
export interface Missing {
  readonly label: string
  readonly seq: number
  readonly t: number
  readonly waited: number
}

/** Messages of a leg looked back at for the one that is repeated or answered. */
const back = 24
/** Repetitions of one message that are a storm. */
const storm = 5
/** An answer of ours to an INVITE, until its ACK. */
interface Answer {
  readonly frame: MessageFrame
  readonly status: number
  repeats: number
  /** When the ACK came, or waiting for it ended. */
  until: number
  over: boolean
}

/** What is remembered of a leg. */
interface LegMemory {
  readonly answers: Answer[]
  readonly repeated: Map<number, number>
  refused491: number
  challenged: number
  said: Set<FindingKind>
}

/** The same bytes the same way. */
export const isRepeat = (a: MessageFrame, b: MessageFrame): boolean => {
  if (a.bytes.length !== b.bytes.length || a.direction !== b.direction) return false
  for (let i = 0; i < a.bytes.length; i += 1) if (a.bytes[i] !== b.bytes[i]) return false
  return true
}

/** Refusals that are a person's or a rule's decision rather than a fault. */
const decisions: ReadonlySet<number> = new Set([480, 486, 600, 603, 607, 608])

const fired = (event: string, ...timers: readonly string[]): boolean =>
  timers.some(timer => event.startsWith(`xstate.after.${timer}.`))

export class Findings {
  readonly #found = new Found()
  readonly #legs = new WeakMap<Leg, LegMemory>()
  readonly #leaks = new Leaks()

  #memory(leg: Leg): LegMemory {
    let memory = this.#legs.get(leg)
    if (!memory) {
      memory = { answers: [], repeated: new Map(), refused491: 0, challenged: 0, said: new Set() }
      this.#legs.set(leg, memory)
    }
    return memory
  }

  step(frame: StepFrame, log: ActorLog): void {
    const { event, machine, actor, to } = frame
    const { flow } = log
    if (event.startsWith('xstate.after.')) {
      if (machine === 'inviteClient' && fired(event, 'timerB')) this.#timeout(frame, flow, 'timer-b', 'B')
      else if (machine === 'nonInviteClient' && fired(event, 'timerF'))
        this.#timeout(frame, flow, 'timer-f', 'F')
      else if (machine === 'sessionTimer' && to === 'expired')
        this.#found.say(`expired ${actor}`, frame, flow, {
          kind: 'session-timer',
          severity: 'failure',
          title: 'Session expired',
          text: 'Nobody refreshed the session in time, so the call was ended.',
        })
      else if (fired(event, 'tooLong', 'timerH')) this.#noAck(frame, log)
      else if (machine === 'subscription' && fired(event, 'timerN')) this.#noNotify(frame, flow)
    } else if (
      machine === 'profile' &&
      frame.actions?.includes('noteError') &&
      frame.actions.includes('drop')
    )
      this.#profileFailed(frame, flow)
    this.#leaks.watch(frame, log)
  }

  #timeout(frame: StepFrame, flow: Flow | undefined, kind: FindingKind, letter: string): void {
    if (flow) flow.failures += 1
    this.#found.say(`timer ${frame.actor}`, frame, flow, {
      kind,
      severity: 'failure',
      title: `Timer ${letter} fired`,
      text: `${frame.actor} was in ${frame.from} and heard nothing in time.`,
    })
  }

  /** RFC 6665 §4.1.2.4 */
  #noNotify(frame: StepFrame, flow: Flow | undefined): void {
    const leaving = frame.from === 'leaving'
    if (flow && !leaving) flow.failures += 1
    this.#found.say(`timer ${frame.actor}`, frame, flow, {
      kind: 'timer-n',
      severity: leaving ? 'warning' : 'failure',
      title: 'Timer N fired',
      text: leaving
        ? `${frame.actor} was ended by us, and the last NOTIFY never came.`
        : `The SUBSCRIBE of ${frame.actor} was accepted, and no NOTIFY came in time.`,
    })
  }

  /** Its users are dropped, and nothing tries again. */
  #profileFailed(frame: StepFrame, flow: Flow | undefined): void {
    this.#found.say(`profile ${frame.actor} ${frame.seq}`, frame, flow, {
      kind: 'profile-failed',
      severity: 'failure',
      title: 'Profile failed',
      text: 'Nothing registers the address until somebody enables its profile again; all who used it were told.',
    })
  }

  /** Waiting for an ACK has ended without one. */
  #noAck(frame: StepFrame, log: ActorLog): void {
    const acks: ReadonlySet<string> = new Set(['incomingCall', 'incomingChange', 'inviteServer'])
    if (!acks.has(log.machine)) return
    for (const leg of log.flow?.whole.legs ?? []) {
      const answer = this.#memory(leg).answers.findLast(one => !one.over)
      if (!answer) continue
      answer.over = true
      answer.until = frame.t
      this.#sayAck(leg, answer, 'failure', 'never came')
    }
  }

  #sayAck(leg: Leg, answer: Answer, severity: Finding['severity'], end: string): void {
    const waited = seconds(answer.until - answer.frame.t)
    this.#found.say(`ack ${leg.id} ${answer.frame.seq}`, answer.frame, leg.flow, {
      kind: 'missing-ack',
      severity,
      title: `ACK missing for ${waited}`,
      text: `The ${answer.status} went out ${answer.repeats + 1} times; its ACK ${end}.`,
    })
  }

  message(frame: MessageFrame, leg: Leg): void {
    const { message, direction, t } = frame
    const { flow } = leg
    const memory = this.#memory(leg)
    const original = this.#original(frame, leg)
    if (original) {
      this.#repeated(frame, original, leg, memory)
      return
    }
    const contact = privateContact(frame)
    if (contact && !memory.said.has('private-contact')) {
      memory.said.add('private-contact')
      this.#found.say(`contact ${leg.id}`, frame, flow, contact)
    }
    if (message.kind === 'request') {
      if (message.method === 'ACK' && direction === 'in') this.#acknowledged(frame, leg, memory)
      return
    }
    const { status, cseq } = message
    if (status < 200) return
    if (cseq.method === 'INVITE' && direction === 'out') {
      memory.answers.push({ frame, status, repeats: 0, until: t, over: false })
      if (memory.answers.length > 8) memory.answers.shift()
    }
    const request = this.#request(frame, leg)
    if (status < 300) {
      memory.challenged = 0
      if (memory.refused491 > 0 && cseq.method === 'INVITE') this.#glare(frame, leg, memory, true)
      const verdict = request && sessionTimer(request, message)
      if (verdict) this.#found.say(`timer ${leg.id} ${cseq.seq}`, frame, flow, verdict)
      return
    }
    if (status === 491) {
      memory.refused491 += 1
      this.#glare(frame, leg, memory, false)
    } else if (status === 401 || status === 407) {
      const verdict = request && authLoop(request, message, memory.challenged + 1)
      if (verdict) {
        memory.challenged += 1
        if (memory.challenged === 1) flow.failures += 1
        this.#found.say(`auth ${leg.id}`, frame, flow, verdict)
      }
    } else if (status === 423 && request && request.method !== 'INVITE')
      this.#found.say(`423 ${leg.id}`, frame, flow, tooBrief(request, message, direction === 'out'))
    else if (status === 422 && memory.said.has('session-timer'))
      this.#found.say(`422 ${leg.id}`, frame, flow, {
        kind: 'session-timer',
        severity: 'warning',
        title: '422 again',
        text: 'The session interval was refused as too small more than once.',
      })
    else if (status === 422) memory.said.add('session-timer')
    else if (!isRetried(status) && status !== 487) this.#failed(frame, leg, message, request)
  }

  #failed(
    frame: MessageFrame,
    { flow, id }: Leg,
    response: SipResponse,
    request: SipRequest | undefined,
  ): void {
    const { status, cseq, reason } = response
    flow.failures += 1
    this.#found.say(`failed ${id} ${frame.seq}`, frame, flow, {
      kind: 'failure',
      severity: decisions.has(status) ? 'warning' : 'failure',
      title: `${cseq.method} ${status} ${reason}`.trim(),
      text: refusalText(response, request, frame.direction === 'out'),
    })
  }

  #original(frame: MessageFrame, { messages, head }: Leg): MessageFrame | undefined {
    for (let at = messages.length - 2; at >= Math.max(head, messages.length - back); at -= 1)
      if (isRepeat(messages[at]!, frame)) return messages[at]
    return undefined
  }

  /** The request that a response answers. */
  #request({ message, direction }: MessageFrame, { messages, head }: Leg) {
    for (let at = messages.length - 2; at >= Math.max(head, messages.length - back); at -= 1) {
      const { message: one, direction: way } = messages[at]!
      if (
        one.kind === 'request' &&
        way !== direction &&
        one.cseq.seq === message.cseq.seq &&
        one.method === message.cseq.method
      )
        return one
    }
    return undefined
  }

  #repeated(frame: MessageFrame, original: MessageFrame, leg: Leg, memory: LegMemory): void {
    const answer = memory.answers.find(one => !one.over && isRepeat(one.frame, frame))
    if (answer) {
      answer.repeats += 1
      answer.until = frame.t
      if (answer.repeats > 1)
        this.#sayAck(leg, answer, answer.repeats < storm ? 'warning' : 'failure', 'has not come')
      return
    }
    // Each copy finds the one before it: the count goes along.
    const count = (memory.repeated.get(original.seq) ?? 0) + 1
    memory.repeated.delete(original.seq)
    memory.repeated.set(frame.seq, count)
    if (memory.repeated.size > back) memory.repeated.delete(memory.repeated.keys().next().value!)
    if (count < storm) return
    const first = `storm ${leg.id} ${frame.message.cseq.seq} ${frame.message.cseq.method} ${frame.direction}`
    const label = frame.message.kind === 'request' ? frame.message.method : `${frame.message.status}`
    this.#found.say(first, frame, leg.flow, {
      kind: 'retransmission-storm',
      severity: 'warning',
      title: `${label} repeated ×${count}`,
      text: `The same ${label} ${frame.direction === 'in' ? 'came' : 'went out'} ${count + 1} times.`,
    })
  }

  #acknowledged({ message, t }: MessageFrame, leg: Leg, memory: LegMemory): void {
    const answer = memory.answers.find(
      ({ frame, over }) => !over && frame.message.cseq.seq === message.cseq.seq,
    )
    if (!answer) return
    answer.over = true
    if (answer.repeats > 0) answer.until = t
    if (answer.repeats > 1) this.#sayAck(leg, answer, 'warning', `came after ${seconds(t - answer.frame.t)}`)
  }

  #glare(frame: MessageFrame, leg: Leg, memory: LegMemory, settled: boolean): void {
    const { refused491: times } = memory
    const key = `glare ${leg.id}`
    const began = this.#found.began(key) ?? frame.t
    const loop = times > 3
    this.#found.say(key, frame, leg.flow, {
      kind: 'loop-491',
      severity: loop && !settled ? 'failure' : 'warning',
      title: settled
        ? `491 ${loop ? 'loop' : 'glare'}, settled in ${seconds(frame.t - began)}`
        : `491 ${loop ? 'loop' : 'glare'}`,
      text: `Both sides changed the session at once: 491 was answered ${times === 1 ? 'once' : `${times} times`}.`,
    })
  }

  malformed(frame: MalformedFrame, flow: Flow | undefined): void {
    const { host, port } = frame.remote
    this.#found.say(`malformed ${host}`, frame, flow, {
      kind: 'malformed',
      severity: 'warning',
      title: 'Not a SIP message',
      text: `From ${host}:${port}: ${frame.reason}.`,
    })
  }

  /** Time has passed up to this frame. */
  tick(frame: Frame): void {
    for (const { log, verdict } of this.#leaks.due(frame.t))
      this.#found.say(`leak ${log.id}`, frame, log.flow, verdict)
  }

  /** ACKs that were waited for in these legs. */
  missing(legs: readonly Leg[]): Missing[] {
    return legs.flatMap(leg =>
      (this.#legs.get(leg)?.answers ?? [])
        .filter(({ repeats, over, until, frame }) => repeats > 0 || (over && until > frame.t))
        .map(({ frame, until }) => ({ label: 'ACK', seq: frame.seq, t: frame.t, waited: until - frame.t })),
    )
  }

  list(first: number, flow?: Flow): readonly Finding[] {
    return this.#found.list(first, flow)
  }
}
