/** Makes the calls of further 2xx to a forked INVITE. RFC 3261 §13.2.2.4. */
import type { EngineEvent } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import { surface } from './call/call-branches.ts'
import { Dialog } from './dialog.ts'
import type { SipEvent } from './events.ts'
import type { Scope } from './scope.ts'
import { inheritStaticHeaders } from './static-headers.ts'

type Forked = Extract<EngineEvent, { type: 'fork' }>

/** The engine has acknowledged it already; one that nobody wants is hung up before anybody has seen it. */
export const onFork = (
  scope: Scope,
  publish: () => ((event: SipEvent) => void) | undefined,
  event: Forked,
): void => {
  const { id, response } = event
  const first = scope.handles.get(event.call)
  const early = event.dialog === undefined ? undefined : scope.handles.get(event.dialog)
  const make = (call: Call) => (origin: ConstructorParameters<typeof Call>[3]) => {
    const surfaced = new Call(scope, id, call.connection, origin)
    scope.handles.set(id, surfaced)
    inheritStaticHeaders(call, surfaced)
    publish()?.({ type: 'fork', source: 'sipactor', call, surfaced, message: response })
    return surfaced
  }
  const wanted =
    first instanceof Call && first[surface](make(first), early instanceof Dialog ? early : undefined)
  if (!wanted) scope.attempt(() => scope.dispatch({ type: 'call.hangUp', id }))
}
