/** Calls that take the place of others: finding the one meant, and ending it when the other is accepted. RFC 3891. */
import type { SipRequest } from '../message/types.ts'
import { dialogKey } from '../rules/match.ts'
import {
  type Replaceable,
  type Replacement,
  replacementOf,
  replaceRefusal,
  tagsMeant,
} from '../rules/replaces.ts'
import type { Refusal } from '../rules/respond.ts'
import type { CallEntry, DialogEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

/** How many dialogs that have ended are known as such; of others it is said that there are none. */
const remembered = 64

const leaving = ['leaving', 'cancelling', 'terminating', 'terminated', 'released'] as const

export class Replacing {
  readonly #runtime: Runtime
  /** Keys of the latest dialogs that have ended: a ring. */
  readonly #ended: (string | undefined)[] = []
  #next = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** The call that an INVITE wants to replace, or why it may not; `undefined` when it wants none. */
  find(invite: SipRequest): CallEntry | Refusal | undefined {
    const wanted = replacementOf(invite)
    if (!wanted || 'reply' in wanted) return wanted
    const keys = keysOf(wanted)
    const dialogs = keys.flatMap(key => {
      const entry = this.#runtime.registry.find(key)
      return entry?.kind === 'dialog' ? [entry] : []
    })
    // More than one is as good as none. §3
    const dialog = dialogs.length === 1 ? dialogs[0] : undefined
    const refusal = replaceRefusal(wanted, dialog ? standing(dialog) : this.#past(keys))
    return refusal ?? dialog?.call
  }

  /** A dialog is gone. */
  ended(dialog: DialogEntry): void {
    this.#ended[this.#next] = dialog.key
    this.#next = (this.#next + 1) % remembered
  }

  /** A call is accepted: the one whose place it takes ends, by BYE, or by CANCEL while it is early. §3 */
  takePlace({ replaces }: CallEntry): void {
    if (!replaces) return
    const early = replaces.direction === 'outgoing' && replaces.actor.getSnapshot().matches('early')
    this.#runtime.post(replaces, { type: early ? 'tu.cancel' : 'tu.hangUp' })
  }

  #past(keys: readonly string[]): Replaceable {
    return { is: keys.some(key => this.#ended.includes(key)) ? 'terminated' : 'none' }
  }
}

const keysOf = ({ callId, localTag, remoteTag }: Replacement): string[] =>
  tagsMeant(localTag).flatMap(local => tagsMeant(remoteTag).map(remote => dialogKey(callId, local, remote)))

const standing = ({ call, actor, over }: DialogEntry): Replaceable => {
  const { direction } = call
  const snapshot = call.actor.getSnapshot()
  if (over || leaving.some(state => snapshot.matches(state))) return { is: 'terminated', direction }
  return { is: actor.getSnapshot().matches('early') ? 'early' : 'confirmed', direction }
}
