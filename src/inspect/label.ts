/** What the ladder writes on an arrow and beside it. Nothing of credentials but that they are there. */
import type { SipMessage } from '../message/types.ts'
import type { Arrow, Step } from './arrows.ts'
import { eventWords } from './event-words.ts'

/** The lifetime of a binding in words, and in few. */
const lifetimeOf = (message: SipMessage): readonly string[] => {
  if (message.cseq.method !== 'REGISTER' || (message.kind === 'response' && message.status >= 300)) return []
  const contacts = message.parsed('contact')
  const [contact] = contacts === undefined || contacts === '*' ? [] : contacts
  const seconds = contact?.params.get('expires') ?? message.parsed('expires')
  if (seconds !== undefined) return [` expires ${seconds}`, ` ${seconds} s`]
  return message.kind === 'response' ? [' no binding', ''] : []
}

/** `INVITE`, `180 Ringing`, `REGISTER expires 3600`, `NOTIFY active, 600 s`; shorter where there is no room. */
export const titleOf = (message: SipMessage, room: number): string => {
  const title = message.kind === 'request' ? message.method : `${message.status} ${message.reason}`
  const [long = '', short = ''] = eventWords(message) ?? lifetimeOf(message)
  return title.length + long.length <= room ? title + long : title + short
}

/** CSeq first, then what is worth a word: credentials or a challenge, the body. */
export const notesOf = (message: SipMessage): string[] => {
  const { seq, method } = message.cseq
  const notes = [message.kind === 'request' ? `${seq}` : `${seq} ${method}`]
  if (message.header('authorization') || message.header('proxy-authorization')) notes.push('digest')
  const challenge = message.parsed('www-authenticate') ?? message.parsed('proxy-authenticate')
  if (challenge?.[0]) notes.push(challenge[0].params.get('algorithm') ?? challenge[0].scheme)
  const type = message.body.length > 0 ? message.parsed('content-type')?.value : undefined
  if (type === 'application/sdp') notes.push('SDP')
  else if (type) notes.push(type)
  return notes
}

/** Machines of the inner workings, which a reader of SIP does not look for. */
const inner: ReadonlySet<string> = new Set([
  'clientRequest',
  'flow',
  'connection',
  'standAlone',
  'pagerMessage',
  'networkMonitor',
  'keepAlive',
  'securityAgreement',
])
/** Transactions that have done their work and only wait for late repeats. */
const settled: ReadonlySet<string> = new Set(['completed', 'accepted', 'confirmed'])
const transactions: ReadonlySet<string> = new Set([
  'inviteClient',
  'inviteServer',
  'nonInviteClient',
  'nonInviteServer',
])

const rested: ReadonlySet<string> = new Set(['unregistered', 'expired', 'terminated'])

/** Regions of a subscription, ours and the peer's, that tell how it stands. RFC 6665 §4.1.2, §4.2.2 */
const standing = /^(?:live|held)\..*?\b(?:notice\.(notifyWait|pending|active)|standing\.(\w+))/

/** The state of an actor as the RFC calls it, without what is nested in it: `trying` for `unanswered.trying.repeating`. */
export const briefState = (state: string): string => {
  const parallel = state.includes('+') ? standing.exec(state) : undefined
  if (parallel) return parallel[1] ?? parallel[2]!
  const [first = state, second] = state.split('.')
  if (first === 'unanswered' && second !== undefined) return second
  return first === 'released' ? 'terminated' : first
}

/** The steps that tell the story. */
export const briefSteps = ({ steps, between }: Arrow): Step[] =>
  steps.flatMap(step => {
    if (inner.has(step.machine)) return []
    const from = step.from === undefined ? undefined : briefState(step.from)
    const to = briefState(step.to)
    // A line is made before anything is asked of it.
    if (from === undefined && step.machine === 'line') return []
    // An object let go that had ended before.
    if (from === to || (step.to === 'released' && rested.has(from ?? ''))) return []
    if (
      !between &&
      from !== undefined &&
      to === 'terminated' &&
      settled.has(from) &&
      transactions.has(step.machine)
    )
      return []
    return [
      {
        party: step.party,
        machine: step.machine,
        actor: step.actor,
        to,
        ...(from === undefined ? {} : { from }),
      },
    ]
  })
