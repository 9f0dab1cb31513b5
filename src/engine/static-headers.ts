/**
 * What the objects of an application add to their messages by themselves: static headers, and Allow-Events of calls. Looked
 * up wherever a message of theirs is made: a request when it is composed, a CANCEL, an ACK, a response when it is built.
 */
import type { HeaderPair } from '../message/types.ts'
import { allowEventsFor, joinAllowEvents } from '../rules/allow-events.ts'
import type { StaticHeaders } from '../rules/static-headers.ts'
import type { CallEntry, Entry, NotifierEntry, ServerEntry, SubscriptionEntry } from './entries.ts'

/** An object that may have static headers. */
export type AddingEntry = CallEntry | SubscriptionEntry | NotifierEntry

const nothing: readonly HeaderPair[] = []

/** Whose message it is that an actor sends; undefined for what belongs to no such object. */
const objectOf = (sender: Entry | undefined): AddingEntry | undefined => {
  switch (sender?.kind) {
    case 'call':
    case 'subscription':
    case 'notifier':
      return sender
    case 'dialog':
      return sender.call
    case 'change':
    case 'provisional':
      return sender.dialog.call
    case 'standAlone':
      return sender.dialog?.call
    case 'referral':
      return sender.dialog?.kind === 'dialog' ? sender.dialog.call : undefined
    default:
      return undefined
  }
}

/** The packages of which a call takes NOTIFYs unasked; undefined: of none. */
export const allowedEventsOf = (call: CallEntry): readonly string[] | undefined =>
  call.allowedEvents ?? call.connection.allowedEvents

const additions = (
  object: AddingEntry | undefined,
  kind: 'request' | 'response',
  method: string,
): readonly HeaderPair[] => {
  if (object === undefined) return nothing
  const { staticHeaders } = object
  const headers =
    staticHeaders && !(kind === 'response' && staticHeaders.requestsOnly) ? staticHeaders.headers : nothing
  const events = object.kind === 'call' ? allowedEventsOf(object) : undefined
  return events === undefined
    ? headers
    : joinAllowEvents([...headers, ...allowEventsFor(events, kind, method)])
}

/** For a request that `sender` sends. */
export const requestAdditions = (sender: Entry | undefined, method: string): readonly HeaderPair[] =>
  additions(objectOf(sender), 'request', method)

/** For a response of ours. */
export const responseAdditions = ({ usage, owner, dialog, method }: ServerEntry): readonly HeaderPair[] =>
  additions(objectOf(usage ?? (owner?.kind === 'connection' ? dialog : owner)), 'response', method)

/** What is to be remembered of `headers.set`. */
export const staticHeadersOf = (
  headers: readonly HeaderPair[] | null,
  requestsOnly = false,
): StaticHeaders | undefined =>
  headers === null || headers.length === 0 ? undefined : { headers, requestsOnly }
