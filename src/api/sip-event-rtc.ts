/** The engine's events as those of Windows CE RTC: most have one of ours beside them. */
import type { EngineEvent } from '../engine/commands.ts'
import type { SipRequest } from '../message/types.ts'
import type { Call } from './call/call.ts'
import type { SipObject } from './events.ts'
import type { RtcEvent } from './events-rtc.ts'
import type { ServerTransaction } from './server-transaction.ts'

const source = 'rtc'

type Of<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>

const stateEvent = (event: Of<'state'>, object: SipObject): RtcEvent | undefined => {
  const caused = event.message ? { message: event.message } : {}
  switch (object.kind) {
    case 'registration':
      return { type: 'registrationState', source, registration: object, state: object.state, ...caused }
    case 'call':
      return { type: 'sessionState', source, call: object, state: object.state, ...caused }
    case 'subscription':
      return { type: 'subscriptionState', source, subscription: object, state: object.state, ...caused }
    case 'referral':
      return { type: 'referStatus', source, referral: object, state: object.state, ...caused }
    default:
      return undefined
  }
}

/** Our INVITE that was not accepted. */
const failedInvite = (call: Call): RtcEvent | undefined => {
  const { state, direction } = call
  if (state.is !== 'terminated' || direction === 'incoming') return undefined
  const { status, response, error, reason } = state.end
  // One that has failed later was told as answered.
  if (reason === 'bye' || (reason === 'failed' && call.dialog)) return undefined
  return {
    type: 'sessionOperationComplete',
    source,
    call,
    operation: 'invite',
    ...(status !== undefined && { status }),
    ...(error && { error }),
    ...(response && { message: response }),
  }
}

const changed = (event: Of<'changed'>, call: Call): RtcEvent[] => {
  const { method, by = 'local', response, error, message } = event
  const caused = message ? { message } : {}
  const events: RtcEvent[] = []
  const is = error ? 'failed' : 'succeeded'
  if (method === 'INVITE') events.push({ type: 'reinvite', source, call, is, by, ...caused })
  if (by === 'remote') return events
  const status = response?.status ?? error?.status
  const outcome = { ...(status !== undefined && { status }), ...(error && { error }) }
  const completed = { type: 'sessionOperationComplete', operation: 'change' } as const
  return [...events, { ...completed, source, call, ...outcome, ...caused }]
}

const callEvents = (event: EngineEvent, call: Call): RtcEvent[] => {
  const completed = { type: 'sessionOperationComplete', source, call } as const
  switch (event.type) {
    case 'answered': {
      const { response: message } = event
      const done = { ...completed, operation: 'invite', status: message.status, message } as const
      const { referral } = call
      return referral ? [done, { type: 'sessionReferred', source, referral, call, message }] : [done]
    }
    case 'acknowledged':
      return [{ ...completed, operation: 'accept', message: event.request }]
    case 'pracked':
      return [{ ...completed, operation: 'provisional', message: event.request }]
    case 'change': {
      if (event.request.method !== 'INVITE') return []
      return [{ type: 'reinvite', source, call, is: 'incoming', by: 'remote', message: event.request }]
    }
    case 'changed':
      return changed(event, call)
    default:
      return []
  }
}

/** Made by the event of an object that is there; most of the time none. */
export const rtcEvents = (event: EngineEvent, object: SipObject): readonly RtcEvent[] => {
  if (event.type === 'state') {
    const told = stateEvent(event, object)
    const failed = object.kind === 'call' ? failedInvite(object) : undefined
    return [...(told ? [told] : []), ...(failed ? [failed] : [])]
  }
  if (object.kind === 'call') return callEvents(event, object)
  if (event.type !== 'response' || object.kind !== 'clientTransaction') return []
  const { response: message } = event
  const call = object.dialog?.call
  if (!call || message.status < 200) return []
  const { status } = message
  return [{ type: 'sessionOperationComplete', source, call, operation: 'request', status, message }]
}

/** Made by a request that the application is to answer. */
export const rtcRequest = (transaction: ServerTransaction, message: SipRequest): RtcEvent | undefined => {
  const { dialog } = transaction
  const call = dialog?.call
  if (message.method === 'INFO' && dialog && call)
    return { type: 'info', source, call, dialog, transaction, message }
  if (message.method !== 'MESSAGE') return undefined
  return { type: 'messaging', source, transaction, ...(call && { call }), message }
}
