/** Why a request or response was sent: the Reason header. RFC 3326, RFC 6432. */
import { SipError } from '../errors.ts'
import { quote } from '../message/chars.ts'
import type { HeaderPair, SipMessage } from '../message/types.ts'
import { checkText, checkToken } from './text.ts'

/** One value of a Reason header. RFC 3326 §2 */
export interface Reason {
  /** `SIP`: `cause` is a status code; `Q.850`: a cause of the telephone network; or another token. */
  readonly protocol: string
  /** A number from 0 to 65535. */
  readonly cause?: number
  /** For people to read. */
  readonly text?: string
}

const none: readonly Reason[] = []

/** The reasons that a message gives, in its order; none when it has no header of that kind, or none that can be read. */
export const reasonsOf = (message: SipMessage): readonly Reason[] => {
  if (message.header('reason') === undefined) return none
  return (message.parsed('reason') ?? []).map(({ value, params }) => {
    const cause = params.get('cause')
    const text = params.get('text')
    return {
      protocol: value,
      ...(cause !== undefined && /^\d{1,5}$/.test(cause) && { cause: Number(cause) }),
      ...(text !== undefined && { text }),
    }
  })
}

/** As it stands in the header. */
export const formatReason = ({ protocol, cause, text }: Reason): string => {
  const number = cause === undefined ? '' : `;cause=${cause}`
  return `${protocol}${number}${text === undefined ? '' : `;text=${quote(text)}`}`
}

/** The header line for a reason that an application gives. Throws `argument` for one that cannot be written. */
export const reasonHeader = (reason: Reason): HeaderPair => {
  if (typeof reason !== 'object' || reason === null) {
    throw new SipError('argument', 'a reason must be an object { protocol, cause, text? }')
  }
  const { protocol, cause, text } = reason
  checkToken(protocol, 'the protocol of a reason')
  if (text !== undefined) checkText(text, 'the text of a reason')
  if (cause !== undefined && !(Number.isInteger(cause) && cause >= 0 && cause <= 65_535)) {
    throw new SipError('argument', 'the cause of a reason must be a number from 0 to 65535')
  }
  return ['Reason', formatReason(reason)]
}
