/** The effects of changes of a session, and of its timer. */
import type { Acknowledging, ChangeEnd } from '../../../machines/dialog/outgoing-change-setup.ts'
import type { SipError } from '../../errors.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../message/types.ts'
import type { Refusal } from '../../rules/respond.ts'
import type { DialogEntry } from '../entries.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const change = (parts: Parts, of: EntryOf) => {
  const entry = (args: Args) => of(args, 'change')
  return {
    queue: (args: Args) => parts.changes.advance(entry(args).dialog),
    settle: (args: Args) => parts.changes.advance(entry(args).dialog),
    describe: (args: Args, answered: SipResponse | undefined) =>
      parts.changes.describe(entry(args), answered),
    request: (args: Args, { offer }: { offer?: string }) => parts.changes.request(entry(args), offer),
    observe: (args: Args, message: SipMessage) => parts.changes.observe(entry(args), message),
    accepted: (args: Args, response: SipResponse) => parts.changes.accepted(entry(args), response),
    acknowledge: (args: Args, asked: Acknowledging) => parts.changes.acknowledge(entry(args), asked),
    withdraw: (args: Args) => parts.changes.withdraw(entry(args)),
    tell: (args: Args, end: ChangeEnd | { error?: SipError }) => parts.changes.tell(entry(args), end),
    endCall: (args: Args) => parts.changes.endCall(entry(args)),
    refuse: (args: Args, refusal: Refusal) => parts.peerChanges.refuse(entry(args), refusal),
    agree: (args: Args) => parts.peerChanges.agree(entry(args)),
    ask: (args: Args) => parts.peerChanges.ask(entry(args)),
    respond: (args: Args, response: SipResponse) => parts.peerChanges.respond(entry(args), response),
    respondAgain: (args: Args) => parts.peerChanges.respondAgain(entry(args)),
    giveUp: (args: Args) => parts.peerChanges.giveUp(entry(args)),
  }
}

export const sessionTimer = (parts: Parts, of: EntryOf) => ({
  refresh: (args: Args) => parts.sessionTimers.refresh(of(args, 'sessionTimer')),
  expire: (args: Args) => parts.sessionTimers.expire(of(args, 'sessionTimer')),
})

/** An ACK goes to the re-INVITE that it names; false when it names none. */
export const acknowledgeChange = (parts: Parts, dialog: DialogEntry, ack: SipRequest): boolean => {
  const change = parts.peerChanges.acknowledged(dialog, ack)
  if (!change) return false
  parts.runtime.post(change, { type: 'dialog.ack', request: ack }, dialog)
  return true
}
