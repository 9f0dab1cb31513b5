/** Our engine as a notifier beside a scripted subscriber. */
import type { ConnectionOptions, Notifier } from '../../src/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { createScene, record, type SceneOptions } from './support.ts'

export const presence: HeaderPair = ['Event', 'presence']
export const text = 'text/plain'

/** Subscription-State and body of a NOTIFY, in short. */
export const told = (notify: { header(name: string): string | undefined; readonly text: string }): string =>
  `${notify.header('subscription-state')} ${notify.text}`.trim()

export const notifierScene = async (
  connection: ConnectionOptions = {},
  options: Omit<SceneOptions, 'connection'> = {},
) => {
  const scene = await createScene({
    ...options,
    connection: { events: ['presence', 'message-summary'], ...connection },
  })
  const { bob, address, ourUri, run } = scene
  const asked: Notifier[] = []
  const listening = scene.connection.subscriptions$.subscribe(notifier => void asked.push(notifier))

  /** P subscribes; nobody has answered yet. */
  const subscribe = async (expires: number | null = 600, headers: readonly HeaderPair[] = [presence]) => {
    const request = bob.request('SUBSCRIBE', {
      to: address,
      uri: ourUri,
      headers: [...headers, ...(expires === null ? [] : [['Expires', String(expires)] as const])],
    })
    await run(10)
    return request
  }

  /** P subscribes, we accept, P answers the first NOTIFY. */
  const subscribed = async (
    given: Parameters<Notifier['accept']>[0] = { contentType: text, body: 'one' },
    expires = 600,
  ) => {
    const request = await subscribe(expires)
    const notifier = asked.at(-1)!
    const states = record(notifier.state$)
    const errors = record(notifier.errors$)
    notifier.accept(given)
    await run(10)
    const ok = bob.next(200)
    const notify = bob.next('NOTIFY')
    bob.reply(notify, 200)
    await run(10)
    const dialog = bob.inDialog(request, ok)
    /** P answers the next NOTIFY. */
    const next = async (status = 200, headers: readonly HeaderPair[] = []) => {
      const found = bob.next('NOTIFY')
      bob.reply(found, status, { headers })
      await run(10)
      return found
    }
    /** P sends a SUBSCRIBE in the dialog. */
    const again = async (seconds: number, more: readonly HeaderPair[] = [], event: HeaderPair = presence) => {
      const sent = dialog.request('SUBSCRIBE', { headers: [event, ['Expires', String(seconds)], ...more] })
      await run(10)
      return sent
    }
    return { request, ok, notify, notifier, states, errors, dialog, next, again }
  }
  return { ...scene, asked, listening, subscribe, subscribed }
}
