/** Messages as bytes and as text for traces. RFC 3261 §7, §20.14. */
import { toText as decode, room, toUtf8Binary, writeBinary } from './bytes.ts'
import { inner, Request } from './message.ts'
import { CONTENT_LENGTH } from './names.ts'
import type { SipMessage } from './types.ts'

/** Start line and headers as a binary string, Content-Length counted. */
const headOf = (message: SipMessage, bodySize: number): string => {
  const source = inner(message)
  const { lines } = source
  const { isText } = lines
  let out =
    source instanceof Request
      ? `${source.method} ${isText ? source.uri : toUtf8Binary(source.uri)} SIP/2.0\r\n`
      : `SIP/2.0 ${source.status} ${isText ? source.reason : source.phrase}\r\n`
  let counted = false
  for (let i = 0; i < lines.size; i++) {
    if (lines.idAt(i) !== CONTENT_LENGTH) {
      out += lines.nameAt(i) + ': ' + (isText ? lines.valueAt(i) : lines.wireAt(i)) + '\r\n'
    } else if (!counted) {
      out += lines.nameAt(i) + ': ' + bodySize + '\r\n'
      counted = true
    }
  }
  out += counted ? '\r\n' : 'Content-Length: ' + bodySize + '\r\n\r\n'
  return isText ? toUtf8Binary(out) : out
}

/**
 * The message as it is sent. Content-Length is counted here, whatever the message says. Text is sent as UTF-8; bytes
 * of a received message that were not valid UTF-8 are sent as they came.
 */
export const serialize = (message: SipMessage): Uint8Array => {
  const { body } = message
  const head = headOf(message, body.length)
  const bytes = room(head.length + body.length)
  writeBinary(head, bytes)
  if (body.length > 0) bytes.set(body, head.length)
  return bytes
}

/** The message as text, for traces and people: what `serialize` sends, read as UTF-8. */
export const toText = (message: SipMessage): string =>
  decode(headOf(message, message.body.length)) + message.text
