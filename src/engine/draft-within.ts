/** A request within a dialog, made into a draft. RFC 3261 §12.2.1.1 */
import { isMalformed } from '../message/malformed.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { type DialogRecord, dialogRequest } from '../rules/dialog.ts'
import type { Credentials } from './commands.ts'
import type { Draft } from './entries.ts'

/** What a request within a dialog has besides what the dialog gives it. */
export interface InDialog {
  readonly method: string
  readonly extra?: readonly HeaderPair[] | undefined
  readonly contact?: boolean
  /** Host and port that Contact names instead of the flow's. */
  readonly contactHost?: string | undefined
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly credentials?: readonly Credentials[] | undefined
  /** Hears of it when it is sent for the first time. */
  readonly sent?: (request: SipRequest) => void
}

export const draftWithin = (
  record: DialogRecord,
  { method, extra = [], contact, contactHost, contentType, body, credentials = [], sent }: InDialog,
): Draft => {
  const { uri, nextHop } = dialogRequest(record, { method, seq: 0 })
  const hop = parseUri(nextHop)
  // A peer's Contact or Record-Route was checked when the dialog was made; what is no SIP URI leads nowhere.
  const target = !isMalformed(hop) && isSipUri(hop) ? hop : unreachable
  return {
    method,
    uri,
    nextHop: target,
    head: seq => dialogRequest(record, { method, seq }).headers,
    ...(contact ? { contact: 'own' } : {}),
    ...(contactHost === undefined ? {} : { contactHost }),
    extra,
    contentType,
    body,
    credentials,
    ...(sent && { sent }),
    withinDialog: record.routeSet.length > 0 ? 'routed' : 'direct',
  }
}

/** A name that no resolver knows (RFC 2606 §2). */
const unreachable = { scheme: 'sip', host: 'unknown.invalid', params: new Map(), headers: new Map() } as const
