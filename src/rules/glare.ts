/**
 * Changes of a session that meet: what becomes of the peer's re-INVITE or UPDATE, when one of ours tries again, and by
 * which method it goes. RFC 3261 §14, RFC 3311 §5, RFC 6141, RFC 5407.
 */
import type { SipResponse } from '../message/types.ts'
import { readSeconds } from './expiry.ts'
import type { Standing } from './offer-answer.ts'
import type { Refusal } from './respond.ts'

/** What is going on in a dialog when the peer wants to change its session. */
export interface Situation {
  readonly method: 'INVITE' | 'UPDATE'
  /** What its body is: a description, nothing at all, something that is none, or one without streams that there were. */
  readonly body: 'offer' | 'none' | 'broken' | 'misfit'
  readonly standing: Standing
  /** An INVITE of ours has no final answer yet. */
  readonly ourInvite: boolean
  /** An INVITE of the peer waits for our final answer. */
  readonly theirInvite: boolean
  /** An UPDATE of the peer waits for our answer. */
  readonly theirUpdate: boolean
  /** Our BYE is out, or the call is over. */
  readonly ending: boolean
  /** The offer is the description that is in force: its origin has not changed. RFC 3264 §8 */
  readonly unchanged: boolean
  /** Min-SE to demand, when the session timer asked for is too short. RFC 4028 §9 */
  readonly minSE?: number | undefined
  /** 0 to 1: by which the peer's wait is chosen. */
  readonly chance: number
}

const refuse = (status: number, headers: Refusal['reply']['headers'] = []): Refusal => ({
  reply: { status, headers },
})

/** §14.2: the peer is to come back within ten seconds, at a time of chance. */
const later = (chance: number): Refusal =>
  refuse(500, [['Retry-After', String(Math.min(Math.floor(chance * 11), 10))]])

/**
 * How a change of the peer's is to be refused, or whether it is to be answered at once (`refresh`: it says
 * nothing new) or by whoever decides about sessions (`ask`).
 */
export const judgeChange = (now: Situation): Refusal | 'refresh' | 'ask' => {
  const { method, standing } = now
  const body = now.body === 'misfit' ? 'offer' : now.body
  if (now.ending) return refuse(481)
  if (body === 'broken') return { reply: { status: 400, reason: 'Bad Request - no SDP', headers: [] } }
  if (method === 'INVITE') {
    if (now.theirInvite || now.theirUpdate) return later(now.chance)
    // An offer of ours in an UPDATE or 2xx is as much in the way as an INVITE. §14.2, RFC 3311 §5.1
    if (now.ourInvite || standing === 'offered') return refuse(491)
    if (standing === 'received') return later(now.chance)
  } else {
    if (now.theirUpdate) return later(now.chance)
    if (body === 'offer' && standing === 'offered') return refuse(491)
    if (body === 'offer' && (standing === 'received' || standing === 'none')) return later(now.chance)
  }
  // RFC 3264 §8: streams are added and switched off, never taken out.
  if (now.body === 'misfit') return refuse(488)
  if (now.minSE !== undefined) return refuse(422, [['Min-SE', String(now.minSE)]])
  const empty = method === 'UPDATE' && body === 'none'
  return empty || (body === 'offer' && now.unchanged) ? 'refresh' : 'ask'
}

/** How often a change of ours is sent in all. */
export const mostAttempts = 4
/** The longest Retry-After that a change waits for, in seconds. */
const longestWait = 60

/**
 * Milliseconds until a refused change may be sent again; `undefined` when it may not. 491: 2.1 to 4 s if the Call-ID is
 * ours, else 0 to 2 s, in units of 10 ms (§14.1). 500 with Retry-After: as told. `chance`: 0 to 1.
 */
export const retryPause = (
  response: SipResponse,
  ownsCallId: boolean,
  chance: number,
): number | undefined => {
  if (response.status === 491) {
    return ownsCallId ? 2100 + 10 * Math.floor(chance * 190.99) : 10 * Math.floor(chance * 200.99)
  }
  if (response.status !== 500) return undefined
  const seconds = readSeconds(/^\s*(\d+)/.exec(response.header('retry-after') ?? '')?.[1])
  return seconds === undefined || seconds > longestWait ? undefined : seconds * 1000
}

/** What decides whether a change of ours goes by UPDATE. */
export interface ChangeFacts {
  /** No final answer to the INVITE yet. */
  readonly early: boolean
  readonly refresh: boolean
  /** UPDATE stood in the peer's Allow. */
  readonly peerAllowsUpdate: boolean
}

/** The method that a change goes by when the application does not say. RFC 3311 §4, RFC 4028 §7.4 */
export const changeMethod = ({ early, refresh, peerAllowsUpdate }: ChangeFacts): 'INVITE' | 'UPDATE' =>
  early || (refresh && peerAllowsUpdate) ? 'UPDATE' : 'INVITE'

const originIn = (sdp: string | undefined): string | undefined =>
  sdp === undefined ? undefined : /^o=.*$/m.exec(sdp)?.[0].trim()

/** True when an offer repeats the description that the peer gave before: a session refresh. RFC 3264 §8 */
export const isRepeatedOffer = (offer: string | undefined, inForce: string | undefined): boolean => {
  const origin = originIn(offer)
  return origin !== undefined && origin === originIn(inForce)
}
