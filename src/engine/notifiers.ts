/** Subscriptions of peers: taking them in, answering, and their NOTIFYs. RFC 6665 §4.2. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import { afterAccepted, uasDialog } from '../rules/dialog.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { askedOf, longestGrant, type Notice, noticeHeaders } from '../rules/notify.ts'
import type { Refusal } from '../rules/respond.ts'
import { asksForSips } from '../rules/secure.ts'
import { sameText } from '../rules/text.ts'
import { abilitiesOf, eventsFor } from './abilities.ts'
import type { Id, OutgoingResponse } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { AnyDialogEntry, ConnectionEntry, NotifierEntry, ServerEntry } from './entries.ts'
import type { Flows } from './flows.ts'
import { contactWithin, ownFor } from './own-contact.ts'
import type { ReferralParts } from './referrals.ts'
import { sourceOf } from './server-transactions.ts'

/** Seconds that an overloaded notifier asks others to wait. */
const overload = '60'

/** The engine takes subscriptions to this package. */
export const offersEvent = (connection: ConnectionEntry, subscribe: SipRequest): boolean => {
  const event = subscribe.parsed('event')?.value
  return event !== undefined && abilitiesOf(connection).events.some(offered => sameText(offered, event))
}

export class Notifiers {
  readonly #parts: ReferralParts & { readonly flows: Flows }
  readonly #logic: AnyActorLogic

  constructor(parts: ReferralParts & { readonly flows: Flows }, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
    parts.eventDialogs.openNotifier = (server, dialog) => this.open(server, dialog)
  }

  readonly commands: Handlers = {
    'notifier.accept': ({ id, acceptance }) => {
      const { standing, expires, content, headers = [], credentials } = acceptance
      checkUserHeaders(headers)
      const entry = this.#asked(id)
      entry.headers = headers
      entry.credentials = credentials
      const longest = Math.max(expires, expires < entry.requested ? expires : longestGrant)
      this.#parts.runtime.post(entry, { type: 'tu.accept', standing, expires, longest, content })
    },
    'notifier.reject': ({ id, response }) => {
      checkUserHeaders(response.headers ?? [])
      const { status } = response
      this.#parts.runtime.post(this.#asked(id), { type: 'tu.reject', status, response })
    },
    'notifier.notify': ({ id, content, activate }) =>
      this.#parts.runtime.post(this.#held(id), {
        type: 'tu.notify',
        ...(content && { content }),
        ...(activate && { activate }),
      }),
    'notifier.terminate': ({ id, ending, content }) =>
      this.#parts.runtime.post(this.#held(id), {
        type: 'tu.terminate',
        ...ending,
        ...(content && { content }),
      }),
  }

  /** A SUBSCRIBE that begins a subscription, outside dialogs or within one; false: its package is not ours. */
  open(server: ServerEntry, dialog?: AnyDialogEntry): boolean {
    const { runtime, servers, eventDialogs } = this.#parts
    const { connection, request } = server
    if (!request || !offersEvent(connection, request)) return false
    const least = connection.options.minExpires ?? 0
    const asked = askedOf(request, least)
    if ('reply' in asked) {
      servers.refuse(server, asked)
      return true
    }
    const { notifiers = 0 } = connection
    if (notifiers >= runtime.limits.notifiers) {
      servers.answer(server, { status: 503, headers: [['Retry-After', overload]] })
      return true
    }
    connection.notifiers = notifiers + 1
    const { event, expires } = asked
    const id = runtime.newId('notifier')
    const entry = runtime.spawn<NotifierEntry>(
      {
        kind: 'notifier',
        id,
        connection,
        visible: true,
        event,
        server,
        requested: expires,
        expiresAt: 0,
      },
      this.#logic,
      { timers: connection.timers, least },
    )
    server.usage = entry
    if (dialog) eventDialogs.enter(dialog, entry)
    const within = dialog?.kind === 'dialog' ? { call: dialog.call.id } : {}
    const from = sourceOf(server.way)
    runtime.born({ type: 'notifier', id, connection: connection.id, ...within, request, from, expires })
    return true
  }

  /** Effect `acceptSubscription`. */
  accept(entry: NotifierEntry, expires: number): void {
    const { eventDialogs } = this.#parts
    const { server, connection, headers } = entry
    entry.server = undefined
    if (!server?.request) return
    const { request, toTag } = server
    if (!entry.dialog) {
      const own = ownFor(connection, request)
      eventDialogs.enter(eventDialogs.open(connection, uasDialog(request, toTag), { seq: 0 }, own), entry)
    }
    this.#grant(entry, server, expires, headers)
  }

  /** Effect `rejectSubscription`. */
  reject(entry: NotifierEntry, status: number, response?: OutgoingResponse | SipResponse): void {
    const { server } = entry
    entry.server = undefined
    if (server) this.#parts.servers.answer(server, (response as OutgoingResponse | undefined) ?? { status })
  }

  /** Effect `answerSubscribe`. */
  answer(entry: NotifierEntry, transaction: Id, expires: number): void {
    const server = this.#parts.runtime.registry.get(transaction)
    if (server?.kind !== 'server') return
    server.usage = entry
    this.#grant(entry, server, expires)
  }

  /** Effect `refuseSubscribe`. */
  refuse(transaction: Id, refusal: Refusal): void {
    const server = this.#parts.runtime.registry.get(transaction)
    if (server?.kind === 'server') this.#parts.servers.refuse(server, refusal)
  }

  /** Effect `notify`. A SUBSCRIBE that moves the remote target has done so before its NOTIFY goes there. §12.2.2 */
  notify(entry: NotifierEntry, notice: Notice): void {
    if (!entry.moves) return this.#notify(entry, notice)
    entry.moves = false
    this.#parts.runtime.afterwards(() => this.#notify(entry, notice))
  }

  /** Effect `endDialog`: the peer has lost it. RFC 5057 §5.1 */
  endDialog({ dialog }: NotifierEntry): void {
    const { runtime } = this.#parts
    if (dialog?.kind === 'dialog' && !dialog.over) runtime.post(dialog.call, { type: 'tu.hangUp' })
    else runtime.post(dialog, { type: 'dialog.ended' })
  }

  /** Its connection closes: what nobody has answered is refused, and subscribers may come again later. */
  close(connection: ConnectionEntry): void {
    for (const entry of this.#of(connection)) {
      if (entry.actor.getSnapshot().matches('asked'))
        this.#parts.runtime.post(entry, { type: 'tu.reject', status: 480 })
      else this.#parts.runtime.post(entry, { type: 'tu.terminate', reason: 'probation' })
    }
  }

  /** Some of a connection's are still there. */
  remain(connection: ConnectionEntry): boolean {
    return (connection.notifiers ?? 0) > 0
  }

  /** It has ended. */
  forget(entry: NotifierEntry): void {
    if (!entry.alive) return
    entry.connection.notifiers = (entry.connection.notifiers ?? 1) - 1
    this.#parts.eventDialogs.leave(entry)
  }

  #of(connection: ConnectionEntry): readonly NotifierEntry[] {
    return [...this.#parts.runtime.registry.ofKind('notifier')].filter(
      entry => entry.connection === connection,
    )
  }

  #notify(entry: NotifierEntry, notice: Notice): void {
    const { runtime, dialogs } = this.#parts
    const { dialog, event, expiresAt, credentials } = entry
    if (!dialog || !entry.alive) return
    const left = Math.max(0, Math.round((expiresAt - runtime.platform.clock.now()) / 1000))
    const { contentType, body } = notice
    const ofCall = dialog.kind === 'dialog' ? dialog.call.invite?.credentials : undefined
    dialogs.request(entry, dialog, {
      method: 'NOTIFY',
      contact: true,
      extra: noticeHeaders(event, notice, left),
      contentType,
      body,
      credentials: credentials ?? ofCall,
    })
  }

  #grant(
    entry: NotifierEntry,
    server: ServerEntry,
    expires: number,
    headers: readonly HeaderPair[] = [],
  ): void {
    const { runtime, servers } = this.#parts
    const { dialog, connection } = entry
    const { request } = server
    entry.expiresAt = runtime.platform.clock.now() + expires * 1000
    if (dialog && request) entry.moves = afterAccepted(dialog.record(), request) !== dialog.record()
    servers.answer(server, {
      status: 200,
      headers: [
        ['Contact', this.#contact(entry, server)],
        ['Expires', String(expires)],
        ...eventsFor(connection, headers),
        ...headers,
      ],
    })
  }

  #contact({ dialog, connection }: NotifierEntry, { way, request }: ServerEntry): string {
    const names = this.#parts.flows.names(connection, way, request !== undefined && asksForSips(request))
    if (dialog?.kind === 'dialog') return contactWithin(dialog.call, names, dialog.contactHost)
    return contactWithin(dialog ?? {}, names)
  }

  #entry(id: Id): NotifierEntry {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind === 'notifier') return entry
    throw new SipError('resource-not-available', `${id} is closed`)
  }

  #asked(id: Id): NotifierEntry {
    const entry = this.#entry(id)
    if (entry.actor.getSnapshot().matches('asked')) return entry
    throw new SipError('invalid-transaction-state', 'the SUBSCRIBE has had its answer')
  }

  #held(id: Id): NotifierEntry {
    const entry = this.#entry(id)
    if (entry.actor.getSnapshot().matches('held')) return entry
    throw new SipError('invalid-dialog-state', 'the subscription is not up')
  }
}
