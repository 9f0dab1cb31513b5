/** Changes of sessions, ours and the peer's: the queue of a dialog, and the effects of their machines. RFC 3261 §14. */
import type { AnyActorLogic } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { Acknowledging, ChangeEnd } from '../../machines/dialog/outgoing-change-setup.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import type { HeaderPair, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { sdpIn } from '../rules/body.ts'
import { movedContact } from '../rules/contact.ts'
import { refreshTarget } from '../rules/dialog.ts'
import { changeMethod, isRepeatedOffer, mostAttempts, type Situation } from '../rules/glare.ts'
import type { Refusal } from '../rules/respond.ts'
import { tooShort } from '../rules/session-timer.ts'
import { scanSdp } from '../sdp/scan.ts'
import { allowFor, supportedFor } from './abilities.ts'
import type { Acknowledgements } from './acknowledge.ts'
import type { SessionChange } from './border/changes.ts'
import type { Id, OutgoingResponse } from './commands.ts'
import { relay } from './compile/xstate-internals.ts'
import type { Dialogs } from './dialogs.ts'
import type { CallEntry, ChangeEntry, DialogEntry, ServerEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'
import type { SessionTimers } from './session-timers.ts'
import type { Sessions } from './sessions.ts'

export interface ChangeParts {
  readonly runtime: Runtime
  readonly flows: Flows
  readonly servers: ServerTransactions
  readonly dialogs: Dialogs
  readonly sessions: Sessions
  readonly acknowledgements: Acknowledgements
  readonly sessionTimers: SessionTimers
}

const stateOf = ({ actor }: CallEntry | ChangeEntry) => actor.getSnapshot()

/** It holds up others: not yet answered, or answered and not yet acknowledged. */
const isUnderWay = (change: ChangeEntry): boolean => {
  const at = stateOf(change)
  return !['acknowledged', 'abandoned', 'settled'].some(state => at.matches(state))
}

/** The host alone: media has ports of its own. */
const hostOf = ({ moveTo }: SessionChange): { readonly host?: string } => {
  const uri = moveTo === undefined ? undefined : parseUri(`sip:${moveTo}`)
  return uri && !isMalformed(uri) && isSipUri(uri) ? { host: uri.host } : {}
}

/** Our BYE or CANCEL is out, or its own end is near. */
const ending = ['leaving', 'cancelling', 'terminating', 'terminated', 'released'] as const

export class Changes {
  readonly #parts: ChangeParts
  readonly #logics: { readonly outgoing: AnyActorLogic; readonly incoming: AnyActorLogic }

  constructor(
    parts: ChangeParts,
    logics: { readonly outgoing: AnyActorLogic; readonly incoming: AnyActorLogic },
  ) {
    this.#parts = parts
    this.#logics = logics
  }

  /** A change that the application wants. */
  open(call: CallEntry, id: Id, change: SessionChange): void {
    const dialog = call.dialog ?? call.dialogs[0]
    if (!dialog?.alive || this.#isEnding(call))
      throw new SipError('invalid-dialog-state', 'the call has no dialog to change the session in')
    const waits = (dialog.changes ?? []).filter(({ alive }) => alive)
    if (!change.queue && (waits.some(isUnderWay) || !this.#mayGo(dialog, change)))
      throw new SipError('request-pending', 'a change of the session is under way in this dialog')
    const { queuedChanges } = this.#parts.runtime.limits
    if (waits.filter(isUnderWay).length >= queuedChanges)
      throw new SipError('request-pending', `${queuedChanges} changes of the session wait already`)
    this.#begin(dialog, id, change)
  }

  /** The same session once more, for its timer. RFC 4028 §7.4 */
  refresh(dialog: DialogEntry): void {
    const id = this.#parts.runtime.newId('change')
    this.#begin(dialog, id, { method: 'auto', purpose: 'refresh', queue: true }, true)
  }

  /** A re-INVITE or UPDATE of the peer's. */
  take(dialog: DialogEntry, { request, transaction }: RequestInDialog): void {
    const { runtime } = this.#parts
    const { connection } = dialog
    const situation = this.#situation(dialog, request)
    this.#add(
      dialog,
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
      this.#logics.incoming,
      { timers: connection.timers, situation },
    )
  }

  /** Effect `queue`, and whenever something has ended: the first that waits has its turn when nothing is under way. */
  advance(dialog: DialogEntry): void {
    this.#parts.runtime.afterwards(() => {
      const changes = (dialog.changes ?? []).filter(({ alive }) => alive)
      dialog.changes = changes
      const next = changes.find(
        change => change.direction === 'outgoing' && stateOf(change).matches('queued'),
      )
      if (!next?.change) return
      const busy = changes.some(
        change => change !== next && !stateOf(change).matches('queued') && isUnderWay(change),
      )
      if (!busy && this.#mayGo(dialog, next.change))
        this.#parts.runtime.post(next, { type: 'change.turn' }, dialog)
    })
  }

  /** Effect `describe`. */
  describe(entry: ChangeEntry, answered: SipResponse | undefined): void {
    const offer = answered && sdpIn(answered)
    this.#parts.runtime.news({
      type: 'describe',
      id: entry.dialog.call.id,
      change: entry.id,
      purpose: entry.change!.purpose,
      ...hostOf(entry.change!),
      ...(offer === undefined ? {} : { offer }),
    })
  }

  /** Effect `request`. */
  request(entry: ChangeEntry, made: string | undefined): void {
    const { dialogs, sessionTimers } = this.#parts
    const { dialog, change } = entry
    const { call, connection } = dialog
    const { headers = [], credentials = call.invite?.credentials, moveTo } = change!
    const method = this.#method(dialog, change!)
    const offer = this.#offer(dialog, change!, method, made)
    const extra = [
      ...allowFor(connection, headers),
      ...supportedFor(connection, headers),
      ...sessionTimers.ask(call, dialog),
      ...headers,
    ]
    entry.request = dialogs.request(entry, dialog, {
      method,
      extra,
      contact: true,
      ...(moveTo === undefined ? {} : { contactHost: moveTo }),
      credentials,
      ...(offer === undefined ? {} : { contentType: 'application/sdp', body: offer }),
    })
  }

  /** Effect `observe`. */
  observe({ dialog }: ChangeEntry, message: SipMessage): void {
    this.#parts.sessions.observe(dialog, message.kind === 'request' ? 'sent' : 'received', message)
  }

  /** Effect `accepted`: at once, for the ACK of this very step goes to the new target. */
  accepted({ dialog, change }: ChangeEntry, response: SipResponse): void {
    const record = dialog.record()
    const moved = refreshTarget(record, response)
    if (moved !== record && dialog.alive)
      relay(dialog.call.actor, dialog.actor, { type: 'dialog.refreshed', record: moved } as never)
    if (change?.moveTo !== undefined) dialog.contactHost = change.moveTo
    this.#parts.sessionTimers.agreed(dialog, response, 'received')
  }

  /** Effect `acknowledge`. */
  acknowledge(entry: ChangeEntry, { response, answer }: Acknowledging): void {
    this.#parts.acknowledgements.acknowledge(entry, response, answer)
  }

  /** Effect `withdraw`. RFC 6141 */
  withdraw({ dialog }: ChangeEntry): void {
    this.#parts.sessions.withdraw(dialog)
  }

  /** Effect `tell`. A refresh of a session timer is nobody's but the timer's. */
  tell(entry: ChangeEntry, end: ChangeEnd | { readonly error?: SipError }): void {
    const { runtime } = this.#parts
    const { call, sessionTimer } = entry.dialog
    const error = 'error' in end ? end.error : undefined
    if (error && entry.refreshes) runtime.post(sessionTimer, { type: 'refresh.failed' }, entry)
    if (error && error.code !== 'closed' && entry.direction === 'outgoing') runtime.error(call.id, error)
    if (!entry.refreshes) runtime.news({ type: 'changed', id: call.id, change: entry.id, ...end })
  }

  /** Effect `endCall`: the peer has lost the dialog. RFC 5057 §5.1 */
  endCall({ dialog }: ChangeEntry): void {
    this.#parts.runtime.post(dialog.call, { type: 'tu.hangUp' }, dialog)
  }

  /** Effect `giveUp`: no ACK came for our 2xx. §13.3.1.4 */
  giveUp({ dialog }: ChangeEntry): void {
    const error = new SipError('no-ack', 'no ACK came within 64·T1 of the 2xx')
    this.#parts.runtime.post(dialog.call, { type: 'session.lost', reason: 'no-ack', error }, dialog)
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
    const contact = movedContact(flows.names(connection, server.way).contact, dialog.contactHost)
    const headers: HeaderPair[] = [
      ['Contact', `<${contact}>`],
      ...allowFor(connection, given),
      ...supportedFor(connection, given),
      ...sessionTimers.answer(dialog.call, entry.incoming!.request),
      ...given,
    ]
    return servers.build(server, { ...answer, headers })
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

  #begin(dialog: DialogEntry, id: Id, change: SessionChange, refreshes = false): void {
    const { runtime } = this.#parts
    const { connection, call } = dialog
    const bytes = runtime.platform.random.bytes(mostAttempts)
    this.#add(
      dialog,
      {
        kind: 'change',
        id,
        connection,
        owner: dialog,
        visible: false,
        direction: 'outgoing',
        dialog,
        change,
        refreshes,
      },
      this.#logics.outgoing,
      {
        timers: connection.timers,
        describes: change.offer === undefined && this.#asksMedia(dialog, change),
        offerless: change.offer === 'none' && change.method !== 'UPDATE',
        ownsCallId: call.direction === 'outgoing',
        chances: Array.from(bytes, byte => byte / 255),
      },
    )
  }

  #add(dialog: DialogEntry, entry: Omit<ChangeEntry, 'actor'>, logic: AnyActorLogic, input: object): void {
    // In the list before its first effect: whoever looks there is to find it.
    const changes = (dialog.changes ??= [])
    const full = entry as ChangeEntry
    this.#parts.runtime.spawn<ChangeEntry>(full, logic, input)
    if (full.alive) changes.push(full)
  }

  /** A refresh repeats what is in force; a new address of ours is the media's as well. */
  #asksMedia(dialog: DialogEntry, change: SessionChange): boolean {
    if (change.purpose !== 'refresh') return true
    return change.moveTo !== undefined && this.#method(dialog, change) === 'INVITE'
  }

  /** An INVITE waits until the first is over, an offer until the one before it is answered. §14.1, RFC 3311 §5.1 */
  #mayGo(dialog: DialogEntry, change: SessionChange): boolean {
    const call = stateOf(dialog.call)
    const method = this.#method(dialog, change)
    const standing = this.#parts.sessions.standing(dialog)
    if (method === 'UPDATE') {
      const offers = change.offer !== 'none' && change.purpose !== 'refresh'
      return !offers || standing === 'stable' || (standing === 'none' && !this.#isEarly(dialog.call))
    }
    if (standing === 'offered' || standing === 'received') return false
    return call.matches('confirmed') && !call.matches({ confirmed: 'unacknowledged' })
  }

  #method(dialog: DialogEntry, { method, purpose, moveTo }: SessionChange): 'INVITE' | 'UPDATE' {
    if (method !== 'auto') return method
    const { call } = dialog
    const theirs = call.direction === 'outgoing' ? call.answer : call.incoming
    return changeMethod({
      early: this.#isEarly(call),
      refresh: purpose === 'refresh' && moveTo === undefined,
      peerAllowsUpdate: theirs?.parsed('allow')?.includes('UPDATE') ?? false,
    })
  }

  /** What is given, what the media made, or for a refresh by INVITE what is in force. RFC 4028 §7.4 */
  #offer(
    dialog: DialogEntry,
    { offer, purpose }: SessionChange,
    method: 'INVITE' | 'UPDATE',
    made: string | undefined,
  ): string | undefined {
    if (offer === 'none') return undefined
    if (offer !== undefined || made !== undefined) return offer ?? made
    return purpose === 'refresh' && method === 'INVITE' ? this.#parts.sessions.local(dialog) : undefined
  }

  #situation(dialog: DialogEntry, request: SipRequest): Situation {
    const { runtime, sessions, sessionTimers } = this.#parts
    const { call } = dialog
    const others = (dialog.changes ?? []).filter(({ alive }) => alive)
    const theirs = (method: string): boolean =>
      others.some(change => change.incoming?.request.method === method && stateOf(change).matches('asked'))
    const at = stateOf(call)
    const unanswered = this.#isEarly(call)
    const sdp = sdpIn(request)
    const [chance] = runtime.platform.random.bytes(1)
    return {
      method: request.method as 'INVITE' | 'UPDATE',
      body: sdp === undefined ? 'none' : 'fault' in scanSdp(sdp) ? 'broken' : 'offer',
      standing: sessions.standing(dialog),
      ourInvite:
        (call.direction === 'outgoing' && unanswered) ||
        others.some(
          change =>
            change.request?.draft.method === 'INVITE' &&
            (stateOf(change).matches('requesting') || stateOf(change).matches('answering')),
        ),
      theirInvite: (call.direction === 'incoming' && unanswered) || theirs('INVITE'),
      theirUpdate: theirs('UPDATE'),
      ending: ending.some(state => at.matches(state)),
      unchanged: isRepeatedOffer(sdp, sessions.remote(dialog)) && sessions.standing(dialog) === 'stable',
      minSE: tooShort(request, sessionTimers.wish(dialog.connection, call)),
      chance: chance! / 255,
    }
  }

  /** No final answer to its INVITE yet. */
  #isEarly(call: CallEntry): boolean {
    const at = stateOf(call)
    return !['accepted', 'confirmed', ...ending].some(state => at.matches(state))
  }

  #isEnding(call: CallEntry): boolean {
    const at = stateOf(call)
    return ending.some(state => at.matches(state))
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
