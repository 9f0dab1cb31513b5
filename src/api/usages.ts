/** What lives in a dialog; and the calls and subscriptions that a `Sip` has on some connections: how each is ended. */
import type { Call } from './call/call.ts'
import type { Referral } from './call/referral.ts'
import type { Connection } from './connection.ts'
import type { Dialog } from './dialog.ts'
import type { SipObject } from './events.ts'
import type { Notifier } from './notifier.ts'
import type { IncomingReferral } from './referrals.ts'
import type { Scope } from './scope.ts'
import type { Subscription } from './subscription.ts'

/** What may live in a dialog. RFC 5057 */
export type DialogUsage = Call | Subscription | Notifier | Referral | IncomingReferral

const isUsage = (object: SipObject): object is DialogUsage =>
  object.kind === 'call' ||
  object.kind === 'subscription' ||
  object.kind === 'notifier' ||
  object.kind === 'referral' ||
  object.kind === 'incomingReferral'

/** States from which nothing follows. */
const over: ReadonlySet<string> = new Set(['terminated', 'rejected', 'failed', 'done'])

/** The usages of the dialog of a call. What shares it says so by its call, whose dialog it is. */
export const usagesOf = ({ handles }: Scope, dialog: Dialog): readonly DialogUsage[] =>
  [...handles.values()].filter(isUsage).filter(object => {
    const call = object.kind === 'call' ? object : object.call
    return call?.dialog === dialog && !over.has(object.state.is)
  })

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
