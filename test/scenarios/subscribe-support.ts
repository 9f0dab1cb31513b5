/** Our engine as a subscriber beside a scripted notifier. */
import type { SubscriptionRequest } from '../../src/index.ts'
import type { HeaderPair, SipRequest } from '../../src/message/types.ts'
import { respond } from '../../src/rules/respond.ts'
import type { PeerDialog } from '../support/peer-dialog.ts'
import { createScene, record, type SceneOptions } from './support.ts'

/** What a NOTIFY is made of. */
export const notice = (state: string, body?: string, event = 'presence') => ({
  headers: [
    ['Event', event],
    ['Subscription-State', state],
  ] as HeaderPair[],
  ...(body !== undefined && { body, contentType: 'text/plain' }),
})

export const subscribeScene = async (
  given: Partial<SubscriptionRequest> = {},
  options: SceneOptions = {},
) => {
  const scene = await createScene(options)
  const { connection, bob, run } = scene
  const subscription = connection.subscribe(bob.uri, { event: 'presence', ...given })
  const states = record(subscription.state$)
  const errors = record(subscription.errors$)
  const notifications = record(subscription.notifications$)
  const forks = record(subscription.forks$)
  await run(10)
  const request = bob.next('SUBSCRIBE')

  /** A dialog of the notifier's under that tag, whether it has answered or not. */
  const dialogOf = (subscribe: SipRequest, toTag: string): PeerDialog =>
    bob.inDialog(subscribe, respond(subscribe, { status: 200, toTag }))

  /** The notifier tells, and gets that answer. */
  const notify = async (
    dialog: PeerDialog,
    state: string,
    { body, event = given.event, status = 200 }: { body?: string; event?: string; status?: number } = {},
  ) => {
    dialog.request('NOTIFY', notice(state, body, event))
    await run(10)
    return bob.next(status)
  }

  /** The notifier grants so many seconds; its dialog. */
  const grant = async (subscribe: SipRequest, expires?: number): Promise<PeerDialog> => {
    const headers: HeaderPair[] = expires === undefined ? [] : [['Expires', String(expires)]]
    const ok = bob.reply(subscribe, 200, { headers })
    await run(10)
    return bob.inDialog(subscribe, ok)
  }

  /** Granted, and told for the first time. */
  const active = async (expires = 3600, subscribe = request) => {
    const dialog = await grant(subscribe, expires)
    await notify(dialog, `active;expires=${expires}`, { body: 'one' })
    return dialog
  }

  return {
    ...scene,
    subscription,
    states,
    errors,
    notifications,
    forks,
    request,
    dialogOf,
    notify,
    grant,
    active,
    /** The states it went through, each once while it stays. */
    went: () => states.values.map(({ is }) => is).filter((is, at, all) => is !== all[at - 1]),
    codes: () => errors.values.map(({ code }) => code),
    bodies: () => notifications.values.map(({ body }) => body),
  }
}
