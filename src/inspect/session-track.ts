/** Whether the media of a flow is on hold, by the offers that were answered. RFC 3264 §8.4 */
import type { Leg } from './flow.ts'
import type { MessageFrame } from './frame.ts'
import { badgeOf } from './sdp-badge.ts'

const still: ReadonlySet<string> = new Set(['sendonly', 'recvonly', 'inactive'])

/** Takes a message; only those with a description in an INVITE or UPDATE say anything. */
export const trackSession = ({ message }: MessageFrame, leg: Leg): void => {
  if (message.body.length === 0) return
  const { method } = message.cseq
  if (method !== 'INVITE' && method !== 'UPDATE') return
  const badge = badgeOf(message)
  if (!badge) return
  if (message.kind === 'request') leg.offered = badge.direction
  else if (message.status >= 200 && message.status < 300 && leg.offered !== undefined)
    leg.flow.onHold = still.has(badge.direction) || still.has(leg.offered)
}
