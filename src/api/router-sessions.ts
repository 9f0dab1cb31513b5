/** Makes the handle of a session timer when the engine has begun one. RFC 4028 */
import type { EngineEvent } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import { SessionTimer } from './call/session-timer.ts'
import type { SipEvent } from './events.ts'
import { attachTimer, type Scope } from './scope.ts'
import { caused } from './sip-event.ts'

export const onSessionTimer = (
  scope: Scope,
  event: Extract<EngineEvent, { type: 'sessionTimer' }>,
  publish: ((event: SipEvent) => void) | undefined,
): void => {
  const { id, call: owner, interval, refresher } = event
  const call = scope.handles.get(owner)
  if (!(call instanceof Call)) return
  const timer = new SessionTimer(scope, id, call, { is: 'running', interval, refresher })
  scope.handles.set(id, timer)
  call[attachTimer](timer)
  publish?.({ type: 'sessionTimer', source: 'sipactor', timer, call, ...caused(event) })
}
