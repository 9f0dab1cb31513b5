/** Transferring a call: REFER, the outcome that the other end tells, and who hangs up then. RFC 5589. */
import type { CallState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import { isSuccess } from '../../rules/calls.ts'
import type { Call } from './call.ts'
import type { CallOperation } from './call-rules.ts'
import type { ReferOptions, Referral, ReferralOutcome } from './referral.ts'

/** What the REFER of a transfer may have. Without a subscription there would be no outcome. */
export type TransferOptions = Omit<ReferOptions, 'subscription'>

/** How a transfer ended. */
export interface TransferOutcome {
  /** True: the other two are connected, and our calls with them are over. False: our calls stand as before. */
  readonly transferred: boolean
  /** Final status of the call that the transferee made; absent when it made no subscription, against our wish. */
  readonly status?: number
  readonly reason?: string
  /** The REFER behind it. */
  readonly referral: Referral
}

/** The methods of a call that send a REFER. */
export type ReferOperation = 'refer' | 'transfer'

export const isRefer = (operation: CallOperation | string): operation is ReferOperation =>
  operation === 'refer' || operation === 'transfer'

/** Why a call in this state has no REFER; `undefined` when it has. */
export const referRefusal = (is: CallState['is']): SipError | undefined =>
  is === 'confirmed'
    ? undefined
    : new SipError('invalid-dialog-state', `only a confirmed call can be transferred, this one is ${is}`)

const isUp = ({ state: { is } }: Call): boolean => is === 'confirmed' || is === 'accepted'

/**
 * What a transferor does when it knows how the transfer ended. On success it hangs up with the transferee (RFC 5589 §6.1);
 * the call that was replaced is the target's to end (RFC 3891 §3), and ours should the target have forgotten it.
 */
export const conclude = async (
  referral: Referral,
  { status, reason, succeeded }: ReferralOutcome,
  transferee: Call,
  target: Call | undefined,
): Promise<TransferOutcome> => {
  const told = { ...(status !== undefined && { status }), ...(reason !== undefined && { reason }), referral }
  if (!succeeded || (status !== undefined && !isSuccess(status))) return { transferred: false, ...told }
  if (isUp(transferee)) await transferee.hangUp()
  if (target && isUp(target)) await target.hangUp()
  return { transferred: true, ...told }
}
