/** What stands beside the actors of publications and of MESSAGEs. RFC 3903, RFC 3428. */
import type { HeaderPair } from '../message/types.ts'
import type { OutgoingMessage, OutgoingPublication, PublishedBody } from './border/publications.ts'
import type { Id } from './commands.ts'
import type { Draft, EntryBase, Numbering } from './entries.ts'
import type { RefreshEntry } from './registration-entries.ts'

/** Who waits until no other request of its kind to the same place is under way. */
export interface Waiting extends EntryBase {
  /** Method and place that it waits for. */
  readonly place: string
  /** It is in line. */
  inLine?: boolean
}

/** A state of ours that a server publishes. */
export interface PublicationEntry extends Waiting {
  readonly kind: 'publication'
  readonly asked: OutgoingPublication
  readonly draft: Draft
  readonly numbering: Numbering
  headers: readonly HeaderPair[]
  /** What the server has, or is to have first. */
  content: PublishedBody
  /** What is to take its place. */
  next?: PublishedBody | undefined
  /** Of the latest PUBLISH. */
  carried?: PublishedBody | undefined
  /** Number of the latest wish of the application, and of the latest that was sent. */
  revision: number
  sentRevision: number
  refresh?: RefreshEntry | undefined
  /** When the server forgets it, in milliseconds of the clock. */
  expiresAt: number
}

/** A MESSAGE of ours. */
export interface MessageEntry extends Waiting {
  readonly kind: 'message'
  /** The application's id: that of the request it owns. */
  readonly requestId: Id
  readonly outgoing: OutgoingMessage
}
