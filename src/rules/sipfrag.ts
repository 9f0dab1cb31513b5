/** Fragments of SIP messages, as a NOTIFY of a REFER carries them: the status line of the response. RFC 3420, RFC 3515 §2.4.5. */
import { encodeUtf8 } from '../message/bytes.ts'
import { reasonPhrase } from '../message/reasons.ts'

/** Media type of such a body. */
export const sipfrag = 'message/sipfrag'

/** How far something has come: status and phrase of a response. */
export interface StatusLine {
  readonly status: number
  readonly reason: string
}

/** The status line that a fragment begins with; `undefined` when it begins with anything else. */
export const parseSipfrag = (body: string): StatusLine | undefined => {
  const end = body.search(/[\r\n]/)
  const line = end < 0 ? body : body.slice(0, end)
  const parts = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(line)
  return parts ? { status: Number(parts[1]), reason: (parts[2] ?? '').trim() } : undefined
}

/** The fragment of a response: its status line alone, which says nothing of who answered (RFC 3515 §5). */
export const formatSipfrag = (status: number, reason: string = reasonPhrase(status)): Uint8Array =>
  encodeUtf8(`SIP/2.0 ${status} ${reason}\r\n`)
