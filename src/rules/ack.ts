/** The ACK that ends an INVITE transaction which failed. RFC 3261 §17.1.1.3. */
import { createRequest } from '../message/create.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { topVia } from './via.ts'

/** Credentials ride on an ACK too, for it cannot be challenged: the header lines of both kinds. §22.1 */
export const credentialsOf = (request: SipRequest): HeaderPair[] => [
  ...request.headers('authorization').map((value): HeaderPair => ['Authorization', value]),
  ...request.headers('proxy-authorization').map((value): HeaderPair => ['Proxy-Authorization', value]),
]

/**
 * The ACK for a 300 to 699: same Request-URI, top Via, Route, From, Call-ID and CSeq number; To of the response.
 * `additions`: what else it carries.
 */
export const makeAck = (
  invite: SipRequest,
  response: SipResponse,
  additions: readonly HeaderPair[] = [],
): SipRequest => {
  const headers: HeaderPair[] = [
    ['Via', topVia(invite)],
    ['Max-Forwards', '70'],
  ]
  for (const value of invite.headers('route')) headers.push(['Route', value])
  headers.push(
    ['From', invite.header('from') ?? ''],
    ['To', response.header('to') ?? ''],
    ['Call-ID', invite.callId],
    ['CSeq', `${invite.cseq.seq} ACK`],
    ...credentialsOf(invite),
    ...additions,
  )
  return createRequest({ method: 'ACK', uri: invite.uri, headers })
}
