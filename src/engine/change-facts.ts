/** What the changes of a session go by: how far each is, and how far their call is. RFC 3261 §14. */
import type { CallEntry, ChangeEntry } from './entries.ts'

export const stateOf = ({ actor }: CallEntry | ChangeEntry) => actor.getSnapshot()

/** It holds up others: not yet answered, or answered and not yet acknowledged. */
export const isUnderWay = (change: ChangeEntry): boolean => {
  const at = stateOf(change)
  return !['acknowledged', 'abandoned', 'settled'].some(state => at.matches(state))
}

const ending = ['leaving', 'cancelling', 'terminating', 'terminated', 'released'] as const

/** Our BYE or CANCEL is out or sure to come, or the call is over. */
export const isEnding = (call: CallEntry): boolean => {
  const at = stateOf(call)
  return ending.some(state => at.matches(state)) || at.matches({ accepted: 'leaving' })
}

/** No final answer to its INVITE yet. */
export const isEarly = (call: CallEntry): boolean => {
  const at = stateOf(call)
  return !isEnding(call) && !at.matches('accepted') && !at.matches('confirmed')
}
