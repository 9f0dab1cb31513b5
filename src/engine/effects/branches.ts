/** The effects of calls that concern the branches of an INVITE, and of the machines beside them. */
import type { Branch } from '../../../machines/dialog/call.ts'
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { Numbered } from '../../../machines/dialog/reliable-provisional.ts'
import type { Prack } from '../../../machines/dialog/reliable-receipt.ts'
import type { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const branches = (parts: Parts, of: EntryOf) => ({
  surface: (args: Args, response: SipResponse) => parts.forks.surface(of(args, 'call'), response),
  dismiss: (args: Args, response: SipResponse) => parts.forks.dismiss(of(args, 'call'), response),
  inviteNext: (args: Args, uri: string) => parts.forks.inviteNext(of(args, 'call'), uri),
  leaveBranch: (args: Args, branch: Branch) => parts.forks.leave(of(args, 'call'), branch),
  endBranches: (args: Args) => parts.dialogs.prune(of(args, 'call')),
  endLosers: (args: Args) => parts.dialogs.prune(of(args, 'call')),
  receiveReliably: (args: Args, response: SipResponse) => parts.reliable.receive(of(args, 'call'), response),
  respondReliably: (args: Args, response: SipResponse) => parts.reliable.respond(of(args, 'call'), response),
  respondLost: (args: Args) => parts.calls.respondLost(of(args, 'call')),
})

export const reliableProvisional = (parts: Parts, of: EntryOf) => ({
  transmit: (args: Args, numbered: Numbered) => parts.reliable.transmit(of(args, 'provisional'), numbered),
  acknowledge: (args: Args, prack: RequestInDialog) =>
    parts.reliable.acknowledge(of(args, 'provisional'), prack),
  refusePrack: (_: Args, prack: RequestInDialog) => parts.reliable.refuse(prack),
})

export const reliableReceipt = (parts: Parts, of: EntryOf) => ({
  tell: (args: Args, response: SipResponse) => parts.reliable.tell(of(args, 'provisional'), response),
  prack: (args: Args, prack: Prack) => parts.reliable.prack(of(args, 'provisional'), prack),
  ask: (args: Args, { response, offer }: { response: SipResponse; offer: boolean }) =>
    parts.reliable.ask(of(args, 'provisional'), response, offer),
  agree: (args: Args, response: SipResponse) => parts.reliable.agree(of(args, 'provisional'), response),
  fail: (args: Args, failure: { response?: SipResponse; error?: SipError }) =>
    parts.reliable.fail(of(args, 'provisional'), failure),
})
