/** What the changes of a session go by: how far each is, and how far their call is. RFC 3261 §14. */
import { isMalformed } from '../message/malformed.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { changeMethod } from '../rules/glare.ts'
import type { SessionChange } from './border/changes.ts'
import type { CallEntry, ChangeEntry, DialogEntry } from './entries.ts'

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

/** The host alone: media has ports of its own. */
export const hostOf = ({ moveTo }: SessionChange): { readonly host?: string } => {
  const uri = moveTo === undefined ? undefined : parseUri(`sip:${moveTo}`)
  return uri && !isMalformed(uri) && isSipUri(uri) ? { host: uri.host } : {}
}

/** The method that a change goes by. RFC 3311 §4 */
export const methodOf = (
  { call }: DialogEntry,
  { method, purpose, moveTo }: SessionChange,
): 'INVITE' | 'UPDATE' => {
  if (method !== 'auto') return method
  const theirs = call.direction === 'outgoing' ? call.answer : call.incoming
  return changeMethod({
    early: isEarly(call),
    refresh: purpose === 'refresh' && moveTo === undefined,
    peerAllowsUpdate: theirs?.parsed('allow')?.includes('UPDATE') ?? false,
  })
}
