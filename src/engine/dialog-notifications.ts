/**
 * NOTIFYs that nobody has subscribed to: in a call that allows their package, in one whose static headers say so, and outside
 * dialogs. The commands about static headers and Allow-Events. RFC 6665 §4.4.1; Windows CE RTC.
 */
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import { SipError } from '../errors.ts'
import { notAllowed } from '../rules/allow-events.ts'
import { hasStatic } from '../rules/static-headers.ts'
import { eventOf } from '../rules/subscription-state.ts'
import type { Handlers } from './dispatch.ts'
import type { AnyDialogEntry, ConnectionEntry, ServerEntry } from './entries.ts'
import { requestEvent } from './route.ts'
import type { Runtime } from './runtime.ts'
import { type Arrived, type ServerTransactions, sourceOf } from './server-transactions.ts'
import { allowedEventsOf, staticHeadersOf } from './static-headers.ts'

export interface DialogNotificationParts {
  readonly runtime: Runtime
  readonly servers: ServerTransactions
}

export class DialogNotifications {
  readonly #parts: DialogNotificationParts

  constructor(parts: DialogNotificationParts) {
    this.#parts = parts
  }

  readonly commands: Handlers = {
    'headers.set': ({ id, headers, requestsOnly }) => {
      const object = this.#parts.runtime.registry.get(id)
      if (object?.kind !== 'call' && object?.kind !== 'subscription' && object?.kind !== 'notifier')
        throw closed(id)
      object.staticHeaders = staticHeadersOf(headers, requestsOnly)
    },
    'events.allow': ({ id, events }) => {
      const object = this.#parts.runtime.registry.get(id)
      if (object?.kind !== 'call' && object?.kind !== 'connection') throw closed(id)
      object.allowedEvents = events ?? undefined
    },
  }

  /** A NOTIFY in a dialog that belongs to no subscription there; false when it is not for us to judge. */
  take(dialog: AnyDialogEntry, { request, transaction }: RequestInDialog): boolean {
    const { runtime } = this.#parts
    const server = runtime.registry.get(transaction)
    if (server?.kind !== 'server' || dialog.kind !== 'dialog' || dialog.over) return false
    const { call } = dialog
    const events = allowedEventsOf(call)
    if (events) {
      this.#judge(server, call.id, events)
      return true
    }
    // Whoever has only written the header gets what it invites as any other request of the dialog.
    if (!hasStatic(call.staticHeaders, 'allow-events')) return false
    this.#parts.servers.show(server)
    runtime.born(requestEvent(transaction, dialog.connection, request, server, dialog.id))
    return true
  }

  /** A NOTIFY outside dialogs, where the connection takes such. */
  unsolicited(connection: ConnectionEntry, arrived: Arrived): void {
    this.#judge(this.#parts.servers.open(arrived, connection), connection.id)
  }

  #judge(server: ServerEntry, id: string, events?: readonly string[]): void {
    const { runtime, servers } = this.#parts
    const request = server.request!
    const refusal = notAllowed(eventOf(request)?.event, events)
    if (refusal) return servers.refuse(server, refusal)
    servers.show(server)
    runtime.born({ type: 'unaskedNotify', id, transaction: server.id, request, from: sourceOf(server.way) })
  }
}

const closed = (id: string): SipError => new SipError('resource-not-available', `${id} is closed`)
