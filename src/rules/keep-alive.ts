/** By what and how often a flow is asked whether it lives. RFC 5626 §4.4, RFC 6223 §4. */
import type { SipResponse } from '../message/types.ts'

/** How a flow is asked, in milliseconds. */
export interface Probing {
  readonly by: 'crlf' | 'stun' | 'options'
  /** OPTIONS take over when the peer ignores the first probe. */
  readonly fallsBack: boolean
  readonly least: number
  readonly most: number
}

/** What is known of the flow. */
export interface Kept {
  /** A stream, not datagrams. */
  readonly stream: boolean
  /** The transport finds out by itself. */
  readonly watched: boolean
  /** Seconds that the server allows between two signs of life. */
  readonly flowTimer?: number | undefined
}

/** Seconds between probes where nobody says anything. RFC 5626 §4.4.1, §4.4.2 */
const usual = { stream: [95, 120], datagrams: [24, 29] } as const

/** A shorter time would be a flood; 0 means that a server leaves it to us. RFC 6223 §4.3 */
const spreadOf = (seconds: number): readonly [number, number] => {
  const bounded = Math.max(1, seconds)
  return [bounded * 0.8, bounded]
}

/** How a flow is kept alive; `undefined`: not at all. `interval` in seconds, of the application. */
export const probingOf = (
  by: 'auto' | Probing['by'] | 'off',
  interval: number | undefined,
  { stream, watched, flowTimer }: Kept,
): Probing | undefined => {
  if (by === 'off' || (by === 'auto' && watched)) return undefined
  const told = interval ?? (flowTimer === 0 ? undefined : flowTimer)
  const [least, most] = told === undefined ? usual[stream ? 'stream' : 'datagrams'] : spreadOf(told)
  return {
    by: by === 'options' ? by : stream ? 'crlf' : 'stun',
    fallsBack: by === 'auto',
    least: least * 1000,
    most: most * 1000,
  }
}

/** Where a request of ours came from, by what the Via of its response shows; `undefined` when it shows nothing. RFC 3581 §4 */
export const seenFrom = ({ via: { host, params } }: SipResponse): string | undefined => {
  const port = params.get('rport')
  return port === undefined ? undefined : `${params.get('received') ?? host}:${port}`
}
