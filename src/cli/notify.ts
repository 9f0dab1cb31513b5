/** `sipactor notify`: an event package from a file, for whoever subscribes. */
import { BehaviorSubject } from 'rxjs'
import type { Notifier, NotifierState } from '../index.ts'
import { formatNameAddr } from '../message/index.ts'
import { type BodyOptions, openBody } from './body-file.ts'
import { exitStatus, explain } from './exit.ts'
import type { Io } from './io.ts'
import { saysWhere, usualPort } from './listen.ts'
import { printable } from './printable.ts'
import { type CommonOptions, inSession } from './session.ts'
import type { View } from './view.ts'

export interface NotifyCommandOptions extends CommonOptions, BodyOptions {
  /** Longest lifetime to grant, in seconds. */
  readonly expires?: number
  /** Shortest lifetime to grant, in seconds. */
  readonly minExpires?: number
}

const stateText = (state: NotifierState): string => {
  if ('expires' in state) return `${state.is}, ${state.expires} s`
  return state.is === 'terminated' && state.reason ? `${state.is}: ${state.reason}` : state.is
}

/** Says every state of a subscription, and why it failed. */
const narrate = (notifier: Notifier, view: View): void => {
  const name = printable(formatNameAddr({ ...notifier.subscriber, params: new Map() }))
  let before = 'asked'
  notifier.state$.subscribe(state => {
    const text = stateText(state)
    if (text !== before) view.say(`${name}: ${text}`)
    before = text
  })
  notifier.errors$.subscribe(error => view.say(`${name}: ${explain(error).what}`))
}

/** Whether a subscriber reads that type. RFC 3261 §20.1 */
const reads = ({ accepts }: Notifier, contentType: string): boolean => {
  const [type = ''] = contentType.toLowerCase().split(';')
  const ranges = ['*/*', `${type.split('/')[0]}/*`, type]
  return accepts.length === 0 || accepts.some(range => ranges.includes(range.toLowerCase()))
}

/** `sipactor notify`: until Ctrl-C. RFC 6665 §4.2 */
export const notifyCommand = async (io: Io, options: NotifyCommandOptions): Promise<number> => {
  const { event, body: path, expires, minExpires } = options
  const file = openBody(options)
  const { contentType } = file
  const offer = { events: [event], ...(minExpires !== undefined && { minExpires }) }
  return inSession(io, { ...options, usualPort, offer }, undefined, async session => {
    const { connection, view, interrupted } = session
    const state = new BehaviorSubject(file.body)
    const held = new Set<Notifier>()
    connection.subscriptions$.subscribe(notifier => {
      narrate(notifier, view)
      if (!reads(notifier, contentType)) return notifier.reject(406)
      const granted = expires === undefined ? {} : { expires: Math.min(expires, notifier.expires) }
      notifier.publish(state, { contentType, ...granted })
      held.add(notifier)
      notifier.state$.subscribe({ complete: () => held.delete(notifier) })
    })
    saysWhere(session, `notifies of ${event} from ${path}`)
    await file.follow(session, interrupted, {
      changed: body => {
        state.next(body)
        const told = held.size
        view.fact(`${path} has changed: ${told} ${told === 1 ? 'subscriber is' : 'subscribers are'} told`, {
          type: 'changed',
          event,
          subscribers: told,
        })
      },
      fault: what => io.err(`sipactor: ${what}; what it said before stays`),
    })
    return exitStatus.ok
  })
}
