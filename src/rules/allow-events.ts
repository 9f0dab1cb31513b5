/**
 * Event packages that a peer may notify of within a call without being asked, as IRTCClientSubscriber2::AllowDialogNotifications
 * had them: an INVITE-created subscription, announced by Allow-Events. RFC 6665 §8.2.2.
 */
import { SipError } from '../errors.ts'
import type { HeaderPair } from '../message/types.ts'
import type { Refusal } from './respond.ts'
import { checkToken, sameText } from './text.ts'

/** The requests of an INVITE usage. What else is sent in its dialog says nothing of events. */
const carriers: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'PRACK', 'UPDATE', 'BYE', 'CANCEL'])

const most = 64

/** Returns the list. Throws `argument` unless it has 1 to 64 names that are tokens. */
export const checkEvents = (events: readonly string[]): readonly string[] => {
  if (!Array.isArray(events) || events.length === 0 || events.length > most)
    throw new SipError('argument', `the events must be a list of 1 to ${most} names, or null`)
  for (const event of events) checkToken(event, 'the name of an event')
  return events
}

/** Allow-Events for a request of a call, or for our response to one; none where it does not belong. */
export const allowEventsFor = (
  events: readonly string[],
  kind: 'request' | 'response',
  method: string,
): readonly HeaderPair[] => {
  const belongs = kind === 'request' ? carriers.has(method) : method === 'INVITE'
  return belongs ? [['Allow-Events', events.join(', ')]] : []
}

const isAllowEvents = ([name]: HeaderPair): boolean => sameText(name, 'Allow-Events')

/**
 * One Allow-Events of all that there are, in the place of the first, with each package once: packages that may be subscribed to,
 * those that NOTIFYs are taken of unasked, and what the application has written come from three hands. The very same headers when
 * there are no two.
 */
export const joinAllowEvents = (headers: readonly HeaderPair[]): readonly HeaderPair[] => {
  const first = headers.findIndex(isAllowEvents)
  if (first < 0 || !headers.some((header, at) => at > first && isAllowEvents(header))) return headers
  const events = new Map<string, string>()
  for (const [, value] of headers.filter(isAllowEvents)) {
    for (const event of value.split(',').map(piece => piece.trim()))
      if (event !== '' && !events.has(event.toLowerCase())) events.set(event.toLowerCase(), event)
  }
  return headers.flatMap((header, at): readonly HeaderPair[] => {
    if (at === first) return [['Allow-Events', [...events.values()].join(', ')]]
    return isAllowEvents(header) ? [] : [header]
  })
}

/** What a NOTIFY gets that nobody has subscribed to, where `events` are allowed, or any; undefined: it is taken. §8.2.1 */
export const notAllowed = (event: string | undefined, events?: readonly string[]): Refusal | undefined => {
  if (event === undefined)
    return { reply: { status: 400, reason: 'Bad Request - no readable Event', headers: [] } }
  if (events === undefined || events.includes(event)) return undefined
  return { reply: { status: 489, headers: [['Allow-Events', events.join(', ')]] } }
}
