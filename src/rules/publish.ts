/** What a PUBLISH says, and what its 2xx grants. RFC 3903 §4, §5, §11.3. */
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { clampExpires } from './expiry.ts'
import { reservedHeaders } from './headers.ts'

/** What a PUBLISH gets from the options of its publication. */
export const reservedInPublish: ReadonlySet<string> = new Set([
  ...reservedHeaders,
  'event',
  'expires',
  'sip-etag',
  'sip-if-match',
])

/** Seconds that a publication is taken to last at least: less would be renewed in a frenzy. */
const least = 10

/** A state that the server holds for us. */
export interface Published {
  /** Names it until the next 2xx, which brings another. */
  readonly etag: string
  /** Seconds that the server keeps it. */
  readonly granted: number
}

/** Why a 2xx is of no use. */
export interface Unpublished {
  readonly fault: string
  readonly header: string
}

/** What a 2xx grants. One without Expires grants what was asked for, as with other requests. §6 */
export const readPublished = (response: SipResponse, requested: number): Published | Unpublished => {
  const etag = response.parsed('sip-etag')
  if (etag === undefined) return { fault: 'the 2xx names no entity tag', header: 'SIP-ETag' }
  const granted = response.parsed('expires') ?? requested
  if (granted === 0) return { fault: 'the 2xx grants no time', header: 'Expires' }
  return { etag, granted: clampExpires(granted, requested, { minGranted: Math.min(least, requested) }) }
}

/** The headers that make a PUBLISH the first one, a renewal, a change or the last one. §4.1 */
export const publishHeaders = (
  event: string,
  { etag, expires }: { readonly etag?: string | undefined; readonly expires: number },
): HeaderPair[] => [
  ['Event', event],
  ['Expires', String(expires)],
  ...(etag === undefined ? [] : [['SIP-If-Match', etag] as const]),
]
