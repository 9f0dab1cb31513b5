/** Forked and redirected INVITEs: the effects of outgoing calls that concern more than one branch. RFC 3261 §8.1.3.4, §13.2.2.4. */
import type { AnyActorLogic } from 'xstate'
import type { Branch } from '../../machines/dialog/call.ts'
import type { SipResponse } from '../message/types.ts'
import type { Acknowledgements } from './acknowledge.ts'
import type { Dialogs } from './dialogs.ts'
import type { CallEntry } from './entries.ts'
import { redirected } from './outgoing.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import { requestAdditions } from './static-headers.ts'

export interface ForkParts {
  readonly runtime: Runtime
  readonly requests: Requests
  readonly dialogs: Dialogs
  readonly acknowledgements: Acknowledgements
}

export class Forks {
  readonly #parts: ForkParts
  readonly #logic: AnyActorLogic

  constructor(parts: ForkParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  /** Effect `surface`: a further 2xx makes a call of its own, once; repeated it gets its ACK again. */
  surface(call: CallEntry, response: SipResponse): void {
    const { runtime, acknowledgements } = this.#parts
    const tag = response.toTag ?? ''
    const surfaced = (call.surfaced ??= [])
    if (surfaced.includes(tag) || surfaced.length >= runtime.limits.earlyDialogs)
      return this.dismiss(call, response)
    if (call.acknowledgements?.has(tag)) return acknowledgements.acknowledge(call, response)
    surfaced.push(tag)
    const { connection, invite, request } = call
    const at = call.dialogs.findIndex(dialog => dialog.record().remoteTag === tag)
    const dialogs = at < 0 ? [] : call.dialogs.splice(at, 1)
    const [early] = dialogs
    const id = runtime.newId('call')
    connection.calls += 1
    runtime.born({
      type: 'fork',
      id,
      call: call.id,
      connection: connection.id,
      ...(early && { dialog: early.id }),
      response,
    })
    const entry: Omit<CallEntry, 'actor'> = {
      kind: 'call',
      id,
      connection,
      owner: call,
      visible: true,
      direction: 'outgoing',
      numbering: early?.numbering ?? { seq: call.numbering.seq },
      ...(invite && { invite }),
      ...(request && { request }),
      ...(call.described !== undefined && { described: call.described }),
      ...(call.staticHeaders && { staticHeaders: call.staticHeaders }),
      ...(call.allowedEvents && { allowedEvents: call.allowedEvents }),
      dialogs,
      // The ACK of every 2xx is found by its tag, whichever call it made.
      acknowledgements: (call.acknowledgements ??= new Map()),
    }
    if (early) early.call = entry as CallEntry
    runtime.spawn<CallEntry>(entry, this.#logic, {
      timers: connection.timers,
      autoAck: (invite?.autoAck ?? true) && (invite?.offer !== undefined || invite?.describing === true),
      last: response,
    })
  }

  /** Effect `dismiss`: nobody wants that 2xx, unless it is the repeated one of a surfaced call. */
  dismiss(call: CallEntry, response: SipResponse): void {
    const { acknowledgements } = this.#parts
    const tag = response.toTag ?? ''
    // What its call has not acknowledged yet waits for the application.
    if (call.surfaced?.includes(tag) && !call.acknowledgements?.has(tag)) return
    acknowledgements.dismiss(call, response)
  }

  /** Effect `leaveBranch`. §15.1.1 */
  leave(call: CallEntry, { dialog: id, headers }: Branch): void {
    const { dialogs } = this.#parts
    const dialog = call.dialogs.find(one => one.id === id)
    if (!dialog) return
    call.dialogs.splice(call.dialogs.indexOf(dialog), 1)
    const { credentials } = call.invite ?? {}
    const extra = [...(headers ?? []), ...requestAdditions(call, 'BYE')]
    dialogs.request(call.connection, dialog, { method: 'BYE', extra, credentials })
    dialogs.close(dialog)
  }

  /** Effect `inviteNext`: the same From, To and Call-ID, the next number. §8.1.3.4 */
  inviteNext(call: CallEntry, uri: string): void {
    const { runtime, requests } = this.#parts
    const before = call.request!
    const draft = redirected(runtime, call.connection, before.draft, uri, call.invite?.registration)
    const next = requests.start(call, draft, call.numbering)
    if (before.names) next.names = before.names
    call.request = next
  }
}
