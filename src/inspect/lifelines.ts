/** The line of a leg: thin without a dialog, dashed while it is early, thick when confirmed, dotted on hold. */
import type { ActorLog } from './actor-log.ts'
import type { MessageFrame, StepFrame } from './frame.ts'
import { isCall } from './names.ts'
import { badgeOf } from './sdp-badge.ts'
import type { Lifeline } from './views.ts'

/** Tells the leg of an actor: that of its own messages, or of those that serve it. */
export const legByActor = (
  messages: readonly MessageFrame[],
  logOf: (id: string) => ActorLog | undefined,
): ((actor: string) => string | undefined) => {
  const legs = new Map<string, string>()
  for (const { actor, message } of messages)
    for (let at = actor, depth = 0; at !== undefined && depth < 12 && !legs.has(at); depth += 1) {
      legs.set(at, message.callId)
      at = logOf(at)?.owner
    }
  return actor => {
    for (let at: string | undefined = actor, depth = 0; at !== undefined && depth < 12; depth += 1) {
      const leg = legs.get(at)
      if (leg !== undefined) return leg
      at = logOf(at)?.owner
    }
    return undefined
  }
}

const lineOf = (state: string): Lifeline['is'] | undefined =>
  state === 'early'
    ? 'early'
    : state === 'confirmed'
      ? 'confirmed'
      : state === 'terminated'
        ? 'none'
        : undefined

const held: ReadonlySet<string> = new Set(['sendonly', 'inactive'])

/** Changes of the lines, in order. A dialog tells them; hold is told by the last offer that was answered. */
export const lifelinesOf = (
  messages: readonly MessageFrame[],
  steps: readonly StepFrame[],
  legOf: (actor: string) => string | undefined,
): Lifeline[] => {
  const changes: Lifeline[] = []
  const now = new Map<string, Lifeline['is']>()
  const turn = (leg: string, seq: number, is: Lifeline['is']): void => {
    if ((now.get(leg) ?? 'none') === is) return
    now.set(leg, is)
    changes.push({ leg, seq, is })
  }
  const offers = new Map<string, string>()
  const all = [...messages, ...steps].sort((a, b) => a.seq - b.seq)
  for (const frame of all) {
    if (frame.kind === 'step') {
      if (frame.from === frame.to) continue
      const leg = legOf(frame.actor)
      if (
        leg === undefined ||
        !(frame.machine === 'dialog' || (isCall(frame.machine) && frame.to === 'released'))
      )
        continue
      const is = frame.to === 'released' ? 'none' : lineOf(frame.to)
      // On hold it stays confirmed.
      if (is && !(is === 'confirmed' && now.get(leg) === 'held')) turn(leg, frame.seq, is)
      continue
    }
    const { message, seq } = frame
    const { method } = message.cseq
    const badge = badgeOf(message)
    const { callId } = message
    if (message.kind === 'request') {
      if (badge && (method === 'INVITE' || method === 'UPDATE')) offers.set(callId, badge.direction)
      continue
    }
    const offered = offers.get(callId)
    if (!badge || message.status < 200 || message.status > 299 || offered === undefined) continue
    const line = now.get(callId)
    if (line !== 'confirmed' && line !== 'held') continue
    turn(callId, seq, held.has(offered) || held.has(badge.direction) ? 'held' : 'confirmed')
  }
  return changes
}
