/** What all effect tables are made with. */
import type { AnyActorRef } from 'xstate'
import type { News } from '../../../machines/effects.ts'
import type { SipResponse } from '../../message/types.ts'
import { isRepeated } from '../../rules/repeated.ts'
import type { Acknowledgements } from '../acknowledge.ts'
import type { Authenticator } from '../authenticate.ts'
import type { Calls } from '../calls.ts'
import type { Changes } from '../changes.ts'
import type { ClientResolvers } from '../client-resolver.ts'
import type { Connections } from '../connections.ts'
import type { DialogNotifications } from '../dialog-notifications.ts'
import type { Dialogs } from '../dialogs.ts'
import type { Entry, Kind } from '../entries.ts'
import type { EventDialogs } from '../event-dialogs.ts'
import type { Flows } from '../flows.ts'
import type { Forks } from '../forks.ts'
import type { KeepAlives } from '../keep-alives.ts'
import type { Lines } from '../lines.ts'
import type { Networks } from '../networks.ts'
import type { Notifiers } from '../notifiers.ts'
import type { PagerMessages } from '../pager-messages.ts'
import type { PeerChanges } from '../peer-changes.ts'
import type { ProfileRegistry } from '../profile-commands.ts'
import type { Profiles } from '../profiles.ts'
import type { Publications } from '../publications.ts'
import type { ReferralNotifiers } from '../referral-notifiers.ts'
import type { Referrals } from '../referrals.ts'
import type { Registrations } from '../registrations.ts'
import { entryOf } from '../registry.ts'
import type { Reliable } from '../reliable.ts'
import type { Repeated } from '../repeated.ts'
import type { Replacing } from '../replacing.ts'
import type { Requests } from '../requests.ts'
import type { Runtime } from '../runtime.ts'
import type { SecurityAgreements } from '../security-agreements.ts'
import type { ServerTransactions } from '../server-transactions.ts'
import type { SessionTimers } from '../session-timers.ts'
import type { Sessions } from '../sessions.ts'
import type { Subscriptions } from '../subscriptions.ts'
import type { Turns } from '../turns.ts'

/** The parts that perform effects. Filled when the engine is put together. */
export interface Parts {
  runtime: Runtime
  flows: Flows
  servers: ServerTransactions
  requests: Requests
  authenticator: Authenticator
  agreements: SecurityAgreements
  dialogs: Dialogs
  acknowledgements: Acknowledgements
  calls: Calls
  replacing: Replacing
  eventDialogs: EventDialogs
  dialogNotifications: DialogNotifications
  referrals: Referrals
  subscriptions: Subscriptions
  referralNotifiers: ReferralNotifiers
  notifiers: Notifiers
  forks: Forks
  reliable: Reliable
  sessions: Sessions
  changes: Changes
  peerChanges: PeerChanges
  sessionTimers: SessionTimers
  turns: Turns
  publications: Publications
  pagerMessages: PagerMessages
  registrations: Registrations
  profiles: Profiles
  /** Absent in an engine without a store of profiles. */
  profileRegistry?: ProfileRegistry
  lines: Lines
  clientResolvers: ClientResolvers
  keepAlives: KeepAlives
  repeated: Repeated
  connections: Connections
  networks: Networks
}

export interface Args {
  readonly self: AnyActorRef
  // biome-ignore lint/suspicious/noExplicitAny: the context of whichever machine asks
  readonly context: any
}

export type Performer<P> = (args: Args, params: P) => void

/** The entry of the actor that asks. */
export type EntryOf = <K extends Kind>(args: Args, kind: K) => Extract<Entry, { kind: K }>

/** How a usage tells the application what happens. */
export const announcements = (parts: Parts, of: EntryOf) => ({
  announce: (args: Args, news: News) => {
    const entry = entryOf(args.self)
    const id = entry && 'requestId' in entry ? entry.requestId : args.self.id
    // What fails for a profile is told of the profile.
    if (news.type === 'error' && entry?.kind === 'registration' && entry.share)
      return parts.registrations.profiles?.failed(entry, news.error)
    if (news.type === 'error' && entry?.kind === 'subscription' && entry.owner?.kind === 'profile')
      return parts.profiles.followingFailed(entry, news.error)
    if (news.type === 'error') return parts.runtime.error(id, news.error)
    // A copy is no news: one application event for each response.
    if (entry && news.type === 'response' && isRepeated((entry.provisionals ??= new Map()), news.response))
      return
    if (entry?.kind === 'call' && entry.referral && news.type === 'response')
      parts.referralNotifiers.answered(entry, news.response)
    parts.runtime.news({ ...news, id })
  },
  announceRejection: (args: Args, response: SipResponse) =>
    parts.calls.announceRejection(entryOf(args.self) ?? of(args, 'call'), response),
})
