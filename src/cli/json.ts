/** Events of the API as lines of JSON, for scripts. Never a header, so never a secret. */
import type { SipEvent, SipMessage, SipObject } from '../index.ts'

const startLine = (message: SipMessage): string =>
  message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`

const objectOf = (event: SipEvent): SipObject | undefined => {
  if ('object' in event) return event.object
  if (event.type === 'request') return event.transaction
  if ('call' in event && event.type !== 'dialog') return event.call
  if (event.type === 'dialog') return event.dialog
  if (event.type === 'refresh') return event.refresh
  if ('registration' in event) return event.registration
  return 'connection' in event ? event.connection : undefined
}

const detailsOf = (event: SipEvent): Readonly<Record<string, unknown>> => {
  switch (event.type) {
    case 'state': {
      if (!('end' in event.state)) return { state: event.state.is, ...termsOf(event.state) }
      const { by, reason, status } = event.state.end
      return { state: event.state.is, by, reason, ...(status === undefined ? {} : { status }) }
    }
    case 'error':
      return { code: event.error.code, error: event.error.message }
    case 'listening':
      return {
        addresses: event.addresses.map(({ transport, host, port }) => ({ transport, host, port })),
      }
    case 'grantedBelowMinimum':
      return { granted: event.granted, used: event.used }
    case 'malformed':
      return { reason: event.malformed.reason, from: `${event.from.host}:${event.from.port}` }
    case 'profile':
      return { is: event.is, profile: event.profile.id }
    case 'closed':
      return event.reason ? { reason: event.reason } : {}
    default:
      return {}
  }
}

/** What a state says in a word or a number: the seconds that were granted, and why it is over. */
const termsOf = (state: object): Readonly<Record<string, unknown>> => ({
  ...('granted' in state && { granted: state.granted }),
  ...('expires' in state && { expires: state.expires }),
  ...('reason' in state && { reason: state.reason }),
})

/** What Windows CE RTC calls otherwise than we do: one line for each thing is enough. */
const again: ReadonlySet<SipEvent['type']> = new Set([
  'info',
  'messaging',
  'referStatus',
  'registrationState',
  'reinvite',
  'sessionOperationComplete',
  'sessionState',
  'subscriptionNotification',
  'subscriptionState',
] as const)

/** One line, empty for what is told by another: `ts`, `party`, `type`, then `kind` and `id` of the object, its state, and the message's start line. */
export const jsonEvent = (now: number, party: string, event: SipEvent): string => {
  if (again.has(event.type)) return ''
  const object = objectOf(event)
  return JSON.stringify({
    ts: new Date(now).toISOString(),
    party,
    type: event.type,
    ...(object ? { kind: object.kind, id: object.id } : {}),
    ...detailsOf(event),
    ...(event.message ? { message: startLine(event.message), callId: event.message.callId } : {}),
  })
}
