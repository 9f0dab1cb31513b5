/** What an application says about a subscription, and its translation for the engine. RFC 6665 §4.1. */
import type { OutgoingSubscription, SubscriptionElements } from '../engine/border/subscriptions.ts'
import { checkText, checkToken } from '../rules/text.ts'
import { badArgument, checkChoice, checkList, checkObject, checkParts, checkSeconds } from './check.ts'
import { credentialList, type Parties, type RequestParts } from './options.ts'

/** What to subscribe to, wherever the SUBSCRIBE goes. */
export interface SubscribeOptions<Event extends string = string> extends RequestParts {
  /** The event package, as `message-summary` or `presence`; any token. */
  readonly event: Event
  /** Tells several subscriptions to one package apart that share a dialog; a token. RFC 6665 §8.2.1 */
  readonly id?: string
  /** Media types of bodies that are understood; default: that of the package. */
  readonly accept?: string | readonly string[]
  /** Seconds to ask for, from 1; default 3600. What the notifier grants counts. For 0 see `connection.fetch`. */
  readonly expires?: number
  /**
   * True: it is renewed before it ends, and begun anew in a new dialog when the notifier says so (see {@link Subscription}).
   * False: it ends with its lifetime, and with each `terminated`. Default true.
   */
  readonly autoRefresh?: boolean
  /**
   * Further notifiers, when a proxy has forked the SUBSCRIBE: `surface`, a subscription of its own in `forks$`; `first`, their
   * NOTIFYs get 481. Default: that of the connection. RFC 6665 §4.3
   */
  readonly forking?: 'surface' | 'first'
}

/** A subscription outside dialogs. */
export interface SubscriptionRequest<Event extends string = string> extends SubscribeOptions<Event>, Parties {
  /**
   * Contact as name-addr text or URI, of the SUBSCRIBE and in its dialog; default: ours. It has to lead here: one SIP URI, and a
   * `sips:` one when the Request-URI or the outbound proxy is. `argument` for any other. RFC 3261 §8.1.1.8
   */
  readonly contact?: string
}

/** What takes the place of what a subscription had. */
export interface SubscriptionUpdate extends SubscriptionElements {
  /** Seconds to ask for, from 1. */
  readonly expires?: number
}

const acceptList = (accept: string | readonly string[] | undefined): readonly string[] => {
  if (accept === undefined) return []
  const all = typeof accept === 'string' ? [accept] : checkList(accept, 'accept')
  for (const type of all) {
    if (!checkText(type, 'accept').includes('/')) throw badArgument('accept must name media types')
  }
  return all
}

/** Throws `argument` and `header-not-allowed`. `fetched`: only the present state is wanted. */
export const outgoingSubscription = (options: SubscribeOptions, fetched = false): OutgoingSubscription => {
  const {
    event,
    id,
    accept,
    expires = 3600,
    autoRefresh = true,
    forking,
    credentials,
    ...parts
  } = checkObject(options, 'the options { event }')
  checkToken(event, 'the event')
  if (id !== undefined) checkToken(id, 'the id of the event')
  if (typeof autoRefresh !== 'boolean') throw badArgument('autoRefresh must be true or false')
  checkChoice(forking, 'forking', ['surface', 'first'])
  checkParts(parts)
  const { headers, contentType, body } = parts
  return {
    event,
    ...(id !== undefined && { id }),
    accept: acceptList(accept),
    expires: fetched ? 0 : checkSeconds(expires, 'expires'),
    autoRefresh: autoRefresh && !fetched,
    ...(forking !== undefined && { forking }),
    ...(headers && { headers }),
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
    ...credentialList(credentials),
  }
}

/** Throws `argument` and `header-not-allowed`. */
export const subscriptionElements = (options: SubscriptionUpdate): SubscriptionElements => {
  const { expires, headers, contentType, body } = checkObject(options, 'the options')
  if (expires !== undefined) checkSeconds(expires, 'expires')
  const elements = {
    ...(headers && { headers }),
    ...(contentType !== undefined && { contentType }),
    ...(body !== undefined && { body }),
  }
  checkParts(elements)
  return elements
}
