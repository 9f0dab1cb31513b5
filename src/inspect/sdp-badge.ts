/** What a reader wants to know of a session description at a glance. */
import type { SipMessage } from '../message/types.ts'
import type { SdpBadge } from './views.ts'

const directions = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m

/** Its direction and its streams; `undefined` when the message carries no SDP. */
export const badgeOf = (message: SipMessage): SdpBadge | undefined => {
  if (message.body.length === 0) return undefined
  const type = message.header('content-type') ?? ''
  if (!/application\/sdp|multipart\//i.test(type)) return undefined
  const start = message.text.search(/^v=0\s*$/m)
  if (start < 0) return undefined
  const [session = '', ...media] = message.text.slice(start).split(/^(?=m=)/m)
  const active = media.filter(one => !/^m=\S+ 0[ /]/.test(one))
  const own = (active[0] ?? '').match(directions)?.[1] ?? session.match(directions)?.[1]
  // A connection to nowhere was hold before RFC 3264.
  const nowhere =
    /^c=IN IP4 0\.0\.0\.0\s*$/m.test(active[0] ?? '') ||
    (!/^c=/m.test(active[0] ?? '') && /^c=IN IP4 0\.0\.0\.0\s*$/m.test(session))
  return { direction: own ?? (nowhere ? 'sendonly' : 'sendrecv'), streams: active.length }
}
