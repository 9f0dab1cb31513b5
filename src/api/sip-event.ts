/** The engine's event about one object, as the application sees it. */
import type { EngineEvent } from '../engine/commands.ts'
import type { SipEvent, SipObject } from './events.ts'

/** An event that is about an object already known. */
export type ObjectEvent = Extract<
  EngineEvent,
  {
    type:
      | 'state'
      | 'error'
      | 'closed'
      | 'listening'
      | 'response'
      | 'answered'
      | 'acknowledged'
      | 'canceled'
      | 'inviteCompleted'
      | 'grantedBelowMinimum'
  }
>

/** Undefined for an event that does not fit the object it names. */
export const sipEvent = (event: ObjectEvent, object: SipObject): SipEvent | undefined => {
  switch (event.type) {
    case 'state':
      return { type: 'state', object, state: event.state }
    case 'error': {
      const { error } = event
      return { type: 'error', object, error, ...(error.response && { message: error.response }) }
    }
    case 'closed':
      return { type: 'closed', object, ...(event.reason && { reason: event.reason }) }
    case 'listening':
      return object.kind === 'connection'
        ? { type: 'listening', connection: object, addresses: event.addresses }
        : undefined
    case 'response':
      return object.kind === 'clientTransaction' || object.kind === 'registration' || object.kind === 'call'
        ? { type: 'response', object, message: event.response }
        : undefined
    case 'grantedBelowMinimum':
      return object.kind === 'registration'
        ? { type: event.type, registration: object, granted: event.granted, used: event.used }
        : undefined
  }
  if (object.kind !== 'call') return undefined
  if (event.type === 'inviteCompleted') return { type: event.type, call: object }
  if (event.type === 'answered') return { type: event.type, call: object, message: event.response }
  if (event.type === 'acknowledged') return { type: event.type, call: object, message: event.request }
  const late = event.tooLate ? { tooLate: event.tooLate } : {}
  return { type: event.type, call: object, message: event.request, ...late }
}
