/** The public state of an object, read from its actor's snapshot. */
import type { AnyMachineSnapshot } from 'xstate'
import type { SipError } from '../errors.ts'
import { formatNameAddr } from '../message/name-addr.ts'
import type { Published } from '../rules/publish.ts'
import type { Registered } from '../rules/registered.ts'
import type { TimerGrant } from '../rules/session-timer.ts'
import type { Entry, NotifierEntry, ProfileEntry, PublicationEntry, RegistrationEntry } from './entries.ts'
import type {
  CallEnd,
  CallState,
  ClientTransactionState,
  IncomingReferralState,
  LineState,
  NotifierState,
  ObjectState,
  ProfileState,
  PublicationState,
  ReferralState,
  RefreshState,
  RegistrationState,
  ServerTransactionState,
  SessionTimerState,
} from './states.ts'
import { subscriptionState } from './subscription-states.ts'

/** The outermost state. */
const top = ({ value }: AnyMachineSnapshot): string => {
  if (typeof value === 'string') return value
  for (const state in value) return state
  return ''
}

/** The state within another. `matches` would take a pattern apart for every state that is told. */
const inner = ({ value }: AnyMachineSnapshot, outer: string): unknown =>
  typeof value === 'string' ? undefined : value[outer]

const request = (snapshot: AnyMachineSnapshot): ClientTransactionState => {
  const is = top(snapshot)
  switch (is) {
    case 'sent':
      if (inner(snapshot, 'sent') === 'proceeding') return { is: 'proceeding' }
      return { is: snapshot.context.method === 'INVITE' ? 'calling' : 'trying' }
    case 'withdrawing':
      return { is: inner(snapshot, 'withdrawing') === 'told' ? 'proceeding' : 'calling' }
    case 'accepted':
    case 'terminated':
      return { is }
    default:
      return { is: 'constructing' }
  }
}

const server = (snapshot: AnyMachineSnapshot): ServerTransactionState => {
  const is = top(snapshot)
  if (is === 'unanswered') return { is: inner(snapshot, is) === 'trying' ? 'trying' : 'proceeding' }
  return { is: is as ServerTransactionState['is'] }
}

const call = (snapshot: AnyMachineSnapshot): CallState => {
  const is = top(snapshot)
  switch (is) {
    case 'leaving':
      return { is: 'terminating' }
    // Our 2xx waits for a PRACK.
    case 'answering':
      return { is: 'accepted' }
    case 'accepted':
      return { is: inner(snapshot, is) === 'leaving' ? 'terminating' : 'accepted' }
    case 'terminated':
    case 'released':
      return { is: 'terminated', end: snapshot.context.end as CallEnd }
    default:
      return { is: is as Exclude<CallState['is'], 'terminated'> }
  }
}

const registration = (
  snapshot: AnyMachineSnapshot,
  { registrarExpiresAt, retryAt, temporaryGruus }: RegistrationEntry,
): RegistrationState => {
  const is = top(snapshot)
  switch (is) {
    case 'registering':
    case 'unregistering':
      return snapshot.value[is] === 'queued' ? { is, queued: true } : { is }
    case 'recovering': {
      const attempt = Math.max(1, snapshot.context.failures)
      return snapshot.value[is] === 'waiting' ? { is, attempt, retryAt } : { is, attempt }
    }
    case 'registered':
    case 'refreshing':
    case 'updating': {
      const { granted, contact, serviceRoute, path, associated, outbound, publicGruu } = snapshot.context
        .binding as Registered
      return {
        is: is === 'updating' ? is : 'registered',
        granted,
        registrarExpiresAt,
        contact: formatNameAddr(contact),
        serviceRoute,
        path,
        associated,
        outbound,
        temporaryGruus,
        ...(publicGruu !== undefined && { publicGruu }),
      }
    }
    case 'released':
      return { is: 'unregistered' }
    default:
      return { is: is as 'unregistered' | 'expired' }
  }
}

const refresh = (snapshot: AnyMachineSnapshot): RefreshState =>
  top(snapshot) === 'active'
    ? { is: 'active', interval: snapshot.context.interval }
    : { is: top(snapshot) as 'inactive' | 'terminated' }

const referral = (snapshot: AnyMachineSnapshot): ReferralState => {
  const is = top(snapshot)
  const { status, reason, response, error } = snapshot.context
  switch (is) {
    case 'notified':
      return { is: 'accepted' }
    case 'done':
      // Accepted without a subscription it is done, and nobody knows how.
      return status === undefined ? { is } : { is, status, reason }
    case 'rejected':
      return { is, status, response }
    case 'failed':
      return { is, error }
    default:
      return { is: is as 'sent' | 'accepted' | 'expired' }
  }
}

const referralNotifier = (snapshot: AnyMachineSnapshot): IncomingReferralState => {
  const is = top(snapshot)
  return { is: is === 'concluding' ? 'accepted' : (is as IncomingReferralState['is']) }
}

const notifier = (snapshot: AnyMachineSnapshot, { expiresAt }: NotifierEntry): NotifierState => {
  const is = top(snapshot)
  const { standing, expires, ending, response, error } = snapshot.context
  switch (is) {
    case 'asked':
    case 'rejected':
      return { is }
    case 'held':
      return { is: standing, expires, expiresAt }
    default:
      // The last NOTIFY tells nothing that the application does not know.
      return {
        is: 'terminated',
        ...(ending && { reason: ending.reason }),
        ...(response && { response }),
        ...(error && { error }),
      }
  }
}

const publication = (snapshot: AnyMachineSnapshot, { expiresAt }: PublicationEntry): PublicationState => {
  const is = top(snapshot)
  if (is !== 'live') return { is: is as 'publishing' | 'removing' | 'removed' | 'expired' | 'terminated' }
  const { etag, granted } = snapshot.context.published as Published
  return { is: inner(snapshot, is) === 'idle' ? 'published' : 'refreshing', etag, granted, expiresAt }
}

const profile = (snapshot: AnyMachineSnapshot, entry: ProfileEntry): ProfileState => {
  const { users, autoRegister, held, failures, error } = snapshot.context
  const { link, registration, aors, retryAt } = entry
  const common = {
    users: users as number,
    autoRegister: autoRegister && !held,
    ...(link && { connection: link.id }),
    ...(registration && { registration: registration.id }),
    ...(error && { error }),
  }
  const is = top(snapshot)
  const bound = registration?.actor.getSnapshot().context.binding as Registered | undefined
  switch (is) {
    case 'delayed':
      return { is, ...common, attempt: failures, retryAt }
    case 'registered':
      return {
        is: inner(snapshot, is) === 'migrating' ? 'migrating' : is,
        ...common,
        aors,
        contact: bound ? formatNameAddr(bound.contact) : '',
      }
    case 'deciding':
    case 'removed':
      return { is: 'unregistered', ...common }
    default:
      return { is: is as 'unregistered' | 'waitingForNetwork' | 'registering' | 'unregistering', ...common }
  }
}

const sessionTimer = (snapshot: AnyMachineSnapshot): SessionTimerState =>
  top(snapshot) === 'running'
    ? { is: 'running', ...(snapshot.context.grant as TimerGrant) }
    : { is: top(snapshot) as 'expired' | 'ended' }

const line = (snapshot: AnyMachineSnapshot): LineState => {
  const is = top(snapshot) as LineState['is'] | 'released'
  const error = snapshot.context.error as SipError | undefined
  switch (is) {
    case 'starting':
      return error ? { is, error } : { is }
    case 'failed':
      return { is, error: error! }
    case 'released':
      return { is: 'stopped' }
    default:
      return { is }
  }
}

export const project = (entry: Entry): ObjectState => {
  if (entry.kind === 'parked') return { is: entry.state } as ServerTransactionState
  const snapshot: AnyMachineSnapshot = entry.actor.getSnapshot()
  switch (entry.kind) {
    case 'request':
      return request(snapshot)
    case 'server':
      return server(snapshot)
    case 'call':
      return call(snapshot)
    case 'registration':
      return registration(snapshot, entry)
    case 'refresh':
      return refresh(snapshot)
    case 'line':
      return line(snapshot)
    case 'profile':
      return profile(snapshot, entry)
    case 'publication':
      return publication(snapshot, entry)
    case 'sessionTimer':
      return sessionTimer(snapshot)
    case 'notifier':
      return notifier(snapshot, entry)
    case 'subscription':
      return subscriptionState(snapshot, entry)
    case 'referral':
      return entry.direction === 'outgoing' ? referral(snapshot) : referralNotifier(snapshot)
    default:
      return { is: top(snapshot) } as ObjectState
  }
}
