/**
 * Session timers: who refreshes a session, how often, and when it is over. RFC 4028. All in seconds.
 */
import type { HeaderPair, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { readSeconds } from './expiry.ts'
import { sameText, splitList } from './text.ts'

/** The least interval that anybody may ask for. §4 */
export const leastInterval = 90
/** How often a 422 is followed. §7.3 */
export const mostRaises = 3

/** What one side wants. */
export interface TimerWish {
  /** Interval to ask for; absent: none of our own, the peer's is honoured. */
  readonly sessionExpires?: number | undefined
  /** The least that we accept; default 90. */
  readonly minSE?: number | undefined
}

/** What was agreed. */
export interface TimerGrant {
  readonly interval: number
  readonly refresher: 'local' | 'remote'
}

/** What Session-Expires says. */
export interface SessionExpires {
  readonly interval: number
  readonly refresher?: 'uac' | 'uas'
}

/** Session-Expires (or `x`) of a message; `undefined` without one that can be read. §4 */
export const readSessionExpires = (message: SipMessage): SessionExpires | undefined => {
  const text = message.header('session-expires')
  if (text === undefined) return undefined
  const [first = '', ...params] = text.split(';')
  const interval = readSeconds(first.trim())
  if (interval === undefined || interval === 0) return undefined
  for (const param of params) {
    const [name = '', value = ''] = param.split('=')
    if (!sameText(name.trim(), 'refresher')) continue
    const role = value.trim().toLowerCase()
    if (role === 'uac' || role === 'uas') return { interval, refresher: role }
  }
  return { interval }
}

/** Min-SE of a message: 90 when there is none, or none that can be read. §5 */
export const readMinSE = (message: SipMessage): number => {
  const seconds = readSeconds(message.header('min-se')?.split(';')[0]?.trim())
  return Math.max(seconds ?? leastInterval, leastInterval)
}

/** True when a message says that its sender knows session timers. */
export const supportsTimer = (message: SipMessage): boolean =>
  ['supported', 'require'].some(name =>
    message.headers(name).some(value => splitList(value).some(tag => sameText(tag, 'timer'))),
  )

const floor = ({ minSE = leastInterval }: TimerWish): number => Math.max(minSE, leastInterval)

const minSEHeader = (least: number): HeaderPair[] =>
  least > leastInterval ? [['Min-SE', String(least)]] : []

/**
 * The headers by which a request asks for a timer. `refresher`: who is it now, in a session that has a timer; absent in
 * the first request: the peer may choose. §7.1, §7.4
 */
export const askTimer = (wish: TimerWish, refresher?: TimerGrant['refresher']): HeaderPair[] => {
  const least = floor(wish)
  const { sessionExpires } = wish
  if (sessionExpires === undefined) return minSEHeader(least)
  const role = refresher === undefined ? '' : `;refresher=${refresher === 'local' ? 'uac' : 'uas'}`
  return [['Session-Expires', `${Math.max(sessionExpires, least)}${role}`], ...minSEHeader(least)]
}

/** What a request asked for, as it was sent. */
const wishOf = (request: SipRequest): TimerWish => ({
  sessionExpires: readSessionExpires(request)?.interval,
  minSE: readMinSE(request),
})

/** The wish to try again with after a 422; `undefined` when it asks for no more than was offered. §7.3 */
export const raised = (request: SipRequest, response: SipResponse): TimerWish | undefined => {
  if (response.status !== 422 || response.header('min-se') === undefined) return undefined
  const before = wishOf(request)
  const least = readMinSE(response)
  if (before.sessionExpires === undefined || least <= before.sessionExpires) return undefined
  return { sessionExpires: least, minSE: least }
}

/** Min-SE to refuse a request with by 422; only a peer that knows session timers may be told. §9 */
export const tooShort = (request: SipRequest, wish: TimerWish): number | undefined => {
  const asked = readSessionExpires(request)
  const least = floor(wish)
  return asked && asked.interval < least && supportsTimer(request) ? least : undefined
}

/**
 * What our 2xx says to a request; nothing when nobody wants a timer. Table 2 of §9: a peer that does not know timers never
 * refreshes; one that does refreshes if it did not say otherwise, and is told so by Require.
 */
export const answerTimer = (request: SipRequest, wish: TimerWish): readonly HeaderPair[] => {
  const asked = readSessionExpires(request)
  const ours = wish.sessionExpires
  if (!asked && ours === undefined) return []
  const knows = supportsTimer(request)
  const least = Math.max(readMinSE(request), knows ? floor(wish) : 0)
  // Never longer than was asked for, never shorter than the least of anybody on the way.
  const interval = asked
    ? Math.min(asked.interval, Math.max(ours ?? asked.interval, least))
    : Math.max(ours!, least)
  const role = knows ? (asked?.refresher ?? 'uac') : 'uas'
  const headers: HeaderPair[] = [['Session-Expires', `${interval};refresher=${role}`]]
  if (role === 'uac') headers.push(['Require', 'timer'])
  return headers
}

/** The timer that a 2xx sets, by who sent it; `undefined`: none. A role that is missing is the caller's. §7.2, §9 */
export const grantedTimer = (response: SipResponse, way: 'sent' | 'received'): TimerGrant | undefined => {
  const granted = readSessionExpires(response)
  if (!granted) return undefined
  const ours = (granted.refresher === 'uas') === (way === 'sent')
  return { interval: granted.interval, refresher: ours ? 'local' : 'remote' }
}

/** When the one who refreshes does so: at half of the interval. §7.4 */
export const refreshAfter = (interval: number): number => interval / 2

/** When a session that nobody refreshed is ended by BYE: before its time by a third, at most 32 s. §10 */
export const expiresAfter = (interval: number): number => interval - Math.min(32, interval / 3)
