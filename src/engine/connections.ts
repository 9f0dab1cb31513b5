/** Connections: opening, closing in order, losing, and the effects of their machine. CSIPConnection. */
import type { AnyActorLogic } from 'xstate'
import type { TimerConfig } from '../../machines/timers.ts'
import { SipError } from '../errors.ts'
import type { Authenticator } from './authenticate.ts'
import type { Calls } from './calls.ts'
import type { Command, ConnectionOptions, Id, OutgoingRequest } from './commands.ts'
import { stopActor } from './compile/xstate-internals.ts'
import type { DialogNotifications } from './dialog-notifications.ts'
import type { Dialogs } from './dialogs.ts'
import type {
  CallEntry,
  ConnectionEntry,
  DialogEntry,
  Entry,
  ReferralEntry,
  StandAloneEntry,
} from './entries.ts'
import type { EventDialogs } from './event-dialogs.ts'
import type { Flows } from './flows.ts'
import type { KeepAlives } from './keep-alives.ts'
import type { Lines } from './lines.ts'
import type { Networks } from './networks.ts'
import type { Notifiers } from './notifiers.ts'
import { outgoingDraft } from './outgoing.ts'
import type { PeerChanges } from './peer-changes.ts'
import type { Publications } from './publications.ts'
import type { ReferralNotifiers } from './referral-notifiers.ts'
import type { Referrals } from './referrals.ts'
import type { Registrations } from './registrations.ts'
import type { Repeated } from './repeated.ts'
import type { Replacing } from './replacing.ts'
import type { Requests } from './requests.ts'
import { type Router, route } from './route.ts'
import type { Runtime } from './runtime.ts'
import type { Arrived, ServerTransactions } from './server-transactions.ts'
import type { SessionTimers } from './session-timers.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Turns } from './turns.ts'

export interface ConnectionParts {
  readonly peerChanges: PeerChanges
  readonly sessionTimers: SessionTimers
  readonly runtime: Runtime
  readonly flows: Flows
  readonly networks: Networks
  readonly servers: ServerTransactions
  readonly requests: Requests
  readonly authenticator: Authenticator
  readonly dialogs: Dialogs
  readonly calls: Calls
  readonly replacing: Replacing
  readonly eventDialogs: EventDialogs
  readonly dialogNotifications: DialogNotifications
  readonly referrals: Referrals
  readonly subscriptions: Subscriptions
  readonly referralNotifiers: ReferralNotifiers
  readonly notifiers: Notifiers
  readonly turns: Turns
  readonly publications: Publications
  readonly registrations: Registrations
  readonly keepAlives: KeepAlives
  readonly repeated: Repeated
  readonly logics: { readonly connection: AnyActorLogic; readonly standAlone: AnyActorLogic }
}

/** What a closing connection waits for, besides calls. */
const settled: ReadonlySet<Entry['kind']> = new Set([
  'registration',
  'notifier',
  'subscription',
  'publication',
])

/** States of a call of ours that nobody has answered. */
const unanswered = ['calling', 'proceeding', 'early'] as const

const isAlive = (call: CallEntry): boolean => {
  const snapshot = call.actor.getSnapshot()
  return !snapshot.matches('terminated') && !snapshot.matches('released')
}

export class Connections {
  /** Something on a connection of profiles has ended: it may be the last. */
  onIdle: (connection: ConnectionEntry) => void = () => {}
  /** Those who wait for calls and subscriptions to end. Set when the engine is put together. */
  lines?: Lines
  readonly #parts: ConnectionParts
  readonly #router: Router

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const {
      peerChanges,
      sessionTimers,
      runtime,
      flows,
      servers,
      calls,
      replacing,
      referrals,
      subscriptions,
      referralNotifiers,
      notifiers,
      dialogNotifications,
    } = parts
    this.#router = {
      peerChanges,
      sessionTimers,
      runtime,
      flows,
      servers,
      openCall: (connection, arrived, replaced) => calls.openIncoming(connection, arrived, replaced),
      replaced: invite => replacing.find(invite),
      openReferral: server => referralNotifiers.open(server),
      openNotifier: server => notifiers.open(server),
      unsolicited: (connection, arrived) => dialogNotifications.unsolicited(connection, arrived),
      dialogOfNotify: notify => referrals.dialogFor(notify) ?? subscriptions.dialogFor(notify),
    }
  }

  /** `born`: tells who made it, before anything else is told. */
  open(id: Id, options: ConnectionOptions, timers: TimerConfig, born?: () => void): void {
    const { runtime, logics, networks } = this.#parts
    const { networkId, wanted } = networks.place(id, options)
    const entry: Omit<ConnectionEntry, 'actor' | 'connection'> = {
      kind: 'connection',
      id,
      visible: true,
      options,
      timers,
      user: options.user ?? runtime.token(),
      listeners: new Map(),
      streams: new Map(),
      serverTransactions: 0,
      calls: 0,
      networkId,
      wanted,
      binding: 0,
    }
    born?.()
    runtime.born({ type: 'network', id, networkId })
    // A connection is its own connection, so that every entry has one.
    const own = entry as ConnectionEntry
    Object.assign(own, { connection: own })
    runtime.spawn(own, logics.connection, { timers })
  }

  /** Effect `release`: its flows end with the connection, and nobody else forgets a root actor. */
  release(connection: ConnectionEntry): void {
    const { runtime } = this.#parts
    for (const entry of [...runtime.registry.ofKind('flow')]) {
      if (entry.connection !== connection) continue
      entry.flow.close()
      this.#remove(entry)
      stopActor(entry.actor)
    }
    this.#parts.authenticator.forget(connection)
    runtime.afterwards(() => runtime.forget(connection))
  }

  /** Effect `route`. */
  route(connection: ConnectionEntry, origin: unknown): void {
    route(this.#router, connection, origin as Arrived)
  }

  /** Effect `carryOut`. */
  carryOut(connection: ConnectionEntry, command: object): void {
    const { calls, registrations } = this.#parts
    const asked = command as Command
    if (asked.type === 'call.invite') calls.openOutgoing(connection, asked)
    else if (asked.type === 'registration.open') registrations.open(connection, asked)
    else if (asked.type === 'request.send') this.standAlone(connection, asked.id, asked.request)
  }

  /** A request of the application's, outside a dialog or within one. */
  standAlone(connection: ConnectionEntry, id: Id, outgoing: OutgoingRequest, dialog?: DialogEntry): void {
    const { runtime, logics, repeated } = this.#parts
    if (outgoing.refresh && !dialog) return repeated.open(connection, id, outgoing)
    runtime.spawn<StandAloneEntry>(
      {
        kind: 'standAlone',
        id: runtime.newId('standAlone'),
        connection,
        visible: false,
        requestId: id,
        outgoing,
        dialog,
      },
      logics.standAlone,
      {},
    )
  }

  /** Effect `request` of `stand-alone`. */
  startStandAlone(entry: StandAloneEntry): void {
    const { runtime, requests, dialogs } = this.#parts
    const { connection, outgoing, dialog, requestId } = entry
    if (dialog) {
      const { method, headers, contentType, body, credentials } = outgoing
      dialogs.request(entry, dialog, { method, extra: headers, contentType, body, credentials }, requestId)
    } else {
      requests.start(entry, outgoingDraft(runtime, connection, outgoing), { seq: 0 }, requestId)
    }
  }

  /** Effect `dropChildren`: everything ends, silently but for its own end. */
  dropChildren(connection: ConnectionEntry): void {
    const { runtime } = this.#parts
    const reason = connection.actor.getSnapshot().matches('closing') ? undefined : 'connectionLost'
    for (const entry of [...runtime.registry]) {
      if (entry === connection || entry.connection !== connection) continue
      // Sockets are given up next; the network is watched for as long as it may come back.
      if (entry.kind === 'flow' || entry.kind === 'network') continue
      // What ended in this same step of an orderly end is still told.
      if (reason) runtime.silence(entry)
      this.#remove(entry, reason)
      if (entry.kind !== 'parked') stopActor(entry.actor)
    }
  }

  #endCall(call: CallEntry): void {
    const { runtime, servers } = this.#parts
    const snapshot = call.actor.getSnapshot()
    if (snapshot.matches('incoming') || snapshot.matches('ringing')) {
      const response = servers.build(call.server!, { status: 480 })
      if (response) runtime.post(call, { type: 'tu.reject', response })
    } else runtime.post(call, { type: 'tu.hangUp' })
  }

  /** Ends a call or subscription, as far as it lives; one that is not answered yet is taken back. */
  endSession(id: Id): void {
    const { runtime } = this.#parts
    const entry = runtime.registry.get(id)
    if (entry?.kind === 'call' && isAlive(entry)) {
      const snapshot = entry.actor.getSnapshot()
      const early = entry.direction === 'outgoing' && unanswered.some(state => snapshot.matches(state))
      if (early) runtime.post(entry, { type: 'tu.cancel' })
      else this.#endCall(entry)
    }
    if (entry?.kind === 'subscription') runtime.post(entry, { type: 'tu.unsubscribe' })
  }

  /** A call or subscription that lives. */
  isSession(id: Id): boolean {
    const entry = this.#parts.runtime.registry.get(id)
    return entry?.kind === 'subscription' || (entry?.kind === 'call' && isAlive(entry))
  }

  /** Effect `endCalls`. */
  endCalls(connection: ConnectionEntry): void {
    const { runtime, referralNotifiers, notifiers, subscriptions } = this.#parts
    for (const call of runtime.registry.ofKind('call')) {
      if (call.connection === connection && isAlive(call)) this.#endCall(call)
    }
    referralNotifiers.refuseOpen(connection)
    this.#parts.publications.endAll(connection)
    notifiers.close(connection)
    subscriptions.endAll(connection)
    runtime.afterwards(() => this.#settle(connection))
  }

  /** Effect `endRegistrations`. */
  endRegistrations(connection: ConnectionEntry): void {
    const { runtime } = this.#parts
    for (const entry of runtime.registry.ofKind('registration')) {
      if (entry.connection === connection) runtime.post(entry, { type: 'tu.close' })
    }
    runtime.afterwards(() => this.#settle(connection))
  }

  /** A call has ended; its actor may stay for late 2xx. */
  callEnded(call: CallEntry): void {
    call.connection.calls -= 1
    this.#sessionEnded()
    this.#parts.runtime.afterwards(() => this.#settle(call.connection))
  }

  /** Effect `forget`. */
  forget(actorId: string): void {
    const entry = this.#parts.runtime.registry.get(actorId)
    if (!entry) return
    this.#remove(entry)
    if (settled.has(entry.kind)) this.#parts.runtime.afterwards(() => this.#settle(entry.connection))
  }

  /** Effect `reportCrash`: an actor has failed; the others live on. */
  crashed(actorId: string, cause: unknown): void {
    const { runtime } = this.#parts
    const entry = runtime.registry.get(actorId)
    if (!entry) return
    const error = new SipError('closed', `internal failure of ${actorId}`, { cause })
    const { kind, owner } = entry
    // Whoever waits for it goes on as after any other failure, and tells it; nobody else would.
    const waits =
      (kind === 'client' || kind === 'request' || kind === 'server') &&
      owner !== entry.connection &&
      owner?.kind !== 'dialog'
    if (waits && owner) runtime.post(owner, { type: 'transaction.failed', error })
    // What the application has no object for is told of the connection: nothing fails in silence.
    else runtime.error(entry.visible ? entry.id : entry.connection.id, error)
    if (kind === 'call') this.#parts.dialogs.end(entry)
    // The 2xx must not wait for a PRACK that nobody hears.
    if (kind === 'provisional') runtime.post(entry.dialog.call, { type: 'provisional.lost' })
    this.#remove(entry)
  }

  #sessionEnded(): void {
    if (this.lines?.waits) this.#parts.runtime.afterwards(() => this.lines?.settle())
  }

  #remove(entry: Entry, reason?: 'connectionLost'): void {
    const { runtime, servers, authenticator, registrations } = this.#parts
    if (entry.kind === 'server') servers.forget(entry)
    if (entry.kind === 'referral') this.#endReferral(entry)
    if (entry.kind === 'subscription') this.#parts.subscriptions.forget(entry)
    if (entry.kind === 'notifier') this.#parts.notifiers.forget(entry)
    if (entry.kind === 'dialog') this.#parts.replacing.ended(entry)
    if (entry.kind === 'dialog' || entry.kind === 'eventDialog') this.#parts.eventDialogs.gone(entry)
    if (entry.kind === 'registration') registrations.forget(entry)
    if (entry.kind === 'publication' || entry.kind === 'message') this.#parts.turns.leave(entry)
    if (entry.kind === 'network') return this.#parts.networks.forget(entry)
    if (entry.kind === 'keepAlive') this.#parts.keepAlives.forget(entry)
    if (entry.kind === 'request' || entry.kind === 'registration') authenticator.forget(entry)
    runtime.forget(entry, reason)
    if (entry.kind === 'subscription' || entry.kind === 'call') this.#sessionEnded()
    if (entry.connection.shared) runtime.afterwards(() => this.onIdle(entry.connection))
  }

  #endReferral(entry: ReferralEntry): void {
    const { referrals, referralNotifiers } = this.#parts
    if (entry.direction === 'outgoing') referrals.forget(entry)
    else referralNotifiers.forget(entry)
  }

  #hasRegistrations(connection: ConnectionEntry): boolean {
    for (const entry of this.#parts.runtime.registry.ofKind('registration')) {
      if (entry.connection === connection) return true
    }
    return false
  }

  /** Tells a closing connection that what it waited for has ended. */
  #settle(connection: ConnectionEntry): void {
    const { runtime } = this.#parts
    // Asked after every call: `matches` would take the pattern apart each time.
    const { closing } = connection.actor.getSnapshot().value as { readonly closing?: 'calls' | object }
    if (closing === undefined) return
    const registrations = closing !== 'calls'
    const waits = registrations
      ? this.#hasRegistrations(connection)
      : this.#parts.notifiers.remain(connection) ||
        this.#parts.subscriptions.holds(connection) ||
        this.#parts.publications.any(connection) ||
        [...runtime.registry.ofKind('call')].some(call => call.connection === connection && isAlive(call))
    if (!waits) runtime.post(connection, { type: 'children.gone' })
    else if (registrations) runtime.post(connection, { type: 'children.fewer' })
  }
}
