/** What is renewed before it expires gets a refresh: bindings, subscriptions and publications. CSIPRefresh. */
import type { AnyActorLogic } from 'xstate'
import type { PublicationEntry, RefreshEntry, RegistrationEntry, SubscriptionEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

/** The refresh goes on from here; made when there is none. */
export const grantRefresh = (
  runtime: Runtime,
  logic: AnyActorLogic,
  entry: RegistrationEntry | SubscriptionEntry | PublicationEntry,
  expires: number,
): void => {
  let { refresh } = entry
  if (!refresh?.alive) {
    const id = runtime.newId('refresh')
    runtime.born({ type: 'refresh', id, owner: entry.id, ...runtime.caused })
    refresh = runtime.spawn<RefreshEntry>(
      { kind: 'refresh', id, connection: entry.connection, owner: entry, visible: true },
      logic,
      { owner: entry.actor },
    )
    entry.refresh = refresh
  }
  runtime.post(refresh, { type: 'refresh.granted', expires }, entry)
}

/** What it renewed is no more. */
export const stopRefresh = (
  runtime: Runtime,
  entry: RegistrationEntry | SubscriptionEntry | PublicationEntry,
): void => {
  if (entry.refresh) runtime.post(entry.refresh, { type: 'refresh.stop' }, entry)
  entry.refresh = undefined
}
