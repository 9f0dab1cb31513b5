/** A request within a dialog, made into a draft. RFC 3261 §12.2.1.1 */
import { isMalformed } from '../message/malformed.ts'
import type { HeaderPair } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { type DialogRecord, dialogRequest } from '../rules/dialog.ts'
import type { Credentials } from './commands.ts'
import type { Draft } from './entries.ts'

/** What a request within a dialog has besides what the dialog gives it. */
export interface InDialog {
  readonly method: string
  readonly extra?: readonly HeaderPair[] | undefined
  readonly contact?: boolean
  readonly contentType?: string | undefined
  readonly body?: string | Uint8Array | undefined
  readonly credentials?: readonly Credentials[] | undefined
}

export const draftWithin = (
  record: DialogRecord,
  { method, extra = [], contact, contentType, body, credentials = [] }: InDialog,
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
    extra,
    contentType,
    body,
    credentials,
  }
}

/** A name that no resolver knows (RFC 2606 §2). */
const unreachable = { scheme: 'sip', host: 'unknown.invalid', params: new Map(), headers: new Map() } as const
