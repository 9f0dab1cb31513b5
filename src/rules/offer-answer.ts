/** Which part a session description plays: by the message that carries it. RFC 3264, RFC 3261 §13.2.1, RFC 6337 §2. */
import type { CSeq, SipMessage } from '../message/types.ts'
import { misfit } from '../sdp/scan.ts'
import { sameText } from './text.ts'

/** How far the exchange of a dialog is. `offered`: our offer is unanswered; `received`: the peer's is. */
export type Standing = 'none' | 'offered' | 'received' | 'stable'

/** What a description is: an answer that binds nobody yet is a `preview`. */
export type Part = 'offer' | 'answer' | 'preview'

/** Who sent the message: we, or the peer. */
export type Way = 'sent' | 'received'

/** What is known of the exchange besides the message. */
export interface Exchange {
  readonly standing: Standing
  /** Whether the latest INVITE of the one who is now answered had an offer; `done`: its bare INVITE has been offered to. */
  readonly invited: 'offer' | 'bare' | 'done'
}

/** A provisional response that will be acknowledged. RFC 3262 §3 */
const isReliable = (message: SipMessage): boolean =>
  message.header('rseq') !== undefined &&
  (message.parsed('require') ?? []).some(tag => sameText(tag, '100rel'))

/** True while the other side waits for the answer of the one who sends. */
const answers = (standing: Standing, way: Way): boolean =>
  standing === (way === 'sent' ? 'received' : 'offered')

/** What brought the latest offer: CSeq of its request, and whether it came in the response. */
export interface Carrier {
  readonly carrier: CSeq
  readonly response: boolean
}

/** True for an ACK that has nothing to do with the offer: an answer goes into that of the 2xx which offered. */
export const isOtherAck = (message: SipMessage, { carrier, response }: Carrier): boolean =>
  message.kind === 'request' && message.method === 'ACK' && !(response && carrier.seq === message.cseq.seq)

/** The part of the description in that message; `undefined` for a repetition, and for one that says nothing. */
export const partOf = (message: SipMessage, way: Way, exchange: Exchange): Part | undefined => {
  const { standing, invited } = exchange
  const awaited = answers(standing, way)
  if (message.kind === 'request') {
    if (message.method === 'INVITE' || message.method === 'UPDATE') return 'offer'
    if (message.method === 'PRACK') return awaited ? 'answer' : 'offer'
    // A repeated ACK says nothing new.
    return message.method === 'ACK' && awaited ? 'answer' : undefined
  }
  const { status, cseq } = message
  if (status >= 300) return undefined
  if (cseq.method !== 'INVITE') return awaited ? 'answer' : undefined
  const binding = status >= 200 || isReliable(message)
  if (invited === 'bare') return binding ? 'offer' : undefined
  // Once answered, whatever else the responses to this INVITE carry is ignored. RFC 3261 §13.2.1
  if (!awaited || invited === 'done') return undefined
  return binding ? 'answer' : 'preview'
}

/** A description, and what it is to the machine of the dialog. */
export interface Described {
  readonly type: 'offer.sent' | 'offer.received' | 'answer.sent' | 'answer.received' | 'answer.previewed'
  readonly sdp: string
}

/** Where the plain first exchange is: not begun, one offer, or that and an answer that fits. */
export const plainStanding = (heard: readonly Described[]): Standing => {
  if (heard.length === 2) return 'stable'
  return heard.length === 0 ? 'none' : heard[0]!.type === 'offer.sent' ? 'offered' : 'received'
}

/** True while an exchange is the plain first one: all else needs the machine. RFC 3264 §4 */
export const isPlain = (heard: readonly Described[], { type, sdp }: Described): boolean => {
  const [offer] = heard
  if (offer === undefined) return type === 'offer.sent' || type === 'offer.received'
  const answer = offer.type === 'offer.sent' ? 'answer.received' : 'answer.sent'
  return heard.length === 1 && type === answer && misfit(offer.sdp, sdp) === undefined
}

/** What both agreed on by an offer and its answer. */
export const agreementOf = (offer: Described, answer: Described) =>
  offer.type === 'offer.sent'
    ? ({ local: offer.sdp, remote: answer.sdp, offerer: 'local' } as const)
    : ({ local: answer.sdp, remote: offer.sdp, offerer: 'remote' } as const)
