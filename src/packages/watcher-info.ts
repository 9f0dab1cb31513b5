/** Who watches a resource: `application/watcherinfo+xml`, of `presence.winfo` and other `.winfo`. RFC 3857, RFC 3858 §4. */
import type { Malformed } from '../message/types.ts'
import { present } from './present.ts'
import { mergeBy, succeed, type Versioned } from './versions.ts'
import { type Node, node, writeDocument } from './write-xml.ts'
import { all, needed, numberOf, oneNeeded, readDocument, versionOf, type XmlElement } from './xml.ts'

/** How a watcher's subscription stands. */
export type WatcherStatus = 'pending' | 'active' | 'waiting' | 'terminated'

/** One who watches. */
export interface Watcher {
  readonly id: string
  readonly uri: string
  readonly status: WatcherStatus
  /** What made it so: `subscribe`, `approved`, `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`. */
  readonly event: string
  readonly displayName?: string
  /** Seconds it has left. */
  readonly expiration?: number
  /** Seconds since it subscribed. */
  readonly durationSubscribed?: number
}

/** The watchers of one resource. */
export interface WatcherList {
  /** Who is watched, a URI. */
  readonly resource: string
  /** The event package, for example `presence`. */
  readonly package: string
  readonly watchers: readonly Watcher[]
}

/** The body of a NOTIFY of `presence.winfo`. */
export interface WatcherInfoDocument extends Versioned {
  readonly lists: readonly WatcherList[]
}

/** Media type of the body. */
export const watcherInfoType = 'application/watcherinfo+xml'
const namespace = 'urn:ietf:params:xml:ns:watcherinfo'

const watcherOf = (element: XmlElement): Watcher => {
  const { attributes } = element
  return present({
    id: needed(element, 'id'),
    uri: element.text,
    status: oneNeeded(element, 'status', ['pending', 'active', 'waiting', 'terminated']),
    event: needed(element, 'event'),
    displayName: attributes.get('display-name'),
    expiration: numberOf(attributes.get('expiration')),
    durationSubscribed: numberOf(attributes.get('duration-subscribed')),
  })
}

/** Reads such a body; a `Malformed` when it is none. */
export const parseWatcherInfo = (body: string | Uint8Array): WatcherInfoDocument | Malformed =>
  readDocument(body, 'watcherinfo', namespace, root => ({
    version: versionOf(root),
    state: oneNeeded(root, 'state', ['full', 'partial']),
    lists: all(root, 'watcher-list').map(list => ({
      resource: needed(list, 'resource'),
      package: needed(list, 'package'),
      watchers: all(list, 'watcher').map(watcherOf),
    })),
  }))

/**
 * All watchers once another document has come: those that it names are replaced, and what is terminated stays until the next
 * change. `undefined` when a document in between is missing, or nothing whole has come yet: ask for the state anew, by a refresh
 * of the subscription. RFC 3858 §5
 */
export const mergeWatcherInfo = (
  held: WatcherInfoDocument | undefined,
  next: WatcherInfoDocument,
): WatcherInfoDocument | undefined =>
  succeed(held, next, (before, changes) => ({
    ...changes,
    state: 'full',
    lists: mergeBy(
      before.lists.map(list => ({
        ...list,
        watchers: list.watchers.filter(({ status }) => status !== 'terminated'),
      })),
      changes.lists,
      list => `${list.package} ${list.resource}`,
      () => false,
      (old, changed) => ({
        ...old,
        watchers: mergeBy(
          old.watchers,
          changed.watchers,
          ({ id }) => id,
          () => false,
        ),
      }),
    ),
  }))

const watcherNode = (watcher: Watcher): Node =>
  node(
    'watcher',
    {
      id: watcher.id,
      status: watcher.status,
      event: watcher.event,
      'display-name': watcher.displayName,
      expiration: watcher.expiration,
      'duration-subscribed': watcher.durationSubscribed,
    },
    [],
    watcher.uri,
  )

/** Writes such a body. Throws `argument` for what XML cannot hold. */
export const formatWatcherInfo = ({ version, state, lists }: WatcherInfoDocument): string =>
  writeDocument(
    node(
      'watcherinfo',
      { xmlns: namespace, version, state },
      lists.map(({ resource, package: name, watchers }) =>
        node('watcher-list', { resource, package: name }, watchers.map(watcherNode)),
      ),
    ),
  )
