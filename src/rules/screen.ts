/**
 * What a user agent server checks before anybody hears of a request, in the order of RFC 3261 §8.2:
 * method, Request-URI, Require, content, and what a dialog or a subscription needs.
 */

import type { HeaderPair, SipRequest, Uri, ValueWithParams } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import { checkDescription, covers } from './body.ts'
import { needsContact, onlyContact, usableRecordRoute } from './contact.ts'
import { hasCookie } from './match.ts'
import type { Refusal } from './respond.ts'
import { sameText } from './text.ts'

/** What the user agent can do, as far as the checks need it. */
export interface Abilities {
  readonly methods: readonly string[]
  /** Option tags it understands. */
  readonly extensions: readonly string[]
  /** Whether the Request-URI of a request outside dialogs is one of ours; default: every one is. */
  readonly acceptsUri?: ((uri: Uri) => boolean) | undefined
  /** Media types it reads (`type/subtype`, `type/*`); default: whatever comes is left to the application. */
  readonly contentTypes?: readonly string[] | undefined
  /** Event packages it notifies for; default: whatever comes is left to the application. */
  readonly events?: readonly string[] | undefined
}

const refuse = (status: number, headers: readonly HeaderPair[] = [], reason?: string): Refusal => ({
  reply: reason === undefined ? { status, headers } : { status, headers, reason },
})

const bad = (fault: string): Refusal => refuse(400, [], `Bad Request - ${fault}`)

const includesText = (list: readonly string[], value: string): boolean =>
  list.some(member => sameText(member, value))

const checkUri = (request: SipRequest, abilities: Abilities): Refusal | undefined => {
  if (!abilities.acceptsUri && request.uri.startsWith('sip:')) return undefined
  const { target, toTag } = request
  if (!isSipUri(target) && target.scheme !== 'tel') return refuse(416)
  if (toTag === undefined && abilities.acceptsUri && !abilities.acceptsUri(target)) return refuse(404)
  return undefined
}

const checkRequire = (request: SipRequest, { extensions }: Abilities): Refusal | undefined => {
  if (request.header('require') === undefined) return undefined
  const required = request.parsed('require')
  if (required === undefined) return bad('Require')
  const unknown = required.filter(tag => !includesText(extensions, tag))
  return unknown.length === 0 ? undefined : refuse(420, [['Unsupported', unknown.join(', ')]])
}

const isOptional = (disposition: ValueWithParams | undefined): boolean =>
  disposition?.params.get('handling')?.toLowerCase() === 'optional'

const checkContent = (request: SipRequest, { contentTypes }: Abilities): Refusal | undefined => {
  const written = request.header('content-type')
  // As most peers write it: nothing to take apart, and the body stays where it is.
  if (
    written !== undefined &&
    contentTypes?.includes(written) &&
    request.header('content-encoding') === undefined
  ) {
    return undefined
  }
  if (written === undefined && request.header('content-encoding') === undefined) return undefined
  if (request.body.length === 0) return undefined
  if (isOptional(request.parsed('content-disposition'))) return undefined
  if (request.header('content-encoding') !== undefined) {
    const encodings = request.parsed('content-encoding') ?? ['unreadable']
    if (encodings.some(encoding => !sameText(encoding, 'identity'))) {
      return refuse(415, [['Accept-Encoding', 'identity']])
    }
  }
  // A body without Content-Type is against §20.15, yet harmless: the application sees that there is none.
  if (written === undefined) return undefined
  const type = request.parsed('content-type')
  if (type === undefined) return bad('Content-Type')
  if (contentTypes === undefined || contentTypes.some(range => covers(range, type.value))) return undefined
  return refuse(415, [['Accept', contentTypes.join(', ')]])
}

/** §21.4.7: an INVITE is answered with SDP or not at all, so a caller that does not take SDP gets a 406. */
const checkAccept = (request: SipRequest): Refusal | undefined => {
  if (request.method !== 'INVITE' || request.header('accept') === undefined) return undefined
  const ranges = request.parsed('accept')
  if (ranges === undefined) return bad('Accept')
  return ranges.some(range => covers(range.value, 'application/sdp')) ? undefined : refuse(406)
}

const checkDialog = (request: SipRequest): Refusal | undefined => {
  if (!needsContact(request.method)) return undefined
  if (!usableRecordRoute(request)) return bad('Record-Route is not a SIP URI')
  if (onlyContact(request) !== undefined) return undefined
  // An RFC 2543 peer need not send one; its From serves instead.
  const old = request.header('contact') === undefined && !hasCookie(request.via.params.get('branch'))
  return old && request.toTag === undefined ? undefined : bad('one Contact with a SIP URI is needed')
}

const checkEvent = (request: SipRequest, { events }: Abilities): Refusal | undefined => {
  if (events === undefined || (request.method !== 'SUBSCRIBE' && request.method !== 'PUBLISH'))
    return undefined
  const event = request.parsed('event')
  if (event !== undefined && includesText(events, event.value)) return undefined
  return refuse(489, [['Allow-Events', events.join(', ')]])
}

/**
 * The refusal that a request deserves whatever the application thinks of it, or `undefined`.
 * ACK and CANCEL pass: the one is never answered, the other is the transaction's. Proxy-Require is a proxy's matter.
 */
export const screen = (request: SipRequest, abilities: Abilities): Refusal | undefined => {
  const { method } = request
  if (method === 'ACK' || method === 'CANCEL') return undefined
  if (!abilities.methods.includes(method)) return refuse(405, [['Allow', abilities.methods.join(', ')]])
  return (
    checkUri(request, abilities) ??
    checkRequire(request, abilities) ??
    checkContent(request, abilities) ??
    checkDescription(request, abilities) ??
    checkAccept(request) ??
    checkDialog(request) ??
    checkEvent(request, abilities)
  )
}
