/** The effects of dialogs as places of subscriptions. */
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { Refusal } from '../../rules/respond.ts'
import type { AnyDialogEntry } from '../entries.ts'
import { isHandled } from '../route.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

/** Effect `refuse` of a dialog. */
export const refuse = (parts: Parts, transaction: string, refusal: Refusal): void => {
  const server = parts.runtime.registry.get(transaction)
  if (server?.kind === 'server') parts.servers.refuse(server, refusal)
}

/** Takes NOTIFY, SUBSCRIBE and REFER in a dialog, and whatever comes when its call is over; false for all else. */
export const takeSubscription = (parts: Parts, dialog: AnyDialogEntry, asked: RequestInDialog): boolean => {
  const { eventDialogs, referralNotifiers, runtime } = parts
  const { method } = asked.request
  if (method === 'NOTIFY' && (eventDialogs.notified(dialog, asked) || eventDialogs.unclaimed(dialog, asked)))
    return true
  if (method === 'SUBSCRIBE' && eventDialogs.subscribed(dialog, asked)) return true
  if (dialog.kind === 'eventDialog' || dialog.over) eventDialogs.declined(asked)
  else if (method === 'REFER') {
    const server = runtime.registry.get(asked.transaction)
    if (server?.kind === 'server') referralNotifiers.open(server, dialog)
  } else if (method === 'NOTIFY' && !isHandled(dialog.connection, method)) eventDialogs.declined(asked)
  else return false
  return true
}

export const eventDialog = (parts: Parts, of: EntryOf) => ({
  deliver: (args: Args, request: RequestInDialog) =>
    takeSubscription(parts, of(args, 'eventDialog'), request),
  // There is no INVITE in it that an ACK could belong to.
  deliverAck: () => {},
  // The application has no object for it.
  announceTarget: () => {},
  refuse: (_: Args, { transaction, refusal }: { transaction: string; refusal: Refusal }) =>
    refuse(parts, transaction, refusal),
})
