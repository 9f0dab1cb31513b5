/** REFERs of the peer's: answering them, and telling what becomes of the call made for each. RFC 3515 §2.4. */
import type { AnyActorLogic } from 'xstate'
import type { ReferNotify } from '../../machines/dialog/referral-notifier.ts'
import { SipError } from '../errors.ts'
import { reasonPhrase } from '../message/reasons.ts'
import type { SipResponse } from '../message/types.ts'
import { uasDialog } from '../rules/dialog.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { referOf, wantsSubscription } from '../rules/refer.ts'
import { formatSipfrag, sipfrag } from '../rules/sipfrag.ts'
import { notifyHeaders } from '../rules/subscription-state.ts'
import type { Id, OutgoingResponse } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type {
  AnyDialogEntry,
  CallEntry,
  ConnectionEntry,
  IncomingReferralEntry,
  ServerEntry,
} from './entries.ts'
import type { Flows } from './flows.ts'
import type { ReferralParts } from './referrals.ts'
import type { CallEnd } from './states.ts'

/** How long we tell, in seconds: as long as an INVITE may ring, and some. */
const lifetime = 300

export class ReferralNotifiers {
  readonly #parts: ReferralParts & { readonly flows: Flows }
  readonly #logic: AnyActorLogic

  constructor(parts: ReferralParts & { readonly flows: Flows }, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  readonly commands: Handlers = {
    'referral.accept': ({ id, call }) => {
      const entry = this.#asked(id)
      const made = call === undefined ? undefined : this.#parts.runtime.registry.get(call)
      if (made?.kind === 'call') made.referral = entry
      this.#parts.runtime.post(entry, { type: 'tu.accept' })
    },
    'referral.reject': ({ id, response }) => {
      checkUserHeaders(response.headers ?? [])
      const { status } = response
      this.#parts.runtime.post(this.#asked(id), { type: 'tu.reject', status, response })
    },
    'referral.notify': ({ id, status, reason }) =>
      this.#parts.runtime.post(this.#entry(id), { type: 'tu.report', status, reason }),
  }

  /** A REFER, outside dialogs or within one. */
  open(server: ServerEntry, dialog?: AnyDialogEntry): void {
    const { runtime, servers, eventDialogs } = this.#parts
    const { connection, request } = server
    if (!request) return
    const target = referOf(request)
    if ('reply' in target) return servers.refuse(server, target)
    const counts = dialog && (dialog.referred ??= { sent: 0, received: 0 })
    if (counts) counts.received += 1
    const entry = runtime.spawn<IncomingReferralEntry>(
      {
        kind: 'referral',
        direction: 'incoming',
        id: runtime.newId('referral'),
        connection,
        visible: true,
        incoming: request,
        server,
        numbered: (counts?.received ?? 1) > 1,
        expiresAt: 0,
      },
      this.#logic,
      { timers: connection.timers, subscription: wantsSubscription(request), expires: lifetime },
    )
    if (dialog) eventDialogs.enter(dialog, entry)
    const within = dialog?.kind === 'dialog' ? { call: dialog.call.id } : {}
    runtime.born({ type: 'referral', id: entry.id, connection: connection.id, ...within, request })
  }

  /** Effect `acceptReferral`. */
  accept(entry: IncomingReferralEntry, subscription: boolean): void {
    const { runtime, servers, flows, eventDialogs } = this.#parts
    const { server, connection, incoming } = entry
    const contact = ['Contact', `<${flows.names(connection, server.way).contact}>`] as const
    if (!subscription) {
      servers.answer(server, { status: 200, headers: [contact, ['Refer-Sub', 'false']] })
      return
    }
    entry.expiresAt = runtime.platform.clock.now() + lifetime * 1000
    if (!entry.dialog) {
      const dialog = eventDialogs.open(connection, uasDialog(incoming, server.toTag), { seq: 0 })
      eventDialogs.enter(dialog, entry)
    }
    servers.answer(server, { status: 202, headers: [contact] })
  }

  /** Effect `rejectReferral`. */
  reject({ server }: IncomingReferralEntry, status: number, response?: OutgoingResponse | SipResponse): void {
    this.#parts.servers.answer(server, (response as OutgoingResponse | undefined) ?? { status })
  }

  /** Effect `notify`. */
  notify(entry: IncomingReferralEntry, { status, reason, ends }: ReferNotify): void {
    const { runtime, dialogs } = this.#parts
    const { dialog, incoming, numbered, expiresAt } = entry
    if (!dialog) return
    const left = Math.max(0, Math.round((expiresAt - runtime.platform.clock.now()) / 1000))
    const event = { event: 'refer', ...(numbered && { id: String(incoming.cseq.seq) }) }
    const state = ends ? { state: 'terminated', reason: ends } : { state: 'active', expires: left }
    dialogs.request(entry, dialog, {
      method: 'NOTIFY',
      contact: true,
      extra: notifyHeaders(event, state),
      contentType: `${sipfrag};version=2.0`,
      body: formatSipfrag(status, reason),
      credentials: dialog.kind === 'dialog' ? dialog.call.invite?.credentials : undefined,
    })
  }

  /** A response to the INVITE that was made for a REFER; its failures are told by its end. */
  answered({ referral }: CallEntry, { status, reason }: SipResponse): void {
    if (referral && status > 100 && status < 300) this.#report(referral, status, reason)
  }

  /** The call that was made for a REFER has ended, and was never up if nobody was told so. */
  callEnded({ referral }: CallEntry, { status, response, reason, error }: CallEnd): void {
    if (!referral) return
    const failed = error?.code === 'timeout' ? 408 : 503
    const found = response?.status ?? status ?? (reason === 'failed' ? failed : 487)
    this.#report(referral, found, response?.reason ?? reasonPhrase(found))
  }

  /** Its connection closes: what nobody has answered is refused. */
  refuseOpen(connection: ConnectionEntry): void {
    for (const entry of this.#parts.runtime.registry.ofKind('referral')) {
      if (entry.connection !== connection || entry.direction === 'outgoing') continue
      if (entry.actor.getSnapshot().matches('asked'))
        this.#parts.runtime.post(entry, { type: 'tu.reject', status: 480 })
    }
  }

  /** It has ended. */
  forget(entry: IncomingReferralEntry): void {
    this.#parts.eventDialogs.leave(entry)
  }

  #report(referral: IncomingReferralEntry, status: number, reason: string): void {
    this.#parts.runtime.post(referral, { type: 'tu.report', status, reason })
  }

  #entry(id: Id): IncomingReferralEntry {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind === 'referral' && entry.direction === 'incoming') return entry
    throw new SipError('resource-not-available', `${id} is closed`)
  }

  #asked(id: Id): IncomingReferralEntry {
    const entry = this.#entry(id)
    if (entry.actor.getSnapshot().matches('asked')) return entry
    throw new SipError('invalid-transaction-state', 'the REFER has had its answer')
  }
}
