/** Commands about our subscriptions: checked, then handed to their machine. RFC 6665 §4.1. */
import { SipError } from '../errors.ts'
import { failureScope } from '../rules/calls.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { checkToken } from '../rules/text.ts'
import type { OutgoingSubscription } from './border/subscriptions.ts'
import type { Id } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { Parts } from './effects/kit.ts'
import type { AnyDialogEntry, ConnectionEntry, SubscriptionEntry } from './entries.ts'

/** Throws `argument` and `header-not-allowed`. */
export const checkSubscription = ({ event, id, headers }: OutgoingSubscription): void => {
  checkToken(event, 'the event')
  if (id !== undefined) checkToken(id, 'the id of the event')
  checkUserHeaders(headers ?? [])
}

const requireActive = (connection: ConnectionEntry): void => {
  if (!connection.actor.getSnapshot().matches('active'))
    throw new SipError('not-ready', 'the connection is not active')
}

const closed = (id: Id): SipError => new SipError('resource-not-available', `${id} is closed`)

export const subscriptionCommands = (parts: Parts): Handlers => {
  const { runtime, subscriptions } = parts
  const { registry } = runtime
  const find = (id: Id): SubscriptionEntry => {
    const entry = registry.get(id)
    if (entry?.kind === 'subscription') return entry
    throw closed(id)
  }
  /** The dialog of a call or subscription, and whom a subscription beside it would begin anew with. */
  const dialogOf = (id: Id): { dialog: AnyDialogEntry; party: SubscriptionEntry['party'] } => {
    const entry = registry.get(id)
    if (entry?.kind !== 'call' && entry?.kind !== 'subscription') throw closed(id)
    const { dialog } = entry
    if (!dialog) throw new SipError('invalid-dialog-state', 'there is no dialog yet')
    if (entry.kind === 'subscription' && entry.party) return { dialog, party: entry.party }
    const { remoteTarget, localUri, remoteUri } = dialog.record()
    return { dialog, party: { uri: remoteTarget, from: localUri, to: remoteUri } }
  }
  return {
    'subscription.open': ({ id, connection, request, subscription }) => {
      const entry = registry.get(connection)
      if (entry?.kind !== 'connection') throw closed(connection)
      requireActive(entry)
      subscriptions.open(entry, id, { asked: subscription, party: request })
    },
    'subscription.join': ({ id, beside, subscription }) => {
      const { dialog, party } = dialogOf(beside)
      const { event, id: eventId } = subscription
      requireActive(dialog.connection)
      const taken = dialog.usages?.some(
        usage => usage.kind === 'subscription' && usage.event.event === event && usage.event.id === eventId,
      )
      if (taken)
        throw new SipError('already-exists', 'the dialog has a subscription to this event: give it an id')
      subscriptions.open(dialog.connection, id, { asked: subscription, party, beside: dialog })
    },
    'subscription.update': ({ id, expires, elements }) => {
      const entry = find(id)
      const snapshot = entry.actor.getSnapshot()
      if (snapshot.matches({ live: { request: 'asking' } }))
        throw new SipError('request-pending', 'a SUBSCRIBE is under way')
      if (!snapshot.matches('live'))
        throw new SipError('invalid-dialog-state', 'the subscription is over, or waits to begin anew')
      entry.asked = { ...entry.asked, ...elements, ...(expires !== undefined && { expires }) }
      entry.tellsBody = elements.body !== undefined
      runtime.post(entry, { type: 'tu.update', ...(expires !== undefined && { expires }) })
    },
    'subscription.end': ({ id }) => runtime.post(find(id), { type: 'tu.unsubscribe' }),
    'subscription.answer': ({ id, transaction, response }) => {
      const server = registry.get(transaction)
      if (server?.kind !== 'server') throw closed(transaction)
      checkUserHeaders(response.headers ?? [])
      parts.servers.answer(server, response)
      if (failureScope(response.status, 'NOTIFY') !== 'transaction')
        runtime.post(registry.get(id), { type: 'tu.drop' })
    },
  }
}
