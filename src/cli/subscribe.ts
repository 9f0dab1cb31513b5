/** `sipactor subscribe`: what an event package of somebody says, now or from now on. */
import type { Notification, Subscription, SubscriptionState } from '../index.ts'
import { isMalformed } from '../message/index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { bodyLines, printable } from './printable.ts'
import { type CommonOptions, inSession } from './session.ts'
import type { View } from './view.ts'

export interface SubscribeCommandOptions extends CommonOptions {
  readonly event: string
  /** Tells several subscriptions to one package apart. */
  readonly id?: string
  readonly accept?: readonly string[]
  readonly expires?: number
  /** Seconds until it is unsubscribed from. */
  readonly duration?: number
  readonly once?: boolean
}

const stateText = (state: SubscriptionState): string => {
  switch (state.is) {
    case 'pending':
    case 'active':
      return `${state.is}, ${state.granted} s`
    case 'terminated':
      return state.reason === undefined ? state.is : `${state.is}: ${state.reason}`
    default:
      return state.is
  }
}

const tell = (notification: Notification, name: string, view: View): void => {
  const { event, eventId, state, reason, contentType, body, parsed } = notification
  const how = reason === undefined ? state : `${state}: ${reason}`
  const lines = [printable(`${name}: ${event} ${how}${body === '' ? '' : `, ${contentType}`}`)]
  view.fact([...lines, ...bodyLines(body)].join('\n'), {
    type: 'notification',
    event,
    ...(eventId !== undefined && { id: eventId }),
    state,
    ...(reason !== undefined && { reason }),
    ...(body !== '' && { contentType, body }),
    ...(isMalformed(parsed) ? { malformed: parsed.reason } : parsed && { parsed }),
  })
}

/** Settles when it has ended by itself: rejects with why. */
const ending = (subscription: Subscription): Promise<never> => {
  const over = new Promise<never>((_, reject) => {
    subscription.state$.subscribe(state => {
      if (state.is !== 'terminated') return
      const why = `the notifier ended the subscription${state.reason === undefined ? '' : `: ${state.reason}`}`
      reject(state.error ?? new CliError(exitStatus.refused, why))
    })
  })
  over.catch(() => undefined)
  return over
}

/** `sipactor subscribe <uri>`: prints each NOTIFY until Ctrl-C, then unsubscribes. RFC 6665 §4.1 */
export const subscribeCommand = (io: Io, uri: string, options: SubscribeCommandOptions): Promise<number> =>
  inSession(io, { ...options, peer: uri }, undefined, async session => {
    const { connection, view, parties, wait, unlessInterrupted } = session
    const { event, id, accept, expires, duration, once } = options
    const request = { event, ...(id !== undefined && { id }), ...(accept && { accept }), ...parties }
    if (once) {
      tell(await unlessInterrupted(connection.fetch(uri, request)), uri, view)
      await view.drawn()
      return exitStatus.ok
    }
    const subscription = connection.subscribe(uri, { ...request, ...(expires !== undefined && { expires }) })
    const over = ending(subscription)
    subscription.notifications$.subscribe(notification => tell(notification, uri, view))
    let before = ''
    const states = subscription.state$.subscribe(state => {
      const text = stateText(state)
      if (text !== before) view.say(`${uri}: ${text}`)
      before = text
    })
    try {
      await unlessInterrupted(subscription.notified())
      await Promise.race([over, wait(duration)])
      await subscription.unsubscribe()
      await view.drawn()
      return exitStatus.ok
    } finally {
      states.unsubscribe()
    }
  })
