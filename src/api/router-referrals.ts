/** Makes the handles of REFERs that peers send, and takes each to those who listen. */
import type { EngineEvent } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import { Connection } from './connection.ts'
import type { SipEvent } from './events.ts'
import { IncomingReferral } from './referrals.ts'
import { receiveReferral, type Scope } from './scope.ts'

type Publish = () => ((event: SipEvent) => void) | undefined

/** A REFER came: for the call in whose dialog it is, else for the connection; 603 when nobody listens there. */
export const onReferral = (
  scope: Scope,
  publish: Publish,
  event: Extract<EngineEvent, { type: 'referral' }>,
): void => {
  const { handles } = scope
  const connection = handles.get(event.connection)
  if (!(connection instanceof Connection)) return
  const within = event.call === undefined ? undefined : handles.get(event.call)
  const call = within instanceof Call ? within : undefined
  const referral = new IncomingReferral(scope, event.id, connection, event.request, call)
  handles.set(event.id, referral)
  const taken = call?.[receiveReferral](referral) || connection[receiveReferral](referral)
  if (!taken) scope.attempt(() => referral.reject(603))
  publish()?.({ type: 'sessionReferred', source: 'rtc', referral, message: event.request })
}
