/**
 * The engine put together: parts, logics, and the border to the API. One engine serves any number of connections.
 */
import { rfc3261, type TimerConfig } from '../../machines/timers.ts'
import { Acknowledgements } from './acknowledge.ts'
import { Authenticator } from './authenticate.ts'
import { branchCommands } from './branch-commands.ts'
import { Calls } from './calls.ts'
import { changeCommands } from './change-commands.ts'
import { Changes } from './changes.ts'
import { ClientResolvers } from './client-resolver.ts'
import type { EngineEvent, EnginePort, Id } from './commands.ts'
import { Connections } from './connections.ts'
import { DialogNotifications } from './dialog-notifications.ts'
import { Dialogs } from './dialogs.ts'
import { Commands } from './dispatch.ts'
import { logicsOf } from './effects/index.ts'
import type { Parts } from './effects/kit.ts'
import { EventDialogs } from './event-dialogs.ts'
import { Flows } from './flows.ts'
import { Forks } from './forks.ts'
import { KeepAlives } from './keep-alives.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { Lines } from './lines.ts'
import { Networks } from './networks.ts'
import { Notifiers } from './notifiers.ts'
import { PagerMessages } from './pager-messages.ts'
import { Parking } from './parking.ts'
import { PeerChanges } from './peer-changes.ts'
import type { Platform } from './ports.ts'
import { actorsOf, contextOf } from './presence.ts'
import { type ProfilesOptions, profilesFor } from './profiles-setup.ts'
import { Publications } from './publications.ts'
import { Receiver } from './receive.ts'
import { ReferralNotifiers } from './referral-notifiers.ts'
import { Referrals } from './referrals.ts'
import { registrationCommands } from './registration-commands.ts'
import { Registrations } from './registrations.ts'
import { Reliable } from './reliable.ts'
import { Repeated } from './repeated.ts'
import { Replacing } from './replacing.ts'
import { Requests } from './requests.ts'
import { Runtime } from './runtime.ts'
import { SecurityAgreements } from './security-agreements.ts'
import { ServerTransactions } from './server-transactions.ts'
import { SessionTimers } from './session-timers.ts'
import { Sessions } from './sessions.ts'
import { subscriptionCommands } from './subscription-commands.ts'
import { Subscriptions } from './subscriptions.ts'
import { Tap } from './tap.ts'
import { Turns } from './turns.ts'

export type { ProfilesOptions } from './profiles-setup.ts'

export interface EngineOptions {
  /** There is a SIM to ask: challenges for AKA can be answered. Default false. RFC 3310 */
  readonly aka?: boolean
  readonly limits?: Partial<Limits>
  /**
   * `urn:uuid:…` of this program on this host, the same after a restart: what its registrations with `outbound` or `gruu`
   * call themselves. Default: made up anew each time. RFC 5626 §4.1
   */
  readonly instanceId?: string
  /** Profiles that are kept, and registered by the engine itself. Default: none. */
  readonly profiles?: ProfilesOptions
  /** Timer values of connections that give none; default those of RFC 3261. */
  readonly timers?: TimerConfig
  /** Whether two connections, by their ids, are of one user, who has one on each network. Default: there is one user. */
  readonly sameUser?: (one: Id, other: Id) => boolean
}

/** What lives in an engine: for tests of leaks, and for status displays. */
export interface Census {
  readonly actors: number
  readonly keys: number
  readonly timers: number
  readonly kinds: Readonly<Record<string, number>>
}

export interface Engine extends EnginePort {
  census(): Census
}

export const createEngine = (platform: Platform, options: EngineOptions = {}): Engine => {
  const tap = new Tap(platform.clock)
  const runtime = new Runtime(platform, { ...defaultLimits, ...options.limits }, tap)
  const parts = { runtime } as Parts
  const logics = logicsOf(parts)
  const receiver = new Receiver(runtime)
  parts.flows = receiver.flows = new Flows(runtime, logics.flow, (flow, bytes, from) =>
    receiver.received(flow, bytes, from),
  )
  parts.servers = new ServerTransactions(runtime, {
    invite: logics.inviteServer,
    other: logics.nonInviteServer,
  })
  runtime.parking = new Parking(runtime, { invite: logics.inviteServer, other: logics.nonInviteServer })
  parts.requests = new Requests(runtime, parts.flows, {
    request: logics.clientRequest,
    invite: logics.inviteClient,
    other: logics.nonInviteClient,
  })
  parts.authenticator = receiver.authenticator = new Authenticator(runtime, options.aka ?? false)
  parts.agreements = parts.requests.agreements = new SecurityAgreements(
    runtime,
    parts.authenticator,
    () => parts.acknowledgements,
    logics.securityAgreement,
  )
  parts.sessions = new Sessions(runtime, { session: logics.offerAnswer, description: logics.description })
  parts.dialogs = new Dialogs(runtime, parts.requests, parts.sessions, logics.dialog)
  parts.acknowledgements = new Acknowledgements(runtime, parts.flows, parts.requests, parts.sessions)
  parts.sessionTimers = new SessionTimers(runtime, logics.sessionTimer)
  parts.changes = new Changes({ ...parts }, logics.outgoingChange)
  parts.peerChanges = new PeerChanges({ ...parts }, logics.incomingChange)
  parts.sessionTimers.changes = parts.changes
  parts.calls = new Calls({
    ...parts,
    logics: { outgoing: logics.outgoingCall, incoming: logics.incomingCall, expiry: logics.inviteExpiry },
  })
  parts.forks = new Forks(parts, logics.surfacedCall)
  parts.reliable = new Reliable(parts, {
    provisional: logics.reliableProvisional,
    receipt: logics.reliableReceipt,
  })
  parts.replacing = new Replacing(runtime)
  parts.eventDialogs = new EventDialogs(runtime, parts.servers, logics.eventDialog)
  parts.dialogNotifications = new DialogNotifications(parts)
  parts.eventDialogs.unclaimed = (dialog, notify) => parts.dialogNotifications.take(dialog, notify)
  parts.referrals = new Referrals(parts, logics.referral)
  parts.subscriptions = new Subscriptions(parts, logics)
  parts.referralNotifiers = new ReferralNotifiers(parts, logics.referralNotifier)
  parts.notifiers = new Notifiers(parts, logics.notifier)
  parts.turns = new Turns(runtime)
  parts.publications = new Publications(parts, {
    publication: logics.publication,
    refresh: logics.refresh,
  })
  parts.pagerMessages = new PagerMessages(parts, logics.pagerMessage)
  parts.registrations = new Registrations(
    runtime,
    parts.requests,
    { registration: logics.registration, refresh: logics.refresh },
    options.instanceId,
  )
  parts.keepAlives = new KeepAlives(parts, logics.keepAlive)
  parts.registrations.keepAlives = receiver.keepAlives = parts.keepAlives
  parts.flows.onEnd = flow => parts.keepAlives.gone(flow)
  parts.flows.onRefused = (flow, to) => parts.keepAlives.refused(flow, to)
  parts.repeated = new Repeated(runtime, parts.requests, {
    repeated: logics.repeatedRequest,
    refresh: logics.refresh,
  })
  parts.networks = new Networks(runtime, parts.flows, logics.networkMonitor, options.sameUser)
  parts.connections = new Connections({
    ...parts,
    logics: { connection: logics.connection, standAlone: logics.standAlone },
  })

  const profiles = profilesFor(parts, logics.profile, options)
  parts.lines = parts.connections.lines = new Lines(parts, logics.line)
  parts.clientResolvers = new ClientResolvers(runtime, logics.clientResolver)
  const commands = new Commands(parts, options.timers ?? rfc3261, [
    registrationCommands(parts),
    parts.sessions.handlers,
    branchCommands(parts),
    changeCommands(parts),
    parts.referrals.commands,
    parts.publications.commands,
    parts.pagerMessages.commands,
    subscriptionCommands(parts),
    profiles,
    parts.lines.commands,
    parts.clientResolvers.commands,
    parts.referralNotifiers.commands,
    parts.notifiers.commands,
    parts.dialogNotifications.commands,
  ])
  return {
    dispatch: command => runtime.run(() => commands.carryOut(command)),
    onEvent: (listener: (event: EngineEvent) => void) => runtime.listen(listener),
    trace: listener => tap.attach(listener),
    record: recorder => tap.record(recorder),
    actors: () => actorsOf(runtime),
    context: id => contextOf(runtime, id),
    newId: kind => runtime.newId(kind),
    census: () => {
      const kinds: Record<string, number> = {}
      for (const { kind } of runtime.registry) kinds[kind] = (kinds[kind] ?? 0) + 1
      return {
        actors: runtime.registry.size,
        keys: runtime.registry.keys,
        timers: runtime.timers.size,
        kinds,
      }
    },
  }
}
