/** Which body an event package has: its media type, its reader and its writer. RFC 6665 §7.2. */
import { SipError } from '../errors.ts'
import { toBinary, toText } from '../message/bytes.ts'
import { isMalformed, malformed } from '../message/malformed.ts'
import type { Malformed } from '../message/types.ts'
import { formatSipfrag, parseSipfrag, type StatusLine, sipfrag } from '../rules/sipfrag.ts'
import { formatConferenceInfo } from './conference-format.ts'
import { type ConferenceInfoDocument, conferenceInfoType, parseConferenceInfo } from './conference-info.ts'
import { type DialogInfoDocument, dialogInfoType, formatDialogInfo, parseDialogInfo } from './dialog-info.ts'
import {
  formatMessageSummary,
  type MessageSummary,
  messageSummaryType,
  parseMessageSummary,
} from './message-summary.ts'
import { formatPidf, type PresenceDocument, parsePidf, pidfType } from './pidf.ts'
import { formatReginfo, parseReginfo, type RegistrationInfoDocument, reginfoType } from './reginfo.ts'
import {
  formatWatcherInfo,
  parseWatcherInfo,
  type WatcherInfoDocument,
  watcherInfoType,
} from './watcher-info.ts'
import { bodyText } from './xml.ts'

/** What the body of each event package is, by the name of the package. */
export interface EventBodies {
  readonly 'message-summary': MessageSummary
  readonly presence: PresenceDocument
  readonly dialog: DialogInfoDocument
  readonly reg: RegistrationInfoDocument
  readonly conference: ConferenceInfoDocument
  readonly refer: StatusLine
  readonly 'presence.winfo': WatcherInfoDocument
}

/** The event packages whose bodies are read. All other bodies stay as they are. */
export type TypedEvent = keyof EventBodies

/** The body of a package: typed where the name is known, else any of them. */
export type EventBody<Event extends string = string> = Event extends TypedEvent
  ? EventBodies[Event]
  : EventBodies[TypedEvent]

interface Package<Body> {
  readonly type: string
  readonly parse: (body: string | Uint8Array) => Body | Malformed
  readonly format: (body: Body) => string
}

const parseStatus = (body: string | Uint8Array): StatusLine | Malformed => {
  const text = bodyText(body)
  if (isMalformed(text)) return text
  return parseSipfrag(text) ?? malformed('the sipfrag has no status line')
}

const packages: { readonly [Event in TypedEvent]: Package<EventBodies[Event]> } = {
  'message-summary': { type: messageSummaryType, parse: parseMessageSummary, format: formatMessageSummary },
  presence: { type: pidfType, parse: parsePidf, format: formatPidf },
  dialog: { type: dialogInfoType, parse: parseDialogInfo, format: formatDialogInfo },
  reg: { type: reginfoType, parse: parseReginfo, format: formatReginfo },
  conference: { type: conferenceInfoType, parse: parseConferenceInfo, format: formatConferenceInfo },
  refer: {
    type: sipfrag,
    parse: parseStatus,
    format: ({ status, reason }) => toText(toBinary(formatSipfrag(status, reason))),
  },
  'presence.winfo': { type: watcherInfoType, parse: parseWatcherInfo, format: formatWatcherInfo },
}

/** Of any of the packages: which one is decided by name, so its type is that of the name. */
interface AnyPackage {
  readonly type: string
  readonly parse: (body: string | Uint8Array) => EventBody | Malformed
  readonly format: (body: never) => string
}

const byEvent: ReadonlyMap<string, AnyPackage> = new Map<string, AnyPackage>(Object.entries(packages))
const byType: ReadonlyMap<string, AnyPackage> = new Map([...byEvent.values()].map(one => [one.type, one]))

/** Any package can have watchers. RFC 3857 §4 */
const packageOf = (event: string): AnyPackage | undefined =>
  byEvent.get(event.endsWith('.winfo') ? 'presence.winfo' : event)

/** The media type of a package's body, for Accept and Content-Type; `undefined` for a package that is not read. */
export const bodyType = (event: string): string | undefined => packageOf(event.toLowerCase())?.type

/**
 * Reads the body of a NOTIFY or PUBLISH. `undefined`: there is none, or it is of a type that is not read (then take it as it
 * is); a `Malformed`: it is not what its type says.
 *
 * A package that is known has one type; a body of another package's type is read only where the event is not known.
 *
 * @example
 * const summary = parseBody('message-summary', message.header('content-type'), message.body)
 * if (summary && !isMalformed(summary)) lamp(summary.waiting)
 */
export const parseBody = <const Event extends string>(
  event: Event,
  contentType: string | undefined,
  body: string | Uint8Array,
): EventBody<Event> | Malformed | undefined => {
  if (body.length === 0 || contentType === undefined) return undefined
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const found = packageOf(event.toLowerCase()) ?? byType.get(type)
  return found?.type === type ? (found.parse(body) as EventBody<Event> | Malformed) : undefined
}

/**
 * Writes the body of a package, with its media type. Throws `argument` for what the format cannot hold, `not-supported` for a
 * package that is not among `TypedEvent` (nor a `.winfo`).
 *
 * @example
 * notifier.notify(...formatBody('message-summary', { waiting: true, counts: { voice: { new: 1, old: 0 } }, messages: [] }))
 */
export const formatBody = <const Event extends TypedEvent>(
  event: Event,
  value: EventBodies[Event],
): { readonly contentType: string; readonly body: string } => {
  const found = packageOf(event.toLowerCase())
  if (!found) throw new SipError('not-supported', `bodies of ${event} are not written here`)
  return { contentType: found.type, body: found.format(value as never) }
}
