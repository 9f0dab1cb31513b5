/** For each event whom it is for, and which ids come to be or end with it. */
import type { EngineEvent, Id } from '../engine/commands.ts'
import { idsAt, type Path } from './paths.ts'

/** How one type of event is delivered. */
export interface EventRow<E = Record<string, unknown>> {
  /**
   * Whom it is for: the owner of the first of these ids that has one; `everybody` for what all applications share.
   */
  readonly to: readonly Path<E>[] | 'everybody'
  /** Ids of new objects; `closed` tells their end. */
  readonly makes?: readonly Path<E>[]
  /** Ids that the application may answer by, until it has or until the object ends that it is told of. */
  readonly lends?: readonly Path<E>[]
  /** Ids that were lent and mean nothing any more. */
  readonly returns?: readonly Path<E>[]
  /** An application that comes later is told of it, too. */
  readonly kept?: true
}

type Rows = { readonly [Type in EngineEvent['type']]?: EventRow<Extract<EngineEvent, { type: Type }>> }

const toId = { to: ['id'] } as const

export const eventRows: Rows = {
  state: toId,
  error: toId,
  closed: toId,
  listening: toId,
  network: toId,
  lost: toId,
  response: toId,
  security: toId,
  answered: toId,
  canceled: toId,
  acknowledged: toId,
  inviteCompleted: toId,
  infoPackages: toId,
  reliable: toId,
  pracked: toId,
  redirected: toId,
  target: toId,
  session: toId,
  progress: toId,
  grantedBelowMinimum: toId,
  request: { to: ['dialog', 'connection'], makes: ['id'] },
  call: { to: ['connection'], makes: ['id'] },
  dialog: { to: ['call'], makes: ['id'] },
  fork: { to: ['call'], makes: ['id'] },
  referral: { to: ['call', 'connection'], makes: ['id'] },
  refresh: { to: ['owner'], makes: ['id'] },
  transaction: { to: ['owner'], makes: ['id'] },
  sessionTimer: { to: ['call'], makes: ['id'] },
  challenge: { to: ['object', 'connection'], lends: ['id'] },
  prack: { to: ['id'], lends: ['transaction'] },
  describe: { to: ['id'], lends: ['change'] },
  change: { to: ['id'], lends: ['change'] },
  changed: { to: ['id'], returns: ['change'] },
  undescribed: { to: ['id'], returns: ['description'] },
  malformed: { to: ['connection'] },
  line: toId,
  notifier: { to: ['call', 'connection'], makes: ['id'] },
  published: toId,
  notification: { to: ['id'], lends: ['transaction'] },
  subscriptionFork: { to: ['of'], makes: ['id'] },
  unaskedNotify: { to: ['id'], lends: ['transaction'] },
  profiles: { to: 'everybody', makes: ['profiles.id' as 'type'], kept: true },
  profilesFailed: { to: 'everybody', kept: true },
  profileChanged: { to: 'everybody', makes: ['profile'], kept: true },
  profileEvent: { to: 'everybody' },
  profileDone: { to: ['request'], returns: ['request'] },
  profileConnection: { to: 'everybody', makes: ['id'], kept: true },
  profileRegistration: { to: 'everybody', makes: ['id'], kept: true },
  launch: toId,
  resolved: toId,
  unresolved: toId,
  unbound: { to: ['event.id' as 'connection'] },
  unanswered: toId,
}

/** What an event without a row is taken for, by its shape: for the owner of what it is about, and its id is a new object. */
const byShape: EventRow = { to: ['id', 'dialog', 'call', 'object', 'owner', 'connection'], makes: ['id'] }

export const deliveryOf = (event: EngineEvent): EventRow =>
  Object.hasOwn(eventRows, event.type) ? (eventRows[event.type] as EventRow) : byShape

const none: readonly Id[] = []

/** The objects and uses that are over with an event. */
export const overWith = (event: EngineEvent): readonly Id[] => {
  if (event.type === 'closed') return [event.id]
  if (event.type === 'profileChanged') return event.change === 'removed' ? [event.profile] : none
  const drops = event.type === 'profileEvent' && (event.fatal || event.is === 'forciblyDisabled')
  // A line that used it is there still.
  return drops ? event.uses.filter(id => id.startsWith('use.')) : none
}

/** All ids at these places of an event or command. */
export const idsOf = (value: object, paths: readonly string[] = []): readonly string[] =>
  paths.flatMap(path => idsAt(value, path))
