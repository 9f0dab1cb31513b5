/** Commands about changes of a session. */
import { SipError } from '../errors.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import type { Id, OutgoingResponse } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { Parts } from './effects/kit.ts'
import type { ChangeEntry } from './entries.ts'

/** RFC 3261 §20.43: who warns is the host that our Contact names. */
const warning = (host: string): readonly [string, string] => [
  'Warning',
  `399 ${host} "The session stays as it was"`,
]

export const changeCommands = (parts: Parts): Handlers => {
  const { runtime } = parts

  const change = (id: Id): ChangeEntry => {
    const entry = runtime.registry.get(id)
    if (entry?.kind !== 'change') throw new SipError('resource-not-available', `${id} is over`)
    return entry
  }

  const answer = (id: Id, type: 'tu.accept' | 'tu.reject', response: OutgoingResponse): void => {
    const entry = change(id)
    checkUserHeaders(response.headers ?? [])
    const built = entry.actor.getSnapshot().matches('asked') && parts.peerChanges.build(entry, response)
    if (!built) throw new SipError('invalid-transaction-state', 'the change has had its final response')
    runtime.post(entry, { type, response: built })
  }

  return {
    'change.open': ({ id, call, change: asked }) => {
      const entry = runtime.registry.get(call)
      if (entry?.kind !== 'call') throw new SipError('resource-not-available', `${call} is closed`)
      checkUserHeaders(asked.headers ?? [])
      parts.changes.open(entry, id, asked)
    },
    'change.describe': ({ id, sdp, error }) =>
      parts.changes.described(change(id), {
        ...(sdp === undefined ? {} : { sdp }),
        ...(error === undefined ? {} : { error }),
      }),
    'change.accept': ({ id, response }) => answer(id, 'tu.accept', response),
    'change.reject': ({ id, response }) => {
      const { status, headers = [] } = response
      const warned = status !== 488 || headers.some(([name]) => name.toLowerCase() === 'warning')
      const { host } = change(id).connection.listeners.values().next().value?.local ?? { host: 'sip.invalid' }
      answer(id, 'tu.reject', warned ? response : { ...response, headers: [...headers, warning(host)] })
    },
  }
}
