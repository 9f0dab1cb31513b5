/** A step while it is under way: how what a machine does is put into words. */
import type { AnyActorRef, AnyEventObject, StateValue } from 'xstate'
import type { RefusedGuard, SentEvent, StepFrame, TimerChange } from '../inspect/frame.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A step that is under way. */
export type OpenStep = Writable<StepFrame> & {
  self: AnyActorRef | undefined
  readonly states: string[]
  guards?: RefusedGuard[]
  actions?: string[]
  sent?: SentEvent[]
  timers?: TimerChange[]
}

const names = new WeakMap<object, string>()

/** A state value as one word, nested states joined by dots. */
export const nameOf = (value: StateValue): string => {
  if (typeof value === 'string') return value
  let name = names.get(value)
  if (name === undefined) {
    name = Object.entries(value)
      .map(([key, inner]) => (inner === undefined ? key : `${key}.${nameOf(inner)}`))
      .join('+')
    names.set(value, name)
  }
  return name
}

/** `xstate.after.timerA.inviteClient.calling.repeating` is timerA of that state. */
export const timerName = (id: unknown): string => {
  const text = String(id)
  return text.startsWith('xstate.after.') ? text.slice('xstate.after.'.length) : text
}

const guardName = (guard: unknown): string => {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') return guard.name || '(anonymous)'
  return (guard as { type?: string } | undefined)?.type ?? '(anonymous)'
}

/** Parameters of XState's `raise` and `sendTo`, worked out. */
interface Sending {
  readonly event: AnyEventObject
  readonly id?: unknown
  readonly delay?: unknown
  readonly to?: AnyActorRef
}

/** What `actionExecutor` is given. */
export interface Asked {
  readonly type: string
  readonly params?: unknown
}

/** A transition whose guard said no. */
export interface RefusedTransition {
  readonly guard?: unknown
  readonly target?: readonly { readonly id: string }[] | undefined
}

/** An effect, an event to another actor, a timer armed or disarmed. */
export const noteAction = (step: OpenStep, { type, params }: Asked): void => {
  if (type === 'xstate.raise' || type === 'xstate.sendTo') {
    const { delay, id, event, to } = params as Sending
    if (typeof delay === 'number') (step.timers ??= []).push({ timer: timerName(id ?? event.type), delay })
    else if (to) (step.sent ??= []).push({ to: to.id, event: event.type })
  } else if (type === 'xstate.cancel') {
    ;(step.timers ??= []).push({ timer: timerName((params as { sendId: unknown }).sendId) })
  } else (step.actions ??= []).push(type)
}

export const noteRefused = (step: OpenStep, { guard, target }: RefusedTransition): void => {
  const name = guardName(guard)
  const to = target?.[0]?.id
  ;(step.guards ??= []).push(to === undefined ? { guard: name } : { guard: name, target: to })
}

/** The frame of a step that is over, without what it was made with. */
export const closed = ({ self: _self, states: _states, ...frame }: OpenStep): StepFrame => frame
