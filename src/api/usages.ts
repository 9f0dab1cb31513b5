/** The calls and subscriptions that a `Sip` has on some connections: how each is ended. */
import type { Connection } from './connection.ts'
import type { SipObject } from './events.ts'
import type { Scope } from './scope.ts'

const ending = (object: SipObject): (() => Promise<unknown>) | undefined => {
  if (object.kind === 'subscription')
    return async () => (object.state.is === 'terminated' ? undefined : object.unsubscribe())
  if (object.kind !== 'call' || object.state.is === 'terminated') return undefined
  return async () => (object.can('reject') ? object.reject(480) : object.hangUp())
}

/** Ways to end what lives there; each settles when that is over, and rejects when it cannot be. */
export const usagesOn = (
  { handles }: Scope,
  connections: Pick<WeakSet<Connection>, 'has'>,
): readonly (() => Promise<unknown>)[] =>
  [...handles.values()].flatMap(object => {
    const on = object.kind === 'call' || object.kind === 'subscription' ? object.connection : undefined
    const end = on && connections.has(on) ? ending(object) : undefined
    return end ? [end] : []
  })
