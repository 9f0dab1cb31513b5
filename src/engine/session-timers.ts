/** Session timers: what each request and 2xx says of them, and the effects of their machine. RFC 4028. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../message/types.ts'
import {
  answerTimer,
  askTimer,
  grantedTimer,
  raised,
  type TimerGrant,
  type TimerWish,
} from '../rules/session-timer.ts'
import { sameText } from '../rules/text.ts'
import type { Changes } from './changes.ts'
import type { CallEntry, ConnectionEntry, DialogEntry, RequestEntry, SessionTimerEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

export class SessionTimers {
  readonly #runtime: Runtime
  readonly #logic: AnyActorLogic
  /** Set when the engine is put together. */
  changes!: Changes

  constructor(runtime: Runtime, logic: AnyActorLogic) {
    this.#runtime = runtime
    this.#logic = logic
  }

  /** What our side wants: of the call, else of its connection. */
  wish(connection: ConnectionEntry, call?: CallEntry): TimerWish {
    const { sessionExpires, minSE } = connection.options
    return {
      sessionExpires: call?.invite?.sessionExpires ?? call?.sessionExpires ?? sessionExpires,
      minSE: call?.invite?.minSE ?? minSE,
    }
  }

  /** Headers of an INVITE or UPDATE of ours. §7.1, §7.4 */
  ask(call: CallEntry, dialog?: DialogEntry): HeaderPair[] {
    const wish = this.wish(call.connection, call)
    const grant = dialog && this.#grant(dialog)
    return grant
      ? askTimer({ minSE: wish.minSE, sessionExpires: grant.interval }, grant.refresher)
      : askTimer(wish)
  }

  /** Headers of our 2xx to an INVITE or UPDATE. §9 */
  answer(call: CallEntry, request: SipRequest): readonly HeaderPair[] {
    return answerTimer(request, this.wish(call.connection, call))
  }

  /** A 2xx was sent or taken: the timer starts, starts anew, or stops. §7.2, §9 */
  agreed(dialog: DialogEntry, response: SipResponse, way: 'sent' | 'received'): void {
    const grant = grantedTimer(response, way)
    const { sessionTimer } = dialog
    if (sessionTimer?.alive) {
      this.#runtime.post(sessionTimer, grant ? { type: 'timer.granted', grant } : { type: 'timer.stopped' })
      return
    }
    if (!grant) return
    const id = this.#runtime.newId('sessionTimer')
    this.#runtime.born({ type: 'sessionTimer', id, call: dialog.call.id, ...grant, ...this.#runtime.caused })
    dialog.sessionTimer = this.#runtime.spawn<SessionTimerEntry>(
      {
        kind: 'sessionTimer',
        id,
        connection: dialog.connection,
        owner: dialog,
        visible: true,
        dialog,
      },
      this.#logic,
      { grant },
    )
  }

  /** Effect `raise` of a request: a 422 wants more than was offered. §7.3 */
  raise(entry: RequestEntry, response: SipResponse): void {
    const wish = entry.sent && raised(entry.sent, response)
    if (!wish) return this.#runtime.post(entry, { type: 'interval.kept', response })
    const refresher = /;\s*refresher\s*=\s*\w+/i.exec(entry.sent?.header('session-expires') ?? '')?.[0] ?? ''
    const headers = askTimer(wish).map(
      ([name, value]): HeaderPair => [name, name === 'Session-Expires' ? value + refresher : value],
    )
    const others = entry.draft.extra.filter(
      ([name]) => !['session-expires', 'x', 'min-se'].some(own => sameText(own, name)),
    )
    entry.draft = { ...entry.draft, extra: [...others, ...headers] }
    entry.numbering.seq += 1
    entry.seq = entry.numbering.seq
    this.#runtime.post(entry, { type: 'interval.raised' })
  }

  /** Effect `refresh`. §7.4 */
  refresh({ dialog }: SessionTimerEntry): void {
    this.changes.refresh(dialog)
  }

  /** Effect `expire`. §10 */
  expire({ dialog }: SessionTimerEntry): void {
    const error = new SipError('timeout', 'the session was not refreshed in time')
    this.#runtime.post(dialog.call, { type: 'session.lost', reason: 'failed', error }, dialog)
  }

  #grant({ sessionTimer }: DialogEntry): TimerGrant | undefined {
    return sessionTimer?.alive ? (sessionTimer.actor.getSnapshot().context.grant as TimerGrant) : undefined
  }
}
