/** Presence: `application/pidf+xml`. RFC 3863 §4; RFC 3856. */
import type { Malformed } from '../message/types.ts'
import { leaf, type Node, node, writeDocument } from './write-xml.ts'
import { all, fault, first, foreign, needed, oneOf, readDocument, type XmlElement } from './xml.ts'

/** A word for people. */
export interface PresenceNote {
  readonly text: string
  /** Its language, for example `en`. */
  readonly language?: string
}

/** One way to reach somebody. */
export interface PresenceTuple {
  readonly id: string
  /** Whether it takes communication; absent when only an extension of `status` says something. */
  readonly status?: 'open' | 'closed'
  /** Where, as a URI. */
  readonly contact?: string
  /** Preference of `contact`, 0 to 1. */
  readonly priority?: number
  readonly notes: readonly PresenceNote[]
  /** When it was so, as an ISO date. */
  readonly timestamp?: string
  /** What stands in `status` besides, for example a geographical location. */
  readonly statusExtensions: readonly XmlElement[]
  readonly extensions: readonly XmlElement[]
}

/** The body of a NOTIFY or PUBLISH of `presence`. */
export interface PresenceDocument {
  /** Who it is about, `pres:` or `sip:` URI. */
  readonly entity: string
  readonly tuples: readonly PresenceTuple[]
  readonly notes: readonly PresenceNote[]
  /** Elements of other namespaces, such as `person` (RFC 4479) with what somebody is doing (RFC 4480). */
  readonly extensions: readonly XmlElement[]
}

/** Media type of the body. */
export const pidfType = 'application/pidf+xml'
const namespace = 'urn:ietf:params:xml:ns:pidf'

const notesOf = (element: XmlElement): PresenceNote[] =>
  all(element, 'note').map(({ text, attributes }) => {
    const language = attributes.get('xml:lang')
    return { text, ...(language !== undefined && { language }) }
  })

const tupleOf = (element: XmlElement): PresenceTuple => {
  const state = first(element, 'status') ?? fault('a tuple has no status')
  const status = oneOf(first(state, 'basic')?.text, ['open', 'closed'])
  const contact = first(element, 'contact')
  const written = contact?.attributes.get('priority')
  const priority =
    written !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(written)
      ? Number(written)
      : undefined
  const timestamp = first(element, 'timestamp')?.text
  return {
    id: needed(element, 'id'),
    ...(status && { status }),
    ...(contact && { contact: contact.text }),
    ...(priority !== undefined && { priority }),
    notes: notesOf(element),
    ...(timestamp !== undefined && { timestamp }),
    statusExtensions: foreign(state),
    extensions: foreign(element),
  }
}

/** Reads such a body; a `Malformed` when it is none. */
export const parsePidf = (body: string | Uint8Array): PresenceDocument | Malformed =>
  readDocument(body, 'presence', namespace, root => ({
    entity: needed(root, 'entity'),
    tuples: all(root, 'tuple').map(tupleOf),
    notes: notesOf(root),
    extensions: foreign(root),
  }))

const noteNode = ({ text, language }: PresenceNote): Node => node('note', { 'xml:lang': language }, [], text)

const tupleNode = (tuple: PresenceTuple): Node =>
  node('tuple', { id: tuple.id }, [
    node('status', {}, [leaf('basic', tuple.status), ...tuple.statusExtensions]),
    ...tuple.extensions,
    tuple.contact !== undefined && node('contact', { priority: tuple.priority }, [], tuple.contact),
    ...tuple.notes.map(noteNode),
    leaf('timestamp', tuple.timestamp),
  ])

/** Writes such a body. Throws `argument` for what XML cannot hold. */
export const formatPidf = ({ entity, tuples, notes, extensions }: PresenceDocument): string =>
  writeDocument(
    node('presence', { xmlns: namespace, entity }, [
      ...tuples.map(tupleNode),
      ...notes.map(noteNode),
      ...extensions,
    ]),
  )
