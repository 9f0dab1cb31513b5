/** Changes of a session by the peer: what they are judged by, and the effects of their machine. RFC 3261 §14.2, RFC 3311. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { sdpIn } from '../rules/body.ts'
import { isRepeatedOffer, type Situation } from '../rules/glare.ts'
import type { Refusal } from '../rules/respond.ts'
import { tooShort } from '../rules/session-timer.ts'
import { misfitOffer, scanSdp } from '../sdp/scan.ts'
import { allowFor, supportedFor } from './abilities.ts'
import { isEarly, isEnding, stateOf } from './change-facts.ts'
import type { OutgoingResponse } from './commands.ts'
import type { ChangeEntry, DialogEntry, ServerEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import { contactWithin } from './own-contact.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'
import type { SessionTimers } from './session-timers.ts'
import type { Sessions } from './sessions.ts'

export interface PeerChangeParts {
  readonly runtime: Runtime
  readonly flows: Flows
  readonly servers: ServerTransactions
  readonly sessions: Sessions
  readonly sessionTimers: SessionTimers
}

const bodyOf = (sdp: string | undefined, before: string | undefined): Situation['body'] => {
  if (sdp === undefined) return 'none'
  if ('fault' in scanSdp(sdp)) return 'broken'
  return before !== undefined && misfitOffer(before, sdp) !== undefined ? 'misfit' : 'offer'
}

export class PeerChanges {
  readonly #parts: PeerChangeParts
  readonly #logic: AnyActorLogic

  constructor(parts: PeerChangeParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  /** A re-INVITE or UPDATE of the peer's. */
  take(dialog: DialogEntry, { request, transaction }: RequestInDialog): void {
    const { runtime } = this.#parts
    const { connection } = dialog
    const situation = this.#situation(dialog, request)
    const change = runtime.spawn<ChangeEntry>(
      {
        kind: 'change',
        id: runtime.newId('change'),
        connection,
        owner: dialog,
        visible: false,
        direction: 'incoming',
        dialog,
        incoming: { request, transaction },
      },
      this.#logic,
      { timers: connection.timers, situation },
    )
    // Most are over as they begin, or soon.
    if (change.alive) (dialog.changes ??= []).push(change)
  }

  /** Effect `refuse`. */
  refuse(entry: ChangeEntry, { reply }: Refusal): void {
    const server = this.#server(entry)
    if (server) this.#parts.servers.answer(server, reply)
  }

  /** Effect `agree`. */
  agree(entry: ChangeEntry): void {
    const { sessions } = this.#parts
    const { request } = entry.incoming!
    const offered = sdpIn(request) !== undefined
    entry.refreshes = true
    if (offered) sessions.observe(entry.dialog, 'received', request)
    const body = offered ? sessions.local(entry.dialog) : undefined
    const response = this.build(entry, {
      status: 200,
      ...(body === undefined ? {} : { contentType: 'application/sdp', body }),
    })
    if (response) this.respond(entry, response)
  }

  /** Effect `ask`. */
  ask(entry: ChangeEntry): void {
    const { runtime, sessions } = this.#parts
    const { request } = entry.incoming!
    sessions.observe(entry.dialog, 'received', request)
    const offer = sdpIn(request)
    runtime.news({
      type: 'change',
      id: entry.dialog.call.id,
      change: entry.id,
      dialog: entry.dialog.id,
      request,
      ...(offer === undefined ? {} : { offer }),
    })
  }

  /** Effect `respond`. */
  respond(entry: ChangeEntry, response: SipResponse): void {
    const { runtime, sessions, sessionTimers } = this.#parts
    const { dialog, incoming } = entry
    const { status } = response
    if (status < 300) {
      entry.response = response
      sessions.observe(dialog, 'sent', response)
      sessionTimers.agreed(dialog, response, 'sent')
      runtime.post(dialog, { type: 'dialog.accepted', request: incoming!.request })
    }
    this.#transmit(entry, response)
  }

  /** Effect `respondAgain`. */
  respondAgain(entry: ChangeEntry): void {
    if (entry.response) this.#transmit(entry, entry.response)
  }

  /** The response to a change of the peer's, with what a 2xx has of ours. */
  build(entry: ChangeEntry, answer: OutgoingResponse): SipResponse | undefined {
    const { servers, flows, sessionTimers } = this.#parts
    const { dialog, connection } = entry
    const server = this.#server(entry)
    if (!server) return undefined
    const given = answer.headers ?? []
    if (answer.status >= 300) return servers.build(server, { ...answer, headers: given })
    const names = flows.names(connection, server.way, dialog.record().secure)
    const headers: HeaderPair[] = [
      ['Contact', contactWithin(dialog.call, names, dialog.contactHost)],
      ...allowFor(connection, given),
      ...supportedFor(connection, given),
      ...sessionTimers.answer(dialog.call, entry.incoming!.request),
      ...given,
    ]
    return servers.build(server, { ...answer, headers })
  }

  /** Effect `giveUp`: no ACK came for our 2xx. §13.3.1.4 */
  giveUp({ dialog }: ChangeEntry): void {
    const error = new SipError('no-ack', 'no ACK came within 64·T1 of the 2xx')
    this.#parts.runtime.post(dialog.call, { type: 'session.lost', reason: 'no-ack', error }, dialog)
  }

  /** The re-INVITE of the peer that an ACK belongs to. */
  acknowledged(dialog: DialogEntry, ack: SipRequest): ChangeEntry | undefined {
    return dialog.changes?.find(
      ({ alive, incoming }) =>
        alive && incoming?.request.method === 'INVITE' && incoming.request.cseq.seq === ack.cseq.seq,
    )
  }

  /** The change of the peer's whose request a transaction carries. */
  carriedBy({ dialog, id }: ServerEntry): ChangeEntry | undefined {
    if (dialog?.kind !== 'dialog') return undefined
    return dialog.changes?.find(({ alive, incoming }) => alive && incoming?.transaction === id)
  }

  #situation(dialog: DialogEntry, request: SipRequest): Situation {
    const { runtime, sessions, sessionTimers } = this.#parts
    const { call } = dialog
    const others = (dialog.changes ?? []).filter(({ alive }) => alive)
    const theirs = (method: string): boolean =>
      others.some(change => change.incoming?.request.method === method && stateOf(change).matches('asked'))
    const unanswered = isEarly(call)
    const sdp = sdpIn(request)
    const [chance] = runtime.platform.random.bytes(1)
    // What waits for its stream to open is out already: it cannot be taken back.
    const offering = others.some(
      change => change.request?.draft.body !== undefined && stateOf(change).matches('requesting'),
    )
    const standing = offering ? 'offered' : sessions.standing(dialog)
    return {
      method: request.method as 'INVITE' | 'UPDATE',
      body: bodyOf(sdp, standing === 'stable' ? sessions.remote(dialog) : undefined),
      standing,
      ourInvite:
        (call.direction === 'outgoing' && unanswered) ||
        others.some(
          change =>
            change.request?.draft.method === 'INVITE' &&
            (stateOf(change).matches('requesting') || stateOf(change).matches('answering')),
        ),
      theirInvite: (call.direction === 'incoming' && unanswered) || theirs('INVITE'),
      theirUpdate: theirs('UPDATE'),
      ending: isEnding(call),
      unchanged: standing === 'stable' && isRepeatedOffer(sdp, sessions.remote(dialog)),
      minSE: tooShort(request, sessionTimers.wish(dialog.connection, call)),
      chance: chance! / 255,
    }
  }

  #server({ incoming }: ChangeEntry): ServerEntry | undefined {
    const server = incoming && this.#parts.runtime.registry.get(incoming.transaction)
    return server?.kind === 'server' ? server : undefined
  }

  #transmit(entry: ChangeEntry, response: SipResponse): void {
    const server = this.#server(entry)
    const { status } = response
    const success = server?.invite && status < 300
    this.#parts.runtime.post(server, { type: success ? 'tu.success' : 'tu.final', response }, entry)
  }
}
