/** Keys by which a message finds its transaction or dialog. RFC 3261 §8.2.2.2, §12, §17.1.3, §17.2.3. */
import type { SipRequest, SipResponse } from '../message/types.ts'

/** A branch made by these rules; the bare cookie identifies nothing and falls under the rules of RFC 2543. §8.1.1.7 */
export const hasCookie = (branch: string | undefined): branch is string =>
  branch !== undefined &&
  branch.length > 7 &&
  (branch.startsWith('z9hG4bK') || branch.slice(0, 7).toLowerCase() === 'z9hg4bk')

/** Key of a client transaction. §17.1.3 */
export const clientKey = (branch: string, method: string): string => `${branch} ${method}`

/** Key of the client transaction that a response belongs to: branch of the top Via and method of the CSeq. §17.1.3 */
export const responseKey = (response: SipResponse): string =>
  clientKey(response.via.params.get('branch') ?? '', response.cseq.method)

const serverKey = (request: SipRequest, method: string): string => {
  const via = request.via
  const branch = via.params.get('branch')
  const sentBy = `${via.host}:${via.port ?? ''}`
  if (hasCookie(branch)) return `${sentBy} ${branch} ${method}`
  // RFC 2543: without the To tag, which the ACK has and its INVITE has not.
  return [
    sentBy,
    branch ?? '',
    request.callId,
    request.fromTag ?? '',
    request.cseq.seq,
    request.uri,
    method,
  ].join(' ')
}

/** Key of the server transaction of a request; an ACK has the key of its INVITE. §17.2.3 */
export const requestKey = (request: SipRequest): string =>
  serverKey(request, request.method === 'ACK' ? 'INVITE' : request.method)

/** Key of the server transaction of the INVITE that a CANCEL names. §9.2 */
export const cancelledKey = (cancel: SipRequest): string => serverKey(cancel, 'INVITE')

/** What copies of one request that took different ways have in common. §8.2.2.2 */
export const mergeKey = (request: SipRequest): string =>
  `${request.callId} ${request.fromTag ?? ''} ${request.cseq.seq} ${request.method}`

/** Key of a dialog; an absent tag (RFC 2543) is the empty text. §12 */
export const dialogKey = (callId: string, localTag: string, remoteTag: string): string =>
  `${callId} ${localTag} ${remoteTag}`

/** Key of the dialog that an incoming request names; `undefined` when it has no To tag. §12.2.2 */
export const dialogKeyOf = (request: SipRequest): string | undefined => {
  const localTag = request.toTag
  return localTag === undefined ? undefined : dialogKey(request.callId, localTag, request.fromTag ?? '')
}
