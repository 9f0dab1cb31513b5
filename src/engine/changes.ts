/** Changes of a session by us: the queue of a dialog, and the effects of their machine. RFC 3261 §14.1, RFC 3311. */
import type { AnyActorLogic } from 'xstate'
import type { Acknowledging, ChangeEnd } from '../../machines/dialog/outgoing-change-setup.ts'
import { SipError } from '../errors.ts'
import type { SipMessage, SipResponse } from '../message/types.ts'
import { sdpIn } from '../rules/body.ts'
import { refreshTarget } from '../rules/dialog.ts'
import { mostAttempts } from '../rules/glare.ts'
import { misfitOffer, scanSdp } from '../sdp/scan.ts'
import { allowFor, supportedFor } from './abilities.ts'
import type { Acknowledgements } from './acknowledge.ts'
import type { SessionChange } from './border/changes.ts'
import { hostOf, isEarly, isEnding, isUnderWay, methodOf, stateOf } from './change-facts.ts'
import type { Id } from './commands.ts'
import { relay } from './compile/xstate-internals.ts'
import type { Dialogs } from './dialogs.ts'
import type { CallEntry, ChangeEntry, DialogEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'
import type { SessionTimers } from './session-timers.ts'
import type { Sessions } from './sessions.ts'

export interface ChangeParts {
  readonly runtime: Runtime
  readonly dialogs: Dialogs
  readonly sessions: Sessions
  readonly acknowledgements: Acknowledgements
  readonly sessionTimers: SessionTimers
}

export class Changes {
  readonly #parts: ChangeParts
  readonly #logic: AnyActorLogic

  constructor(parts: ChangeParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  /** A change that the application wants. */
  open(call: CallEntry, id: Id, change: SessionChange): void {
    const dialog = call.dialog ?? call.dialogs[0]
    if (!dialog?.alive || isEnding(call))
      throw new SipError('invalid-dialog-state', 'the call has no dialog to change the session in')
    const misfit = this.#misfit(dialog, change.offer)
    if (misfit !== undefined) throw new SipError('argument', misfit)
    const waits = (dialog.changes ?? []).filter(({ alive }) => alive)
    // A refresh is nobody's wish: what the application wants follows it.
    const [busy, refreshing] = [false, true].map(refreshes =>
      waits.some(other => isUnderWay(other) && (other.refreshes ?? false) === refreshes),
    )
    if (!change.queue && (busy || !(refreshing || this.#mayGo(dialog, change))))
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
    if (!answered) entry.basis = this.#parts.sessions.local(entry.dialog)
    this.#parts.runtime.news({
      type: 'describe',
      id: entry.dialog.call.id,
      change: entry.id,
      purpose: entry.change!.purpose,
      ...hostOf(entry.change!),
      ...(offer === undefined ? {} : { offer }),
    })
  }

  /** The media has spoken. What the peer has changed meanwhile comes first: then there is another description to follow. */
  described(entry: ChangeEntry, told: { readonly sdp?: string; readonly error?: SipError }): void {
    const { runtime, sessions } = this.#parts
    const { dialog, change, basis } = entry
    const overtaken =
      stateOf(entry).matches('describing') &&
      (sessions.local(dialog) !== basis || !this.#mayGo(dialog, change!))
    if (overtaken) return runtime.post(entry, { type: 'change.overtaken' })
    const misfit = stateOf(entry).matches('describing') ? this.#misfit(dialog, told.sdp) : undefined
    const outcome = misfit === undefined ? told : { error: new SipError('media', misfit) }
    runtime.post(entry, { type: 'tu.describe', ...outcome })
  }

  /** Effect `request`. */
  request(entry: ChangeEntry, made: string | undefined): void {
    const { dialogs, sessionTimers } = this.#parts
    const { dialog, change } = entry
    const { call, connection } = dialog
    const { headers = [], credentials = call.invite?.credentials, moveTo } = change!
    const method = methodOf(dialog, change!)
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
    if (error && entry.refreshes && entry.direction === 'outgoing')
      runtime.post(sessionTimer, { type: 'refresh.failed' }, entry)
    if (error && error.code !== 'closed' && entry.direction === 'outgoing') runtime.error(call.id, error)
    if (entry.refreshes) return
    const ours = entry.direction === 'outgoing'
    const asked = entry.request?.draft.method ?? entry.incoming?.request.method
    const method = asked ?? methodOf(entry.dialog, entry.change!)
    const by = ours ? 'local' : 'remote'
    const message = 'response' in end ? end.response : (error?.response ?? runtime.cause)
    const news = { type: 'changed', id: call.id, change: entry.id, by, method, ...end } as const
    runtime.news(message ? { ...news, message } : news)
  }

  /** Effect `endCall`: the peer has lost the dialog. RFC 5057 §5.1 */
  endCall({ dialog }: ChangeEntry): void {
    this.#parts.runtime.post(dialog.call, { type: 'tu.hangUp' }, dialog)
  }

  #begin(dialog: DialogEntry, id: Id, change: SessionChange, refreshes = false): void {
    const { runtime } = this.#parts
    const { connection, call } = dialog
    const bytes = runtime.platform.random.bytes(mostAttempts)
    const entry = runtime.spawn<ChangeEntry>(
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
      this.#logic,
      {
        timers: connection.timers,
        describes: change.offer === undefined && this.#asksMedia(dialog, change),
        offerless: change.offer === 'none' && change.method !== 'UPDATE',
        ownsCallId: call.direction === 'outgoing',
        chances: Array.from(bytes, byte => byte / 255),
      },
    )
    ;(dialog.changes ??= []).push(entry)
  }

  /** A refresh repeats what is in force; a new address of ours is the media's as well. */
  #asksMedia(dialog: DialogEntry, change: SessionChange): boolean {
    if (change.purpose !== 'refresh') return true
    return change.moveTo !== undefined && methodOf(dialog, change) === 'INVITE'
  }

  /** Why an offer of ours does not follow the session: streams may be added and switched off. RFC 3264 §8 */
  #misfit(dialog: DialogEntry, offer: string | undefined): string | undefined {
    const { sessions } = this.#parts
    const before = sessions.standing(dialog) === 'stable' ? sessions.local(dialog) : undefined
    // What is no session description at all was written by hand, and is the application's own affair.
    if (offer === undefined || offer === 'none' || before === undefined || 'fault' in scanSdp(offer)) return
    return misfitOffer(before, offer)
  }

  /** An INVITE waits until the first is over, an offer until the one before it is answered. §14.1, RFC 3311 §5.1 */
  #mayGo(dialog: DialogEntry, change: SessionChange): boolean {
    const call = stateOf(dialog.call)
    const method = methodOf(dialog, change)
    const standing = this.#parts.sessions.standing(dialog)
    if (method === 'UPDATE') {
      const offers = change.offer !== 'none' && change.purpose !== 'refresh'
      return !offers || standing === 'stable' || (standing === 'none' && !isEarly(dialog.call))
    }
    if (standing === 'offered' || standing === 'received') return false
    return call.matches('confirmed') && !call.matches({ confirmed: 'unacknowledged' })
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
}
