/** The effects of our subscriptions. */
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { SipResponse } from '../../message/types.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

export const subscription = (parts: Parts, of: EntryOf) => {
  const ours = (args: Args) => of(args, 'subscription')
  return {
    ...announcements(parts, of),
    subscribe: (args: Args, { expires }: { expires: number }) =>
      parts.subscriptions.subscribe(ours(args), expires),
    settle: (args: Args, response: SipResponse) => parts.subscriptions.settle(ours(args), response),
    tellNotification: (args: Args, notify: RequestInDialog & { answered?: boolean }) =>
      parts.subscriptions.tell(ours(args), notify),
    answerNotify: (_: Args, notify: RequestInDialog) => parts.subscriptions.answerNotify(notify),
    refuseNotify: (_: Args, notify: RequestInDialog) => parts.subscriptions.refuseNotify(notify),
    grantRefresh: (args: Args, grant: { expires: number; refreshes: boolean }) =>
      parts.subscriptions.granted(ours(args), grant),
    stopRefresh: (args: Args) => parts.subscriptions.stopRefresh(ours(args)),
    leaveDialog: (args: Args) => parts.subscriptions.leaveDialog(ours(args)),
    noteWait: (args: Args, { seconds }: { seconds: number }) =>
      parts.subscriptions.noteWait(ours(args), seconds),
    endDialog: (args: Args, response: SipResponse) => parts.subscriptions.endDialog(ours(args), response),
  }
}
