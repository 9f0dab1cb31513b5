/** The session description in a message, whole or one part of several. RFC 3261 §7.4, §20.11; RFC 5621. */
import { toBinary, toText } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { type BodyPart, parseMultipart } from '../message/multipart.ts'
import type { SipMessage, ValueWithParams } from '../message/types.ts'

const sdpType = 'application/sdp'

/** The parts of all levels, `multipart` ones replaced by theirs; what cannot be read has none. */
const leaves = (container: SipMessage | BodyPart): readonly BodyPart[] => {
  const parts = parseMultipart(container)
  if (isMalformed(parts)) return []
  return parts.flatMap(part => (isMultipart(part.contentType) ? leaves(part) : [part]))
}

/** True for `multipart/…`. */
export const isMultipart = (type: ValueWithParams | undefined): boolean =>
  type?.value.toLowerCase().startsWith('multipart/') === true

const field = ({ fields }: BodyPart, wanted: string): string | undefined =>
  fields.find(({ name }) => name.toLowerCase() === wanted)?.value

/** For a description the default is `session`. RFC 3261 §20.11 */
const describesSession = (disposition: string | undefined): boolean =>
  disposition === undefined || /^\s*session\s*(?:;|$)/i.test(disposition)

/** The text of the session description in a message; of several alternatives the last. RFC 2046 §5.1.4 */
export const sdpIn = (message: SipMessage): string | undefined => {
  const written = message.header('content-type')
  if (written === undefined) return undefined
  // As most peers write it: nothing to take apart.
  if (written !== sdpType) {
    const type = message.parsed('content-type')
    if (isMultipart(type)) {
      const part = leaves(message).findLast(
        ({ contentType, ...rest }) =>
          contentType?.value.toLowerCase() === sdpType &&
          describesSession(field({ contentType, ...rest } as BodyPart, 'content-disposition')),
      )
      return part && toText(toBinary(part.body))
    }
    if (type?.value.toLowerCase() !== sdpType) return undefined
  }
  if (!describesSession(message.header('content-disposition'))) return undefined
  const { text } = message
  return text === '' ? undefined : text
}
