/** Commands about the branches of an INVITE. RFC 3262, RFC 3261 §15.1.1. */
import { reliableWindow } from '../../machines/dialog/reliable-provisional.ts'
import { SipError } from '../errors.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { requiresReliable, supportsReliable } from '../rules/reliable.ts'
import type { Id } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { Parts } from './effects/kit.ts'
import type { CallEntry, DialogEntry } from './entries.ts'

export const branchCommands = (parts: Parts): Handlers => {
  const dialogOf = (id: Id, call: Id): DialogEntry => {
    const dialog = parts.runtime.registry.get(id)
    if (dialog?.kind === 'dialog' && dialog.call.id === call) return dialog
    throw new SipError('resource-not-available', `${id} is closed`)
  }
  return {
    'call.prack': ({ id, dialog, body }) => {
      const { provisional } = dialogOf(dialog, id)
      if (!provisional?.actor.getSnapshot().matches('asking'))
        throw new SipError('invalid-transaction-state', 'no reliable response waits for a PRACK')
      parts.runtime.post(provisional, body === undefined ? { type: 'tu.prack' } : { type: 'tu.prack', body })
    },
    'call.prackAnswer': ({ transaction, answer }) => parts.reliable.answer(transaction, answer),
    'call.leave': ({ id, dialog, headers }) => {
      const entry = dialogOf(dialog, id)
      if (headers) checkUserHeaders(headers)
      const { remoteTag } = entry.record()
      const event = { type: 'tu.leave', dialog, remoteTag, ...(headers && { headers }) }
      if (!entry.call.actor.getSnapshot().can(event))
        throw new SipError('invalid-dialog-state', 'only a branch that is not answered can be left')
      parts.runtime.post(entry.call, event)
    },
  }
}

/**
 * Whether a provisional response is reliable: when the application or the peer wants it. Throws `not-supported` when the
 * peer cannot, and `request-pending` when too many wait for their PRACK. RFC 3262 §3
 */
export const isReliable = ({ incoming, dialogs }: CallEntry, asked: boolean | undefined): boolean => {
  if (incoming === undefined || !(asked ?? requiresReliable(incoming))) {
    if (asked === false && incoming && requiresReliable(incoming))
      throw new SipError('not-supported', 'the peer requires reliable provisional responses')
    return false
  }
  if (!supportsReliable(incoming))
    throw new SipError('not-supported', 'the peer does not take reliable provisional responses')
  const waiting: readonly unknown[] = dialogs[0]?.provisional?.actor.getSnapshot().context.waiting ?? []
  if (waiting.length >= reliableWindow)
    throw new SipError('request-pending', `${reliableWindow} reliable responses wait for their PRACK`)
  return true
}
