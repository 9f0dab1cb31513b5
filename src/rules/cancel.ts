/** The CANCEL of an INVITE. RFC 3261 §9.1; Reason RFC 3326. */
import { createRequest } from '../message/create.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { topVia } from './via.ts'

/** What a CANCEL may carry besides what it takes from its INVITE. */
export interface CancelOptions {
  /** Value of a Reason header, for example `SIP;cause=200;text="Call completed elsewhere"`. */
  readonly reason?: string | undefined
  readonly headers?: readonly HeaderPair[] | undefined
}

/**
 * The CANCEL for an INVITE as it was sent, its Via included. It takes the same way: same Request-URI, top Via and
 * Route. Require and Proxy-Require are left out, as is every other header.
 */
export const makeCancel = (invite: SipRequest, options: CancelOptions = {}): SipRequest => {
  const headers: HeaderPair[] = [
    ['Via', topVia(invite)],
    ['Max-Forwards', '70'],
  ]
  for (const value of invite.headers('route')) headers.push(['Route', value])
  headers.push(
    ['From', invite.header('from') ?? ''],
    ['To', invite.header('to') ?? ''],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq.seq} CANCEL`],
  )
  if (options.reason !== undefined) headers.push(['Reason', options.reason])
  if (options.headers) headers.push(...options.headers)
  return createRequest({ method: 'CANCEL', uri: invite.uri, headers })
}
