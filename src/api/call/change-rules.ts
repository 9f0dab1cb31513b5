/** When the session of a call may be changed, and with what. RFC 3261 §14.1, RFC 3311 §5.1. */
import type { CallState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import { isMalformed } from '../../message/malformed.ts'
import type { HeaderPair, SipResponse } from '../../message/types.ts'
import { isSipUri, parseUri } from '../../message/uri.ts'
import { checkText } from '../../rules/text.ts'
import { badArgument, checkObject, checkOffer, checkParts } from '../check.ts'
import type { CredentialsOption } from '../options.ts'

/** The methods of a call that change its session. */
export type ChangeOperation = 'hold' | 'resume' | 'reinvite' | 'update' | 'moveTo'

/** How the session is changed. */
export interface ChangeOptions {
  /** Our SDP offer; default: that of the media of the call. */
  readonly offer?: string
  readonly headers?: readonly HeaderPair[]
  /** True: it waits for the changes before it, at most 8. Default: `request-pending` is thrown while there are any. */
  readonly queue?: boolean
  /** Tried before the provider is asked; default: those of the INVITE. */
  readonly credentials?: CredentialsOption
}

/** How `call.reinvite` changes the session. */
export interface ReinviteOptions extends Omit<ChangeOptions, 'offer'> {
  /** Our SDP offer; `none`: the peer offers in its 2xx, and our media answers. Default: the offer of our media. */
  readonly offer?: string | 'none'
}

/** Both descriptions of a session, as agreed. */
export interface SessionDescriptions {
  readonly local: string
  readonly remote: string
}

/** Who takes nothing from the other: put on hold. Both, when neither does. */
export interface Held {
  /** We hold the peer: our description takes no media. */
  readonly local: boolean
  /** The peer holds us. */
  readonly remote: boolean
}

/** Sent when a change of ours is over: the 2xx, or why there is none. */
export type ChangeOutcome = { readonly value: SipResponse } | { readonly error: SipError } | undefined

const up: ReadonlySet<CallState['is']> = new Set<CallState['is']>(['accepted', 'confirmed'])
const early: ReadonlySet<CallState['is']> = new Set<CallState['is']>(['early', 'ringing'])

export const isChange = (operation: string): operation is ChangeOperation =>
  ['hold', 'resume', 'reinvite', 'update', 'moveTo'].includes(operation)

/** Why the session cannot be changed now; `undefined` when it can. */
export const changeRefusal = (
  operation: ChangeOperation,
  is: CallState['is'],
  hasDialog: boolean,
): SipError | undefined => {
  if (up.has(is)) return undefined
  if ((operation === 'update' || operation === 'moveTo') && early.has(is) && hasDialog) return undefined
  return new SipError('invalid-dialog-state', `the session cannot be changed while the call is ${is}`)
}

/** Throws `argument` or `header-not-allowed` for what cannot be sent. */
export const checkChange = (options: ReinviteOptions): void => {
  const { offer, headers } = checkObject(options, 'the options')
  checkOffer(offer)
  if (headers !== undefined) checkParts({ headers })
}

/** Throws `argument` for what is no `host` or `host:port`. */
export const checkAddress = (address: string): string => {
  const uri = parseUri(`sip:${checkText(address, 'the address')}`)
  const plain = !isMalformed(uri) && isSipUri(uri) && uri.user === undefined
  if (!plain || uri.params.size > 0 || uri.headers.size > 0) {
    throw badArgument('the address must be a host or host:port, as 192.0.2.7:5060 or [2001:db8::7]')
  }
  return address
}
