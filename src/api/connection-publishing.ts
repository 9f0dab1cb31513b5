/** What a connection tells others by itself: states that are published, and short messages. RFC 3903, RFC 3428. */
import { badArgument, checkObject, checkUri } from './check.ts'
import { ClientTransaction } from './client-transaction.ts'
import type { Connection } from './connection.ts'
import { type NetworkStreams, OnNetwork } from './connection-network.ts'
import { outgoingRequest, type Parties, type RequestParts } from './options.ts'
import { outgoingPublication, Publication, type PublishOptions } from './publication.ts'
import { requireActive } from './scope.ts'

/** What a MESSAGE may have besides its text. */
export interface MessageOptions extends Omit<RequestParts, 'body'>, Parties {
  /** Type of the text; default `text/plain`, which is UTF-8 in SIP. */
  readonly contentType?: string
  /**
   * True: every hop on the way is known to control congestion, so a MESSAGE of any size may leave by UDP as well. Default
   * false: above 1300 bytes it goes by TCP, TLS or WebSocket, or fails with `not-supported`. RFC 3428 §8
   */
  readonly congestionSafe?: boolean
}

/** What a connection publishes and sends by itself. */
export abstract class PublishingConnection<Streams extends NetworkStreams> extends OnNetwork<Streams> {
  /**
   * Publishes a state at the server of a URI, and keeps it published. The first PUBLISH leaves at once, or when another one to
   * the same URI has its answer.
   *
   * Throws `argument` for a bad URI, event, body or time, `header-not-allowed`, `invalid-registration-state` when `from` is a
   * registration that is not active, `not-ready`, `resource-not-available`. RFC 3903
   */
  publish(uri: string, options: PublishOptions): Publication {
    const connection = this as unknown as Connection
    requireActive(connection)
    checkUri(uri, 'the Request-URI')
    const publication = outgoingPublication(uri, options)
    const handle = new Publication(this.scope, this.scope.newId('publication'), connection, publication)
    return this.scope.open(handle, {
      type: 'publication.open',
      id: handle.id,
      connection: this.id,
      publication,
    })
  }

  /**
   * Sends a short message, outside dialogs. No two are under way to one URI at a time: the next waits for the answer to the one
   * before (then it fails by itself with `in-use` when a hundred wait). The peer's come by `requests$`.
   *
   * Throws as `request` does, and `argument` for an empty text. RFC 3428
   *
   * @example
   * await connection.message('sip:bob@example.com', 'Lunch?').response()
   */
  message(uri: string, text: string | Uint8Array, options: MessageOptions = {}): ClientTransaction {
    const connection = this as unknown as Connection
    requireActive(connection)
    checkUri(uri, 'the Request-URI')
    const {
      contentType = 'text/plain',
      congestionSafe = false,
      ...rest
    } = checkObject(options, 'the options')
    if (typeof congestionSafe !== 'boolean') throw badArgument('congestionSafe must be true or false')
    if (text === undefined || text.length === 0) throw badArgument('there is nothing to say: no text')
    const { method: _, ...message } = outgoingRequest({
      ...rest,
      method: 'MESSAGE',
      uri,
      contentType,
      body: text,
    })
    const transaction = new ClientTransaction(
      this.scope,
      this.scope.newId('transaction'),
      'MESSAGE',
      connection,
    )
    return this.scope.open(transaction, {
      type: 'message.send',
      id: transaction.id,
      connection: this.id,
      message: congestionSafe ? { ...message, congestionSafe } : message,
    })
  }
}
