/** The effects of REFER, and of dialogs that it makes. */
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { ReferNotify } from '../../../machines/dialog/referral-notifier.ts'
import type { SipResponse } from '../../message/types.ts'
import type { Refusal } from '../../rules/respond.ts'
import type { OutgoingResponse } from '../commands.ts'
import type { AnyDialogEntry, IncomingReferralEntry, OutgoingReferralEntry } from '../entries.ts'
import { isHandled } from '../route.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

/** Effect `refuse` of a dialog. */
export const refuse = (parts: Parts, transaction: string, refusal: Refusal): void => {
  const server = parts.runtime.registry.get(transaction)
  if (server?.kind === 'server') parts.servers.refuse(server, refusal)
}

/** Takes NOTIFY and REFER in a dialog, and whatever comes when its call is over; false for all else. */
export const takeSubscription = (parts: Parts, dialog: AnyDialogEntry, asked: RequestInDialog): boolean => {
  const { method } = asked.request
  if (method === 'NOTIFY' && parts.eventDialogs.notified(dialog, asked)) return true
  if (dialog.kind === 'eventDialog' || dialog.over) parts.eventDialogs.declined(asked)
  else if (method === 'REFER') {
    const server = parts.runtime.registry.get(asked.transaction)
    if (server?.kind === 'server') parts.notifiers.open(server, dialog)
  } else if (method === 'NOTIFY' && !isHandled(dialog.connection, method)) parts.eventDialogs.declined(asked)
  else return false
  return true
}

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
      parts.notifiers.accept(theirs(args), subscription),
    rejectReferral: (args: Args, { status, response }: { status: number; response?: OutgoingResponse }) =>
      parts.notifiers.reject(theirs(args), status, response),
    notify: (args: Args, notify: ReferNotify) => parts.notifiers.notify(theirs(args), notify),
  }
}

export const eventDialog = (parts: Parts, of: EntryOf) => ({
  deliver: (args: Args, request: RequestInDialog) =>
    takeSubscription(parts, of(args, 'eventDialog'), request),
  // There is no INVITE in it that an ACK could belong to.
  deliverAck: () => {},
  refuse: (_: Args, { transaction, refusal }: { transaction: string; refusal: Refusal }) =>
    refuse(parts, transaction, refusal),
})
