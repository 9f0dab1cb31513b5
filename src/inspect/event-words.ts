/** What a SUBSCRIBE, a NOTIFY, a PUBLISH or its answer is about, in words beside the method. RFC 6665, RFC 3903 */
import type { SipMessage } from '../message/types.ts'

const first = (value = ''): string => value.split(';')[0]!.trim()

/** Reason of an end, or seconds that are left. */
const parameterOf = (state: string): string => {
  const reason = /;\s*reason\s*=\s*([^;\s]+)/i.exec(state)?.[1]
  const seconds = /;\s*expires\s*=\s*(\d+)/i.exec(state)?.[1]
  return reason ?? (seconds === undefined ? '' : `${seconds} s`)
}

/** In many words and in few, each with a space before it; nothing where there is nothing to say. */
export const eventWords = (message: SipMessage): readonly [long: string, short: string] | undefined => {
  const { method } = message.cseq
  if (method === 'NOTIFY' && message.kind === 'request') {
    const state = message.header('subscription-state') ?? ''
    if (!state) return undefined
    const more = parameterOf(state)
    const short = ` ${first(state)}`
    return [more ? `${short}, ${more}` : short, short]
  }
  if (method !== 'SUBSCRIBE' && method !== 'PUBLISH') return undefined
  const seconds = /^\s*(\d+)/.exec(message.header('expires') ?? '')?.[1]
  if (message.kind === 'response') {
    if (message.status >= 300 || seconds === undefined) return undefined
    return [` expires ${seconds}`, ` ${seconds} s`]
  }
  const event = first(message.header('event'))
  if (!event) return undefined
  const short = seconds === '0' ? ` ${event}, 0 s` : ` ${event}`
  return [seconds === undefined ? short : ` ${event}, ${seconds} s`, short]
}
