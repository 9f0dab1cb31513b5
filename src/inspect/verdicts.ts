/** What is wrong with one message, or with a request and its response. */

import type { SipRequest, SipResponse } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import type { MessageFrame } from './frame.ts'
import { addressText } from './names.ts'
import { isAddress, isPrivate } from './private-address.ts'
import type { Finding } from './views.ts'

/** A finding without its place. */
export type Verdict = Pick<Finding, 'kind' | 'severity' | 'title' | 'text'>

const contacts: ReadonlySet<string> = new Set(['INVITE', 'REGISTER', 'SUBSCRIBE', 'UPDATE', 'REFER'])

/** A Contact that the other side cannot reach: a private address, told to or by a public one. RFC 3261 §8.1.1.8 */
export const privateContact = ({
  message,
  remote,
  direction,
  transport,
}: MessageFrame): Verdict | undefined => {
  if (!contacts.has(message.cseq.method) || !isAddress(remote.host) || isPrivate(remote.host))
    return undefined
  // Bindings to WebSocket flows are found by the flow (RFC 7118), those with outbound too (RFC 5626).
  if (transport === 'WS' || transport === 'WSS') return undefined
  if (message.kind === 'response' && message.cseq.method === 'REGISTER') return undefined
  const contact = message.parsed('contact')
  if (contact === undefined || contact === '*') return undefined
  for (const { uri, params } of contact) {
    if (!isSipUri(uri) || !isPrivate(uri.host)) continue
    if (params.has('reg-id') || uri.params.has('ob') || uri.params.has('gr')) continue
    const ours = direction === 'out'
    return {
      kind: 'private-contact',
      severity: 'warning',
      title: 'Private Contact',
      text: ours
        ? `Our Contact is ${uri.host}, which ${addressText(remote)} cannot reach.`
        : `${addressText(remote)} names ${uri.host} as its Contact, which cannot be reached from here.`,
    }
  }
  return undefined
}

const words = ['', 'once', 'twice']

/** Credentials that were challenged again. RFC 3261 §22.1, RFC 7616 §3.3 (`stale`) */
export const authLoop = (request: SipRequest, response: SipResponse, times: number): Verdict | undefined => {
  const [given, asked] =
    response.status === 401
      ? (['authorization', 'www-authenticate'] as const)
      : (['proxy-authorization', 'proxy-authenticate'] as const)
  const credentials = request.parsed(given)
  const challenges = response.parsed(asked)
  if (!credentials || !challenges) return undefined
  for (const { params } of challenges) {
    const realm = params.get('realm')
    const own = credentials.find(one => one.params.get('realm') === realm)
    if (!own) continue
    // A nonce that has run out is asked for anew once.
    if (params.get('stale')?.toLowerCase() === 'true' && times < 2) return undefined
    const same = own.params.get('nonce') === params.get('nonce')
    const nonce = same ? 'the same nonce' : 'a new nonce: the name or the password may be wrong'
    return {
      kind: 'auth-loop',
      severity: 'failure',
      title: 'Auth loop',
      text: `${request.method} as ${own.params.get('username') ?? '?'} was challenged again ${words[times] ?? `${times} times`} by ${realm ?? '?'}, with ${nonce}.`,
    }
  }
  return undefined
}

const secondsOf = (text: string | undefined): number | undefined => {
  const value = /^\s*(\d{1,9})/.exec(text ?? '')?.[1]
  return value === undefined ? undefined : Number(value)
}

/** What a 2xx makes of the session timer against what was asked. RFC 4028 §7.2, §9 */
export const sessionTimer = (request: SipRequest, response: SipResponse): Verdict | undefined => {
  const granted = response.parsed('session-expires')
  const given = secondsOf(granted?.value)
  if (!granted || given === undefined) return undefined
  const asked = request.parsed('session-expires')
  const wanted = secondsOf(asked?.value)
  const least = Math.max(90, secondsOf(request.header('min-se')) ?? 90)
  const refresher = granted.params.get('refresher')?.toLowerCase()
  const before = asked?.params.get('refresher')?.toLowerCase()
  const capable = request.headers('supported').some(value => /(?:^|,)\s*timer\s*(?:,|$)/i.test(value))
  const faults = [
    given < least && `the answer has ${given} s, and the least is ${least} s`,
    wanted !== undefined && given > wanted && `${wanted} s were asked for and the answer has ${given} s`,
    refresher === undefined && 'the answer does not say who refreshes',
    refresher !== undefined &&
      before !== undefined &&
      refresher !== before &&
      `the request said refresher=${before}, the answer refresher=${refresher}`,
    refresher === 'uac' && !capable && 'the answer makes the caller refresh, which does not support it',
  ].filter(fault => fault !== false)
  if (faults.length === 0) return undefined
  return {
    kind: 'session-timer',
    severity: 'warning',
    title: 'Session timers disagree',
    text: `${request.method}: ${faults.join('; ')}.`,
  }
}

const offeredBy = (response: SipResponse): string => {
  const events = response.headers('allow-events').join(', ')
  return events ? `; it offers ${events}` : ''
}

/** Why a final response refuses, in a sentence; `ours` when it is this engine's. */
export const refusalText = (
  response: SipResponse,
  request: SipRequest | undefined,
  ours: boolean,
): string => {
  const who = ours ? 'This engine' : 'The peer'
  const event = request?.header('event')?.split(';')[0]
  if (response.status === 489 && event)
    return `${who} does not offer the event package ${event}${offeredBy(response)}.`
  return `${who} refused it.`
}

/** A lifetime that was too short: 423 names the least. RFC 3261 §10.2.8, RFC 6665 §4.1.3, RFC 3903 §6 */
export const tooBrief = (request: SipRequest, response: SipResponse, ours: boolean): Verdict => {
  const asked = secondsOf(request.header('expires'))
  const least = secondsOf(response.header('min-expires'))
  const who = ours ? 'this engine' : 'the peer'
  return {
    kind: 'interval-too-brief',
    severity: 'warning',
    title: `${request.method} 423 ${response.reason}`.trim(),
    text: `${asked === undefined ? 'The lifetime' : `A lifetime of ${asked} s`} is too short for ${who}${least === undefined ? ', which does not say what is enough' : `: the least is ${least} s`}.`,
  }
}
