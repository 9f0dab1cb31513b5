/** Calls: opening them, and the effects of their machines. RFC 3261 §13, §15. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { inviteContent } from '../rules/attachments.ts'
import { errorForStatus, terminatesDialog } from '../rules/calls.ts'
import { allowFor, supportedFor } from './abilities.ts'
import type { Command } from './commands.ts'
import type { Dialogs } from './dialogs.ts'
import type {
  CallEntry,
  ConnectionEntry,
  DialogEntry,
  Entry,
  ExpiryEntry,
  StandAloneEntry,
} from './entries.ts'
import type { Flows } from './flows.ts'
import { outgoingDraft, registrationOf } from './outgoing.ts'
import { noteRegistration, profileShare } from './own-contact.ts'
import type { PeerChanges } from './peer-changes.ts'
import type { Requests } from './requests.ts'
import { requestEvent, usageMethods } from './route.ts'
import type { Runtime } from './runtime.ts'
import { type Arrived, type ServerTransactions, sourceOf } from './server-transactions.ts'
import type { SessionTimers } from './session-timers.ts'

export interface CallParts {
  readonly peerChanges: PeerChanges
  readonly sessionTimers: SessionTimers
  readonly runtime: Runtime
  readonly flows: Flows
  readonly servers: ServerTransactions
  readonly requests: Requests
  readonly dialogs: Dialogs
  readonly logics: {
    readonly outgoing: AnyActorLogic
    readonly incoming: AnyActorLogic
    readonly expiry: AnyActorLogic
  }
}

/** Seconds that we count at most: nobody lets it ring for longer than a day, and no clock of a host counts 25 days. */
const longestWait = 86_400

type Invite = Extract<Command, { type: 'call.invite' }>

export class Calls {
  readonly #parts: CallParts

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /** An INVITE from the application. */
  openOutgoing(connection: ConnectionEntry, { id, invite }: Invite): void {
    const { runtime, logics } = this.#parts
    connection.calls += 1
    const call = runtime.spawn<CallEntry>(
      {
        kind: 'call',
        id,
        connection,
        visible: true,
        direction: 'outgoing',
        numbering: { seq: 0 },
        invite,
        dialogs: [],
      },
      logics.outgoing,
      // Without an offer of ours the answer belongs into the ACK: the application's to give.
      {
        timers: connection.timers,
        autoAck: (invite.autoAck ?? true) && (invite.offer !== undefined || invite.describing === true),
        ...(invite.describing && { describing: true }),
        surfaces: (invite.forking ?? connection.options.forking) !== 'first',
        reliable: invite.reliable !== 'off',
        ...(invite.redirects !== 'surface' && { follow: invite.uri }),
      },
    )
    if (invite.expires !== undefined) this.#limit(call, invite.expires)
  }

  /** An INVITE from the network. */
  openIncoming(connection: ConnectionEntry, arrived: Arrived, replaces?: CallEntry): CallEntry {
    const { runtime, servers, logics } = this.#parts
    const id = runtime.newId('call')
    connection.calls += 1
    const call = runtime.spawn<CallEntry>(
      {
        kind: 'call',
        id,
        connection,
        visible: true,
        direction: 'incoming',
        numbering: { seq: 0 },
        incoming: arrived.request,
        replaces,
        dialogs: [],
      },
      logics.incoming,
      { timers: connection.timers, autoAck: true },
    )
    noteRegistration(call)
    call.server = servers.open(arrived, call)
    const place = replaces && { replaces: replaces.id }
    const { request, way } = arrived
    const share = profileShare(call.registration)
    runtime.born({
      type: 'call',
      id,
      connection: connection.id,
      request,
      from: sourceOf(way),
      ...place,
      ...share,
    })
    if (arrived.request.header('expires') !== undefined) {
      const seconds = arrived.request.parsed('expires')
      if (seconds !== undefined) this.#limit(call, Math.min(seconds, longestWait))
    }
    return call
  }

  /** Lets an INVITE expire that is not answered in time. §13.2.1, §13.3.1 */
  #limit(call: CallEntry, seconds: number): void {
    const { runtime, logics } = this.#parts
    const { connection, actor } = call
    const id = runtime.newId('expiry')
    call.expiry = runtime.spawn<ExpiryEntry>(
      { kind: 'expiry', id, connection, owner: call, visible: false },
      logics.expiry,
      { owner: actor, seconds },
    )
  }

  /** Effect `invite`. */
  invite(call: CallEntry): void {
    const { requests, runtime, sessionTimers } = this.#parts
    const { offer = call.described, describing: _, ...invite } = call.invite!
    call.registration = registrationOf(runtime, invite.registration)
    const draft = outgoingDraft(runtime, call.connection, {
      ...invite,
      method: 'INVITE',
      ...inviteContent(offer, invite.attachments, () => runtime.token()),
    })
    const extra = [
      ...allowFor(call.connection, invite.headers),
      ...supportedFor(call.connection, invite.headers, invite.reliable),
      ...sessionTimers.ask(call),
      ...draft.extra,
    ]
    if (invite.expires !== undefined) extra.push(['Expires', String(invite.expires)])
    call.request = requests.start(call, { contact: 'own', ...draft, extra }, call.numbering)
  }

  /** Effect `cancelInvite`. */
  cancel(call: CallEntry): void {
    this.#parts.runtime.post(call.request, { type: 'tu.cancel' }, call)
  }

  /** Effect `respond`: through the transaction of the INVITE. */
  respond(call: CallEntry, response: SipResponse): void {
    const { status } = response
    const type = status < 200 ? 'tu.provisional' : status < 300 ? 'tu.success' : 'tu.final'
    this.#parts.runtime.post(call.server, { type, response }, call)
  }

  /** Effect `respondCancelled`: 487. §9.2, §15.1.2 */
  respondCancelled(call: CallEntry): void {
    this.#parts.servers.answer(call.server!, { status: 487 })
  }

  /** Effect `respondLost`: 504. RFC 3262 §3 */
  respondLost(call: CallEntry): void {
    this.#parts.servers.answer(call.server!, { status: 504 })
  }

  /** Effect `bye`. */
  bye(call: CallEntry, headers: readonly HeaderPair[] | undefined): void {
    const { dialogs } = this.#parts
    const { credentials } = call.invite ?? {}
    // While it is early, every branch of a fork is to fall silent.
    for (const dialog of call.dialog ? [call.dialog] : call.dialogs)
      dialogs.request(call, dialog, { method: 'BYE', extra: headers, credentials })
  }

  /** Effect `answerBye`. */
  answerBye({ transaction }: RequestInDialog): void {
    this.#reply(transaction, 200)
  }

  /** Effect `decline`: it belongs to nothing. RFC 3262 §3 */
  decline({ transaction }: RequestInDialog): void {
    this.#reply(transaction, 481)
  }

  /** Effect `deliver` of a dialog: to the usage that the request belongs to, or to the application. */
  deliver(dialog: DialogEntry, { request, transaction }: RequestInDialog): void {
    const { runtime, peerChanges } = this.#parts
    if (request.method === 'INVITE' || request.method === 'UPDATE')
      return peerChanges.take(dialog, { request, transaction })
    if (request.method === 'PRACK' && dialog.provisional?.alive) {
      return runtime.post(dialog.provisional, { type: 'dialog.request', request, transaction }, dialog)
    }
    if (usageMethods.has(request.method)) {
      return runtime.post(dialog.call, { type: 'dialog.request', request, transaction }, dialog)
    }
    const server = runtime.registry.get(transaction)
    if (server?.kind !== 'server') return
    runtime.born(requestEvent(transaction, dialog.connection, request, server, dialog.id))
  }

  /** Effect `announceRejection`. */
  announceRejection(entry: Entry, response: SipResponse): void {
    const id = 'requestId' in entry ? entry.requestId : entry.id
    this.#parts.runtime.error(id, errorForStatus(response))
    // RFC 5057 §5.1: the peer has lost the dialog.
    if (entry.kind === 'standAlone' && terminatesDialog(response.status, response.cseq.method))
      this.endUsage(entry)
  }

  /** Effect `endUsage`: the call that the request was sent in, if any. */
  endUsage(entry: StandAloneEntry): void {
    if (entry.dialog) this.#parts.runtime.post(entry.dialog.call, { type: 'tu.hangUp' }, entry)
  }

  #reply(transaction: string, status: number, headers: readonly HeaderPair[] = []): void {
    const { runtime, servers } = this.#parts
    const server = runtime.registry.get(transaction)
    if (server?.kind === 'server') servers.answer(server, { status, headers })
  }
}
