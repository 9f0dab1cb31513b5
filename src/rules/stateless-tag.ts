/** A To tag for responses that leave no state behind: the same request always gets the same one. RFC 3261 §8.2.7. */
import type { SipMessage } from '../message/types.ts'

const prime = 0x01000193

const hash = (text: string, seed: number): string => {
  let value = seed
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), prime)
  }
  return (value >>> 0).toString(16).padStart(8, '0')
}

/** Sixteen hexadecimal digits made of what a retransmission repeats. Not a secret: it guards nothing. */
export const statelessTag = (request: SipMessage): string => {
  const text = `${request.header('via')} ${request.header('call-id')} ${request.header('from')} ${request.header('cseq')}`
  return hash(text, 0x811c9dc5) + hash(text, 0x9747b28c)
}
