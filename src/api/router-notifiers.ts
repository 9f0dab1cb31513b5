/** Makes the handles of peers' subscriptions, and takes each to those who listen. */
import type { EngineEvent } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import { Connection } from './connection.ts'
import type { SipEvent } from './events.ts'
import { Notifier } from './notifier.ts'
import { receiveSubscription, type Scope } from './scope.ts'

/** A peer subscribes; 480 when nobody listens. */
export const onNotifier = (
  scope: Scope,
  publish: () => ((event: SipEvent) => void) | undefined,
  event: Extract<EngineEvent, { type: 'notifier' }>,
): void => {
  const { handles } = scope
  const connection = handles.get(event.connection)
  if (!(connection instanceof Connection)) return
  const within = event.call === undefined ? undefined : handles.get(event.call)
  const notifier = new Notifier(scope, connection, event, within instanceof Call ? within : undefined)
  handles.set(event.id, notifier)
  if (!connection[receiveSubscription](notifier)) scope.attempt(() => notifier.reject(480))
  publish()?.({ type: 'notifier', source: 'sipactor', notifier, message: event.request })
}
