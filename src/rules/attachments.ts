/** Parts of a body beside the session description, and the token of a Referred-By among them. RFC 5621, RFC 3892. */
import { encodeUtf8 } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { type BodyPart, formatMultipart, parseMultipart } from '../message/multipart.ts'
import type { SipMessage, SipRequest } from '../message/types.ts'
import { sameText } from './text.ts'

/** A body with its media type; nothing when there is none. */
export interface Content {
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

const sdp = 'application/sdp'

/** The body of an INVITE: the description alone, or as the first part of several. RFC 5621 §3.1 */
export const inviteContent = (
  description: string | undefined,
  attachments: readonly BodyPart[] = [],
  boundary: () => string,
): Content => {
  if (attachments.length === 0)
    return description === undefined ? {} : { contentType: sdp, body: description }
  const first: readonly BodyPart[] =
    description === undefined
      ? []
      : [{ fields: [{ name: 'Content-Type', value: sdp }], body: encodeUtf8(description) }]
  const separator = boundary()
  return {
    contentType: `multipart/mixed;boundary="${separator}"`,
    body: formatMultipart([...first, ...attachments], separator),
  }
}

const idOf = ({ fields }: { readonly fields: SipMessage['fields'] }): string | undefined =>
  fields.find(({ name }) => sameText(name, 'Content-ID'))?.value.replace(/^<|>$/g, '')

/** How a part of its own describes the body of a message that has but one. */
const whole = (message: SipMessage): BodyPart => ({
  fields: message.fields.filter(({ name }) => /^(?:content-(?!length)|c$|e$)/i.test(name)),
  body: message.body,
})

/**
 * The part of a REFER that vouches for its Referred-By: the one that the parameter `cid` names. It goes as it is into the
 * request that is made. RFC 3892 §3
 */
export const referredByToken = (refer: SipRequest): BodyPart | undefined => {
  const cid = refer.parsed('referred-by')?.params.get('cid')
  if (cid === undefined || refer.body.length === 0) return undefined
  const parts = parseMultipart(refer)
  const all = isMalformed(parts) ? [whole(refer)] : parts
  return all.find(part => idOf(part) === cid)
}
