/** Times in states are told by the clock of their process, whose origin is any. */
import type { EngineEvent } from '../engine/commands.ts'

/** The event with its times by our clock; `shift`: what ours is ahead. */
export const inOwnTime = (event: EngineEvent, shift: number): EngineEvent => {
  if (event.type !== 'state' || shift === 0) return event
  const state: Record<string, unknown> = { ...event.state }
  for (const [name, value] of Object.entries(state))
    if (name.endsWith('At') && typeof value === 'number') state[name] = value + shift
  return { ...event, state: state as unknown as typeof event.state }
}
