/** One flow in a line of a list: who, what, how it stands. */
import type { ActorLog } from './actor-log.ts'
import type { Flow, Leg } from './flow.ts'
import type { MessageFrame } from './frame.ts'
import { briefState } from './label.ts'
import { addressText, aorOf, isCall, isRetried, userOf } from './names.ts'
import type { FlowSummary, LegSummary, Standing } from './views.ts'

/** Legs in the order in which they began. */
export const legsOf = (flow: Flow): readonly Leg[] =>
  [...flow.legs].sort((a, b) => a.opening.seq - b.opening.seq)

const letterOf = (index: number): string =>
  index < 26
    ? String.fromCharCode(65 + index)
    : `${String.fromCharCode(65 + (index % 26))}${Math.floor(index / 26)}`

const legSummary = (leg: Leg, index: number): LegSummary => {
  const { message, direction, remote, transport } = leg.opening
  const theirs = (direction === 'in') === (message.kind === 'request') ? message.from : message.to
  return {
    id: leg.id,
    letter: letterOf(index),
    direction: (direction === 'in') === (message.kind === 'request') ? 'in' : 'out',
    peer: aorOf(theirs),
    remote: addressText(remote),
    transport,
    ...(index > 0 && leg.joinedBy ? { joinedBy: leg.joinedBy } : {}),
  }
}

const titleOf = ({ kind }: Flow, [leg]: readonly Leg[], actor: ActorLog | undefined): string => {
  const message = leg?.opening.message
  if (!message) return actor ? actor.id : '?'
  const { from, to, cseq } = message
  if (kind === 'call') return `${userOf(from)} → ${userOf(to)}`
  if (kind === 'registration') return aorOf(to)
  const event = message.header('event')?.split(';')[0]
  const ends = userOf(from) === userOf(to) ? userOf(to) : `${userOf(from)} → ${userOf(to)}`
  if (kind === 'subscription' && event) return `${ends}, ${event}`
  if (kind === 'publication' && event) return `${userOf(to)}, ${event}`
  if (kind === 'message') return ends
  return `${cseq.method} ${userOf(to)}`
}

const held = (leg: Leg): readonly MessageFrame[] => leg.messages.slice(leg.head)

/** The last final response to a request of that method. */
const finalOf = (legs: readonly Leg[], method?: string): MessageFrame | undefined => {
  let last: MessageFrame | undefined
  for (const leg of legs)
    for (const frame of held(leg)) {
      const { message } = frame
      if (message.kind !== 'response' || message.status < 200) continue
      if (method !== undefined && message.cseq.method !== method) continue
      if (!last || frame.seq > last.seq) last = frame
    }
  return last
}

const statusOf = ({ message }: MessageFrame): number => (message.kind === 'response' ? message.status : 0)
const phraseOf = ({ message }: MessageFrame): string =>
  message.kind === 'response' ? `${message.status} ${message.reason}` : message.method

interface Stand {
  readonly state: string
  readonly standing: Standing
  readonly since: number
}

const wellEnough: ReadonlySet<string> = new Set([
  'confirmed',
  'registered',
  'refreshing',
  'updating',
  'active',
])
const over: ReadonlySet<string> = new Set(['terminated', 'unregistered', 'expired', 'ended'])

/** How the last answer leaves it, where no actor tells. */
const byAnswer = (flow: Flow, legs: readonly Leg[], method?: string): Stand => {
  const answer = finalOf(legs, method)
  if (!answer)
    return {
      state: flow.alive > 0 ? 'waiting' : 'no answer',
      standing: flow.alive > 0 ? 'underway' : 'failed',
      since: flow.touched,
    }
  const status = statusOf(answer)
  if (status < 300)
    return { state: phraseOf(answer), standing: flow.alive > 0 ? 'settled' : 'ended', since: answer.t }
  return {
    state: phraseOf(answer),
    standing: isRetried(status) && flow.alive > 0 ? 'underway' : 'failed',
    since: answer.t,
  }
}

const callStand = (flow: Flow, legs: readonly Leg[], actor: ActorLog): Stand => {
  const state = briefState(actor.state)
  const { since } = actor
  if (!over.has(state))
    return {
      state: flow.onHold ? `${state}, on hold` : state,
      standing: wellEnough.has(state) ? 'settled' : 'underway',
      since,
    }
  const answer = finalOf(legs, 'INVITE')
  const status = answer ? statusOf(answer) : 0
  if (!answer)
    return {
      state: flow.failures > 0 ? 'no answer' : 'ended',
      standing: flow.failures > 0 ? 'failed' : 'ended',
      since,
    }
  if (status === 487) return { state: 'cancelled', standing: 'ended', since }
  if (status >= 300 && !flow.confirmed) return { state: phraseOf(answer), standing: 'failed', since }
  return { state: 'ended', standing: 'ended', since }
}

/** How subscriptions and publications read, and how they stand; other states are over. */
const usageStates: Readonly<Record<string, readonly [state: string, standing: Standing]>> = {
  choosing: ['subscribing', 'underway'],
  notifyWait: ['waiting for NOTIFY', 'underway'],
  asked: ['asked', 'underway'],
  pending: ['pending', 'settled'],
  active: ['active', 'settled'],
  resubscribing: ['resubscribing', 'underway'],
  leaving: ['unsubscribing', 'underway'],
  closing: ['ending', 'underway'],
  concluding: ['ending', 'underway'],
  publishing: ['publishing', 'underway'],
  live: ['published', 'settled'],
  removing: ['removing', 'underway'],
}

/** Subscriptions, the peer's as well, and publications. */
const usageStand = (flow: Flow, legs: readonly Leg[], actor: ActorLog): Stand => {
  const brief = briefState(actor.state)
  const { since } = actor
  const [state, standing] = usageStates[brief] ?? []
  if (state !== undefined && standing !== undefined) return { state, standing, since }
  const answer = finalOf(legs, actor.machine === 'publication' ? 'PUBLISH' : 'SUBSCRIBE')
  if (answer && statusOf(answer) >= 300) return { state: phraseOf(answer), standing: 'failed', since }
  if (flow.failures > 0)
    return {
      state: flow.methods.has('NOTIFY') ? 'ended' : answer ? 'no NOTIFY' : 'no answer',
      standing: 'failed',
      since,
    }
  return { state: brief === 'terminated' ? 'ended' : brief, standing: 'ended', since }
}

const isUsage = ({ machine }: ActorLog): boolean =>
  ['subscription', 'notifier', 'publication'].includes(machine)

const stand = (flow: Flow, legs: readonly Leg[]): Stand => {
  const calls = [...flow.actors].filter(({ machine }) => isCall(machine))
  const call = calls.findLast(({ state }) => !over.has(briefState(state))) ?? calls.at(-1)
  if (flow.kind === 'call') return call ? callStand(flow, legs, call) : byAnswer(flow, legs, 'INVITE')
  const usages = [...flow.actors].filter(isUsage)
  const usage = usages.findLast(({ ended }) => ended === undefined) ?? usages.at(-1)
  if (usage && flow.kind !== 'registration') return usageStand(flow, legs, usage)
  const registration = [...flow.actors].findLast(({ machine }) => machine === 'registration')
  // A line or a profile that has asked no registrar yet.
  const [first] = flow.actors
  if (!registration && legs.length === 0 && first)
    return { state: briefState(first.state), standing: 'settled', since: first.since }
  if (!registration) return byAnswer(flow, legs)
  const { state, since } = registration
  const answer = finalOf(legs, 'REGISTER')
  const refused = answer && statusOf(answer) >= 300
  if (over.has(briefState(state)) && refused) return { state: phraseOf(answer), standing: 'failed', since }
  const standing = wellEnough.has(briefState(state))
    ? 'settled'
    : over.has(briefState(state))
      ? 'ended'
      : 'underway'
  // That of a profile ends with its binding.
  const brief = briefState(state)
  return { state: brief === 'terminated' ? 'unregistered' : brief, standing, since }
}

/** The line of a flow. The same object until something of the flow changes. */
export const summaryOf = (flow: Flow): FlowSummary => {
  if (flow.summary) return flow.summary
  const legs = legsOf(flow)
  const [actor] = flow.actors
  const summary: FlowSummary = {
    id: flow.id,
    kind: flow.kind,
    title: titleOf(flow, legs, actor),
    ...stand(flow, legs),
    began: flow.began,
    touched: flow.touched,
    messages: flow.messages,
    failures: flow.failures,
    findings: flow.findings,
    legs: legs.map(legSummary),
    alive: flow.alive,
    methods: [...flow.methods],
    firstSeq: flow.firstSeq,
    lastSeq: flow.lastSeq,
  }
  flow.summary = summary
  return summary
}
