/** Takes NOTIFYs that nobody subscribed to to those who listen. */
import type { EngineEvent } from '../engine/commands.ts'
import { Call } from './call/call.ts'
import { Connection } from './connection.ts'
import type { SipEvent } from './events.ts'
import { Notification, settle } from './notification.ts'
import { receiveNotification, type Scope } from './scope.ts'
import { ServerTransaction } from './server-transaction.ts'

type Unasked = Extract<EngineEvent, { type: 'unaskedNotify' }>

/** One within a call, or outside dialogs. Accepted when all have heard of it and none has answered. */
export const onUnaskedNotify = (
  scope: Scope,
  publish: () => ((event: SipEvent) => void) | undefined,
  event: Unasked,
): void => {
  const owner = scope.handles.get(event.id)
  if (!(owner instanceof Call || owner instanceof Connection)) return
  const connection = owner instanceof Call ? owner.connection : owner
  const { transaction: id, request: message } = event
  const transaction = new ServerTransaction(scope, id, connection, event)
  scope.handles.set(id, transaction)
  const notification = new Notification(message, ({ status, ...options }) =>
    transaction.respond(status, options),
  )
  owner[receiveNotification](notification)
  const source = 'rtc'
  if (owner instanceof Call)
    publish()?.({ type: 'sessionNotification', source, call: owner, notification, message })
  else publish()?.({ type: 'unsolicitedNotification', source, connection, notification, message })
  scope.attempt(() => notification[settle]())
}
