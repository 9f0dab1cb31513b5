/** What an application hands in, checked before any command leaves. Everything here throws `argument` or returns. */
import type { OutgoingInvite, OutgoingResponse } from '../engine/commands.ts'
import type { BodyPart } from '../message/multipart.ts'
import type { HeaderPair } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import {
  badArgument,
  checkChoice,
  checkDialogContact,
  checkList,
  checkNameAddr,
  checkObject,
  checkSeconds,
  checkSipUri,
  checkUri,
} from '../rules/arguments.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { checkString, checkText, checkToken } from '../rules/text.ts'
import { scanSdp } from '../sdp/scan.ts'

type OutgoingInviteBranches = Pick<OutgoingInvite, 'reliable' | 'forking' | 'redirects' | 'expires'>

export {
  badArgument,
  checkChoice,
  checkDialogContact,
  checkList,
  checkNameAddr,
  checkObject,
  checkSeconds,
  checkSipUri,
  checkUri,
}

/** A session timer and the least one that is accepted. RFC 4028 §4, §5 */
export const checkSessionTimer = (given: {
  readonly sessionExpires?: number
  readonly minSE?: number
}): void => {
  const { sessionExpires, minSE } = given
  if (sessionExpires !== undefined) checkSeconds(sessionExpires, 'sessionExpires', 90)
  if (minSE !== undefined) checkSeconds(minSE, 'minSE', 90)
  if (sessionExpires !== undefined && minSE !== undefined && minSE > sessionExpires)
    throw badArgument('minSE may not be above sessionExpires')
}

/** The lifetime to ask for, in seconds. */
export const checkExpires = (seconds: number, least: number): void => {
  if (Number.isInteger(seconds) && seconds > 0 && seconds < least) {
    throw badArgument(`expires must be at least ${least} (lower minRequestedExpires to ask for less)`)
  }
  checkSeconds(seconds, 'expires', least)
}

/** A body and its type come together. RFC 3261 §20.15 */
export const checkContent = (
  contentType: string | undefined,
  body: string | Uint8Array | undefined,
): void => {
  if (contentType !== undefined && !checkText(contentType, 'contentType').includes('/')) {
    throw badArgument('contentType is not a media type')
  }
  if (body === undefined) return
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw badArgument('the body must be a string or a Uint8Array')
  }
  if (body.length > 0 && contentType === undefined) {
    throw badArgument('a body needs its contentType')
  }
}

/** What an INVITE may say of its branches. */
export const checkBranches = ({ reliable, forking, redirects, expires }: OutgoingInviteBranches): void => {
  checkChoice(reliable, 'reliable', ['supported', 'required', 'off'])
  checkChoice(forking, 'forking', ['surface', 'first'])
  checkChoice(redirects, 'redirects', ['follow', 'surface'])
  if (expires !== undefined && checkSeconds(expires, 'expires') > 86_400) {
    throw badArgument('expires must be 1 to 86400 seconds')
  }
}

/** Parts of a body, each with its header lines. */
export const checkAttachments = (parts: readonly BodyPart[] | undefined): void => {
  if (parts === undefined) return
  for (const part of checkList(parts, 'attachments')) {
    const { fields, body } = checkObject(part, 'an attachment')
    for (const { name, value } of checkList(fields, 'the fields of an attachment')) {
      checkToken(name, 'the name of a field')
      checkText(value, `the field ${name}`)
    }
    if (!(body instanceof Uint8Array)) throw badArgument('the body of an attachment must be a Uint8Array')
  }
}

/** An offer of ours; `none` asks the peer to offer. */
export const checkOffer = (offer: string | undefined): void => {
  if (offer !== 'none') checkSdp(offer, 'the offer')
}

/** A session description, when there is one. Throws `argument` for a text that is none: a peer would refuse it. RFC 8866 */
export const checkSdp = (sdp: string | undefined, what: string): void => {
  if (sdp === undefined) return
  const { fault } = scanSdp(checkString(sdp, what))
  if (fault !== undefined) throw badArgument(`${what} is no session description: ${fault}`)
}

/** What requests and responses have in common. */
export const checkParts = (
  parts: {
    readonly headers?: readonly HeaderPair[]
    readonly contentType?: string
    readonly body?: string | Uint8Array
  },
  reserved?: ReadonlySet<string>,
): void => {
  checkObject(parts, 'the options')
  if (parts.headers !== undefined) checkUserHeaders(parts.headers, reserved)
  checkContent(parts.contentType, parts.body)
}

/** A status within limits, reason phrase, headers and body, put together. */
export const checkResponse = (
  status: number,
  options: Omit<OutgoingResponse, 'status'>,
  least: number,
  most: number,
): OutgoingResponse => {
  if (!Number.isInteger(status) || status < least || status > most) {
    throw badArgument(`the status must be ${least} to ${most}`)
  }
  checkParts(options)
  if (options.reason !== undefined) checkText(options.reason, 'reason')
  return { ...options, status }
}

/**
 * The Contact of a registration: exactly one SIP URI with a user part, never `*`, without a lifetime of its own, and
 * as secure as the AOR. RFC 3261 §10.2.1
 */
export const checkContact = (text: string, secure: boolean): void => {
  if (checkString(text, 'the Contact').trim() === '*') throw badArgument('the Contact must not be *')
  const { uri, params } = checkNameAddr(text, 'the Contact')
  if (!isSipUri(uri)) throw badArgument('the Contact is not a sip: or sips: URI')
  if (uri.user === undefined) throw badArgument('the Contact needs a user part')
  if (secure && uri.scheme !== 'sips') throw badArgument('the Contact of a sips: AOR must be a sips: URI')
  if (params.has('expires')) throw badArgument('the lifetime is given by `expires`, not in the Contact')
}
