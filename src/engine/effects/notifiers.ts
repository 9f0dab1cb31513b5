/** The effects of peers' subscriptions. */
import type { Acceptance } from '../../../machines/dialog/notifier-setup.ts'
import type { Notice } from '../../rules/notify.ts'
import type { Refusal } from '../../rules/respond.ts'
import type { OutgoingResponse } from '../commands.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

export const notifier = (parts: Parts, of: EntryOf) => {
  const theirs = (args: Args) => of(args, 'notifier')
  return {
    ...announcements(parts, of),
    acceptSubscription: (args: Args, { expires }: Acceptance) =>
      parts.notifiers.accept(theirs(args), expires),
    rejectSubscription: (args: Args, { status, response }: { status: number; response?: OutgoingResponse }) =>
      parts.notifiers.reject(theirs(args), status, response),
    answerSubscribe: (args: Args, { transaction, expires }: { transaction: string; expires: number }) =>
      parts.notifiers.answer(theirs(args), transaction, expires),
    refuseSubscribe: (_: Args, { transaction, refusal }: { transaction: string; refusal: Refusal }) =>
      parts.notifiers.refuse(transaction, refusal),
    notify: (args: Args, notice: Notice) => parts.notifiers.notify(theirs(args), notice),
    endDialog: (args: Args) => parts.notifiers.endDialog(theirs(args)),
  }
}
