/** The effects of transactions, and of requests of ours with all that they take. */
import type { TargetFailure } from '../../../machines/client-request-setup.ts'
import type { Place } from '../../../machines/effects.ts'
import type { SipMessage, SipResponse } from '../../message/types.ts'
import { respond } from '../../rules/respond.ts'
import { entryOf } from '../registry.ts'
import type { Args, EntryOf, Parts, Performer } from './kit.ts'

export const transactions = (parts: Parts, of: EntryOf) => {
  const answer: Performer<SipResponse> = ({ self }, response) => {
    const entry = entryOf(self)
    if (entry?.kind !== 'server' && entry?.kind !== 'parked') return
    const bytes = parts.flows.answer(entry.way, response, entry)
    if (entry.kind === 'parked' || response.status < 200) return
    entry.final = bytes
    // Nothing will be built from the request any more; only the response is repeated.
    entry.request = undefined
    if (!entry.invite) parts.runtime.afterwards(() => parts.runtime.parking.park(entry))
  }
  const trying = (args: Args): void => {
    const entry = of(args, 'server')
    if (entry.request) parts.flows.answer(entry.way, respond(entry.request, { status: 100 }), entry)
  }
  const ask: Performer<SipMessage> = (args, request) => {
    const entry = of(args, 'client')
    parts.flows.send(entry.way, request, entry)
  }
  return {
    inviteServer: { transmit: answer, transmitTrying: trying },
    nonInviteServer: { transmit: answer, transmitTrying: trying },
    inviteClient: {
      transmit: ask,
      acknowledge: (args: Args, response: SipResponse) =>
        parts.requests.acknowledgeFailure(of(args, 'client'), response),
    },
    nonInviteClient: { transmit: ask },
  }
}

export const clientRequest = (parts: Parts, of: EntryOf) => ({
  locate: (args: Args) => parts.requests.locate(of(args, 'request')),
  connect: (args: Args, place: Place) => parts.requests.connect(of(args, 'request'), place),
  avoid: (_: Args, failure: TargetFailure) => parts.requests.avoid(failure),
  send: (args: Args) => parts.requests.send(of(args, 'request')),
  authenticate: (args: Args, response: SipResponse) =>
    parts.agreements.challenged(of(args, 'request'), response),
  verify: (args: Args, response: SipResponse) => parts.agreements.verify(of(args, 'request'), response),
  raise: (args: Args, response: SipResponse) => parts.sessionTimers.raise(of(args, 'request'), response),
  cancel: (args: Args) => parts.requests.cancel(of(args, 'request')),
  abandon: (args: Args) => parts.requests.abandon(of(args, 'request')),
})
