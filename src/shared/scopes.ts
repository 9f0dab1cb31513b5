/**
 * What an application may do at a shared server, and for each command what that takes. A command that does not stand
 * here is refused.
 */
import type { Command, Id } from '../engine/commands.ts'
import type { Path } from './paths.ts'

/**
 * - `send`: connections, requests, calls, subscriptions.
 * - `register`: registrations.
 * - `network.control`: networks and sockets of a connection, and to see the trace of the whole server.
 * - `profile.read`, `profile.write`, `profile.admin`: to use profiles, to change those that may be changed, all else.
 */
export const scopes = [
  'send',
  'register',
  'network.control',
  'profile.read',
  'profile.write',
  'profile.admin',
] as const

/** One right of an application, see {@link scopes}. */
export type Scope = (typeof scopes)[number]

/** What one type of command takes and touches. */
export interface CommandRow<C = Record<string, unknown>> {
  /** One of these is enough. */
  readonly needs: readonly Scope[]
  /** Ids of new objects, chosen by the client. */
  readonly makes?: readonly Path<C>[]
  /** Ids that are only a name for what is asked of the first of `uses`, and end with it. */
  readonly lends?: readonly Path<C>[]
  /** Ids of objects that have to be the session's own. */
  readonly uses?: readonly Path<C>[]
  /** Ids that mean nothing any more afterwards, and of whose end no event tells. */
  readonly ends?: readonly Path<C>[]
  /** Ids of objects that may be over, but are not to be somebody else's. */
  readonly names?: readonly Path<C>[]
  /** What ends the object that it makes when the application has gone and no connection of its own ends it. */
  readonly undo?: (id: Id) => Command
  /** How the connection has to stand that it uses first. */
  readonly state?: 'active' | 'inactive'
}

type Rows = { readonly [Type in Command['type']]?: CommandRow<Extract<Command, { type: Type }>> }

const send = ['send'] as const
const register = ['register'] as const
const either = ['send', 'register'] as const
const control = ['network.control'] as const

const onId = { needs: send, uses: ['id'] } as const

export const commandRows: Rows = {
  'connection.open': { needs: either, makes: ['id'] },
  'connection.close': { needs: either, uses: ['id'] },
  'connection.refresh': { needs: control, uses: ['id'], state: 'inactive' },
  'connection.configure': { needs: control, uses: ['id'] },
  'request.send': {
    needs: send,
    makes: ['id', 'request.refresh.id' as 'id'],
    uses: ['connection', 'request.registration'],
    state: 'active',
  },
  'transaction.respond': onId,
  'call.invite': {
    needs: send,
    makes: ['id'],
    uses: ['connection', 'invite.registration'],
    undo: id => ({ type: 'call.hangUp', id }),
    state: 'active',
  },
  'call.provisional': onId,
  'call.accept': onId,
  'call.reject': onId,
  'call.ack': onId,
  'call.cancel': onId,
  'call.hangUp': onId,
  'call.prack': { needs: send, uses: ['id', 'dialog'] },
  'call.prackAnswer': { needs: send, uses: ['id', 'transaction'], ends: ['transaction'] },
  'call.leave': { needs: send, uses: ['id', 'dialog'] },
  'call.described': onId,
  'call.undescribed': onId,
  'call.fault': onId,
  'description.ask': { needs: send, lends: ['id'], uses: ['call'] },
  'description.settle': { needs: send, uses: ['id'], ends: ['id'] },
  'change.open': { needs: send, lends: ['id'], uses: ['call'] },
  'change.describe': onId,
  'change.accept': onId,
  'change.reject': onId,
  'dialog.request': { needs: send, makes: ['id'], uses: ['dialog', 'request.registration'] },
  'referral.open': { needs: send, makes: ['id'], uses: ['call', 'referral.replacing'] },
  'referral.send': {
    needs: send,
    makes: ['id'],
    uses: ['connection', 'request.registration', 'referral.replacing'],
    state: 'active',
  },
  'referral.accept': { needs: send, uses: ['id', 'call'] },
  'referral.reject': onId,
  'referral.notify': onId,
  'registration.open': {
    needs: register,
    makes: ['id'],
    uses: ['connection', 'options.group'],
    undo: id => ({ type: 'registration.unregister', id }),
    state: 'active',
  },
  'registration.register': { needs: register, uses: ['id'] },
  'registration.update': { needs: register, uses: ['id'] },
  'registration.unregister': { needs: register, uses: ['id'] },
  'registration.configure': { needs: register, uses: ['id'] },
  'refresh.interval': { needs: either, uses: ['id'] },
  'refresh.update': { needs: send, uses: ['id'] },
  'refresh.terminate': { needs: send, uses: ['id'] },
  'challenge.provide': { needs: either, uses: ['id'], ends: ['id'] },
  'challenge.ignore': { needs: either, uses: ['id'], ends: ['id'] },
  'credentials.clear': { needs: either },
  'publication.open': {
    needs: send,
    makes: ['id'],
    uses: ['connection', 'publication.registration'],
    undo: id => ({ type: 'publication.remove', id }),
    state: 'active',
  },
  'publication.update': onId,
  'publication.remove': onId,
  'message.send': {
    needs: send,
    makes: ['id'],
    uses: ['connection', 'message.registration'],
    state: 'active',
  },
  'subscription.open': {
    needs: send,
    makes: ['id'],
    uses: ['connection', 'request.registration'],
    undo: id => ({ type: 'subscription.end', id }),
    state: 'active',
  },
  'subscription.join': { needs: send, makes: ['id'], uses: ['beside'] },
  'subscription.update': onId,
  'subscription.end': onId,
  'subscription.answer': { needs: send, uses: ['id', 'transaction'], ends: ['transaction'] },
  'notifier.accept': onId,
  'notifier.reject': onId,
  'notifier.notify': onId,
  'notifier.terminate': onId,
  'line.open': {
    needs: ['profile.read'],
    makes: ['id'],
    undo: id => ({ type: 'line.close', id, sessions: [] }),
  },
  'line.start': { needs: ['profile.read'], uses: ['id'] },
  'line.stop': { needs: ['profile.read'], uses: ['id'], names: ['sessions'] },
  'line.close': { needs: ['profile.read'], uses: ['id'], names: ['sessions'] },
  'headers.set': onId,
  'events.allow': onId,
  // The server's own.
  'resolver.open': { needs: [] },
  'resolver.ready': { needs: [] },
  'resolver.failed': { needs: [] },
  'resolver.cancel': { needs: [] },
  'connection.announce': { needs: [] },
  'profiles.save': { needs: ['profile.write', 'profile.admin'], lends: ['request'] },
  'profiles.remove': { needs: ['profile.admin'], lends: ['request'] },
  'profiles.setDefault': { needs: ['profile.write', 'profile.admin'], lends: ['request'] },
  'profiles.close': { needs: ['profile.admin'], lends: ['request'] },
  'profile.enable': {
    needs: ['profile.read'],
    makes: ['id'],
    undo: id => ({ type: 'profile.disable', id }),
  },
  'profile.disable': { needs: ['profile.read'], uses: ['id'], ends: ['id'] },
  'profile.forceDisable': { needs: ['profile.admin'] },
  'profile.retry': { needs: ['profile.read'], uses: ['id'] },
  'profile.allowMigration': { needs: ['profile.read'], uses: ['id'] },
  'profile.disallowMigration': { needs: ['profile.read'], uses: ['id'] },
}

/** The row of a command; undefined when nobody has said what it takes. */
export const rowOf = (command: Command): CommandRow | undefined =>
  Object.hasOwn(commandRows, command.type) ? (commandRows[command.type] as CommandRow) : undefined
