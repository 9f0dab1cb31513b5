/** What a REFER asks for: Refer-To, Referred-By, Refer-Sub. RFC 3515, 3892, 4488. */
import { escapeHeader, resolveEscapes } from '../message/escape.ts'
import { isMalformed } from '../message/malformed.ts'
import { formatNameAddr, parseNameAddr } from '../message/name-addr.ts'
import { longName } from '../message/names.ts'
import type { HeaderPair, NameAddr, SipMessage, SipRequest } from '../message/types.ts'
import { formatUri, isSipUri } from '../message/uri.ts'
import { reservedHeaders } from './headers.ts'
import type { Refusal } from './respond.ts'
import { asRequestUri } from './route-set.ts'
import { parseSipfrag, type StatusLine, sipfrag } from './sipfrag.ts'
import { type SubscriptionState, subscriptionStateOf } from './subscription-state.ts'
import { isOneLine, isToken, sameText } from './text.ts'

/** Refer-To, taken apart. */
export interface ReferTarget {
  /** As it came. */
  readonly address: NameAddr
  /** What is to be asked: the parameter `method` of the URI, or INVITE. RFC 3515 §2.1 */
  readonly method: string
  /** Where: without headers and method, fit for a start line. */
  readonly uri: string
  /** What the request is to carry: the headers behind `?`, those left out that nobody else may set. */
  readonly headers: readonly HeaderPair[]
}

/**
 * What an address may not set in the request made from it: whose it is and how it travels, and what we say of ourselves.
 * RFC 3261 §19.1.5
 */
const notHonoured: ReadonlySet<string> = new Set([
  ...reservedHeaders,
  'accept',
  'accept-encoding',
  'accept-language',
  'allow',
  'authorization',
  'body',
  'contact',
  'organization',
  'path',
  'rack',
  'referred-by',
  'route',
  'supported',
  'user-agent',
])

/** The headers behind the `?` of a URI that are honoured. RFC 3261 §19.1.5 */
const headersOf = (given: ReadonlyMap<string, string | undefined>): HeaderPair[] => {
  const headers: HeaderPair[] = []
  for (const [name, value = ''] of given) {
    const plain = resolveEscapes(value)
    if (isToken(name) && !notHonoured.has(longName(name)) && isOneLine(plain)) headers.push([name, plain])
  }
  return headers
}

/** What an address asks for, as Refer-To names it. */
export const referTarget = (address: NameAddr): ReferTarget => {
  const { uri } = address
  if (!isSipUri(uri)) return { address, method: 'INVITE', uri: formatUri(uri), headers: [] }
  const method = resolveEscapes(uri.params.get('method') ?? 'INVITE')
  return { address, method, uri: asRequestUri(uri), headers: headersOf(uri.headers) }
}

const bad = (fault: string): Refusal => ({
  reply: { status: 400, reason: `Bad Request - ${fault}`, headers: [] },
})

/** What a REFER asks for. Exactly one Refer-To; a Referred-By must be readable, if it is there. RFC 3515 §2.4.2 */
export const referOf = (refer: SipRequest): ReferTarget | Refusal => {
  const address = refer.parsed('refer-to')
  if (address === undefined) return bad('exactly one Refer-To is needed')
  const target = referTarget(address)
  if (!isToken(target.method)) return bad('Refer-To')
  if (refer.header('referred-by') !== undefined && refer.parsed('referred-by') === undefined) {
    return bad('Referred-By')
  }
  return target
}

/** Refer-To as text: the address with headers for the request that is made from it. RFC 3515 §2.1 */
export const formatReferTo = (address: NameAddr, headers: readonly HeaderPair[]): string => {
  const { uri } = address
  if (!isSipUri(uri) || headers.length === 0) return formatNameAddr(address)
  const all = new Map(uri.headers)
  for (const [name, value] of headers) all.set(name, escapeHeader(value))
  return formatNameAddr({ ...address, uri: { ...uri, headers: all } })
}

/** The same from text; `undefined` for what is no address. */
export const referTo = (text: string, headers: readonly HeaderPair[] = []): string | undefined => {
  const address = parseNameAddr(text)
  return isMalformed(address) ? undefined : formatReferTo(address, headers)
}

/** False when the sender wants no subscription, or the receiver made none. RFC 4488 §4 */
export const wantsSubscription = (message: SipMessage): boolean =>
  message.parsed('refer-sub')?.value.toLowerCase() !== 'false'

/**
 * Which of several REFERs in one dialog a NOTIFY belongs to: the one whose number is its id, and the first of them for a
 * NOTIFY without one. RFC 3515 §2.4.6
 */
export const referredBy = <Referral extends { readonly seq: number }>(
  referrals: readonly Referral[],
  id: string | undefined,
): Referral | undefined => (id === undefined ? referrals[0] : referrals.find(({ seq }) => String(seq) === id))

/** What a NOTIFY of a REFER tells. */
export interface ReferNotice {
  /** How far the request is that was made for it; absent when the NOTIFY has no body. */
  readonly line?: StatusLine
  readonly subscription: SubscriptionState
}

/**
 * What a NOTIFY of a REFER tells, or why it cannot be taken. The body must be a sipfrag with a status line; a NOTIFY that
 * only ends the subscription may come without. RFC 3515 §2.4.5, RFC 6665 §4.1.3
 */
export const noticeOf = (notify: SipRequest): ReferNotice | Refusal => {
  const subscription = subscriptionStateOf(notify)
  if ('reply' in subscription) return subscription
  if (notify.body.length === 0) return { subscription }
  const type = notify.parsed('content-type')?.value
  if (type === undefined || !sameText(type, sipfrag)) {
    return { reply: { status: 415, headers: [['Accept', sipfrag]] } }
  }
  const line = parseSipfrag(notify.text)
  return line ? { line, subscription } : bad('the sipfrag has no status line')
}
