/** The session description in a message, whole or one part of several. RFC 3261 §7.4, §20.11; RFC 5621. */
import { toBinary, toText } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { type BodyPart, parseMultipart } from '../message/multipart.ts'
import type { Malformed, SipMessage, SipRequest, ValueWithParams } from '../message/types.ts'
import { scanSdp } from '../sdp/scan.ts'
import type { Refusal } from './respond.ts'
import { sameText } from './text.ts'

const sdpType = 'application/sdp'

/** True when `range` (`type/subtype`, `type/*` or `*` + `/*`) covers a media type. */
export const covers = (range: string, type: string): boolean =>
  range === '*/*' ||
  sameText(range, type) ||
  (range.endsWith('/*') && sameText(range.slice(0, -1), type.slice(0, type.indexOf('/') + 1)))

const isMultipart = (type: ValueWithParams | undefined): boolean =>
  type?.value.toLowerCase().startsWith('multipart/') === true

const isSdp = (type: ValueWithParams | undefined): boolean => type?.value.toLowerCase() === sdpType

const field = ({ fields }: BodyPart, wanted: string): string | undefined =>
  fields.find(({ name }) => name.toLowerCase() === wanted)?.value

/** For a description the default is `session`. RFC 3261 §20.11 */
const describesSession = (disposition: string | undefined): boolean =>
  disposition === undefined || /^\s*session\s*(?:;|$)/i.test(disposition)

/** Parts are needed unless they say otherwise. RFC 3261 §20.11, RFC 5621 §8 */
const isOptional = (part: BodyPart): boolean =>
  /;\s*handling\s*=\s*optional\b/i.test(field(part, 'content-disposition') ?? '')

const describing = (part: BodyPart): boolean =>
  isSdp(part.contentType) && describesSession(field(part, 'content-disposition'))

/** The description among the parts, at any level; of several alternatives the last. RFC 2046 §5.1.4 */
const findPart = (container: SipMessage | BodyPart): BodyPart | undefined => {
  const parts = parseMultipart(container)
  if (isMalformed(parts)) return undefined
  for (const part of [...parts].reverse()) {
    const found = isMultipart(part.contentType) ? findPart(part) : describing(part) ? part : undefined
    if (found) return found
  }
  return undefined
}

/** The text of the session description in a message, also as one part of its body; `undefined` when there is none. */
export const sdpIn = (message: SipMessage): string | undefined => {
  const written = message.header('content-type')
  if (written === undefined) return undefined
  // As most peers write it: nothing to take apart.
  if (written !== sdpType) {
    const type = message.parsed('content-type')
    if (isMultipart(type)) {
      const part = findPart(message)
      return part && toText(toBinary(part.body))
    }
    if (!isSdp(type)) return undefined
  }
  if (!describesSession(message.header('content-disposition'))) return undefined
  // Other than plain text it is refused, or optional and passed over. RFC 3261 §20.12
  if (!sameText(message.header('content-encoding') ?? 'identity', 'identity')) return undefined
  const { text } = message
  return text === '' ? undefined : text
}

const unreadable = (contentTypes: readonly string[]): Refusal => ({
  reply: { status: 415, headers: [['Accept', contentTypes.join(', ')]] },
})

const bad = (fault: string): Refusal => ({
  reply: { status: 400, headers: [], reason: `Bad Request - ${fault}` },
})

/** A needed part that cannot be read; of alternatives one is enough. RFC 5621 §4, §8 */
const checkParts = (
  container: SipMessage | BodyPart,
  type: ValueWithParams,
  contentTypes: readonly string[],
): Refusal | undefined => {
  const parts: readonly BodyPart[] | Malformed = parseMultipart(container)
  if (isMalformed(parts)) return bad(parts.reason)
  const faults = parts.map(part => {
    const { contentType = { value: 'text/plain', params: new Map() } } = part
    if (isOptional(part)) return undefined
    if (isMultipart(contentType)) return checkParts(part, contentType, contentTypes)
    return contentTypes.some(range => covers(range, contentType.value)) ? undefined : unreadable(contentTypes)
  })
  const alternative = sameText(type.value, 'multipart/alternative')
  if (alternative && faults.includes(undefined)) return undefined
  return faults.find(fault => fault !== undefined)
}

/** What is wrong with a request that describes a session: 400 for no SDP, 415 for a needed part of an unknown type. */
export const checkDescription = (
  request: SipRequest,
  { contentTypes }: { readonly contentTypes?: readonly string[] | undefined },
): Refusal | undefined => {
  if (contentTypes === undefined) return undefined
  const written = request.header('content-type')
  if (written === undefined) return undefined
  if (written !== sdpType) {
    const type = request.parsed('content-type')
    if (type && isMultipart(type) && request.text !== '') {
      const fault = checkParts(request, type, contentTypes)
      if (fault) return fault
    }
  }
  const sdp = sdpIn(request)
  if (sdp === undefined) return undefined
  const { fault } = scanSdp(sdp)
  return fault === undefined ? undefined : bad(`SDP: ${fault}`)
}
