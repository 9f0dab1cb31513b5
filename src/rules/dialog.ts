/** A dialog as an immutable record, and what requests and responses make of it. RFC 3261 §12. */

import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'
import { needsContact, onlyContact } from './contact.ts'
import type { Refusal } from './respond.ts'
import { asRequestUri, recordedRoutes, routeRequest } from './route-set.ts'
import { withoutTag } from './text.ts'

/** The state of a dialog. An absent tag (RFC 2543 peer) is the empty text. */
export interface DialogRecord {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** Number of the last request that we sent. */
  readonly localSeq: number
  /** Number of the last request that came. */
  readonly remoteSeq: number | undefined
  /** From of our requests, without its tag. */
  readonly localUri: string
  /** To of our requests, without its tag. */
  readonly remoteUri: string
  /** Where our requests are addressed. */
  readonly remoteTarget: string
  /** Values of Route, each a name-addr. */
  readonly routeSet: readonly string[]
  /** Made with a `sips:` Request-URI. */
  readonly secure: boolean
}

/** What the engine adds Via and Contact to. */
export interface DialogRequest {
  readonly uri: string
  readonly headers: HeaderPair[]
  /** URI that the next hop is found by. */
  readonly nextHop: string
}

const isSecure = (request: SipRequest): boolean => request.target.scheme === 'sips'

/**
 * The dialog that a response above 100 makes at the caller. §12.1.2. Made anew from the 2xx, it has the route set of
 * the 2xx (§13.2.2.4). Without a usable Contact the Request-URI stays the target: a 2xx must be acknowledged somewhere.
 */
export const uacDialog = (request: SipRequest, response: SipResponse): DialogRecord => {
  const contact = onlyContact(response)
  return {
    callId: request.callId,
    localTag: request.fromTag ?? '',
    remoteTag: response.toTag ?? '',
    localSeq: request.cseq.seq,
    remoteSeq: undefined,
    localUri: withoutTag(request.header('from') ?? ''),
    remoteUri: withoutTag(request.header('to') ?? ''),
    remoteTarget: contact === undefined ? request.uri : asRequestUri(contact),
    routeSet: recordedRoutes(response).toReversed(),
    secure: isSecure(request),
  }
}

/** The dialog that a request makes at the callee, with the tag of our response. §12.1.1 */
export const uasDialog = (request: SipRequest, localTag: string): DialogRecord => {
  const contact = onlyContact(request)
  return {
    callId: request.callId,
    localTag,
    remoteTag: request.fromTag ?? '',
    localSeq: 0,
    remoteSeq: request.cseq.seq,
    localUri: withoutTag(request.header('to') ?? ''),
    remoteUri: withoutTag(request.header('from') ?? ''),
    remoteTarget: contact === undefined ? formatUri(request.from.uri) : asRequestUri(contact),
    routeSet: recordedRoutes(request),
    secure: isSecure(request),
  }
}

/** The dialog that a NOTIFY makes at the subscriber, before or instead of the 2xx to its SUBSCRIBE. RFC 6665 §4.4.1 */
export const notifiedDialog = (subscribe: SipRequest, notify: SipRequest): DialogRecord => ({
  ...uasDialog(notify, subscribe.fromTag ?? ''),
  localSeq: subscribe.cseq.seq,
  localUri: withoutTag(subscribe.header('from') ?? ''),
  remoteUri: withoutTag(subscribe.header('to') ?? ''),
  secure: isSecure(subscribe),
})

const tagged = (value: string, tag: string): string => (tag === '' ? value : `${value};tag=${tag}`)

/** The headers of a request within the dialog, all but Via and Contact. `seq` is the number to use. §12.2.1.1 */
export const dialogRequest = (
  record: DialogRecord,
  { method, seq }: { readonly method: string; readonly seq: number },
): DialogRequest => {
  const { uri, route, nextHop } = routeRequest(record.remoteTarget, record.routeSet)
  const headers: HeaderPair[] = [['Max-Forwards', '70']]
  for (const value of route) headers.push(['Route', value])
  headers.push(
    ['From', tagged(record.localUri, record.localTag)],
    ['To', tagged(record.remoteUri, record.remoteTag)],
    ['Call-ID', record.callId],
    ['CSeq', `${seq} ${method}`],
  )
  return { uri, headers, nextHop }
}

const retarget = (record: DialogRecord, message: SipRequest | SipResponse): DialogRecord => {
  const contact = onlyContact(message)
  if (contact === undefined) return record
  const remoteTarget = asRequestUri(contact)
  return remoteTarget === record.remoteTarget ? record : { ...record, remoteTarget }
}

const movesTarget = (method: string): boolean => needsContact(method) || method === 'NOTIFY'

/**
 * Takes a request into the dialog: its number counts, whatever becomes of it. §12.2.2
 *
 * A number below the last one is refused with 500; an equal one is let in. ACK and CANCEL have the number of their
 * INVITE and change nothing. NOTIFY is taken without Contact too, as some notifiers leave it out.
 */
export const acceptRequest = (
  record: DialogRecord,
  request: SipRequest,
): { readonly record: DialogRecord } | Refusal => {
  const { method } = request
  if (method === 'ACK' || method === 'CANCEL') return { record }
  const { seq } = request.cseq
  if (record.remoteSeq !== undefined && seq < record.remoteSeq) {
    // No header name in the phrase: SIPp, and who knows who else, takes the first "CSeq" for the header.
    return { reply: { status: 500, reason: 'Server Internal Error - out of order', headers: [] } }
  }
  if (needsContact(method) && onlyContact(request) === undefined) {
    const reason = 'Bad Request - one Contact with a SIP URI is needed'
    return { reply: { status: 400, reason, headers: [] } }
  }
  return { record: seq === record.remoteSeq ? record : { ...record, remoteSeq: seq } }
}

/** The dialog after a request of the peer that we answered with 2xx: a refused one moves nothing. §12.2.2, RFC 6141 §4.6 */
export const afterAccepted = (record: DialogRecord, request: SipRequest): DialogRecord =>
  movesTarget(request.method) ? retarget(record, request) : record

/** The dialog after a 2xx to a request of ours that may move its target. §12.2.1.2 */
export const refreshTarget = (record: DialogRecord, response: SipResponse): DialogRecord =>
  response.status >= 200 && response.status < 300 && movesTarget(response.cseq.method)
    ? retarget(record, response)
    : record
