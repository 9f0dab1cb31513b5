/** The effects of calls and dialogs. */
import type { RequestInDialog } from '../../../machines/dialog/dialog.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../../message/types.ts'
import type { DialogRecord } from '../../rules/dialog.ts'
import { infoPackagesOf, infoRefusal } from '../../rules/info.ts'
import type { Refusal } from '../../rules/respond.ts'
import { branches } from './branches.ts'
import { acknowledgeChange } from './changes.ts'
import { refuse, takeSubscription } from './event-dialogs.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

export const call = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  ...branches(parts, of),
  invite: (args: Args) => parts.calls.invite(of(args, 'call')),
  openDialog: (args: Args, response: SipResponse) => {
    const entry = of(args, 'call')
    parts.dialogs.open(entry, response)
    if (entry.dialog && response.status >= 200)
      parts.sessionTimers.agreed(entry.dialog, response, entry.direction === 'outgoing' ? 'received' : 'sent')
  },
  acknowledge: (args: Args, { response, answer }: { response?: SipResponse; answer?: string }) => {
    const entry = of(args, 'call')
    parts.acknowledgements.acknowledge(entry, response ?? entry.answer!, answer)
    if (entry.dialog?.changes) parts.changes.advance(entry.dialog)
  },
  acknowledgeNow: (args: Args) => {
    const entry = of(args, 'call')
    parts.acknowledgements.acknowledge(entry, entry.answer!)
    if (entry.dialog?.changes) parts.changes.advance(entry.dialog)
  },
  cancel: (args: Args) => parts.calls.cancel(of(args, 'call')),
  respond: (args: Args, response: SipResponse) => {
    const entry = of(args, 'call')
    parts.calls.respond(entry, response)
    if (entry.replaces && response.status >= 200 && response.status < 300) parts.replacing.takePlace(entry)
  },
  respondAgain: (args: Args) => parts.calls.respond(of(args, 'call'), args.context.last),
  respondCancelled: (args: Args) => parts.calls.respondCancelled(of(args, 'call')),
  bye: (args: Args, { headers }: { headers?: readonly HeaderPair[] }) =>
    parts.calls.bye(of(args, 'call'), headers),
  endDialogs: (args: Args) => {
    const entry = of(args, 'call')
    parts.referralNotifiers.callEnded(entry, args.context.end)
    parts.dialogs.end(entry)
    parts.connections.callEnded(entry)
  },
  answerBye: (_: Args, request: RequestInDialog) => parts.calls.answerBye(request),
  observeAck: (args: Args, ack: SipRequest) => {
    const { dialog } = of(args, 'call')
    if (!dialog) return
    parts.sessions.observe(dialog, 'received', ack)
    if (dialog.changes) parts.changes.advance(dialog)
  },
  decline: (_: Args, request: RequestInDialog) => parts.calls.decline(request),
})

export const dialog = (parts: Parts, of: EntryOf) => ({
  deliver: (args: Args, request: RequestInDialog) => {
    const entry = of(args, 'dialog')
    const packages = infoPackagesOf(request.request)
    if (packages) parts.runtime.news({ type: 'infoPackages', id: entry.call.id, packages })
    if (takeSubscription(parts, entry, request)) return
    const refusal = infoRefusal(request.request, entry.connection.options.infoPackages)
    if (refusal) refuse(parts, request.transaction, refusal)
    else parts.calls.deliver(entry, request)
  },
  deliverAck: (args: Args, request: SipRequest) => {
    const dialog = of(args, 'dialog')
    const { call } = dialog
    parts.sessions.observe(dialog, 'received', request)
    if (dialog.changes) {
      parts.changes.advance(dialog)
      if (acknowledgeChange(parts, dialog, request)) return
    }
    // The ACK of another INVITE acknowledges nothing of this one's. §13.3.1.4
    if (call.incoming && call.incoming.cseq.seq !== request.cseq.seq) return
    parts.runtime.post(call, { type: 'dialog.ack', request })
    const { server } = call
    // Acknowledged: the call will not repeat its 2xx any more.
    if (server) parts.runtime.afterwards(() => parts.runtime.parking.park(server))
  },
  announceTarget: ({ self }: Args, { remoteTarget, routeSet }: DialogRecord) =>
    parts.runtime.news({ type: 'target', id: self.id, remoteTarget, routeSet }),
  refuse: (_: Args, { transaction, refusal }: { transaction: string; refusal: Refusal }) =>
    refuse(parts, transaction, refusal),
})
