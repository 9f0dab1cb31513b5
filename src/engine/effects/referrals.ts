/** The effects of REFER. */
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { ReferNotify } from '../../../machines/dialog/referral-notifier.ts'
import type { SipResponse } from '../../message/types.ts'
import type { OutgoingResponse } from '../commands.ts'
import type { IncomingReferralEntry, OutgoingReferralEntry } from '../entries.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

export const referral = (parts: Parts, of: EntryOf) => {
  const ours = (args: Args) => of(args, 'referral') as OutgoingReferralEntry
  return {
    ...announcements(parts, of),
    refer: (args: Args) => parts.referrals.refer(ours(args)),
    openDialog: (args: Args, response: SipResponse) => parts.referrals.accepted(ours(args), response),
    answerNotify: (_: Args, notify: RequestInDialog) => parts.referrals.answerNotify(notify),
    refuseNotify: (_: Args, notify: RequestInDialog) => parts.referrals.refuseNotify(notify),
    tellProgress: (args: Args, notify: RequestInDialog) => parts.referrals.tellProgress(ours(args), notify),
    endUsage: (args: Args) => parts.referrals.endUsage(ours(args)),
  }
}

export const referralNotifier = (parts: Parts, of: EntryOf) => {
  const theirs = (args: Args) => of(args, 'referral') as IncomingReferralEntry
  return {
    acceptReferral: (args: Args, { subscription }: { subscription: boolean }) =>
      parts.referralNotifiers.accept(theirs(args), subscription),
    rejectReferral: (args: Args, { status, response }: { status: number; response?: OutgoingResponse }) =>
      parts.referralNotifiers.reject(theirs(args), status, response),
    notify: (args: Args, notify: ReferNotify) => parts.referralNotifiers.notify(theirs(args), notify),
  }
}
