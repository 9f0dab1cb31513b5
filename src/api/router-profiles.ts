/** Makes the handles of connections and registrations that the engine opens for profiles, and finds who takes what comes for them. */
import type { EngineEvent } from '../engine/commands.ts'
import type { Call } from './call/call.ts'
import type { Challenge } from './challenge.ts'
import { Connection } from './connection.ts'
import { carries, challenged } from './line/line-session.ts'
import type { ProfileBook } from './profiles/profile-book.ts'
import { Registration } from './registration.ts'
import { receiveRequest, type Scope } from './scope.ts'
import type { ServerTransaction } from './server-transaction.ts'

type Of<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>

/** What the router needs to know of profiles. */
export interface ProfileRouting {
  readonly book: ProfileBook
  /** A connection that the engine has made for profiles. */
  adopt(event: Of<'profileConnection'>): void
}

/** A profile has a registration: every `Sip` has a handle of it. */
export const onProfileRegistration = (
  scope: Scope,
  book: ProfileBook,
  { id, profile, connection, aor }: Of<'profileRegistration'>,
): void => {
  const owner = scope.handles.get(connection)
  if (!(owner instanceof Connection)) return
  const registration = new Registration(scope, id, owner, aor)
  scope.handles.set(id, registration)
  book.owns(registration, profile)
}

/** Hands a call or request to the line or profile whose Contact it came for; false when nobody of them listens. */
export const takenByProfile = (
  book: ProfileBook,
  registration: string | undefined,
  incoming: Call | ServerTransaction,
): boolean =>
  registration !== undefined && book.takers(registration).some(taker => taker[receiveRequest](incoming))

/** A challenge to a session of a line, which asks nobody: it is told, and given up. False for all others. */
export const refusedByLine = (
  scope: Scope,
  book: ProfileBook,
  challenge: Challenge,
  object: string,
): boolean => {
  // A subscription is challenged by the transaction of its SUBSCRIBE.
  const session = book.sessions.get(object) ?? [...book.sessions.values()].find(one => one[carries](object))
  if (!session) return false
  session[challenged](challenge.realms, challenge.response)
  scope.attempt(() => challenge.ignore())
  return true
}
