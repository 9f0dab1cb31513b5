/** A state of ours that a server publishes for us. RFC 3903; RFC 6665 §2. */
import type { Observable } from 'rxjs'
import type { OutgoingPublication } from '../engine/border/publications.ts'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { PublicationState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { reservedInPublish } from '../rules/publish.ts'
import { checkToken } from '../rules/text.ts'
import { badArgument, checkObject, checkParts, checkSeconds } from './check.ts'
import type { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import { done, Handle, type Outcome } from './live.ts'
import { type CredentialsOption, credentialList, type Parties, partiesFor } from './options.ts'
import type { Refresh } from './refresh.ts'
import { attach, receive, requireActive, type Scope } from './scope.ts'

/** What to publish, and how. All times in seconds. */
export interface PublishOptions extends Parties {
  /** The event package, for example `presence`. */
  readonly event: string
  /** The state; `formatBody` writes it together with its type. */
  readonly body: string | Uint8Array
  readonly contentType: string
  /** How long it is to last; default 3600. A longer time is taken when the server asks for it (423). */
  readonly expires?: number
  /** Longest time that is taken so; default 86,400. */
  readonly maxMinExpires?: number
  /** False: it ends with its time. Default true: it is renewed before. */
  readonly autoRefresh?: boolean
  /** Headers of all its PUBLISHes; not Event, Expires, SIP-If-Match. */
  readonly headers?: readonly HeaderPair[]
  readonly credentials?: CredentialsOption
}

/** What to change besides the state; what is absent stays. */
export interface PublicationChange {
  /** Type of the new state; default: as before. */
  readonly contentType?: string
  readonly expires?: number
  readonly headers?: readonly HeaderPair[]
}

/** A publication as the engine wants it. */
export const outgoingPublication = (uri: string, options: PublishOptions): OutgoingPublication => {
  const given = checkObject(options, 'the options { event, body, contentType }')
  const { event, body, contentType, expires = 3600, maxMinExpires = 86_400, autoRefresh = true } = given
  const { headers, credentials } = given
  checkToken(event, 'the event')
  if (body === undefined || body.length === 0) throw badArgument('there is nothing to publish: no body')
  checkParts({ contentType, body, ...(headers && { headers }) }, reservedInPublish)
  checkSeconds(expires, 'expires')
  checkSeconds(maxMinExpires, 'maxMinExpires')
  if (typeof autoRefresh !== 'boolean') throw badArgument('autoRefresh must be true or false')
  return {
    uri,
    event,
    body,
    contentType,
    expires,
    maxMinExpires,
    refreshes: autoRefresh,
    ...(headers && { headers }),
    ...partiesFor(given),
    ...credentialList(credentials),
  }
}

/**
 * A publication. Made by `connection.publish`, which sends the first PUBLISH; from then on it is renewed by itself (unless
 * `autoRefresh: false`), and published anew when the server has lost it (412). A server that refuses ends it, one that
 * refuses a change keeps what it has. No two PUBLISHes to one URI are under way at a time.
 *
 * @example
 * const publication = connection.publish('sip:alice@example.com', { event: 'presence', ...formatBody('presence', here) })
 * await publication.published()
 */
export class Publication extends Handle<PublicationState, { responses: SipResponse }> {
  /** Tells the handles apart. */
  readonly kind = 'publication'
  /** The connection it lives on. */
  readonly connection: Connection
  /** Whose state it is: the Request-URI. */
  readonly uri: string
  /** The event package. */
  readonly event: string
  #contentType: string
  #refresh: Refresh | undefined
  #transaction: ClientTransaction | undefined
  #revision = 0
  #settled: { readonly revision: number; readonly error?: SipError } | undefined

  constructor(scope: Scope, id: Id, connection: Connection, publication: OutgoingPublication) {
    super(scope, id, { is: 'publishing' })
    this.connection = connection
    this.uri = publication.uri
    this.event = publication.event
    this.#contentType = publication.contentType
  }

  /** What the server calls the state at present; `undefined` unless it has it. RFC 3903 §8.1 */
  get etag(): string | undefined {
    return 'etag' in this.state ? this.state.etag : undefined
  }

  /** Seconds that it lasts from one renewal; `undefined` unless the server has it. */
  get granted(): number | undefined {
    return 'granted' in this.state ? this.state.granted : undefined
  }

  /** What renews it; `undefined` before the first 2xx and with `autoRefresh: false`. */
  get refresh(): Refresh | undefined {
    return this.#refresh
  }

  /** The latest PUBLISH, with its response; `undefined` while the first waits for its turn. */
  get transaction(): ClientTransaction | undefined {
    return this.#transaction
  }

  /** Responses to our PUBLISHes. Challenges that were answered are not among them. */
  get responses$(): Observable<SipResponse> {
    return this.stream('responses')
  }

  /**
   * Settles when the server has it. Rejects with what prevents it: `rejected`, `forbidden`, `timeout`, `malformed` for a 2xx
   * without an entity tag …, or `cancelled` when it is taken back meanwhile.
   */
  published(): Promise<void> {
    return this.when(() => {
      if (this.etag !== undefined) return done
      return this.#ended()
    })
  }

  /**
   * Publishes another state; without a body, renews the one that is published. Several that are asked for while a PUBLISH is
   * under way go out as one, the latest. Settles when the server has it; rejects when it refuses (the state before it then
   * stays published) or nobody answers.
   *
   * Throws `argument`, `header-not-allowed`, `not-ready`, `resource-not-available` when it is over.
   */
  update(body?: string | Uint8Array, options: PublicationChange = {}): Promise<void> {
    requireActive(this.connection)
    const { contentType = this.#contentType, expires, headers } = checkObject(options, 'the options')
    checkParts(
      { contentType, ...(body !== undefined && { body }), ...(headers && { headers }) },
      reservedInPublish,
    )
    if (expires !== undefined) checkSeconds(expires, 'expires')
    if (body !== undefined && body.length === 0) throw badArgument('an empty state is none: use remove')
    this.#requireLife()
    const revision = this.#revision + 1
    this.scope.dispatch({
      type: 'publication.update',
      id: this.id,
      revision,
      ...(body !== undefined && { content: { body, contentType } }),
      ...(expires !== undefined && { expires }),
      ...(headers && { headers }),
    })
    this.#revision = revision
    if (body !== undefined) this.#contentType = contentType
    return this.when(() => {
      if (this.#settled && this.#settled.revision >= revision)
        return this.#settled.error ? { error: this.#settled.error } : done
      return this.#ended()
    })
  }

  /**
   * Takes it back (PUBLISH with a lifetime of 0). Settles when it is gone: any final response ends it; nothing is sent when
   * the server never had it. Throws `not-ready`, `resource-not-available` when it is over.
   */
  remove(): Promise<void> {
    requireActive(this.connection)
    this.#requireLife()
    this.scope.dispatch({ type: 'publication.remove', id: this.id })
    return this.when(() => (this.#over ? done : undefined))
  }

  get #over(): boolean {
    const { is } = this.state
    return is === 'removed' || is === 'expired' || is === 'terminated'
  }

  /** What those hear who still wait for the server. The error of a refusal comes right after its state. */
  #ended(): Outcome<void> {
    const { is } = this.state
    if (is === 'terminated') return this.failure && { error: this.failure }
    return this.#over ? { error: new SipError('cancelled', `the publication is ${is}`) } : undefined
  }

  #requireLife(): void {
    if (this.gone || this.#over) throw new SipError('resource-not-available', 'the publication is over')
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'response' || event.type === 'error') this.#transaction?.[receive](event)
    if (event.type === 'response') this.emit('responses', event.response)
    else if (event.type === 'published') {
      const { revision, error } = event
      this.#settled = { revision, ...(error && { error }) }
      this.settle()
    } else super[receive](event)
  }

  [attach](part: Refresh | ClientTransaction): void {
    if (part.kind === 'refresh') this.#refresh = part
    else this.#transaction = part
  }

  protected override final(): PublicationState {
    return this.#over ? this.state : { is: 'terminated' }
  }
}
