/** Publications of ours: the effects of their machine. RFC 3903 §4, §5. */
import type { AnyActorLogic } from 'xstate'
import type { Publish } from '../../machines/publication.ts'
import { SipError } from '../errors.ts'
import { type Published, publishHeaders } from '../rules/publish.ts'
import type { Handlers } from './dispatch.ts'
import type { ConnectionEntry, PublicationEntry } from './entries.ts'
import { outgoingDraft, redirected, registrationOf } from './outgoing.ts'
import { grantRefresh, stopRefresh } from './refreshes.ts'
import { fromRegistration } from './register-draft.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import { placeOf, type Turns } from './turns.ts'

export interface PublicationParts {
  readonly runtime: Runtime
  readonly requests: Requests
  readonly turns: Turns
}

export class Publications {
  readonly #parts: PublicationParts
  readonly #logics: { readonly publication: AnyActorLogic; readonly refresh: AnyActorLogic }

  constructor(
    parts: PublicationParts,
    logics: { readonly publication: AnyActorLogic; readonly refresh: AnyActorLogic },
  ) {
    this.#parts = parts
    this.#logics = logics
  }

  readonly commands: Handlers = {
    'publication.open': ({ id, connection, publication: asked }) => {
      const { runtime } = this.#parts
      const owner = activeConnection(runtime, connection)
      const { contentType, body, expires, headers = [], refreshes, maxMinExpires } = asked
      runtime.spawn<PublicationEntry>(
        {
          kind: 'publication',
          id,
          connection: owner,
          visible: true,
          asked,
          draft: outgoingDraft(runtime, owner, { ...asked, method: 'PUBLISH' }),
          numbering: { seq: 0 },
          place: placeOf(owner, 'PUBLISH', asked.uri),
          headers,
          content: { contentType, body },
          revision: 0,
          sentRevision: 0,
          expiresAt: 0,
        },
        this.#logics.publication,
        { requested: expires, maxMinExpires, refreshes },
      )
    },
    'publication.update': ({ id, revision, content, expires, headers }) => {
      const entry = this.#entry(id)
      entry.revision = revision
      if (headers) entry.headers = headers
      if (content) entry.next = content
      this.#parts.runtime.post(entry, {
        type: 'tu.update',
        content: content !== undefined,
        ...(expires !== undefined && { expires }),
      })
    },
    'publication.remove': ({ id }) => this.#parts.runtime.post(this.#entry(id), { type: 'tu.remove' }),
  }

  /** Effect `joinQueue`. */
  joinQueue(entry: PublicationEntry): void {
    this.#parts.turns.join(entry)
  }

  /** Effect `leaveQueue`. */
  leaveQueue(entry: PublicationEntry): void {
    this.#parts.turns.leave(entry)
  }

  /** Effect `publish`. Its way is found anew each time: that of the registration may have changed. */
  publish(entry: PublicationEntry, { etag, expires, content }: Publish): void {
    const { runtime, requests } = this.#parts
    const { connection, asked, numbering, headers } = entry
    entry.carried = content ? (entry.next ?? entry.content) : undefined
    entry.sentRevision = entry.revision
    const id = runtime.newId('transaction')
    runtime.born({ type: 'transaction', id, owner: entry.id, method: 'PUBLISH' })
    const draft = redirected(runtime, connection, entry.draft, asked.uri, asked.registration)
    const registration = registrationOf(runtime, asked.registration)
    const way = registration && fromRegistration(registration, draft.nextHop, 'PUBLISH')
    requests.start(
      entry,
      {
        ...draft,
        place: way?.place,
        extra: [...publishHeaders(asked.event, { etag, expires }), ...headers],
        contentType: entry.carried?.contentType,
        body: entry.carried?.body,
      },
      numbering,
      id,
    )
  }

  /** Effect `noteGrant`. */
  granted(entry: PublicationEntry, { granted }: Published): void {
    const { carried } = entry
    if (carried) entry.content = carried
    if (entry.next === carried) entry.next = undefined
    entry.expiresAt = this.#parts.runtime.platform.clock.now() + granted * 1000
  }

  /** Effect `settle`: with an error the state before it stays in force. */
  settle(entry: PublicationEntry, error: SipError | undefined): void {
    if (error && entry.next === entry.carried) entry.next = undefined
    const { id, sentRevision: revision } = entry
    this.#parts.runtime.news({ type: 'published', id, revision, ...(error && { error }) })
  }

  /** Effect `grantRefresh`. */
  grantRefresh(entry: PublicationEntry, expires: number): void {
    grantRefresh(this.#parts.runtime, this.#logics.refresh, entry, expires)
  }

  /** Effect `stopRefresh`. */
  stopRefresh(entry: PublicationEntry): void {
    stopRefresh(this.#parts.runtime, entry)
  }

  /** The connection closes: what the server has is taken back. */
  endAll(connection: ConnectionEntry): void {
    const { runtime } = this.#parts
    for (const entry of runtime.registry.ofKind('publication')) {
      if (entry.connection === connection) runtime.post(entry, { type: 'tu.remove' })
    }
  }

  /** Whether any is left. */
  any(connection: ConnectionEntry): boolean {
    for (const entry of this.#parts.runtime.registry.ofKind('publication')) {
      if (entry.connection === connection) return true
    }
    return false
  }

  #entry(id: string): PublicationEntry {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind !== 'publication') throw new SipError('resource-not-available', `${id} is over`)
    return entry
  }
}

/** The connection of that id, which can send. */
export const activeConnection = (runtime: Runtime, id: string): ConnectionEntry => {
  const entry = runtime.registry.get(id)
  if (entry?.kind !== 'connection') throw new SipError('resource-not-available', `${id} is closed`)
  if (!entry.actor.getSnapshot().matches('active'))
    throw new SipError('not-ready', 'the connection is not active')
  return entry
}
