/** Reliable provisional responses: who wants them, and how they are numbered. RFC 3262. */
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { sameText } from './text.ts'

/** The option tag. RFC 3262 §8.1 */
export const reliableTag = '100rel'

const lists = (message: SipMessage, name: 'supported' | 'require'): boolean =>
  message.header(name) !== undefined &&
  (message.parsed(name)?.some(tag => sameText(tag, reliableTag)) ?? false)

/** The peer's INVITE wants every provisional response but 100 reliable. RFC 3262 §3 */
export const requiresReliable = (request: SipMessage): boolean => lists(request, 'require')

/** The peer's INVITE allows reliable provisional responses. */
export const supportsReliable = (request: SipMessage): boolean =>
  lists(request, 'supported') || lists(request, 'require')

/** Its RSeq, when the response is a reliable provisional one that can be acknowledged. RFC 3262 §4 */
export const rseqOf = (response: SipResponse): number | undefined => {
  const { status } = response
  if (status <= 100 || status >= 200 || response.header('rseq') === undefined) return undefined
  if (response.toTag === undefined || !lists(response, 'require')) return undefined
  const rseq = response.parsed('rseq')
  return rseq !== undefined && rseq > 0 ? rseq : undefined
}

/** The first number of an INVITE: 1 to 2^31 − 1, from four bytes of chance. RFC 3262 §3 */
export const firstRSeq = (chance: Uint8Array): number => {
  let number = 0
  for (const byte of chance.subarray(0, 4)) number = ((number << 8) | byte) >>> 0
  return (number % 0x7fff_ffff) + 1
}

/** The value of RAck for a reliable response. RFC 3262 §7.2 */
export const rackFor = (rseq: number, { cseq }: SipResponse): string => `${rseq} ${cseq.seq} ${cseq.method}`

/** True when a PRACK acknowledges that response. RFC 3262 §3 */
export const acknowledges = (prack: SipRequest, rseq: number, { cseq }: SipResponse): boolean => {
  const rack = prack.parsed('rack')
  return rack !== undefined && rack.rseq === rseq && rack.cseq === cseq.seq && rack.method === cseq.method
}
